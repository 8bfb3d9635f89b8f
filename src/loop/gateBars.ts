// Bars: what keeps Sereno from acting on anything for a while: a hold, a selection to be confirmed, doubt of its own eyes.
//
// Whoever is refused for one of them waits without asking again, and is called when a bar goes up. Asking every few
// seconds would say the same thing into the evidence for as long as a person thinks.

import type { ActionRequest } from '#kernel/action.ts';
import type { ServiceId } from '#kernel/id.ts';
import { isNarrowDoubt, type Reason } from '#kernel/reason.ts';
import { DRIFT, watchMachine } from '#kernel/site.ts';
import { go, tellDoubt, type Turn } from './gateNotes.ts';
import type { Gate } from './gateState.ts';

/** The watchman's doubt of what it sees. People are told of the doubt, once, and not of each service that it speaks of. */
const DOUBTS: readonly Reason['kind'][] = ['canary-failed', 'correlated', 'path-silent', 'shared-cause'];

const BARS: ReadonlySet<Reason['kind']> = new Set(['held', 'selection-changed', 'doubt-over', ...DOUBTS]);

/** True for a refusal of which the gate itself calls people. */
export const isDoubted = (reasons: readonly Reason[]): boolean => reasons.some(({ kind }) => DOUBTS.includes(kind));

/** True for a refusal that lasts until a bar goes up. */
export const isBarred = (reasons: readonly Reason[]): boolean => reasons.some((reason) => BARS.has(reason.kind));

/** In few words: it stands at each of thousands, and the reasons are in the evidence. */
export const whyDoubted = (reasons: readonly Reason[]): string =>
  isNarrowDoubt(reasons)
    ? 'it fails together with others, and people are told of that'
    : 'the watchman doubts its own eyes, and people are told of that';

/** Who is to be called, after this refusal: each once. */
export const barredAfter = (
  barred: readonly ServiceId[],
  { subject }: ActionRequest,
  reasons: readonly Reason[],
): readonly ServiceId[] => {
  const others = barred.filter((waiting) => waiting !== subject);
  return isBarred(reasons) ? [...others, subject] : others;
};

/** The bars that are down, by name. Who suffers of a shared cause may change while it lasts; its bar is the same. */
const barsOf = ({ hold, selection, suspicion, isTrustedByPerson }: Gate): readonly string[] => [
  ...(hold === null ? [] : ['hold']),
  ...(selection === null ? [] : ['selection']),
  ...(suspicion === null || isTrustedByPerson ? [] : suspicion.reasons.map(nameOf)),
];

/** So is the watch over deployed configurations. */
const callConfigs = (turn: Turn): Turn => {
  const { configs } = turn.state;
  if (configs?.isBarred !== true) return turn;
  const call = { kind: 'tell', to: DRIFT, message: { kind: 'hands-free' } } as const;
  return go(turn, { configs: { ...configs, isBarred: false } }, [call]);
};

const nameOf = (reason: Reason): string =>
  reason.kind === 'path-silent' ? `${reason.kind} ${reason.path}` : reason.kind;

/** When a bar went up in this turn, everybody who waited for it is called, and asks anew. */
export const openBars = (before: Gate, turn: Turn): Turn => {
  const { barred, configs } = turn.state;
  if (barred.length === 0 && configs?.isBarred !== true) return turn;
  const after = new Set(barsOf(turn.state));
  if (barsOf(before).every((bar) => after.has(bar))) return turn;
  return go(
    callConfigs(turn),
    { barred: [] },
    barred.flatMap((service) => [
      tellDoubt(service, null),
      { kind: 'tell', to: watchMachine(service), message: { kind: 'hands-free' } },
    ]),
  );
};

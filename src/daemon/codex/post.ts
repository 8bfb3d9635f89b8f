// The post of the codex in a Sereno that runs: follows what other programs write into it, gives it to those who ask, and
// tells the alert desk when it cannot be read any more.

import type { Finding } from '#kernel/finding.ts';
import type { CodexListView } from '#kernel/codexView.ts';
import type { Message } from '#kernel/message.ts';
import { problem, type Problem } from '#kernel/problem.ts';
import { ALERTS, type CodexSite } from '#kernel/site.ts';
import type { Instant } from '#kernel/time.ts';
import type { Engine } from '#loop/engine.ts';
import type { Clock } from '#ports/clock.ts';
import type { CodexServing } from '#ports/codexServing.ts';
import type { CopiesOf } from './briefs.ts';
import { CodexFollower } from './following.ts';
import { serveCodex } from './serving.ts';

export type CodexPostParts = {
  readonly stateDirectory: string;
  readonly clock: Clock;
  readonly shout: (line: string) => void;
  /** What is known of deployed copies; left out: nobody watches over them. */
  readonly copiesOf?: CopiesOf;
};

export type CodexPost = {
  readonly serving: CodexServing;
  /** What the configuration says of the codex now; null: nothing. */
  readonly setSite: (site: CodexSite | null) => void;
  /** From now on the alert desk hears of troubles. */
  readonly tellTo: (engine: Pick<Engine, 'crank'>) => void;
  readonly stop: () => void;
};

type Current = { readonly site: string; readonly follower: CodexFollower; readonly serving: CodexServing };

const KEY = 'codex:store';

const findingOf = (trouble: Problem, since: Instant): Finding => ({
  key: KEY,
  kind: 'codex',
  service: null,
  target: null,
  severityHint: 'SEV2',
  since,
  title: `the codex cannot be read, and gives nothing to anybody: ${trouble.message} [${trouble.code}]`,
  reasons: [],
});

/** Tells each trouble once when it begins, and once when it is over. An earlier run may have told of one. */
const makeTeller = (clock: Clock) => {
  let engine: Pick<Engine, 'crank'> | null = null;
  let trouble: Problem | null = null;
  const put = (message: Message): void => engine?.crank.put(ALERTS, { kind: 'told', from: ALERTS, message });
  const tell = (): void =>
    trouble === null
      ? put({ kind: 'found-over', key: KEY, how: 'the codex can be read again' })
      : put({ kind: 'found', finding: findingOf(trouble, clock.now()) });
  return {
    begin: (to: Pick<Engine, 'crank'>): void => {
      engine = to;
      tell();
    },
    turn: (now: Problem | null): void => {
      trouble = now;
      tell();
    },
  };
};

const NOTHING: CodexListView = { isDeclared: false, items: [], root: null, entries: 0 };

/** Begins to follow when `setSite` has named a codex. */
export const makeCodexPost = ({ stateDirectory, clock, shout, copiesOf }: CodexPostParts): CodexPost => {
  const listeners = new Set<() => void>();
  const teller = makeTeller(clock);
  let current: Current | null = null;
  const changed = (): void => {
    for (const listener of listeners) listener();
  };
  const onTrouble = (trouble: Problem | null): void => {
    shout(trouble === null ? 'the codex can be read again' : `the codex cannot be read: ${trouble.message}`);
    teller.turn(trouble);
  };
  const begin = (site: CodexSite): Current => {
    const follower = new CodexFollower({ site, stateDirectory, clock, onTrouble });
    follower.onChange(changed);
    const serving = serveCodex(follower, () => clock.now(), copiesOf ?? (() => null));
    return { site: JSON.stringify(site), follower, serving };
  };
  return {
    serving: makeServing(() => current?.serving ?? null, listeners),
    setSite: (site) => {
      if (site !== null && JSON.stringify(site) === current?.site) return;
      current?.follower.stop();
      current = site === null ? null : begin(site);
      changed();
    },
    tellTo: teller.begin,
    stop: () => {
      current?.follower.stop();
      listeners.clear();
    },
  };
};

const missing = () =>
  Promise.resolve({
    kind: 'refused',
    problem: problem('not-found', 'no codex is declared', { mend: 'declare `codex:` in the configuration' }),
  } as const);

/** Whatever is declared at the moment of asking: a reload may bring a codex, or take it away. */
const makeServing = (current: () => CodexServing | null, listeners: Set<() => void>): CodexServing => ({
  list: () => current()?.list() ?? Promise.resolve({ kind: 'found', value: NOTHING }),
  item: (...words) => current()?.item(...words) ?? missing(),
  content: (...words) => current()?.content(...words) ?? missing(),
  proof: (...words) => current()?.proof(...words) ?? missing(),
  head: (...words) => current()?.head(...words) ?? missing(),
  diff: (...words) => current()?.diff(...words) ?? missing(),
  digestOf: (...words) => current()?.digestOf(...words) ?? null,
  onChange: (listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  },
});

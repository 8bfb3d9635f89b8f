// The fate of raw events: raised, told of, held back, over. Each change of fate is written down with its reason.

import type { AlertFate, RaisedAlert, RawAlert } from '#kernel/alert.ts';
import type { Instant } from '#kernel/time.ts';
import { later } from '#kernel/time.ts';
import { AFTER_CAUSE_MS, ENDED_KEPT, go, lookBy, record, WAITING_MAX_MS, type Turn } from './alertsState.ts';
import { onShelf, shelve, unshelve } from './shelves.ts';

type OfSubject = Readonly<Record<string, RawAlert>>;

const NONE: OfSubject = {};

const ofSubject = (turn: Turn, subject: string): OfSubject => onShelf(turn.state.open, subject) ?? NONE;

/** The raw events about a subject that are not over. */
export const openOf = (turn: Turn, subject: string): readonly RawAlert[] => Object.values(ofSubject(turn, subject));

/** The cause of which this was a symptom, which is over, and of which people were told; null when there is none. */
export const pastCauseOf = (turn: Turn, subject: string): string | null => {
  const fallen = openOf(turn, subject).find((raw) => raw.fate.kind === 'waiting' && raw.fate.by !== '');
  if (fallen === undefined) return null;
  const { by } = fallen.fate;
  const toldAt = turn.state.dampers[by]?.told.at(-1);
  const isKnown = turn.state.told[by] !== undefined || (toldAt !== undefined && toldAt >= fallen.since);
  return isKnown ? by : null;
};

/** When somebody says a word about it if nobody else does. */
export const spokenOfAt = ({ fate }: RawAlert): Instant =>
  later(fate.at, fate.by === '' ? WAITING_MAX_MS : AFTER_CAUSE_MS);

const keep = (turn: Turn, subject: string, those: OfSubject): Turn =>
  go(turn, {
    open:
      Object.keys(those).length === 0 ? unshelve(turn.state.open, subject) : shelve(turn.state.open, subject, those),
  });

const note = (turn: Turn, of: readonly RawAlert[], fate: AlertFate): Turn => {
  const [first] = of;
  if (first === undefined) return turn;
  const keys = of.map((it) => it.key);
  return go(turn, {}, [
    record(fate.at, {
      type: `alert.${fate.kind}`,
      trigger: keys.length === 1 ? first.title : `${first.title} (and ${keys.length - 1} more)`,
      outcome: fate.why,
      refs: { subject: first.subject, keys, by: fate.by },
    }),
  ]);
};

/** Gives raw events about one subject their fate, and writes it down once for all of them. */
export const decide = (turn: Turn, of: readonly RawAlert[], fate: AlertFate): Turn => {
  const changed = of.filter((it) => it.fate.kind !== fate.kind || it.fate.by !== fate.by);
  const [first] = changed;
  if (first === undefined) return turn;
  const those = Object.fromEntries(changed.map((it) => [it.key, { ...it, fate }]));
  return note(keep(turn, first.subject, { ...ofSubject(turn, first.subject), ...those }), changed, fate);
};

/** Something turned bad. It waits for somebody to be told, unless people know of its subject already. */
export const raise = (turn: Turn, alert: RaisedAlert, at: Instant): Turn => {
  const those = ofSubject(turn, alert.subject);
  if (those[alert.key] !== undefined) return turn;
  const fate: AlertFate = { kind: 'waiting', by: '', why: 'nobody was called yet', at };
  const raw: RawAlert = { ...alert, since: at, endedAt: null, fate };
  const raised = keep(turn, alert.subject, { ...those, [alert.key]: raw });
  const known = turn.state.told[alert.subject];
  const symptom = Object.values(those).find((it) => it.fate.kind === 'inhibited');
  if (symptom !== undefined) return decide(raised, [raw], { ...symptom.fate, at });
  if (known === undefined) return lookBy(raised, later(at, WAITING_MAX_MS));
  return decide(raised, [raw], { kind: 'grouped', by: known.by, why: `people know about ${alert.subject}`, at });
};

const end = (turn: Turn, of: RawAlert, at: Instant): Turn => {
  const { [of.key]: _over, ...others } = ofSubject(turn, of.subject);
  const ended = [{ ...of, endedAt: at }, ...turn.state.ended].slice(0, ENDED_KEPT);
  return go(keep(turn, of.subject, others), { ended });
};

/** One that nobody was told of belongs to a trouble that was over first: that is its fate. */
export const settle = (turn: Turn, of: readonly RawAlert[], at: Instant): Turn =>
  decide(
    turn,
    of.filter((it) => it.fate.kind === 'waiting'),
    { kind: 'grouped', by: of[0]?.subject ?? '', why: 'over before anybody was called', at },
  );

/** A raw event is over. */
export const clear = (turn: Turn, alert: { readonly key: string; readonly subject: string }, at: Instant): Turn => {
  const raw = ofSubject(turn, alert.subject)[alert.key];
  if (raw === undefined) return turn;
  const settled = settle(turn, [raw], at);
  return end(settled, ofSubject(settled, alert.subject)[alert.key] ?? raw, at);
};

/** All raw events about a subject are over. */
export const clearAll = (turn: Turn, subject: string, at: Instant): Turn =>
  openOf(turn, subject).reduce((open, raw) => clear(open, raw, at), turn);

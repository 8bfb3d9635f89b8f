// Drift: every deployed copy is looked at again and again; what differs from what was blessed is put back, by leave of the gate.
//
//   resting ──its time──▶ looking ──as blessed──▶ resting
//                            │ changed or missing
//                            ▼
//                         asking ──leave──▶ applying ──written──▶ looking (this look is the proof)
//                            │ no                │ failed
//                            ▼                   ▼
//                         waiting ──its time, or hands are free──▶ looking
//
// Every phase has a wake pending, so that a report that never comes is noticed. What was put back twice and is changed again at
// once is not put back a third time: somebody else writes there, and a person is called. An active revision that the signatures
// do not prove blessed is a finding, and is never written anywhere.

import { SERENO } from '#kernel/actor.ts';
import type { ItemId } from '#kernel/codex.ts';
import type { ActiveRevision, ConfigLease, CopySeen, DriftEffect, DriftEvent, DriftMessage } from '#kernel/drift.ts';
import type { MachineId } from '#kernel/id.ts';
import { GATE } from '#kernel/site.ts';
import { elapsedMs, hours, later, latest, minutes, seconds, type Instant } from '#kernel/time.ts';
import { copyWake, judgeCopy, type Copy, type CopyPlace } from './copy.ts';
import { callOver, DRIFT, driftRecord, faultWords, findingNews, foundOver, personCall } from './driftNotes.ts';

/** A person who edits a file by hand sees it put back before he can wonder whether it works. */
const LOOK_EVERY_MS = seconds(60);
/** Hashing a file of some kilobytes takes a millisecond; a disk that needs longer than this is not well. */
const LOOK_TIMEOUT_MS = seconds(30);
/** The gate answers within its own step; an answer that is not there by now was lost. */
const ASK_TIMEOUT_MS = seconds(60);
const RETRY_MS = seconds(60);
/** A refusal that names no time is looked at again after this long. */
const REFUSED_MS = minutes(5);
/** A time that is over already is no reason to ask without a pause. */
const REFUSED_LEAST_MS = seconds(5);
/** What does not help twice is not tried a third time. */
const TRIES_MAX = 2;
/** But once in so long: a full disk is empty again some day. */
const CAREFUL_TRY_MS = hours(1);
/** A look may fail, and a new revision needs its time: what lasts for so long is told to people. */
const LASTING_MS = minutes(5);
/** A revision that stayed as it was put for this long has stayed: the tries begin anew. */
const STABLE_MS = minutes(10);

export type Drift = { readonly copies: readonly Copy[] };
export type DriftTurn = { readonly state: Drift; readonly effects: readonly DriftEffect[] };

export type DriftMachine = {
  readonly id: MachineId;
  readonly initial: Drift;
  readonly step: (state: Drift, event: DriftEvent) => DriftTurn;
  readonly expects: (state: Drift) => readonly string[];
};

/** Makes the watch over the deployed copies of a site. `trafficPercent`: what the gate weighs. */
export const makeDrift = (places: readonly CopyPlace[]): DriftMachine => ({
  id: DRIFT,
  initial: { copies: places.map(firstCopy) },
  step: (state, event) => step({ state, effects: [] }, event),
  expects: ({ copies }) => copies.filter(({ phase }) => phase !== 'asleep').map(copyWake),
});

const firstCopy = (place: CopyPlace): Copy => ({
  ...place,
  active: null,
  isKnown: false,
  previous: null,
  state: 'unknown',
  fault: null,
  since: null,
  found: null,
  phase: 'asleep',
  look: 0,
  tries: 0,
  appliedAt: null,
  attempt: null,
  isProving: false,
  isTold: false,
  isCalled: false,
  lookAgainAt: null,
});

const step = (turn: DriftTurn, event: DriftEvent): DriftTurn => {
  switch (event.kind) {
    case 'booted':
    case 'resumed':
      // An answer of the gate, or the report of a write, is still to come.
      return turn.state.copies
        .filter(({ phase }) => phase !== 'asking' && phase !== 'applying')
        .reduce((next, copy) => look(next, copy, event.at), turn);
    case 'woke': {
      const copy = turn.state.copies.find((it) => copyWake(it) === event.name);
      return copy === undefined ? turn : wake(turn, copy, event.at);
    }
    case 'told':
      return hear(turn, event.message, event.at);
    case 'inspected': {
      const copy = copyOf(turn, event.item);
      const isAwaited = copy !== null && copy.phase === 'looking' && copy.look === event.look;
      return isAwaited ? takeLook(turn, copy, event.seen, event.at) : turn;
    }
    case 'revision-applied': {
      const copy = copyOf(turn, event.item);
      const isAwaited = copy !== null && copy.phase === 'applying' && copy.attempt?.epoch === event.epoch;
      return isAwaited ? takeReport(turn, copy, event, event.at) : turn;
    }
    default:
      return turn;
  }
};

const copyOf = (turn: DriftTurn, item: ItemId): Copy | null =>
  turn.state.copies.find((copy) => copy.item === item) ?? null;

const go = (turn: DriftTurn, copy: Copy, effects: readonly DriftEffect[] = []): DriftTurn => ({
  state: { copies: turn.state.copies.map((it) => (it.item === copy.item ? copy : it)) },
  effects: [...turn.effects, ...effects],
});

/** Into a phase that ends by a report, or else at `until`. */
const enter = (turn: DriftTurn, copy: Copy, until: Instant, effects: readonly DriftEffect[] = []): DriftTurn =>
  go(turn, { ...copy, lookAgainAt: until }, [{ kind: 'wake', name: copyWake(copy), at: until }, ...effects]);

const look = (turn: DriftTurn, copy: Copy, at: Instant): DriftTurn => {
  const next: Copy = { ...copy, phase: 'looking', look: copy.look + 1, attempt: null };
  return enter(turn, next, later(at, LOOK_TIMEOUT_MS), [
    { kind: 'inspect-copy', item: copy.item, path: copy.path, look: next.look },
  ]);
};

const wake = (turn: DriftTurn, copy: Copy, at: Instant): DriftTurn => {
  switch (copy.phase) {
    case 'looking':
      return takeLook(turn, copy, { kind: 'unreadable', why: 'the look never reported' }, at);
    case 'applying':
      return takeReport(turn, copy, { outcome: 'failed', detail: 'the write never reported' }, at);
    default:
      return look(turn, copy, at);
  }
};

const hear = (turn: DriftTurn, message: DriftMessage, at: Instant): DriftTurn => {
  switch (message.kind) {
    case 'should-be': {
      const copy = copyOf(turn, message.item);
      return copy === null ? turn : expect(turn, copy, message.active, at);
    }
    case 'you-may-apply': {
      const copy = copyOf(turn, message.lease.subject);
      const isAwaited = copy !== null && copy.phase === 'asking' && copy.look === message.token;
      return isAwaited ? apply(turn, copy, message.lease, at) : giveBack(turn, message.lease);
    }
    case 'you-may-not-apply': {
      const copy = copyOf(turn, message.subject);
      if (copy === null || copy.phase !== 'asking' || copy.look !== message.token) return turn;
      const againAt = message.lookAgainAt ?? later(at, REFUSED_MS);
      return enter(turn, { ...copy, phase: 'waiting' }, latest(againAt, later(at, REFUSED_LEAST_MS)));
    }
    case 'hands-free':
      return turn.state.copies
        .filter(({ phase }) => phase === 'waiting')
        .reduce((next, copy) => look(next, copy, at), turn);
    default:
      return turn;
  }
};

/** Another revision is active now: what was tried for the one before says nothing of it. */
const expect = (turn: DriftTurn, copy: Copy, active: ActiveRevision | null, at: Instant): DriftTurn => {
  const isSame = active !== null && active.digest === copy.active?.digest;
  const previous = isSame ? copy.previous : (copy.active?.digest ?? null);
  const next: Copy = { ...copy, active, previous, isKnown: true, tries: 0, appliedAt: null, isProving: false };
  // A write is under way: it is looked at when it reports, with the new eyes.
  return copy.phase === 'applying' ? go(turn, next) : look(turn, next, at);
};

const takeLook = (turn: DriftTurn, copy: Copy, seen: CopySeen, at: Instant): DriftTurn => {
  const judged = judgeCopy(copy, seen);
  const isChanged = judged.state !== copy.state || judged.fault !== copy.fault;
  const since = isChanged || copy.since === null ? at : copy.since;
  const isStable = copy.appliedAt !== null && elapsedMs(copy.appliedAt, at) >= STABLE_MS;
  const tries = judged.state === 'in-sync' && isStable ? 0 : copy.tries;
  const previous = judged.state === 'in-sync' ? null : copy.previous;
  const next: Copy = { ...copy, ...judged, previous, since, tries };
  const isProof = copy.isProving && judged.state !== 'unknown';
  // After a write this record is its measured outcome, and so it is written whether the state is another or not.
  const recorded = isChanged || isProof ? go(turn, next, [lookRecord(next, at)]) : go(turn, next);
  const told = tell(recorded, { ...next, isProving: copy.isProving && !isProof }, { isChanged, at });
  return isMendable(told.copy, at) ? ask(told.turn, told.copy, at) : rest(told.turn, told.copy, at);
};

const lookRecord = (copy: Copy, at: Instant): DriftEffect => {
  const trigger = `look ${copy.look} at ${copy.path}`;
  if (!copy.isProving || copy.state === 'unknown')
    return driftRecord(copy, { type: `drift.${copy.state}`, trigger }, at);
  const action = `apply-config ${copy.item}@${copy.active?.version ?? 0}`;
  const outcome = `${copy.state === 'in-sync' ? 'effective' : 'ineffective'}: found ${copy.found ?? 'nothing'}`;
  return driftRecord(copy, { type: 'action.outcome', trigger, action, outcome }, at);
};

type Told = { readonly turn: DriftTurn; readonly copy: Copy };
type News = { readonly isChanged: boolean; readonly at: Instant };

/** People hear of a fault once, of another fault again, and of its end. */
const tell = (turn: DriftTurn, copy: Copy, { isChanged, at }: News): Told => {
  const isWell = copy.state === 'in-sync';
  const isPassing = copy.state === 'unknown' || copy.fault === 'behind';
  const isBad = !isWell && (!isPassing || elapsedMs(copy.since ?? at, at) >= LASTING_MS);
  const isNews = isBad && (isChanged || !copy.isTold);
  const isCall = isGivenUp(copy) && !copy.isCalled;
  const next: Copy = {
    ...copy,
    isTold: !isWell && (copy.isTold || isBad),
    isCalled: !isWell && (copy.isCalled || isCall),
  };
  const effects = [
    ...(isNews ? [findingNews(copy, at)] : []),
    ...(isCall ? [personCall(copy, at)] : []),
    ...(isWell && copy.isTold ? [foundOver(copy)] : []),
    ...(isWell && copy.isCalled ? [callOver(copy, at)] : []),
  ];
  return { turn: go(turn, next, effects), copy: next };
};

const isRemediable = ({ state, active }: Copy): boolean =>
  (state === 'drifted' || state === 'missing') && active !== null && active.isBlessed;

const isGivenUp = (copy: Copy): boolean => isRemediable(copy) && copy.tries >= TRIES_MAX;

const isMendable = (copy: Copy, at: Instant): boolean => {
  if (!isRemediable(copy)) return false;
  const { tries, appliedAt } = copy;
  return tries < TRIES_MAX || appliedAt === null || elapsedMs(appliedAt, at) >= CAREFUL_TRY_MS;
};

const rest = (turn: DriftTurn, copy: Copy, at: Instant): DriftTurn =>
  enter(turn, { ...copy, phase: 'resting' }, later(at, LOOK_EVERY_MS));

const ask = (turn: DriftTurn, copy: Copy, at: Instant): DriftTurn => {
  const request = {
    action: 'apply-config',
    subject: copy.item,
    by: SERENO,
    why: `${copy.path} ${faultWords(copy)}`,
    radius: { trafficPercent: copy.trafficPercent },
    token: copy.look,
  } as const;
  return enter(turn, { ...copy, phase: 'asking' }, later(at, ASK_TIMEOUT_MS), [
    { kind: 'tell', to: GATE, message: { kind: 'may-apply', request } },
  ]);
};

const giveBack = (turn: DriftTurn, { subject, epoch }: Pick<ConfigLease, 'subject' | 'epoch'>): DriftTurn => ({
  ...turn,
  effects: [...turn.effects, { kind: 'tell', to: GATE, message: { kind: 'config-lease-returned', subject, epoch } }],
});

const apply = (turn: DriftTurn, copy: Copy, lease: ConfigLease, at: Instant): DriftTurn => {
  const { active } = copy;
  if (active === null || !active.isBlessed) return look(giveBack(turn, lease), copy, at);
  const { version, digest } = active;
  const { epoch, until } = lease;
  const next: Copy = { ...copy, phase: 'applying', attempt: { version, epoch } };
  const started = {
    type: 'action.started',
    trigger: `${copy.path} ${faultWords(copy)}: found ${copy.found ?? 'nothing'}`,
    action: `apply-config ${copy.item}@${version}`,
  };
  return enter(turn, next, until, [
    driftRecord(next, started, at),
    { kind: 'apply-revision', item: copy.item, path: copy.path, version, digest, epoch, until },
  ]);
};

type Report = { readonly outcome: 'written' | 'failed' | 'refused'; readonly detail: string };

/** That it was written is a claim; the look that follows proves it, or not. What is not active any more proves nothing. */
const takeReport = (turn: DriftTurn, copy: Copy, { outcome, detail }: Report, at: Instant): DriftTurn => {
  const attempt = copy.attempt ?? { version: 0, epoch: 0 };
  const isMeant = attempt.version === copy.active?.version;
  const tried = isMeant ? { tries: copy.tries + 1, appliedAt: at } : {};
  const next: Copy = { ...copy, ...tried, isProving: isMeant && outcome === 'written', attempt: null };
  const action = `apply-config ${copy.item}@${attempt.version}`;
  const note = { type: `action.${outcome}`, trigger: `epoch ${attempt.epoch}`, action, outcome: detail };
  const reported = go(turn, next, [driftRecord(copy, note, at)]);
  const returned = giveBack(reported, { subject: copy.item, epoch: attempt.epoch });
  if (outcome === 'written' || !isMeant) return look(returned, next, at);
  return enter(returned, { ...next, phase: 'waiting' }, later(at, RETRY_MS));
};

// Drift: every deployed copy is looked at again and again; what differs from what was blessed is put back, by leave of the gate.
//
//   resting ──its time, or touched──▶ looking ──as blessed──▶ resting
//                                        │ changed, missing, something else in its place, writable
//                                        ▼
//                                     asking ──leave──▶ applying ──written──▶ looking (this look is the proof)
//                                        │ no                │ failed
//                                        ▼                   ▼
//                                     waiting ──its time, or hands are free──▶ looking
//
// Every phase has a wake pending, so that a report that never comes is noticed. What was put back twice and is changed again at
// once is not put back a third time: somebody else writes there, and a person is called. A person is also called when policy
// is in the way. An active revision that the signatures do not prove blessed is a finding, and is never written anywhere.

import { SERENO } from '#kernel/actor.ts';
import type { ConfigLease, ConfigOutcome, CopyId, CopyPlace, CopySeen } from '#kernel/drift.ts';
import type { Effect } from '#kernel/effect.ts';
import type { Event } from '#kernel/event.ts';
import type { Message } from '#kernel/message.ts';
import { sayReasons } from '#kernel/reason.ts';
import { DRIFT, GATE } from '#kernel/site.ts';
import type { Machine, Stepped } from '#kernel/step.ts';
import { earliest, elapsedMs, hours, later, latest, minutes, seconds, type Instant } from '#kernel/time.ts';
import { copyWake, judgeCopy, type Attempt, type Copy } from './copy.ts';
import {
  actionRecord,
  callOver,
  driftRecord,
  faultWords,
  findingNews,
  foundOver,
  lookRecord,
  personCall,
  proofRecord,
  wellWords,
  type Call,
} from './driftNotes.ts';

/**
 * Whoever carries out the looks tells of what has changed, at once or within a minute, as probes do. This is the net below
 * that, and no shorter: each of these looks is a change of state, which stands in the evidence.
 */
const LOOK_EVERY_MS = hours(1);
/** Hashing a file of some kilobytes takes a millisecond; a disk that needs longer than this is not well. */
const LOOK_TIMEOUT_MS = seconds(30);
const TOUCHED_LEAST_MS = seconds(1);
/** The gate answers within its own step; an answer that is not there by now was lost. */
const ASK_TIMEOUT_MS = seconds(60);
/** After a start of Sereno the write is handed over again, and has its whole time again. */
const APPLY_TIMEOUT_MS = seconds(30);
const RETRY_MS = seconds(60);
/** Who agrees, and who changes the policy, calls; this is the net below that. An approval waits as long. */
const REFUSED_MS = minutes(15);
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
type Turn = Stepped<Drift>;

/** Makes the watch over the deployed copies. Which there are, and what should lie there, it is told. */
export const makeDrift = (): Machine<Drift> => ({
  id: DRIFT,
  initial: { copies: [] },
  step: (state, event) => step({ state, effects: [] }, event),
  expects: ({ copies }) => copies.filter(({ phase }) => phase !== 'asleep').map(copyWake),
});

const firstCopy = (place: CopyPlace): Copy => ({
  ...place,
  active: null,
  revoked: null,
  previous: null,
  isPlaced: false,
  state: 'unknown',
  fault: null,
  since: null,
  found: null,
  lookedAt: null,
  phase: 'asleep',
  look: 0,
  tries: 0,
  appliedAt: null,
  attempt: null,
  proof: null,
  isTold: false,
  isCalled: false,
  refusal: null,
  lookAgainAt: null,
});

const step = (turn: Turn, event: Event): Turn => {
  const { at } = event;
  switch (event.kind) {
    case 'booted':
    case 'resumed':
    case 'reconfigured':
      return turn.state.copies.reduce((next, copy) => takeUp(next, copy, at), turn);
    case 'woke': {
      const copy = turn.state.copies.find((it) => copyWake(it) === event.name);
      return copy === undefined ? turn : wake(turn, copy, at);
    }
    case 'told':
      return hear(turn, event.message, at);
    case 'inspected': {
      const copy = copyOf(turn, event.copy);
      const isAwaited = copy !== null && copy.phase === 'looking' && copy.look === event.look;
      return isAwaited ? takeLook(turn, copy, event.seen, at) : turn;
    }
    case 'revision-applied': {
      const copy = copyOf(turn, event.copy);
      const isAwaited = copy !== null && copy.phase === 'applying' && copy.attempt?.epoch === event.epoch;
      return isAwaited ? takeReport(turn, copy, event.outcome, at) : turn;
    }
    default:
      return turn;
  }
};

/** An answer of the gate, or the report of a write, is still to come, and has its whole time again. */
const takeUp = (turn: Turn, copy: Copy, at: Instant): Turn => {
  if (copy.phase === 'asking') return enter(turn, copy, later(at, ASK_TIMEOUT_MS));
  return copy.phase === 'applying' ? enter(turn, copy, later(at, APPLY_TIMEOUT_MS)) : look(turn, copy, at);
};

const copyOf = (turn: Turn, id: CopyId): Copy | null => turn.state.copies.find(({ copy }) => copy === id) ?? null;

const go = (turn: Turn, copy: Copy, effects: readonly Effect[] = []): Turn => ({
  state: { copies: turn.state.copies.map((it) => (it.copy === copy.copy ? copy : it)) },
  effects: [...turn.effects, ...effects],
});

/** Into a phase that ends by a report, or else at `until`. */
const enter = (turn: Turn, copy: Copy, until: Instant, effects: readonly Effect[] = []): Turn =>
  go(turn, { ...copy, lookAgainAt: until }, [{ kind: 'wake', name: copyWake(copy), at: until }, ...effects]);

const look = (turn: Turn, copy: Copy, at: Instant): Turn => {
  const next: Copy = { ...copy, phase: 'looking', look: copy.look + 1, attempt: null };
  return enter(turn, next, later(at, LOOK_TIMEOUT_MS), [
    { kind: 'inspect-copy', copy: copy.copy, path: copy.path, look: next.look },
  ]);
};

const wake = (turn: Turn, copy: Copy, at: Instant): Turn => {
  switch (copy.phase) {
    case 'looking':
      return takeLook(turn, copy, { kind: 'unreadable', why: 'the look never reported' }, at);
    case 'applying':
      return takeReport(turn, copy, { kind: 'failed', detail: 'the write never reported' }, at);
    default:
      return look(turn, copy, at);
  }
};

const hear = (turn: Turn, message: Message, at: Instant): Turn => {
  switch (message.kind) {
    case 'should-be':
      return expect(turn, message, at);
    case 'copy-gone':
      return letGo(turn, message.copy, at);
    case 'copy-touched': {
      const copy = copyOf(turn, message.copy);
      // What was read a moment ago may be old: an answer to the look before this one is not taken.
      const isFree = copy !== null && copy.phase !== 'asking' && copy.phase !== 'applying';
      return isFree ? lookSoon(turn, copy, at) : turn;
    }
    case 'you-may-apply': {
      const copy = copyOf(turn, message.lease.subject);
      const isAwaited = copy !== null && copy.phase === 'asking' && copy.look === message.token;
      return isAwaited ? apply(turn, copy, message.lease, at) : giveBack(turn, message.lease);
    }
    case 'you-may-not-apply': {
      const copy = copyOf(turn, message.subject);
      if (copy === null || copy.phase !== 'asking' || copy.look !== message.token) return turn;
      return stayAway(turn, copy, message, at);
    }
    case 'hands-free':
      return turn.state.copies
        .filter(({ phase }) => phase === 'waiting')
        .reduce((next, copy) => look(next, copy, at), turn);
    default:
      return turn;
  }
};

/** A file that is written all the time is looked at once a second, and not all the time. */
const lookSoon = (turn: Turn, copy: Copy, at: Instant): Turn => {
  const soonest = copy.lookedAt === null ? at : later(copy.lookedAt, TOUCHED_LEAST_MS);
  return copy.phase === 'looking' || soonest <= at ? look(turn, copy, at) : enter(turn, copy, soonest);
};

type ShouldBe = Message & { readonly kind: 'should-be' };

const isSame = (copy: Copy, { active, revoked }: ShouldBe): boolean =>
  copy.phase !== 'asleep' &&
  copy.revoked === revoked &&
  copy.active?.digest === active?.digest &&
  copy.active?.version === active?.version &&
  copy.active?.isBlessed === active?.isBlessed;

/** Another revision is active now: what was tried for the one before says nothing of it. */
const expect = (turn: Turn, message: ShouldBe, at: Instant): Turn => {
  const { place, active, revoked } = message;
  const known = copyOf(turn, place.copy);
  const copy: Copy = { ...(known ?? firstCopy(place)), ...place };
  const open = known === null ? { ...turn, state: { copies: [...turn.state.copies, copy] } } : turn;
  if (isSame(copy, message)) return isSamePlace(known, place) ? turn : go(open, copy);
  const isSameBytes = active !== null && active.digest === copy.active?.digest;
  const previous = isSameBytes ? copy.previous : (copy.active?.digest ?? null);
  const isPlaced = isSameBytes && copy.isPlaced;
  const anew = { tries: 0, appliedAt: null, proof: null, refusal: null };
  const next: Copy = { ...copy, ...anew, active, revoked, previous, isPlaced };
  const noted = unmeasured(open, copy, 'something else should lie there now', at);
  // A write is under way: it is looked at when it reports, with the new eyes.
  return copy.phase === 'applying' ? go(noted, next) : look(noted, next, at);
};

/** What was written is not looked at for its own sake any more. */
const unmeasured = (turn: Turn, copy: Copy, why: string, at: Instant): Turn => {
  const { proof } = copy;
  if (proof === null) return turn;
  const note = { type: 'outcome', trigger: `epoch ${proof.epoch}`, outcome: `not measured: ${why}` } as const;
  return { ...turn, effects: [...turn.effects, actionRecord(copy, proof, note, at)] };
};

const isSamePlace = (known: Copy | null, place: CopyPlace): boolean =>
  known !== null && known.path === place.path && known.trafficPercent === place.trafficPercent;

/** Not watched any more; what was said of it is taken back. */
const letGo = (turn: Turn, id: CopyId, at: Instant): Turn => {
  const copy = copyOf(turn, id);
  if (copy === null) return turn;
  const how = copy.state === 'in-sync' ? wellWords(copy) : `${copy.path} is not watched any more`;
  const { attempt, isTold, isCalled } = copy;
  const noted = unmeasured(turn, { ...copy, proof: copy.proof ?? attempt }, how, at);
  const effects: readonly Effect[] = [
    { kind: 'unwake', name: copyWake(copy) },
    ...(isTold ? [foundOver(copy, how)] : []),
    ...(isCalled ? [callOver(copy, how, at)] : []),
    driftRecord(copy, { type: 'drift.unwatched', trigger: how }, at),
  ];
  const gone: Turn = {
    state: { copies: turn.state.copies.filter((it) => it !== copy) },
    effects: [...noted.effects, ...effects],
  };
  return attempt === null ? gone : giveBack(gone, { subject: id, epoch: attempt.epoch });
};

const takeLook = (turn: Turn, copy: Copy, seen: CopySeen, at: Instant): Turn => {
  const judged = judgeCopy(copy, seen);
  const isOther = judged.state !== copy.state || judged.fault !== copy.fault;
  // Changed once more: the state is the same, and the bytes are not. Once a person was called, that says nothing new.
  const isAgain = judged.state === 'drifted' && judged.found !== copy.found && copy.active !== null;
  const isChanged = isOther || (isAgain && !copy.isCalled);
  const since = isOther || copy.since === null ? at : copy.since;
  const isStable = copy.appliedAt !== null && elapsedMs(copy.appliedAt, at) >= STABLE_MS;
  const isWell = judged.state === 'in-sync';
  const hasStayed = isStable && (isWell || copy.state === 'in-sync');
  // To bring a new version to its place is not to fight for it.
  const isBrought = isWell && !copy.isPlaced;
  const tries = hasStayed || isBrought ? 0 : copy.tries;
  const settled = isWell ? { previous: null, isPlaced: copy.active !== null, refusal: null } : {};
  const next: Copy = { ...copy, ...judged, ...settled, since, tries, lookedAt: at };
  const proof = judged.state === 'unknown' ? null : copy.proof;
  const records = proof === null ? (isChanged ? [lookRecord(next, at)] : []) : [proofRecord(next, proof, at)];
  const told = tell(go(turn, next, records), proof === null ? next : { ...next, proof: null }, {
    isChanged: isOther,
    at,
  });
  return isMendable(told.copy, at) ? ask(told.turn, told.copy, at) : rest(told.turn, told.copy, at);
};

type Told = { readonly turn: Turn; readonly copy: Copy };
type News = { readonly isChanged: boolean; readonly at: Instant };

/** Nobody need hear of it yet: it could not be looked at, or a new revision is on its way. */
const isPassing = ({ state, fault, isPlaced }: Copy): boolean =>
  state === 'unknown' || fault === 'behind' || (fault === 'missing' && !isPlaced);

/** People hear of a fault once, of another fault again, and of its end. */
const tell = (turn: Turn, copy: Copy, { isChanged, at }: News): Told => {
  const isWell = copy.state === 'in-sync';
  const isBad = !isWell && (!isPassing(copy) || elapsedMs(copy.since ?? at, at) >= LASTING_MS);
  const isNews = isBad && (isChanged || !copy.isTold);
  const isCall = isGivenUp(copy) && !copy.isCalled;
  const next: Copy = {
    ...copy,
    isTold: !isWell && (copy.isTold || isBad),
    isCalled: !isWell && (copy.isCalled || isCall),
  };
  const why = copy.refusal === null ? 'somebody else writes there' : copy.refusal;
  const trigger = `tried ${copy.tries} times to put it back, and it ${faultWords(copy)}: ${why}`;
  const effects = [
    ...(isNews ? [findingNews(copy, at)] : []),
    ...(isCall ? [personCall(copy, { trigger, reasons: [], approval: null }, at)] : []),
    ...(isWell && copy.isTold ? [foundOver(copy, wellWords(copy))] : []),
    ...(isWell && copy.isCalled ? [callOver(copy, wellWords(copy), at)] : []),
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

/** What may pass is looked at again when it would have lasted. */
const rest = (turn: Turn, copy: Copy, at: Instant): Turn => {
  const isSettled = copy.state === 'in-sync' || copy.isTold;
  return enter(turn, { ...copy, phase: 'resting' }, later(at, isSettled ? LOOK_EVERY_MS : LASTING_MS));
};

const ask = (turn: Turn, copy: Copy, at: Instant): Turn => {
  const request = {
    action: 'apply-config',
    subject: copy.copy,
    version: copy.active?.version ?? 0,
    by: SERENO,
    why: `${copy.path} ${faultWords(copy)}`,
    radius: { trafficPercent: copy.trafficPercent },
    token: copy.look,
  } as const;
  return enter(turn, { ...copy, phase: 'asking' }, later(at, ASK_TIMEOUT_MS), [
    { kind: 'tell', to: GATE, message: { kind: 'may-apply', request } },
  ]);
};

/** A person is called at once when only a person can turn it around; a freeze or a full pair of hands ends by itself. */
const stayAway = (
  turn: Turn,
  copy: Copy,
  message: Message & { readonly kind: 'you-may-not-apply' },
  at: Instant,
): Turn => {
  const { reasons, approval, lookAgainAt } = message;
  const wantedAt = lookAgainAt ?? later(at, REFUSED_MS);
  // What waits to be brought there is told when it lasts, whatever stands in the way.
  const tellAt = copy.isTold ? wantedAt : earliest(wantedAt, later(copy.since ?? at, LASTING_MS));
  const againAt = latest(tellAt, later(at, REFUSED_LEAST_MS));
  const refusal = sayReasons(reasons);
  const isCall = lookAgainAt === null && !copy.isCalled;
  const call: Call = { trigger: `it may not be put back: ${refusal}`, reasons, approval };
  const next: Copy = { ...copy, phase: 'waiting', refusal, isCalled: copy.isCalled || isCall };
  return enter(turn, next, againAt, isCall ? [personCall(copy, call, at)] : []);
};

const giveBack = (turn: Turn, { subject, epoch }: Pick<ConfigLease, 'subject' | 'epoch'>): Turn => ({
  ...turn,
  effects: [...turn.effects, { kind: 'tell', to: GATE, message: { kind: 'config-lease-returned', subject, epoch } }],
});

const apply = (turn: Turn, copy: Copy, lease: ConfigLease, at: Instant): Turn => {
  const { active, item, path } = copy;
  const { epoch, until } = lease;
  // It was asked for in this very step, so nothing can have changed meanwhile.
  if (active === null || item === null) return giveBack(turn, lease);
  const { version, digest } = active;
  const attempt: Attempt = { version, epoch };
  const next: Copy = { ...copy, phase: 'applying', attempt, refusal: null };
  const trigger = `${path} ${faultWords(copy)}: found ${copy.found ?? 'nothing'}`;
  return enter(turn, next, until, [
    actionRecord(next, attempt, { type: 'started', trigger }, at),
    { kind: 'apply-revision', order: { copy: copy.copy, item, path, version, digest, epoch } },
  ]);
};

/** That it was written is a claim; the look that follows proves it, or not. What is not active any more proves nothing. */
const takeReport = (turn: Turn, copy: Copy, { kind, detail }: ConfigOutcome, at: Instant): Turn => {
  const attempt: Attempt = copy.attempt ?? { version: 0, epoch: 0 };
  const isMeant = attempt.version === copy.active?.version;
  const tried = isMeant && kind !== 'refused' ? { tries: copy.tries + 1, appliedAt: at } : {};
  const refusal = kind === 'written' ? null : detail;
  const proof = isMeant && kind === 'written' ? attempt : null;
  const next: Copy = { ...copy, ...tried, refusal, proof, attempt: null };
  const trigger = `epoch ${attempt.epoch}`;
  const written = actionRecord(copy, attempt, { type: 'written', trigger, outcome: detail }, at);
  const why = kind === 'written' ? 'not measured: something else should lie there now' : `${kind}: ${detail}`;
  const ended = actionRecord(copy, attempt, { type: 'outcome', trigger, outcome: why }, at);
  const records = [...(kind === 'written' ? [written] : []), ...(proof === null ? [ended] : [])];
  const reported = go(turn, next, records);
  const returned = giveBack(reported, { subject: copy.copy, epoch: attempt.epoch });
  if (kind === 'written' || !isMeant) return look(returned, next, at);
  return enter(returned, { ...next, phase: 'waiting' }, later(at, RETRY_MS));
};

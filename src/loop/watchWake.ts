// Waking up: Sereno starts anew, or it did not run for a while. What was not watched is not known.

import type { Effect } from '#kernel/effect.ts';
import { sayInstant, type Reason } from '#kernel/reason.ts';
import { elapsedMs, later, sayDuration, type Instant } from '#kernel/time.ts';
import { leaseTime } from '#act/plan.ts';
import { go, record, tellNews, type Post, type Turn } from './watchNotes.ts';
import { UNKNOWN_TOLD_MS, type Watch } from './watchState.ts';

/**
 * What was under way gets its whole time again: an operation is handed over once more with the same key, and what was
 * not looked at while Sereno was away proves nothing against the action that is being measured.
 */
const resume = (post: Post, remedy: Watch['remedy'], at: Instant): Watch['remedy'] => {
  if (remedy.kind === 'acting') return { ...remedy, until: later(at, leaseTime(post.service, remedy.action)) };
  if (remedy.kind !== 'observing') return remedy;
  const until = later(at, post.service.startTimeoutMs);
  return { ...remedy, trial: { ...remedy.trial, healthySince: null, healthyBy: until }, until };
};

/**
 * Sereno starts anew. What was believed is old, so it is unknown; what was being tried goes on under its lease;
 * what was only being thought about is thought about again when there is something to see.
 */
export const wakeUp = (post: Post, turn: Turn, at: Instant): Turn => {
  const { remedy } = turn.state;
  const resumed = resume(post, remedy, at);
  const isUnderWay = remedy.kind === 'acting' || remedy.kind === 'observing' || remedy.kind === 'quarantined';
  const fresh: Partial<Watch> = {
    beliefs: {},
    needs: {},
    askers: [],
    health: 'unknown',
    since: at,
    reasons: [{ kind: 'state-unknown', since: at, message: 'not looked at since Sereno started' }],
    isUnproven: false,
    exit: null,
    isAbsent: false,
    isComingUp: false,
    isComingDown: false,
    remedy: isUnderWay ? resumed : { kind: 'none' },
  };
  const woken = go(turn, fresh, [
    { kind: 'wake', name: 'unknown', at: later(at, UNKNOWN_TOLD_MS) },
    ...(isUnderWay ? [] : [{ kind: 'unwake', name: 'remedy' } as const]),
    ...wakeResumed(resumed),
    ...wakeQuarantined(resumed),
    record(turn.state, at, { type: 'watch.began', trigger: 'Sereno started' }),
  ]);
  return go(woken, {}, tellNews(post, woken.state));
};

const wakeResumed = (remedy: Watch['remedy']): readonly Effect[] =>
  remedy.kind === 'acting' || remedy.kind === 'observing' ? [{ kind: 'wake', name: 'remedy', at: remedy.until }] : [];

/** Its wake may have rung while nobody declared the service: a careful retry that is due comes now. */
const wakeQuarantined = (remedy: Watch['remedy']): readonly Effect[] =>
  remedy.kind === 'quarantined' ? [{ kind: 'wake', name: 'remedy', at: remedy.retryAt }] : [];

/**
 * Sereno did not run between `since` and now. What its probes said before is old: unknown until the next look. What it
 * knows at first hand stays: the driver has told of every process that ended meanwhile, and its end is still an end.
 */
export const takeGap = (post: Post, turn: Turn, since: Instant, at: Instant): Turn => {
  const { state } = turn;
  const trigger = `not watched for ${sayDuration(elapsedMs(since, at))}: Sereno itself did not run since ${sayInstant(since)}`;
  const remedy = resume(post, state.remedy, at);
  const isKnown = state.exit !== null || state.isAbsent || state.wanted === 'stopped';
  const resumed = go(turn, { beliefs: {}, remedy }, wakeResumed(remedy));
  const lookAgain = { kind: 'wake', name: 'unknown', at: later(at, UNKNOWN_TOLD_MS) } as const;
  if (isKnown || state.health === 'unknown') {
    // What could not be seen before the gap is told only when it cannot be seen after it either.
    return go(resumed, {}, [
      ...(isKnown ? [] : [lookAgain]),
      record(state, at, { type: 'watch.resumed', trigger, refs: { since } }),
    ]);
  }
  const reason: Reason = { kind: 'state-unknown', since, message: trigger };
  const unknown = go(resumed, { health: 'unknown', since, reasons: [reason] }, [
    lookAgain,
    record(state, at, { type: 'health.changed', trigger, outcome: `${state.health} → unknown`, refs: { since } }),
  ]);
  return go(unknown, {}, tellNews(post, unknown.state));
};

// From beliefs and exits to the health of the service, and what follows when it changes.

import type { Effect } from '#kernel/effect.ts';
import { canBeReliedOn } from '#kernel/health.ts';
import type { HealthNews } from '#kernel/message.ts';
import { sayReasons } from '#kernel/reason.ts';
import { isOperable } from '#kernel/service.ts';
import { durationMs, elapsedMs, later, seconds, type DurationMs, type Instant } from '#kernel/time.ts';
import { watchMachine } from '#kernel/site.ts';
import { assess, assessNotStarted } from '#judge/assess.ts';
import { settle, weigh } from './watchAction.ts';
import { escalate, go, record, tellIsUp, tellNews, type Post, type Turn } from './watchNotes.ts';
import { comeUp, diagnose, isSeenDown, takeAnswer } from './watchRemedy.ts';
import { newsOf, UNKNOWN_TOLD_MS, type Watch } from './watchState.ts';

/** A dependency looks at itself until its checks are decided: each failing look may take its whole timeout. */
const LOOK_MOST_MS = seconds(20);
const LOOK_PAUSE_MS = durationMs(250);

const lookTime = (post: Post): DurationMs =>
  durationMs(
    Math.min(
      LOOK_MOST_MS,
      post.service.checks.reduce((most, it) => Math.max(most, it.fall * (it.timeoutMs + LOOK_PAUSE_MS)), 0),
    ),
  );
/** After its dependency came back, a service that still runs gets this long to mend by itself before it is touched. */
const SELF_MENDING_MS = seconds(5);

/** Judges anew; when the health changed: record, tell the neighbours, and look for what to be done. */
export const reassess = (post: Post, turn: Turn, at: Instant): Turn => {
  const { state } = turn;
  if (state.wanted === 'stopped') return turn;
  const { beliefs, exit, isUnproven } = state;
  const judged = state.isAbsent
    ? assessNotStarted(at)
    : assess({ checks: post.service.checks, beliefs, exit, isUnproven, at });
  if (judged.health === state.health) return go(turn, { reasons: judged.reasons });
  const changed = go(turn, { health: judged.health, since: at, reasons: judged.reasons }, [
    record(state, at, {
      type: 'health.changed',
      trigger: judged.reasons.length === 0 ? 'all checks pass' : sayReasons(judged.reasons),
      outcome: `${state.health} → ${judged.health}`,
    }),
  ]);
  const told = go(changed, {}, tellNews(post, changed.state));
  return consequences(post, announceUp(told), at);
};

const announceUp = (turn: Turn): Turn =>
  turn.state.isComingUp && canBeReliedOn(turn.state.health)
    ? go(turn, { isComingUp: false }, [tellIsUp(turn.state)])
    : turn;

const consequences = (post: Post, turn: Turn, at: Instant): Turn => {
  const { health, remedy, trouble } = turn.state;
  const watched = watchUnknown(turn, at);
  if (turn.state.isComingDown) return watched;
  if (remedy.kind === 'observing') return weigh(post, watched, at);
  if (isNotStartedYet(post, turn.state)) return watched;
  if (health === 'unhealthy') {
    return remedy.kind === 'none' ? diagnose(post, watched, sayReasons(turn.state.reasons), at) : watched;
  }
  if (!canBeReliedOn(health)) return watched;
  const isPersonsWish = remedy.kind === 'asking' && turn.state.ask?.token === remedy.token;
  const isTroubled = trouble !== null || turn.state.quarantine !== null || remedy.kind !== 'none';
  return isTroubled && remedy.kind !== 'acting' && !isPersonsWish ? settle(post, watched, at) : watched;
};

/**
 * Sereno has not found out yet whether it runs, or knows that it does not: start-up brings it up when its turn comes,
 * and nothing is broken before that. A probe that was quicker than the search must not call it trouble.
 */
const isNotStartedYet = (post: Post, watch: Watch): boolean => {
  if (watch.remedy.kind !== 'none') return false;
  const isUnstarted = isOperable(post.service.workload) && !watch.isRunning && watch.exit === null;
  return watch.isAbsent || (isUnstarted && watch.trouble === null && watch.quarantine === null);
};

const watchUnknown = (turn: Turn, at: Instant): Turn => {
  const effect: Effect =
    turn.state.health === 'unknown'
      ? { kind: 'wake', name: 'unknown', at: later(at, UNKNOWN_TOLD_MS) }
      : { kind: 'unwake', name: 'unknown' };
  return go(turn, {}, [effect]);
};

/** The wake 'unknown': still not able to see. People are told once; it is looked at again for as long as it lasts. */
export const stillUnknown = (post: Post, turn: Turn, at: Instant): Turn => {
  const { health, since, reasons } = turn.state;
  if (health !== 'unknown' || turn.state.wanted === 'stopped') return turn;
  const again = go(turn, { decided: reasons }, [{ kind: 'wake', name: 'unknown', at: later(at, UNKNOWN_TOLD_MS) }]);
  return elapsedMs(since, at) < UNKNOWN_TOLD_MS
    ? again
    : escalate(post, again, { severity: 'SEV3', approval: null }, at);
};

/** News from a service that this one needs. */
export const takeNews = (
  post: Post,
  turn: Turn,
  told: { news: HealthNews; token: number | null },
  at: Instant,
): Turn => {
  const { news, token } = told;
  const known = go(turn, { needs: { ...turn.state.needs, [news.service]: news } });
  const { remedy } = turn.state;
  if (remedy.kind === 'diagnosing' && token === remedy.token) return takeAnswer(post, known, news.service, at);
  if (remedy.kind !== 'waiting' || remedy.on === null || !canBeReliedOn(news.health)) return known;
  return lookAgain(post, known, at);
};

/** Waiting is over, or its time is up: what is to be done now? */
export const lookAgain = (post: Post, turn: Turn, at: Instant): Turn => {
  const { state } = turn;
  const { remedy } = state;
  if (remedy.kind !== 'waiting' && remedy.kind !== 'none') return turn;
  if (state.wanted === 'stopped') return go(turn, { remedy: { kind: 'none' } }, [{ kind: 'unwake', name: 'remedy' }]);
  const isToBeStarted = state.isComingUp && isOperable(post.service.workload);
  if (isToBeStarted && !state.isRunning && state.exit === null) return comeUp(post, turn, at);
  if (canBeReliedOn(state.health)) return settle(post, turn, at);
  const isMending = remedy.kind === 'waiting' && remedy.on !== null && state.isRunning && state.exit === null;
  if (isMending) {
    const until = later(at, SELF_MENDING_MS);
    const checks = post.service.checks.map((check) => check.id);
    return go(turn, { remedy: { kind: 'waiting', on: null, since: at, until } }, [
      { kind: 'confirm', checks, goal: 'healthy', until },
      { kind: 'wake', name: 'remedy', at: until },
    ]);
  }
  if (!isSeenDown(post, state)) {
    return go(turn, { remedy: { kind: 'none' } }, [{ kind: 'unwake', name: 'remedy' }]);
  }
  return diagnose(post, turn, state.trouble?.trigger ?? sayReasons(state.reasons), at);
};

/** Somebody who needs this service asks how it is: it looks at itself now, unless it knows already. */
export const takeQuestion = (
  post: Post,
  turn: Turn,
  question: { asker: Turn['state']['service']; token: number },
  at: Instant,
): Turn => {
  const { state } = turn;
  const isKnown = state.health === 'unhealthy' || state.wanted === 'stopped' || state.exit !== null;
  if (isKnown) return go(turn, {}, [answerTo(turn, question)]);
  const isLooking = state.askers.length > 0;
  const checks = post.service.checks.map((check) => check.id);
  return go(
    turn,
    { askers: [...state.askers.filter((it) => it.asker !== question.asker), question] },
    isLooking ? [] : [{ kind: 'confirm', checks, goal: 'settled', until: later(at, lookTime(post)) }],
  );
};

const answerTo = (turn: Turn, question: { asker: Turn['state']['service']; token: number }): Effect => ({
  kind: 'tell',
  to: watchMachine(question.asker),
  message: { kind: 'health', news: newsOf(turn.state), token: question.token },
});

/** The time in which a started service may be silent is over: from now on its silence is trouble like any other. */
const prove = (post: Post, turn: Turn, at: Instant): Turn => {
  const judged = reassess(post, turn, at);
  const isTold = judged.state.health !== turn.state.health;
  return isTold ? judged : go(judged, {}, tellNews(post, judged.state));
};

/** A burst of looks has ended: whoever asked is answered; a started service is proven, or not. */
export const takeConfirmation = (post: Post, turn: Turn, at: Instant): Turn => {
  const { askers, isUnproven } = turn.state;
  const fresh = go(turn, { askers: [], isUnproven: false });
  const known = isUnproven ? prove(post, fresh, at) : fresh;
  // Who asked is told what is known now, not what was believed before the looks.
  const judged = go(
    known,
    {},
    askers.map((asker) => answerTo(known, asker)),
  );
  // While a start is being measured, the end of the burst is a moment to measure at, changed or not.
  return judged.state.remedy.kind === 'observing' ? weigh(post, judged, at) : judged;
};

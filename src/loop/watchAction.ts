// Acting under a lease, and measuring whether it helped.

import type { ActionKind, ActionRecord, Lease, OperationOutcome, SeenRelease } from '#kernel/action.ts';
import type { CauseClass } from '#kernel/cause.ts';
import type { Effect } from '#kernel/effect.ts';
import { SERENO } from '#kernel/actor.ts';
import { actionKey } from '#kernel/id.ts';
import type { Answer } from '#kernel/message.ts';
import { sayReasons, type Reason } from '#kernel/reason.ts';
import { isOperable } from '#kernel/service.ts';
import { GATE, RELEASES } from '#kernel/site.ts';
import { later, type Instant } from '#kernel/time.ts';
import { leaseTime, operationFor } from '#act/plan.ts';
import { sayExit } from '#judge/assess.ts';
import { measure, type Outcome } from '#learn/outcome.ts';
import { reasonsAsJson } from './note.ts';
import { stopAfterLeave } from './stopped.ts';
import {
  cleared,
  closeTrouble,
  dropTrouble,
  go,
  notifyTrouble,
  record,
  tellAlerts,
  tellIsDown,
  tellNews,
  type Post,
  type Turn,
} from './watchNotes.ts';
import { comeUp, diagnose, requestLeave } from './watchRemedy.ts';
import { changeAction, keep, UNKNOWN_TOLD_MS, type Watch } from './watchState.ts';

const wakeRemedy = (at: Instant): Effect => ({ kind: 'wake', name: 'remedy', at });

/** What a person had stopped was not watched as unknown; from now on it is. */
const wakeUnknown = (at: Instant): Effect => ({ kind: 'wake', name: 'unknown', at: later(at, UNKNOWN_TOLD_MS) });

const returnLease = (watch: Watch, epoch: number): Effect => ({
  kind: 'tell',
  to: GATE,
  message: { kind: 'lease-returned', subject: watch.service, epoch },
});

/** Writes the answer of the request that is being served, when it belongs to this action. */
const answerAsk = (turn: Turn, epoch: number, change: Pick<Answer, 'status' | 'detail'>, at: Instant): Turn => {
  const { ask } = turn.state;
  if (ask === null || ask.epoch !== epoch) return turn;
  const answers = turn.state.answers.map((answer) =>
    answer.askKey === ask.askKey ? { ...answer, ...change, at } : answer,
  );
  const isOver = change.status !== 'accepted';
  return go(turn, { answers, ask: isOver ? null : ask });
};

/** Leave was given: the record comes first, then the operation. */
export const takeLease = (
  post: Post,
  turn: Turn,
  grant: { lease: Lease; reasons: readonly Reason[]; token: number },
  at: Instant,
): Turn => {
  const { lease, token } = grant;
  const { ask, remedy } = turn.state;
  const isForAsk = ask?.token === token;
  // Waiting and quarantine count as well: leave may come late, from an approver, while nothing newer was asked.
  const isAwaited = ['asking', 'waiting', 'quarantined'].includes(remedy.kind) && turn.state.token === token;
  if ((!isForAsk && !isAwaited) || remedy.kind === 'acting') {
    return go(turn, {}, [returnLease(turn.state, lease.epoch)]);
  }
  // Leave that comes late can meet a trial that is still open: it ends here, so that its action has an outcome.
  const free = setAside(turn, 'another action took its place', at);
  return act(post, isForAsk ? free : tellTrouble(free, lease.action, at), { ...grant, isForAsk }, at);
};

/** Told when something is done about it, with why it may be done. What comes up for the first time is no trouble. */
const tellTrouble = (turn: Turn, action: ActionKind, at: Instant): Turn =>
  turn.state.trouble === null ? turn : notifyTrouble(turn, turn.state.trouble.trigger, `${action}s it`, at);

const act = (
  post: Post,
  turn: Turn,
  grant: { lease: Lease; reasons: readonly Reason[]; isForAsk: boolean },
  at: Instant,
): Turn => {
  const { state } = turn;
  const { lease, reasons, isForAsk } = grant;
  const key = actionKey(state.service, lease.epoch);
  const by = isForAsk ? state.ask?.by : undefined;
  const trigger = isForAsk ? `${by?.name ?? 'a person'} asked` : (state.trouble?.trigger ?? 'start-up');
  const action: ActionRecord = {
    key,
    action: lease.action,
    at,
    by: by?.name ?? 'sereno',
    trigger,
    cause: isForAsk ? null : (state.cause?.class ?? null),
    outcome: 'running',
    endedAt: null,
  };
  const ask = isForAsk && state.ask !== null ? { ...state.ask, epoch: lease.epoch } : state.ask;
  const answers = state.answers.map((answer) =>
    ask !== null && answer.askKey === ask.askKey
      ? { ...answer, status: 'accepted' as const, actionKey: key, reasons, at }
      : answer,
  );
  const until = later(at, leaseTime(post.service, lease.action));
  const remedy = { kind: 'acting', epoch: lease.epoch, action: lease.action, since: at, until } as const;
  const isRevived = state.wanted === 'stopped' && lease.action !== 'stop';
  return go(
    turn,
    {
      // From the moment of leave on: should the start fail, it is a trouble like any other.
      ...(isRevived ? { wanted: 'running' as const, stoppedBy: null } : {}),
      ...stopAfterLeave(state, lease.action, by, at),
      ask,
      answers,
      remedy,
      actions: keep(action, state.actions),
      decided: isForAsk ? reasons : [...state.decided, ...reasons],
    },
    [
      record(state, at, {
        type: 'action.started',
        trigger,
        action: lease.action,
        refs: { key, epoch: lease.epoch, reasons: reasonsAsJson(reasons) },
        ...(by === undefined ? {} : { by }),
      }),
      { kind: 'operate', operation: operationFor(post.service, lease) },
      tellAlerts({ kind: 'acted-on', subject: state.service, by: action.by }),
      wakeRemedy(until),
      ...(isRevived && state.health === 'unknown' ? [wakeUnknown(at)] : []),
    ],
  );
};

/** The operation was carried out, failed, or was refused. */
export const takeOutcome = (
  post: Post,
  turn: Turn,
  report: { epoch: number; outcome: OperationOutcome },
  at: Instant,
): Turn => {
  const { remedy } = turn.state;
  if (remedy.kind !== 'acting' || remedy.epoch !== report.epoch) return turn;
  const { outcome, epoch } = report;
  if (outcome.kind === 'applied') {
    if (remedy.action === 'stop') return afterStop(post, stopped(post, turn, epoch, at), at);
    const up = started(post, turn, { epoch, outcome }, at);
    return up.state.isComingDown ? comeDown(post, up, at) : up;
  }
  const ended = endAction(
    turn,
    epoch,
    { outcome: outcome.kind === 'failed' ? 'failed' : 'refused', proof: outcome.detail },
    at,
  );
  const answered = answerAsk(ended, epoch, { status: 'failed', detail: outcome.detail }, at);
  const failure = `${remedy.action} failed: ${outcome.detail}`;
  const trouble = outcome.kind === 'failed' ? namedTrouble(answered.state, failure, at) : answered.state.trouble;
  const returned = go(answered, { remedy: { kind: 'none' }, trouble }, [returnLease(turn.state, epoch)]);
  if (returned.state.isComingDown) {
    // Refused: its lease ended with a hold. Whoever needs nothing of it must not lose it for that: it is asked anew.
    return outcome.kind === 'refused'
      ? comeDown(post, returned, at)
      : go(returned, {}, [{ kind: 'unwake', name: 'remedy' }, tellIsDown(returned.state)]);
  }
  return outcome.kind === 'failed'
    ? afterFailure(post, lookAfresh(post, returned, at), true, at)
    : afterFailure(post, returned, false, at);
};

/** The orderly end of an earlier run was still on its way when this one began: what start-up wants comes up again. */
const afterStop = (post: Post, turn: Turn, at: Instant): Turn =>
  turn.state.isComingUp && !turn.state.isComingDown ? comeUp(post, turn, at) : turn;

/** What could not be done is the trouble's name, when it has none better yet. */
const namedTrouble = (watch: Watch, trigger: string, at: Instant): Watch['trouble'] =>
  watch.trouble ?? { since: at, trigger, isNotified: false, isEscalated: false };

/** The orderly end of one service: it is stopped, unless it is in hands (then afterwards) or does not run. */
export const comeDown = (post: Post, turn: Turn, at: Instant): Turn => {
  const { state } = turn;
  if (state.remedy.kind === 'acting') return turn;
  const aside = setAside(turn, 'orderly end', at);
  if (!isOperable(post.service.workload) || !state.isRunning) {
    return go(aside, { remedy: { kind: 'none' } }, [{ kind: 'unwake', name: 'remedy' }, tellIsDown(state)]);
  }
  return requestLeave(post, aside, { action: 'stop', by: SERENO, why: 'orderly end', isProbation: false }, at);
};

/** Something else comes first: a trial that is still open ends here, so that its action has an outcome. */
export const setAside = (turn: Turn, why: string, at: Instant): Turn => {
  const { remedy } = turn.state;
  if (remedy.kind !== 'observing' || remedy.epoch === null) return turn;
  const { epoch } = remedy;
  const ended = endAction(turn, epoch, { outcome: 'ineffective', proof: `not measured to its end: ${why}` }, at);
  const answered = answerAsk(ended, epoch, { status: 'failed', detail: `not measured to its end: ${why}` }, at);
  const freed = remedy.isLeaseOut ? [returnLease(turn.state, epoch)] : [];
  return go(answered, { remedy: { kind: 'none' } }, [...freed, { kind: 'unwake', name: 'remedy' }]);
};

type Applied = Extract<OperationOutcome, { readonly kind: 'applied' }>;

/** It was started from another program than before: that is a release, whoever put it there. */
const tellRelease = ({ service }: Watch, { version, what }: SeenRelease): Effect => ({
  kind: 'tell',
  to: RELEASES,
  message: { kind: 'released', service, version, what },
});

const started = (post: Post, turn: Turn, report: { epoch: number; outcome: Applied }, at: Instant): Turn => {
  const { remedy } = turn.state;
  const { detail, pid, release } = report.outcome;
  const action = remedy.kind === 'acting' ? remedy.action : 'restart';
  const until = later(at, post.service.startTimeoutMs);
  const trial = { since: at, healthySince: null, healthyBy: until, stableMs: post.service.stableAfterMs };
  const answered = answerAsk(turn, report.epoch, { status: 'accepted', detail }, at);
  return go(
    answered,
    {
      wanted: 'running',
      stoppedBy: null,
      isRunning: true,
      isAbsent: false,
      pid,
      exit: null,
      isUnproven: true,
      remedy: { kind: 'observing', epoch: report.epoch, action, isLeaseOut: true, trial, until },
      actions: changeAction(turn.state, actionKey(turn.state.service, report.epoch), { outcome: 'observing' }),
    },
    [
      record(turn.state, at, {
        type: 'action.applied',
        trigger: action,
        action: detail,
        refs: { key: actionKey(turn.state.service, report.epoch), pid },
      }),
      cleared(turn.state, `${turn.state.service}/workload`),
      { kind: 'confirm', checks: post.service.checks.map((check) => check.id), goal: 'healthy', until },
      wakeRemedy(until),
      ...(release === undefined ? [] : [tellRelease(turn.state, release)]),
      ...(turn.state.health === 'unknown' ? [wakeUnknown(at)] : []),
    ],
  );
};

const stopped = (post: Post, turn: Turn, epoch: number, at: Instant): Turn => {
  // Only what a person asked for stays stopped; the rest of an orderly end that was cut short comes up again.
  const { ask } = turn.state;
  const isWanted = ask !== null && ask.epoch === epoch;
  const by = isWanted ? ask.by.name : 'sereno';
  const ended = endAction(turn, epoch, { outcome: 'effective', proof: 'it no longer runs' }, at);
  const answered = answerAsk(ended, epoch, { status: 'completed', detail: 'stopped' }, at);
  const changed: Partial<Watch> = {
    wanted: isWanted ? 'stopped' : 'running',
    stoppedBy: isWanted ? { by, since: at } : null,
    // What a person stops is not what start-up waits for any more.
    isComingUp: turn.state.isComingUp && !isWanted,
    isRunning: false,
    pid: null,
    exit: null,
    remedy: { kind: 'none' },
    trouble: isWanted ? null : answered.state.trouble,
    quarantine: isWanted ? null : answered.state.quarantine,
    impairedBy: null,
    health: 'unknown',
    since: at,
  };
  // An orderly end of the whole site settles nothing: its incidents are open when it starts again.
  const quiet = isWanted ? dropTrouble(answered, `stopped by ${by}`, at) : answered;
  const after = go(quiet, changed, [
    returnLease(turn.state, epoch),
    { kind: 'unwake', name: 'remedy' },
    isWanted || turn.state.isComingDown ? { kind: 'unwake', name: 'unknown' } : wakeUnknown(at),
  ]);
  return go(after, {}, [...tellNews(post, after.state), ...(turn.state.isComingDown ? [tellIsDown(after.state)] : [])]);
};

type End = { readonly outcome: 'effective' | 'ineffective' | 'failed' | 'refused'; readonly proof: string };

/** The third part of the triple: trigger, action, and now the measured outcome. */
const endAction = (turn: Turn, epoch: number, end: End, at: Instant): Turn => {
  const key = actionKey(turn.state.service, epoch);
  const action = turn.state.actions.find((it) => it.key === key);
  return go(turn, { actions: changeAction(turn.state, key, { outcome: end.outcome, endedAt: at }) }, [
    record(turn.state, at, {
      type: 'action.outcome',
      trigger: action?.trigger ?? 'unknown',
      action: action?.action ?? 'unknown',
      outcome: `${end.outcome}: ${end.proof}`,
      refs: { key },
    }),
  ]);
};

/** What failed may have been done by half, and what was believed before it is old: it is looked at again, now. */
const lookAfresh = (post: Post, turn: Turn, at: Instant): Turn => {
  const checks = post.service.checks.map((check) => check.id);
  return go(turn, {}, [{ kind: 'confirm', checks, goal: 'settled', until: later(at, post.service.startTimeoutMs) }]);
};

/** A remedy that failed or did not help is counted; the next try starts from the cause again. */
const afterFailure = (post: Post, turn: Turn, isCounted: boolean, at: Instant): Turn => {
  if (turn.state.isComingDown) return comeDown(post, turn, at);
  const ineffective = turn.state.ineffective + (isCounted ? 1 : 0);
  const counted = go(turn, { ineffective, lastFailedAt: at });
  return diagnose(post, counted, turn.state.trouble?.trigger ?? sayReasons(turn.state.reasons), at);
};

const learn = (watch: Watch, cause: CauseClass | null, hasWorked: boolean): Watch['lessons'] => {
  if (cause === null) return watch.lessons;
  const earlier = watch.lessons[cause] ?? { tried: 0, worked: 0 };
  return { ...watch.lessons, [cause]: { tried: earlier.tried + 1, worked: earlier.worked + (hasWorked ? 1 : 0) } };
};

/** No report came while the lease lasted: what was done is not known, and unknown is not success. */
export const expireAction = (post: Post, turn: Turn, at: Instant): Turn => {
  const { remedy } = turn.state;
  if (remedy.kind !== 'acting') return turn;
  const ended = endAction(
    turn,
    remedy.epoch,
    { outcome: 'failed', proof: 'no report came while the lease lasted' },
    at,
  );
  const answered = answerAsk(ended, remedy.epoch, { status: 'failed', detail: 'no report came in time' }, at);
  const returned = go(answered, { remedy: { kind: 'none' } }, [returnLease(turn.state, remedy.epoch)]);
  return afterFailure(post, lookAfresh(post, returned, at), true, at);
};

/** Why a trial is over although nobody has measured: what is on trial is not there. Null: it is there. */
const goneSince = ({ exit, isAbsent, wanted, isComingDown }: Watch): string | null => {
  if (exit !== null) return `it ${sayExit(exit)} again`;
  return isAbsent && wanted === 'running' && !isComingDown ? 'it was gone when Sereno started again' : null;
};

/** Measures the trial that is open: called when health changes and when the wake rings. */
export const weigh = (post: Post, turn: Turn, at: Instant): Turn => {
  const { remedy } = turn.state;
  if (remedy.kind !== 'observing') return turn;
  const gone = goneSince(turn.state);
  const outcome: Outcome =
    gone === null ? measure(remedy.trial, turn.state.health, at) : { kind: 'ineffective', proof: gone };
  if (outcome.kind === 'open') {
    const isBack = outcome.trial.healthySince !== null && remedy.isLeaseOut && remedy.epoch !== null;
    const next = {
      ...remedy,
      trial: outcome.trial,
      until: outcome.lookAgainAt,
      isLeaseOut: remedy.isLeaseOut && !isBack,
    };
    const freed = isBack && remedy.epoch !== null ? [returnLease(turn.state, remedy.epoch)] : [];
    return go(turn, { remedy: next }, [...freed, wakeRemedy(outcome.lookAgainAt)]);
  }
  const freed = remedy.isLeaseOut && remedy.epoch !== null ? [returnLease(turn.state, remedy.epoch)] : [];
  const released = go(turn, { remedy: { kind: 'none' } }, freed);
  return outcome.kind === 'effective'
    ? itHelped(released, remedy.epoch, outcome.proof, at)
    : didNotHelp(post, released, { epoch: remedy.epoch, proof: outcome.proof }, at);
};

const itHelped = (turn: Turn, epoch: number | null, proof: string, at: Instant): Turn => {
  const ended = epoch === null ? turn : endAction(turn, epoch, { outcome: 'effective', proof }, at);
  const answered = epoch === null ? ended : answerAsk(ended, epoch, { status: 'completed', detail: proof }, at);
  const closed = closeTrouble(answered, proof, at);
  const lessons = epoch === null ? closed.state.lessons : learn(closed.state, closed.state.cause?.class ?? null, true);
  const calm: Partial<Watch> = {
    ineffective: 0,
    lastFailedAt: null,
    quarantine: null,
    impairedBy: null,
    decided: [],
    lessons,
  };
  return go(closed, calm, [{ kind: 'unwake', name: 'remedy' }]);
};

const didNotHelp = (post: Post, turn: Turn, end: { epoch: number | null; proof: string }, at: Instant): Turn => {
  if (end.epoch === null) return diagnose(post, turn, turn.state.trouble?.trigger ?? end.proof, at);
  const ended = endAction(turn, end.epoch, { outcome: 'ineffective', proof: end.proof }, at);
  const answered = answerAsk(ended, end.epoch, { status: 'failed', detail: end.proof }, at);
  const lessons = learn(answered.state, answered.state.cause?.class ?? null, false);
  return afterFailure(post, go(answered, { lessons }), true, at);
};

/** It came back by itself: the way back is measured like an action's, so that recovery is confirmed. */
export const settle = (post: Post, turn: Turn, at: Instant): Turn => {
  const until = later(at, post.service.stableAfterMs);
  const trial = { since: at, healthySince: at, healthyBy: until, stableMs: post.service.stableAfterMs };
  const remedy = { kind: 'observing', epoch: null, action: null, isLeaseOut: false, trial, until } as const;
  return go(turn, { remedy, impairedBy: null }, [wakeRemedy(until)]);
};

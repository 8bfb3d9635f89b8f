// Root cause before restart: diagnosing, concluding, and asking the gate for leave.

import { SERENO, type Actor } from '#kernel/actor.ts';
import type { ActionKind, ActionRequest, BlastRadius } from '#kernel/action.ts';
import type { BlackBox, Cause } from '#kernel/cause.ts';
import type { Decision } from '#kernel/decision.ts';
import type { Effect } from '#kernel/effect.ts';
import { canBeReliedOn } from '#kernel/health.ts';
import type { HealthNews } from '#kernel/message.ts';
import type { ServiceId } from '#kernel/id.ts';
import type { Message } from '#kernel/message.ts';
import type { Belief } from '#kernel/observation.ts';
import { sayReasons, type Reason } from '#kernel/reason.ts';
import { isOperable } from '#kernel/service.ts';
import { GATE, watchMachine } from '#kernel/site.ts';
import { later, minutes, seconds, type Instant } from '#kernel/time.ts';
import { classify, isOnlyWrong, justBack, mendedBy, rootOf } from '#judge/cause.ts';
import { chooseRemedy, probationPause } from '#decide/remedy.ts';
import { isDoubted } from './gateBars.ts';
import { reasonsAsJson } from './note.ts';
import { escalate, go, notifyTrouble, record, tellAlerts, tellNews, type Post, type Turn } from './watchNotes.ts';
import type { Watch } from './watchState.ts';

/** All clues come long before that; a dependency that is in doubt itself looks for up to 20 s. */
const DIAGNOSIS_MS = seconds(21);
/** The gate answers within its look around (1.5 s); this is the net below it. */
const ASKING_MS = seconds(10);
/** Log lines kept in the state for ladders; all 200 are in the evidence record. */
const LOG_KEPT = 20;

const wakeRemedy = (at: Instant): Effect => ({ kind: 'wake', name: 'remedy', at });

const askAfter = (need: ServiceId, asker: ServiceId, token: number): Effect => ({
  kind: 'tell',
  to: watchMachine(need),
  message: { kind: 'how-are-you', asker, token },
});

/** Starts (or starts again) to find out why: freezes the black box and lets the dependencies look at themselves. */
export const diagnose = (post: Post, turn: Turn, trigger: string, at: Instant): Turn =>
  lookInto(post, turn, { trigger, isProbation: false }, at);

/** As `diagnose`, for a careful retry out of quarantine: earlier failures do not forbid this one try. */
export const retryCarefully = (post: Post, turn: Turn, trigger: string, at: Instant): Turn =>
  lookInto(post, turn, { trigger, isProbation: true }, at);

const lookInto = (
  post: Post,
  turn: Turn,
  why: { readonly trigger: string; readonly isProbation: boolean },
  at: Instant,
): Turn => {
  const { trigger, isProbation } = why;
  const token = turn.state.token + 1;
  const { needs, id } = post.service;
  const isNew = turn.state.trouble === null;
  const trouble = turn.state.trouble ?? { since: turn.state.since, trigger, isNotified: false, isEscalated: false };
  const remedy = { kind: 'diagnosing', token, since: at, awaiting: needs, hasBlackBox: false, isProbation } as const;
  return go(turn, { token, trouble, remedy }, [
    ...(isNew ? [record(turn.state, at, { type: 'finding.opened', trigger })] : []),
    { kind: 'examine', service: id },
    ...needs.map((need) => askAfter(need, id, token)),
    wakeRemedy(later(at, DIAGNOSIS_MS)),
  ]);
};

/** The black box has come in. */
export const takeBlackBox = (post: Post, turn: Turn, blackBox: BlackBox, at: Instant): Turn => {
  const { remedy } = turn.state;
  if (remedy.kind !== 'diagnosing') return turn;
  const kept: BlackBox = { ...blackBox, logTail: blackBox.logTail.slice(-LOG_KEPT) };
  const frozen = go(turn, { blackBox: kept, remedy: { ...remedy, hasBlackBox: true } }, [
    record(turn.state, at, {
      type: 'blackbox.frozen',
      trigger: turn.state.trouble?.trigger ?? 'asked',
      refs: { blackBox: JSON.parse(JSON.stringify(blackBox)) as never }, // decoder: a black box is plain JSON
    }),
  ]);
  return concludeWhenReady(post, frozen, at);
};

/** A dependency has answered our question. */
export const takeAnswer = (post: Post, turn: Turn, from: ServiceId, at: Instant): Turn => {
  const { remedy } = turn.state;
  if (remedy.kind !== 'diagnosing') return turn;
  const awaiting = remedy.awaiting.filter((need) => need !== from);
  return concludeWhenReady(post, go(turn, { remedy: { ...remedy, awaiting } }), at);
};

const concludeWhenReady = (post: Post, turn: Turn, at: Instant): Turn => {
  const { remedy } = turn.state;
  if (remedy.kind !== 'diagnosing' || !remedy.hasBlackBox || remedy.awaiting.length > 0) return turn;
  return conclude(post, turn, at);
};

const failingOf = (watch: Watch): readonly Belief[] =>
  Object.values(watch.beliefs).filter((belief) => belief.state === 'unhealthy');

const needsOf = (post: Post, watch: Watch): readonly HealthNews[] =>
  post.service.needs.flatMap((need) => watch.needs[need] ?? []);

const causeOf = (post: Post, watch: Watch, back: HealthNews | null): Cause =>
  classify({
    exit: watch.exit,
    blackBox: watch.blackBox,
    deployment: watch.deployment ?? null,
    failing: failingOf(watch),
    needs: needsOf(post, watch),
    back,
    ports: post.ports,
    since: watch.trouble?.since ?? watch.since,
  });

/** What has ended does not mend by itself; what still runs may, once what it needs is back. */
const backOf = (post: Post, watch: Watch, at: Instant): HealthNews | null => {
  const isAlive = watch.exit === null && watch.isRunning;
  const since = watch.trouble?.since ?? watch.since;
  return isAlive ? justBack(needsOf(post, watch), since, at) : null;
};

/** Unknown is not unhealthy either: what cannot be seen is told to people (the wake 'unknown'), never restarted. */
export const isSeenDown = (post: Post, watch: Watch): boolean =>
  watch.wanted === 'running' &&
  (watch.health === 'unhealthy' || watch.exit !== null || (isOperable(post.service.workload) && !watch.isRunning));

/** All clues are in, or the time is up: names the cause and chooses the remedy. */
export const conclude = (post: Post, turn: Turn, at: Instant): Turn => {
  const watch = turn.state;
  // It is well by now: whoever waits closes the trouble as measured, a moment later.
  if (canBeReliedOn(watch.health) && watch.exit === null) return waitUntil(turn, null, later(at, seconds(1)), at);
  if (!isSeenDown(post, watch)) return go(turn, { remedy: { kind: 'none' } }, [{ kind: 'unwake', name: 'remedy' }]);
  const isProbation = watch.remedy.kind === 'diagnosing' && watch.remedy.isProbation;
  const down = rootOf(needsOf(post, watch));
  const back = backOf(post, watch, at);
  const cause = causeOf(post, watch, back);
  const decision = chooseRemedy({
    at,
    workload: post.service.workload,
    cause,
    isOnlyWrong: isOnlyWrong({ exit: watch.exit, failing: failingOf(watch) }),
    ineffective: watch.ineffective,
    lastFailedAt: watch.lastFailedAt,
    waitOn: down === null ? null : { dependency: down.impairedBy ?? down.service, since: down.since },
    mending: back === null ? null : { dependency: back.service, since: back.since, until: mendedBy(back) },
    isProbation,
  });
  const named = go(turn, { cause, decided: decision.reasons }, [
    record(watch, at, {
      type: 'decision',
      trigger: watch.trouble?.trigger ?? sayReasons(decision.reasons),
      action: decision.kind === 'act' ? decision.action : decision.kind,
      refs: { reasons: reasonsAsJson(decision.reasons), cause: cause.class, culprit: cause.culprit },
    }),
  ]);
  return follow(post, named, decision, { at, isProbation });
};

/** Marks the symptom with its cause, and tells the neighbours when that has changed. */
const blame = (post: Post, turn: Turn, decision: Decision): Turn => {
  const dependency = decision.reasons.find((reason) => reason.kind === 'dependency-down');
  const impairedBy = dependency?.dependency ?? null;
  if (impairedBy === turn.state.impairedBy) return turn;
  const blamed = tellAlerts({ kind: 'blamed', subject: turn.state.service, on: impairedBy });
  return go(turn, { impairedBy }, [...tellNews(post, { ...turn.state, impairedBy }), blamed]);
};

const follow = (post: Post, turn: Turn, decision: Decision, moment: { at: Instant; isProbation: boolean }): Turn => {
  const { at, isProbation } = moment;
  const blamed = blame(post, turn, decision);
  const trigger = turn.state.trouble?.trigger ?? sayReasons(decision.reasons);
  if (decision.kind === 'act') {
    return requestLeave(post, blamed, { action: decision.action, by: SERENO, why: trigger, isProbation }, at);
  }
  if (decision.kind === 'ask') {
    const isHearsay = turn.state.exit === null && !turn.state.isAbsent && turn.state.quarantine === null;
    if (isHearsay) return askWhetherSo(post, blamed, trigger, at);
    return quarantine(post, blamed, decision.lookAgainAt, at);
  }
  const dependency = decision.reasons.find((reason) => reason.kind === 'dependency-down');
  const on = dependency?.dependency ?? null;
  return waitUntil(blamed, on, decision.lookAgainAt, at);
};

/** Waits for something to change; looks again by itself at `until`. */
export const waitUntil = (turn: Turn, on: ServiceId | null, until: Instant, at: Instant): Turn =>
  go(turn, { remedy: { kind: 'waiting', on, since: at, until } }, [wakeRemedy(until)]);

/** Gives it to people, and goes on with careful retries: 1, 5, 15 minutes, then hourly. */
export const quarantine = (post: Post, turn: Turn, earliestAt: Instant, at: Instant): Turn => {
  const earlier = turn.state.quarantine;
  const attempts = earlier?.attempts ?? 0;
  const since = earlier?.since ?? at;
  const backedOff = later(at, probationPause(attempts));
  const retryAt = earliestAt > backedOff ? earliestAt : backedOff;
  const entered = go(
    turn,
    { quarantine: { since, attempts: attempts + 1 }, remedy: { kind: 'quarantined', since, retryAt } },
    [
      wakeRemedy(retryAt),
      record(turn.state, at, {
        type: 'quarantined',
        trigger: turn.state.trouble?.trigger ?? 'trouble',
        action: `careful retry at ${new Date(retryAt).toISOString()}`,
        refs: { attempts, reasons: reasonsAsJson(turn.state.decided) },
      }),
    ],
  );
  return escalate(post, entered, { severity: 'SEV2', approval: null }, at);
};

/** A careful retry that was refused was none: the next pause does not grow, and it comes as soon as it may. */
const postpone = (turn: Turn, since: Instant, retryAt: Instant): Turn =>
  go(turn, { remedy: { kind: 'quarantined', since, retryAt } }, [wakeRemedy(retryAt)]);

export type Intent = {
  readonly action: ActionKind;
  readonly by: Actor;
  readonly why: string;
  readonly isProbation: boolean;
};

const NOBODY: BlastRadius = { trafficPercent: 0, services: [] };

/**
 * Whom the action can hurt beyond what is hurt already: all that needs the service, directly or through others, and the
 * traffic that enters there; nobody, when it does not answer anyway.
 */
export const radiusOf = (post: Post, watch: Watch, action: ActionKind): BlastRadius => {
  const isServing =
    (watch.health === 'healthy' || watch.health === 'degraded' || watch.health === 'unknown') && watch.isRunning;
  return action !== 'start' && isServing ? post.radius() : NOBODY;
};

const requestOf = (post: Post, turn: Turn, intent: Intent): ActionRequest => ({
  action: intent.action,
  subject: post.service.id,
  by: intent.by,
  why: intent.why,
  cause: turn.state.cause?.class ?? null,
  isByProbeOnly: turn.state.exit === null && turn.state.isRunning,
  radius: radiusOf(post, turn.state, intent.action),
  token: turn.state.token + 1,
});

const awaitGate = (turn: Turn, intent: Intent, message: Message, at: Instant): Turn => {
  const token = turn.state.token + 1;
  const { action, isProbation } = intent;
  return go(turn, { token, remedy: { kind: 'asking', token, action, since: at, isProbation } }, [
    { kind: 'tell', to: GATE, message },
    wakeRemedy(later(at, ASKING_MS)),
  ]);
};

/** Asks the gate. Nothing is touched before it answers. */
export const requestLeave = (post: Post, turn: Turn, intent: Intent, at: Instant): Turn =>
  awaitGate(turn, intent, { kind: 'may-i', request: requestOf(post, turn, intent) }, at);

/** Before people are called for what only probes saw: is it this service, or the way to it, or what it shares? */
const askWhetherSo = (post: Post, turn: Turn, why: string, at: Instant): Turn => {
  const intent = { action: 'restart', by: SERENO, why, isProbation: false } as const;
  const request = { ...requestOf(post, turn, intent), isByProbeOnly: true };
  return awaitGate(turn, intent, { kind: 'is-it-so', request }, at);
};

/** The gate said no to Sereno itself: waits, and asks people when waiting alone will not help. */
export const takeRefusal = (
  post: Post,
  turn: Turn,
  refusal: {
    readonly reasons: readonly Reason[];
    readonly lookAgainAt: Instant | null;
    readonly approval: string | null;
  },
  at: Instant,
): Turn => {
  const decided = [...refusal.reasons, ...turn.state.decided.filter((reason) => reason.kind === 'cause')];
  const heard = go(turn, { decided });
  const isSpent = refusal.reasons.some((reason) => reason.kind === 'budget-spent');
  const again = refusal.lookAgainAt ?? later(at, minutes(1));
  if (turn.state.quarantine !== null) return postpone(heard, turn.state.quarantine.since, again);
  if (isSpent) return quarantine(post, heard, again, at);
  const waiting = waitUntil(heard, null, again, at);
  const needsPerson = refusal.approval !== null || refusal.lookAgainAt === null;
  if (needsPerson) return escalate(post, waiting, { severity: 'SEV2', approval: refusal.approval }, at);
  // What it needs is in hands: a symptom, of which nobody is told by itself.
  if (refusal.reasons.some((reason) => reason.kind === 'dependency-down')) return waiting;
  // Of what is doubted together with others people are told once, by the gate: a hundred notices would bury that page.
  if (isDoubted(refusal.reasons)) return waiting;
  const trigger = turn.state.trouble?.trigger ?? sayReasons(decided);
  return notifyTrouble(waiting, trigger, 'it may not be touched now, and is looked at again', at);
};

/** Brings a service up for the first time, when all it needs can be relied on. */
export const comeUp = (post: Post, turn: Turn, at: Instant): Turn => {
  const unready = post.service.needs.find((need) => {
    const health = turn.state.needs[need]?.health;
    return health !== 'healthy' && health !== 'degraded';
  });
  if (unready !== undefined) {
    const reason: Reason = { kind: 'dependency-down', dependency: unready, since: at };
    const asks = post.service.needs.filter((need) => turn.state.needs[need] === undefined);
    const waiting = waitUntil(turn, unready, later(at, minutes(1)), at);
    // Token 0 belongs to no question: the answer is taken as plain news.
    return go(
      waiting,
      { decided: [reason] },
      asks.map((need) => askAfter(need, post.service.id, 0)),
    );
  }
  const intent = { action: 'start', by: SERENO, why: 'start-up', isProbation: false } as const;
  return isOperable(post.service.workload) ? requestLeave(post, turn, intent, at) : turn;
};

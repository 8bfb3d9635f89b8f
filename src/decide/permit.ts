// The one gate's judgement: allow, needs-approval or deny, always with reasons. Never-rules first; nothing overrides them.

import type { ActionRequest, Lease } from '#kernel/action.ts';
import type { Verdict } from '#kernel/decision.ts';
import type { ServiceId } from '#kernel/id.ts';
import type { Policy } from '#kernel/policy.ts';
import type { Reason } from '#kernel/reason.ts';
import type { RestartBudget } from '#kernel/service.ts';
import { later, minutes, seconds, type Instant } from '#kernel/time.ts';
import { lookAtBudget } from './budget.ts';

/** What stands in the way passes by itself; the gate is asked again after this long. */
const ASK_AGAIN_MS = seconds(5);
/** A hold, and doubt of the own eyes, last long: the gate calls when they end, and this is the net below the call. */
const BARRED_AGAIN_MS = minutes(1);
/** Of a group, at most a fifth is in hands at once. */
const GROUP_SHARE = 0.2;

/** Everything beside the request that the gate weighs. */
export type Posture = {
  readonly at: Instant;
  readonly policy: Policy;
  readonly hold: { readonly by: string; readonly since: Instant; readonly why: string } | null;
  readonly suspicion: readonly Reason[];
  readonly selection: { readonly before: number; readonly after: number } | null;
  readonly safeModeSince: Instant | null;
  readonly leases: readonly Lease[];
  /** Traffic of the services in hands, percent. */
  readonly trafficInHandsPercent: number;
  readonly serviceCount: number;
  readonly budget: RestartBudget;
  readonly spent: readonly Instant[];
  /** A person with the right role has agreed to exactly this. */
  readonly isApproved: boolean;
};

const deny = (reason: Reason, lookAgainAt: Instant | null): Verdict => ({
  kind: 'deny',
  reasons: [reason],
  lookAgainAt,
});

/** Bringing up for the first time, and orderly stopping, move toward the declared state; pace and eyes do not bind them. */
const isRoutine = (request: ActionRequest): boolean => request.by.kind === 'system' && request.action !== 'restart';

/** How many may be in hands at once. */
export const handsLimit = (posture: Pick<Posture, 'serviceCount' | 'safeModeSince'>): number =>
  posture.safeModeSince === null ? Math.max(1, Math.floor(posture.serviceCount * GROUP_SHARE)) : 1;

const forbidden = (request: ActionRequest, posture: Posture): Verdict | null => {
  const { policy, hold, at } = posture;
  const never = policy.never.find((rule) => rule.forbids.includes(request.action));
  if (never !== undefined) return deny({ kind: 'never-rule', rule: never.text }, null);
  if (hold !== null) return deny({ kind: 'held', ...hold }, later(at, BARRED_AGAIN_MS));
  return null;
};

const blinded = (request: ActionRequest, posture: Posture): Verdict | null => {
  if (request.by.kind === 'person') return null;
  const again = later(posture.at, BARRED_AGAIN_MS);
  if (posture.selection !== null) return deny({ kind: 'selection-changed', ...posture.selection }, again);
  if (isRoutine(request)) return null;
  const [suspicion] = posture.suspicion;
  return suspicion === undefined ? null : deny(suspicion, again);
};

const outsidePolicy = (request: ActionRequest, posture: Posture): Verdict | null => {
  const { policy, at } = posture;
  if (request.by.kind === 'person' || isRoutine(request)) return null;
  // `restart` stands for its two halves as well: who may restart may stop and start.
  const isListed = policy.allow.includes(request.action) || policy.allow.includes('restart');
  if (!isListed) return deny({ kind: 'not-allowed', action: request.action }, null);
  const freeze = policy.freeze.find((window) => window.from <= at && at < window.to);
  if (freeze !== undefined && !freeze.except.includes(request.action)) {
    return deny({ kind: 'freeze', until: freeze.to }, freeze.to);
  }
  return null;
};

const occupied = (request: ActionRequest, posture: Posture): Verdict | null => {
  const own = posture.leases.find((lease) => lease.subject === request.subject);
  if (own !== undefined) {
    return deny({ kind: 'subject-in-hands', subject: request.subject, until: own.until }, own.until);
  }
  if (isRoutine(request) || request.by.kind === 'person') return null;
  const limit = handsLimit(posture);
  const inHands: readonly ServiceId[] = posture.leases
    .filter((lease) => lease.action === 'restart')
    .map((lease) => lease.subject);
  if (inHands.length < limit) return null;
  return deny({ kind: 'velocity', inHands, limit }, later(posture.at, ASK_AGAIN_MS));
};

const overBudget = (request: ActionRequest, posture: Posture): Verdict | null => {
  if (request.action !== 'restart') return null;
  const budget = lookAtBudget(posture.spent, posture.budget, posture.at);
  if (budget.isFree) return null;
  // A person may go over the budget, but not alone.
  if (request.by.kind === 'person') {
    return posture.isApproved ? null : { kind: 'needs-approval', reasons: [budget.reason] };
  }
  return deny(budget.reason, budget.freeAt);
};

const needsPerson = (request: ActionRequest, posture: Posture): Verdict | null => {
  if (posture.isApproved || isRoutine(request)) return null;
  const trafficPercent = request.radius.trafficPercent + posture.trafficInHandsPercent;
  const limitPercent = posture.policy.trafficLimitPercent;
  if (request.radius.trafficPercent > 0 && trafficPercent > limitPercent) {
    return { kind: 'needs-approval', reasons: [{ kind: 'traffic-over-limit', trafficPercent, limitPercent }] };
  }
  if (request.by.kind !== 'person' && posture.policy.autonomy <= 2) {
    return { kind: 'needs-approval', reasons: [{ kind: 'autonomy', tier: posture.policy.autonomy }] };
  }
  return null;
};

const allowing = (request: ActionRequest, posture: Posture): Verdict => {
  const budget = lookAtBudget(posture.spent, posture.budget, posture.at);
  const { trafficPercent } = request.radius;
  const reasons: readonly Reason[] = [
    ...(request.by.kind === 'person' ? [{ kind: 'person-asked', by: request.by.name, why: request.why } as const] : []),
    ...(request.action === 'restart' ? [budget.reason] : []),
    { kind: 'traffic-within-limit', trafficPercent, limitPercent: posture.policy.trafficLimitPercent },
  ];
  return { kind: 'allow', reasons };
};

/**
 * Judges one request. The order is the order of who may overrule whom: never-rules and the hold bind everybody, the
 * watchman's self-doubt and the policy bind the watchman, occupancy and budget protect the service, approval comes last.
 */
export const permit = (request: ActionRequest, posture: Posture): Verdict =>
  forbidden(request, posture) ??
  blinded(request, posture) ??
  outsidePolicy(request, posture) ??
  occupied(request, posture) ??
  overBudget(request, posture) ??
  needsPerson(request, posture) ??
  allowing(request, posture);

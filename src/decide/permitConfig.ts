// May a blessed configuration be put back? The gate's judgement, by the same policy as every other action, with reasons.
//
// It is a move toward the last known good state, seen at first hand: what the watchman's probes see of services does not
// matter here, only whether the machine itself is in doubt. There is nothing to undo it with, and nothing to spend.

import type { Verdict } from '#kernel/decision.ts';
import type { ConfigRequest } from '#kernel/drift.ts';
import type { Policy } from '#kernel/policy.ts';
import type { Reason } from '#kernel/reason.ts';
import { later, minutes, seconds, type Instant } from '#kernel/time.ts';

/** What stands in the way passes by itself; the gate is asked again after this long. */
const ASK_AGAIN_MS = seconds(5);
/** A hold, and doubt, last long: the gate calls when they end, and this is the net below the call. */
const BARRED_AGAIN_MS = minutes(15);

/** Everything beside the request that the gate weighs. */
export type ConfigPosture = {
  readonly at: Instant;
  readonly policy: Policy;
  readonly hold: { readonly by: string; readonly since: Instant; readonly why: string } | null;
  /** What makes the machine itself doubtful. */
  readonly suspicion: readonly Reason[];
  readonly selection: { readonly before: number; readonly after: number } | null;
  readonly safeModeSince: Instant | null;
  /** What is being acted upon now, by name: services and copies. */
  readonly inHands: readonly { readonly subject: string; readonly until: Instant }[];
  /** Traffic that what is in hands carries, percent. */
  readonly trafficInHandsPercent: number;
  /** A person with the right role has agreed to exactly this. */
  readonly isApproved: boolean;
};

const deny = (reason: Reason, lookAgainAt: Instant | null): Verdict => ({
  kind: 'deny',
  reasons: [reason],
  lookAgainAt,
});

const forbidden = ({ action }: ConfigRequest, { policy, hold, at }: ConfigPosture): Verdict | null => {
  const never = policy.never.find((rule) => rule.forbids.includes(action));
  if (never !== undefined) return deny({ kind: 'never-rule', rule: never.text }, null);
  return hold === null ? null : deny({ kind: 'held', ...hold }, later(at, BARRED_AGAIN_MS));
};

const blinded = ({ selection, suspicion, at }: ConfigPosture): Verdict | null => {
  const again = later(at, BARRED_AGAIN_MS);
  if (selection !== null) return deny({ kind: 'selection-changed', ...selection }, again);
  const [doubt] = suspicion;
  return doubt === undefined ? null : deny(doubt, again);
};

const outsidePolicy = ({ action }: ConfigRequest, { policy, at }: ConfigPosture): Verdict | null => {
  if (!policy.allow.includes(action)) return deny({ kind: 'not-allowed', action }, null);
  const freeze = policy.freeze.find((window) => window.from <= at && at < window.to);
  if (freeze === undefined || freeze.except.includes(action)) return null;
  return deny({ kind: 'freeze', until: freeze.to }, freeze.to);
};

const occupied = ({ subject }: ConfigRequest, { inHands, safeModeSince, at }: ConfigPosture): Verdict | null => {
  const own = inHands.find((it) => it.subject === subject);
  if (own !== undefined) return deny({ kind: 'subject-in-hands', subject, until: own.until }, own.until);
  // Safe mode: one action at a time, whatever it is.
  if (safeModeSince === null || inHands.length === 0) return null;
  return deny({ kind: 'velocity', inHands: inHands.map((it) => it.subject), limit: 1 }, later(at, ASK_AGAIN_MS));
};

const needsPerson = ({ radius }: ConfigRequest, posture: ConfigPosture): Verdict | null => {
  const { policy, isApproved, trafficInHandsPercent } = posture;
  if (isApproved) return null;
  const trafficPercent = radius.trafficPercent + trafficInHandsPercent;
  const limitPercent = policy.trafficLimitPercent;
  if (radius.trafficPercent > 0 && trafficPercent > limitPercent)
    return { kind: 'needs-approval', reasons: [{ kind: 'traffic-over-limit', trafficPercent, limitPercent }] };
  if (policy.autonomy > 2) return null;
  return { kind: 'needs-approval', reasons: [{ kind: 'autonomy', tier: policy.autonomy }] };
};

/**
 * Judges one request, in the order of who may overrule whom, as `permit` does: never-rules and the hold bind everybody,
 * doubt and policy bind the watchman, then comes what is in hands already, and the word of a person comes last.
 */
export const permitConfig = (request: ConfigRequest, posture: ConfigPosture): Verdict =>
  forbidden(request, posture) ??
  blinded(posture) ??
  outsidePolicy(request, posture) ??
  occupied(request, posture) ??
  needsPerson(request, posture) ?? {
    kind: 'allow',
    reasons: [
      {
        kind: 'traffic-within-limit',
        trafficPercent: request.radius.trafficPercent,
        limitPercent: posture.policy.trafficLimitPercent,
      },
    ],
  };

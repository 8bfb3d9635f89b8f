// From beliefs about checks to the health of a service. Unknown is never healthy.

import type { Exit } from '#kernel/cause.ts';
import type { Check } from '#kernel/check.ts';
import { worstHealth, type HealthState } from '#kernel/health.ts';
import type { CheckId } from '#kernel/id.ts';
import type { Belief } from '#kernel/observation.ts';
import type { Reason } from '#kernel/reason.ts';
import type { Instant } from '#kernel/time.ts';

/** What is known of one service when it is judged. */
export type Situation = {
  readonly checks: readonly Check[];
  readonly beliefs: Readonly<Record<CheckId, Belief>>;
  /** The end of the workload, as long as it was not started again. */
  readonly exit: Exit | null;
  /** It was started, but no check has been seen to pass since then. */
  readonly isUnproven: boolean;
  readonly at: Instant;
};

export type Assessment = { readonly health: HealthState; readonly reasons: readonly Reason[] };

/** An exit as people say it: `exited with code 1`, `was killed by SIGKILL`. */
export const sayExit = (exit: Exit): string => {
  if (exit.signal !== null) return `was killed by ${exit.signal}`;
  if (exit.code !== null) return `exited with code ${exit.code}`;
  return 'ended (exit code not known: it was adopted)';
};

/**
 * Judges one service: ended is unhealthy at first hand; otherwise the worst belief counts; a check without a belief is
 * unknown; a service that was started and has not answered since is at best unknown.
 */
export const assess = (situation: Situation): Assessment => {
  const { checks, beliefs, exit, isUnproven, at } = situation;
  if (exit !== null) {
    const reason: Reason = { kind: 'check-failed', check: 'workload', message: `it ${sayExit(exit)}`, since: exit.at };
    return { health: 'unhealthy', reasons: [reason] };
  }
  const states = checks.map((check): HealthState => beliefs[check.id]?.state ?? 'unknown');
  const worst = worstHealth(states);
  const health = isUnproven && worst !== 'unhealthy' ? 'unknown' : worst;
  const reasons = checks.flatMap((check): readonly Reason[] => {
    const belief = beliefs[check.id];
    if (belief === undefined)
      return [{ kind: 'state-unknown', since: at, message: `${check.id} was not looked at yet` }];
    if (belief.state === 'healthy') return [];
    if (belief.state === 'unknown') return [{ kind: 'state-unknown', since: belief.since, message: belief.message }];
    return [{ kind: 'check-failed', check: check.id, message: belief.message, since: belief.since }];
  });
  return { health, reasons };
};

/** Sereno looked and it does not run. A port that answers all the same is somebody else's. */
export const assessNotStarted = (at: Instant): Assessment => ({
  health: 'unhealthy',
  reasons: [{ kind: 'check-failed', check: 'workload', message: 'it was not started yet', since: at }],
});

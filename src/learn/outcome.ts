// What an action was worth: measured against the same checks that called for it, over a declared window.

import type { HealthState } from '#kernel/health.ts';
import { elapsedMs, later, sayDuration, type DurationMs, type Instant } from '#kernel/time.ts';

/** An action whose outcome is being measured. */
export type Trial = {
  /** When the operation was reported as carried out. */
  readonly since: Instant;
  /** First healthy moment after it that still lasts; null: not yet. */
  readonly healthySince: Instant | null;
  /** To be healthy by then, or the action has not helped. */
  readonly healthyBy: Instant;
  /** To stay healthy for this long, or the action has not helped. */
  readonly stableMs: DurationMs;
};

export type Outcome =
  | { readonly kind: 'open'; readonly lookAgainAt: Instant; readonly trial: Trial }
  | { readonly kind: 'effective'; readonly proof: string }
  | { readonly kind: 'ineffective'; readonly proof: string };

/**
 * Measures a trial at one moment. Degraded counts as answering; unknown counts for nothing: it neither proves nor
 * disproves, and when the time is up without proof the action has not helped.
 */
export const measure = (trial: Trial, health: HealthState, at: Instant): Outcome => {
  const isWell = health === 'healthy' || health === 'degraded';
  if (trial.healthySince !== null && health === 'unhealthy') {
    const lasted = sayDuration(elapsedMs(trial.healthySince, at));
    return { kind: 'ineffective', proof: `well for ${lasted}, then unhealthy again` };
  }
  const healthySince = isWell ? (trial.healthySince ?? at) : null;
  if (healthySince !== null && elapsedMs(healthySince, at) >= trial.stableMs) {
    const answered = sayDuration(elapsedMs(trial.since, healthySince));
    return {
      kind: 'effective',
      proof: `well after ${answered}, and for ${sayDuration(elapsedMs(healthySince, at))} since`,
    };
  }
  if (healthySince === null && at >= trial.healthyBy) {
    return {
      kind: 'ineffective',
      proof: `still ${health} ${sayDuration(elapsedMs(trial.since, at))} after the action`,
    };
  }
  const lookAgainAt = healthySince === null ? trial.healthyBy : later(healthySince, trial.stableMs);
  return { kind: 'open', lookAgainAt, trial: { ...trial, healthySince } };
};

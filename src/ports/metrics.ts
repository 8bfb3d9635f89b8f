// Metrics: where observations that change nothing go. They are samples, not events.

import type { HealthState } from '#kernel/health.ts';
import type { CheckId } from '#kernel/id.ts';
import type { Instant } from '#kernel/time.ts';

export type Sample = { readonly at: Instant; readonly state: HealthState; readonly latencyMs: number };

export interface Metrics {
  sample(check: CheckId, at: Instant, state: HealthState, latencyMs: number): void;
  /** The newest samples of a check, oldest first, at most `limit`. */
  recent(check: CheckId, limit: number): readonly Sample[];
}

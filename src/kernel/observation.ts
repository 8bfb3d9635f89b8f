// An observation: what one probe saw, when, and how it failed.

import type { HealthState } from './health.ts';
import type { CheckId } from './id.ts';
import type { DurationMs, Instant } from './time.ts';

/** In which way a probe failed. The class of the cause is read from it. */
export type Symptom =
  | 'none'
  | 'refused'
  | 'timeout'
  | 'wrong-answer'
  | 'slow'
  | 'not-running'
  | 'not-listening'
  | 'port-taken'
  | 'stale'
  | 'failed'
  /** The probe itself could not run: the state is unknown. */
  | 'cannot-run';

export type Observation = {
  readonly check: CheckId;
  /** When the probe ended. */
  readonly at: Instant;
  readonly state: HealthState;
  readonly symptom: Symptom;
  /** Whole probe, first packet to verdict. */
  readonly latencyMs: DurationMs;
  /** One sentence for a person; never holds a secret. */
  readonly message: string;
};

/** What Sereno holds to be true of one check, after rise and fall were counted. */
export type Belief = {
  readonly check: CheckId;
  readonly state: HealthState;
  readonly symptom: Symptom;
  readonly since: Instant;
  readonly message: string;
};

// An observation: what one probe saw, when, and how it failed.

import type { HealthState } from './health.ts';
import type { CheckId } from './id.ts';
import type { DurationMs, Instant } from './time.ts';

/** In which way a probe failed. The class of the cause is read from it. */
export type Symptom =
  | 'none'
  | 'refused'
  | 'timeout'
  /** An answer began and did not come to its end in time. */
  | 'unfinished'
  | 'wrong-answer'
  | 'slow'
  | 'not-running'
  /** It is there, stopped by a signal or a debugger. */
  | 'frozen'
  /** It has ended, and its parent has not taken notice. */
  | 'zombie'
  | 'not-listening'
  | 'port-taken'
  | 'stale'
  | 'failed'
  /** The probe itself could not run: the state is unknown. */
  | 'cannot-run';

/** How long each part of a probe took; null for a part that was not needed or not reached. */
export type Phases = {
  readonly dnsMs: DurationMs | null;
  readonly connectMs: DurationMs | null;
  readonly tlsMs: DurationMs | null;
  readonly firstByteMs: DurationMs | null;
};

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
  /** Only probes that cross a network say where the time went. */
  readonly phases?: Phases;
  /** Sereno itself was held up while it waited for the answer: this look proves nothing either way. */
  readonly isVoid?: true;
};

/** What Sereno holds to be true of one check, after rise and fall were counted. */
export type Belief = {
  readonly check: CheckId;
  readonly state: HealthState;
  readonly symptom: Symptom;
  readonly since: Instant;
  readonly message: string;
};

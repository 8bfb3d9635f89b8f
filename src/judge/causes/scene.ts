// The scene of a ranking: what is in trouble, what changed, and who needs whom. Plain data, from wherever it comes.

import type { CauseClass } from '#kernel/cause.ts';
import type { HealthState } from '#kernel/health.ts';
import type { ServiceId } from '#kernel/id.ts';
import type { Symptom } from '#kernel/observation.ts';
import type { DurationMs, Instant } from '#kernel/time.ts';

/** One service that is not well, as it was judged. */
export type Trouble = {
  readonly service: ServiceId;
  readonly since: Instant;
  readonly symptom: Symptom;
  /** Its parent saw it end; nothing about that is hearsay. */
  readonly isFirstHand: boolean;
  /** What its black box said (cause.ts); null: nothing was frozen yet. */
  readonly causeClass: CauseClass | null;
};

export type ChangeKind = 'deployment' | 'configuration' | 'flag' | 'operation' | 'job' | 'resource' | 'dependency';

/** Something that was done, or that happened, and may have broken things. */
export type Change = {
  readonly kind: ChangeKind;
  /** Null: the whole site, or the machine it runs on. */
  readonly subject: ServiceId | null;
  readonly what: string;
  readonly at: Instant;
  /** How often such a thing happens to this subject, as counted; null: not known yet. */
  readonly perDay: number | null;
};

export type CauseScene = {
  readonly troubles: readonly Trouble[];
  readonly changes: readonly Change[];
  readonly needsOf: (service: ServiceId) => readonly ServiceId[];
  readonly dependantsOf: (service: ServiceId) => readonly ServiceId[];
  readonly healthOf: (service: ServiceId) => HealthState;
  /** Ways on which nobody answers (correlate.ts), by name. */
  readonly silentPaths: readonly { readonly name: string; readonly services: readonly ServiceId[] }[];
  /** Since when the watchman's own canary fails; null: it does not. */
  readonly blindSince: Instant | null;
  /** What begins within this time began at once: see `atOnceWindow` of correlate.ts. */
  readonly atOnceMs: DurationMs;
};

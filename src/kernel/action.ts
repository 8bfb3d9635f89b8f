// An action: a change to the world, its blast radius, its way back, and the lease under which it runs.

import type { Actor } from './actor.ts';
import type { CauseClass } from './cause.ts';
import type { EffectKey, ServiceId } from './id.ts';
import type { DurationMs, Instant } from './time.ts';

export type ActionKind = 'restart' | 'start' | 'stop';

/** What undoes each kind. A restart has nothing to undo: it is a move toward the last known good state. */
export const INVERSE: Record<ActionKind, ActionKind | 'none-needed'> = {
  start: 'stop',
  stop: 'start',
  restart: 'none-needed',
};

export type BlastRadius = {
  /** Share of user traffic that the action can hurt beyond what is hurt already. */
  readonly trafficPercent: number;
  readonly services: readonly ServiceId[];
};

/** What one service asks of the gate before it is touched. */
export type ActionRequest = {
  readonly action: ActionKind;
  readonly subject: ServiceId;
  readonly by: Actor;
  readonly why: string;
  readonly cause: CauseClass | null;
  /** True when the trouble was only seen through probes; false when the exit of the process was seen at first hand. */
  readonly isByProbeOnly: boolean;
  readonly radius: BlastRadius;
  /** The watch's own number for this request: an answer to an older one is ignored. */
  readonly token: number;
};

/** The gate's leave to act once on one subject. Epochs only grow; an older one is refused wherever it arrives. */
export type Lease = {
  readonly subject: ServiceId;
  readonly action: ActionKind;
  readonly epoch: number;
  readonly until: Instant;
};

/** What an actuator is told to carry out. Repeating one with the same key is harmless. */
export type Operation = {
  readonly action: ActionKind;
  readonly subject: ServiceId;
  readonly epoch: number;
  readonly timeoutMs: DurationMs;
};

/** A program that has changed between two starts: a digest of what it is now, and which of its files are others. */
export type SeenRelease = { readonly version: string; readonly what: string };

/** How carrying out went. `refused` means nothing was touched. */
export type OperationOutcome =
  | {
      readonly kind: 'applied';
      readonly detail: string;
      readonly pid: number | null;
      /** Started from another program than the start before: who looks at the files says so. */
      readonly release?: SeenRelease;
    }
  | { readonly kind: 'failed'; readonly detail: string }
  | { readonly kind: 'refused'; readonly detail: string };

/** One line of a service's history of actions: the evidence triple in short. */
export type ActionRecord = {
  readonly key: EffectKey;
  readonly action: ActionKind;
  readonly at: Instant;
  readonly by: string;
  readonly trigger: string;
  readonly cause: CauseClass | null;
  readonly outcome: 'running' | 'observing' | 'effective' | 'ineffective' | 'failed' | 'refused';
  readonly endedAt: Instant | null;
};

// Everything that Sereno can do to the world, and to its own memory. An auditor reads this one file.
//
// A step returns effects; it never carries them out. The crank gives each a key (machine/version/index), writes it
// in the same transaction as the new state, and hands it to a port at least once. Repeating an effect is harmless.

import type { Operation } from './action.ts';
import type { ConfigOrder, CopyId } from './drift.ts';
import type { EvidenceDraft } from './evidence.ts';
import type { CheckId, EffectKey, MachineId, ServiceId } from './id.ts';
import type { Kept, MaintenanceTask } from './keeping.ts';
import type { Message } from './message.ts';
import type { Notification } from './notification.ts';
import type { Instant } from './time.ts';

/** Effects on Sereno's own memory: carried out inside the transaction of the step. */
export type InnerEffect =
  /** One record in the evidence chain. */
  | { readonly kind: 'record'; readonly evidence: EvidenceDraft }
  /** Look again at `at`. One timer for each name and machine: a second one replaces the first. */
  | { readonly kind: 'wake'; readonly name: string; readonly at: Instant }
  | { readonly kind: 'unwake'; readonly name: string }
  | { readonly kind: 'tell'; readonly to: MachineId; readonly message: Message }
  /** From now on, operations on the subject ('*': on anything) with an epoch below this one are refused. */
  | { readonly kind: 'fence'; readonly subject: ServiceId | CopyId | '*'; readonly epoch: number };

/** Effects on the world outside: they go through the outbox to a port, and their report comes back as an event. */
export type OuterEffect =
  /** Reads only: probe these checks in a burst, now, and report the outcome. */
  | {
      readonly kind: 'confirm';
      readonly checks: readonly CheckId[];
      /** settled: until each belief agrees with a fresh look; healthy: until all are well. */
      readonly goal: 'settled' | 'healthy';
      /** Report at the latest then, with what is believed by then. */
      readonly until: Instant;
    }
  /** Reads only: freeze the black box of a service. */
  | { readonly kind: 'examine'; readonly service: ServiceId }
  /** Reads only: compare the looks at a service after a release with those before, and report the verdict by `until`. */
  | {
      readonly kind: 'compare';
      readonly release: string;
      readonly service: ServiceId;
      readonly version: string;
      readonly since: Instant;
      readonly until: Instant;
    }
  /** Reads only, but for Sereno's own files: one phase of start-up. */
  | { readonly kind: 'survey'; readonly phase: SurveyPhase }
  /** Reads only: hashes what lies in the place of a blessed configuration. */
  | { readonly kind: 'inspect-copy'; readonly copy: CopyId; readonly path: string; readonly look: number }
  /** Changes the world: writes the blessed revision to its place, whole or not at all, under a lease. */
  | { readonly kind: 'apply-revision'; readonly order: ConfigOrder }
  /** Sereno's own files, and reads only but for those: one task of the maintenance of the codex. */
  | { readonly kind: 'keep-codex'; readonly task: MaintenanceTask; readonly before: Kept | null }
  /** Changes the world: start, stop or restart a workload, under a lease. */
  | { readonly kind: 'operate'; readonly operation: Operation }
  /** Tells people. */
  | { readonly kind: 'notify'; readonly notification: Notification };

/** `repair`: store, evidence and leftovers of an unclean stop. `guard`: room to work in. `adopt`: children still alive. */
export type SurveyPhase = 'repair' | 'guard' | 'adopt';

export type Effect = InnerEffect | OuterEffect;

/** An outer effect with its idempotency key, as it lies in the outbox and as ports receive it. */
export type KeyedEffect = { readonly key: EffectKey; readonly machine: MachineId; readonly effect: OuterEffect };

const INNER: ReadonlySet<Effect['kind']> = new Set(['record', 'wake', 'unwake', 'tell', 'fence']);

export const isInner = (effect: Effect): effect is InnerEffect => INNER.has(effect.kind);

/** The lease under which an effect touches the world; null: it touches nothing. */
export const leaseOf = (effect: OuterEffect): { readonly subject: string; readonly epoch: number } | null => {
  if (effect.kind === 'operate') return effect.operation;
  if (effect.kind !== 'apply-revision') return null;
  return { subject: effect.order.copy, epoch: effect.order.epoch };
};

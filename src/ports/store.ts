// Store: Sereno's durable memory. One batch is one transaction: all of it, or nothing.

import type { KeyedEffect } from '#kernel/effect.ts';
import type { Event } from '#kernel/event.ts';
import type { EvidenceCheckpoint, EvidenceDraft, EvidenceRecord } from '#kernel/evidence.ts';
import type { EffectKey, MachineId } from '#kernel/id.ts';
import type { Instant } from '#kernel/time.ts';

export type Snapshot = { readonly machine: MachineId; readonly version: number; readonly state: unknown };

/** A snapshot together with the version that must be in the store for it to be written; 0 for a new machine. */
export type SnapshotWrite = Snapshot & { readonly expectedVersion: number };

export type PendingWake = { readonly machine: MachineId; readonly name: string; readonly at: Instant };

export type Fence = { readonly subject: string; readonly epoch: number };

export type JournalEntry = { readonly machine: MachineId; readonly version: number; readonly event: Event };

export type Batch = {
  readonly journal: readonly JournalEntry[];
  readonly evidence: readonly EvidenceDraft[];
  readonly snapshots: readonly SnapshotWrite[];
  readonly outbox: readonly KeyedEffect[];
  /** Outbox rows whose report has been taken up. */
  readonly settled: readonly EffectKey[];
  readonly wakes: readonly PendingWake[];
  readonly unwakes: readonly { readonly machine: MachineId; readonly name: string }[];
  /** A fence only ever rises; a lower one than is stored changes nothing. */
  readonly fences: readonly Fence[];
};

export type CommitOutcome =
  /** Durable. The records as they stand in the chain, in the order of the drafts. */
  | { readonly kind: 'committed'; readonly records: readonly EvidenceRecord[] }
  /** Nothing was written; the same batch may be tried again. */
  | { readonly kind: 'busy'; readonly detail: string }
  /** Nothing was written; somebody else moved a machine on. This process must stop acting. */
  | { readonly kind: 'conflict'; readonly detail: string }
  /** Nothing was written, and trying again will not help soon (disk full, read-only, damaged). */
  | { readonly kind: 'failed'; readonly detail: string };

/** A machine whose stored state cannot be read. It must not run on a guess; its next write expects this version. */
export type DamagedSnapshot = { readonly machine: MachineId; readonly version: number; readonly detail: string };

export type Loaded = {
  readonly snapshots: readonly Snapshot[];
  readonly outbox: readonly KeyedEffect[];
  readonly wakes: readonly PendingWake[];
  readonly fences: readonly Fence[];
  /** Sequence number of the last evidence record; 0 when there is none. */
  readonly lastSeq: number;
  /** Left out of `snapshots`. Absent or empty: all could be read. */
  readonly damaged?: readonly DamagedSnapshot[];
};

export type EvidenceQuery = {
  /** Only records with a sequence number above this one. */
  readonly after?: number;
  readonly before?: number;
  readonly machine?: MachineId;
  readonly typePrefix?: string;
  readonly limit: number;
  /** Newest first unless told otherwise. */
  readonly order?: 'newest-first' | 'oldest-first';
};

export interface Store {
  load(): Loaded;
  /** Calls `done` exactly once, at once or later. A second batch is never handed over before that. */
  commit(batch: Batch, done: (outcome: CommitOutcome) => void): void;
  evidence(query: EvidenceQuery): readonly EvidenceRecord[];
  checkpoints(): readonly EvidenceCheckpoint[];
}

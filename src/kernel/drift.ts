// Drift: a blessed revision that is active, and what lies in the place where programs read it.
//
//   unknown → in-sync | drifted | missing
//
// `unknown` is not well: nobody could look. What is drifted or missing is put back as it was blessed, if policy allows it.

import type { Actor } from './actor.ts';
import type { Digest, ItemId } from './codex.ts';
import type { InnerEffect } from './effect.ts';
import type { Event } from './event.ts';
import type { MachineId } from './id.ts';
import type { Message } from './message.ts';
import type { Reason } from './reason.ts';
import type { Instant } from './time.ts';

export type CopyState = 'in-sync' | 'drifted' | 'missing' | 'unknown';

/** What should lie there. `digest`: of the bytes of the projection. */
export type ActiveRevision = {
  readonly version: number;
  readonly digest: Digest;
  /** By the signatures, as they were verified: what is not blessed is never put anywhere. */
  readonly isBlessed: boolean;
};

/** What a look found. `digest`: of the bytes. */
export type CopySeen =
  | { readonly kind: 'read'; readonly digest: Digest }
  | { readonly kind: 'missing' }
  | { readonly kind: 'unreadable'; readonly why: string };

/** What a person is shown, and what a finding says. `behind`: another revision became active, and was not brought there yet. */
export type CopyFault = 'changed' | 'behind' | 'missing' | 'unblessed' | 'unreadable';

/** Asks the gate for leave to put the active revision back. */
export type ConfigRequest = {
  readonly action: 'apply-config';
  readonly subject: ItemId;
  readonly by: Actor;
  readonly why: string;
  readonly radius: { readonly trafficPercent: number };
  readonly token: number;
};

/** Leave to do so once. Epochs only grow: a write with an older one is refused where it arrives. */
export type ConfigLease = {
  readonly subject: ItemId;
  readonly action: 'apply-config';
  readonly epoch: number;
  readonly until: Instant;
};

export type DriftMessage =
  | Message
  /** To the gate, and back. */
  | { readonly kind: 'may-apply'; readonly request: ConfigRequest }
  | {
      readonly kind: 'you-may-apply';
      readonly lease: ConfigLease;
      readonly token: number;
      readonly reasons: readonly Reason[];
    }
  | {
      readonly kind: 'you-may-not-apply';
      readonly subject: ItemId;
      readonly token: number;
      readonly reasons: readonly Reason[];
      /** Null: only a person, or a change of policy, can turn this around. */
      readonly lookAgainAt: Instant | null;
    }
  | { readonly kind: 'config-lease-returned'; readonly subject: ItemId; readonly epoch: number }
  /** What should lie in the place of an item from now on; null: nothing. */
  | { readonly kind: 'should-be'; readonly item: ItemId; readonly active: ActiveRevision | null };

export type DriftEffect =
  | Exclude<InnerEffect, { readonly kind: 'tell' }>
  | { readonly kind: 'tell'; readonly to: MachineId; readonly message: DriftMessage }
  /** Reads only: hashes the copy and reports. */
  | { readonly kind: 'inspect-copy'; readonly item: ItemId; readonly path: string; readonly look: number }
  /** Changes the world: writes the projection of the revision, by a temporary file and a rename, and reports. */
  | {
      readonly kind: 'apply-revision';
      readonly item: ItemId;
      readonly path: string;
      readonly version: number;
      readonly digest: Digest;
      readonly epoch: number;
      readonly until: Instant;
    };

export type DriftEvent =
  | Exclude<Event, { readonly kind: 'told' }>
  | { readonly kind: 'told'; readonly from: MachineId; readonly message: DriftMessage; readonly at: Instant }
  | {
      readonly kind: 'inspected';
      readonly item: ItemId;
      readonly look: number;
      readonly seen: CopySeen;
      readonly at: Instant;
    }
  | {
      readonly kind: 'revision-applied';
      readonly item: ItemId;
      readonly epoch: number;
      readonly outcome: 'written' | 'failed' | 'refused';
      readonly detail: string;
      readonly at: Instant;
    };

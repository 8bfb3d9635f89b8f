// Drift: a blessed revision that is active, and what lies in the places where programs read it.
//
//   unknown → in-sync | drifted | missing
//
// `unknown` is not well: nobody could look. What is drifted or missing is put back as it was blessed, if policy allows it.

import type { Actor } from './actor.ts';
import type { Digest, ItemId } from './codex.ts';
import type { Instant } from './time.ts';

declare const copyBrand: unique symbol;

/** One place in which an item is read: `codex:describe`, `codex:describe:/srv/app/describe.yaml`, `codex::/out/stray.yaml`. */
export type CopyId = string & { readonly [copyBrand]: 'copy' };

/** The name of a copy. `path` null: the blessed file itself. `item` null: a file that belongs to no item. */
export const copyId = (item: ItemId | null, path: string | null): CopyId =>
  `codex:${item ?? ''}${path === null ? '' : `:${path}`}` as CopyId; // brand

export type CopyState = 'in-sync' | 'drifted' | 'missing' | 'unknown';

/** Where programs read an item. */
export type CopyPlace = {
  readonly copy: CopyId;
  /** Null: a file in the folder of the blessed ones that belongs to no item. */
  readonly item: ItemId | null;
  readonly path: string;
  /** Share of user traffic that depends on it; for the gate. */
  readonly trafficPercent: number;
};

/** What should lie there. `digest`: of the bytes of the projection. */
export type ActiveRevision = {
  readonly version: number;
  readonly digest: Digest;
  /** By the signatures, as they were verified: what is not blessed is never put anywhere. */
  readonly isBlessed: boolean;
};

/** What a look found. */
export type CopySeen =
  /** `digest`: of the bytes. `mode`: its permission bits; nobody may write to what was blessed. */
  | { readonly kind: 'read'; readonly digest: Digest; readonly mode: number; readonly bytes: number }
  | { readonly kind: 'missing' }
  /** Something else lies in its place: a symbolic link, a folder, a pipe, a file of many megabytes. */
  | { readonly kind: 'foreign'; readonly why: string }
  | { readonly kind: 'unreadable'; readonly why: string };

/**
 * What a person is shown, and what a finding says. `behind`: another revision became active, and was not brought there yet.
 * `revoked`: it is there still, and nobody may read it any more. `unprotected`: its bytes are right, and anybody can change them.
 */
export type CopyFault =
  'changed' | 'behind' | 'missing' | 'unblessed' | 'revoked' | 'unprotected' | 'foreign' | 'unreadable';

/** Asks the gate for leave to put the active revision back. */
export type ConfigRequest = {
  readonly action: 'apply-config';
  readonly subject: CopyId;
  /** An approval is for exactly this version. */
  readonly version: number;
  readonly by: Actor;
  readonly why: string;
  readonly radius: { readonly trafficPercent: number };
  readonly token: number;
};

/** Leave to do so once. Epochs only grow: a write with an older one is refused where it arrives. */
export type ConfigLease = {
  readonly subject: CopyId;
  readonly action: 'apply-config';
  readonly epoch: number;
  readonly until: Instant;
};

/** What is to be written, and where: the projection of one revision, and nothing when that is not the active one any more. */
export type ConfigOrder = {
  readonly copy: CopyId;
  readonly item: ItemId;
  readonly path: string;
  readonly version: number;
  /** Of the bytes. */
  readonly digest: Digest;
  readonly epoch: number;
};

/** How writing went. `refused`: nothing was touched. */
export type ConfigOutcome = { readonly kind: 'written' | 'failed' | 'refused'; readonly detail: string };

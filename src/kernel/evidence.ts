// Evidence: an append-only hash chain; nothing changes state without a record in the same transaction.

import type { Actor } from './actor.ts';
import { canonicalOfAny } from './canonical.ts';
import type { MachineId } from './id.ts';
import type { Instant } from './time.ts';

/** Values that survive JSON unchanged. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** What a step says about itself; the store adds sequence and hashes. */
export type EvidenceDraft = {
  readonly at: Instant;
  readonly actor: Pick<Actor, 'kind' | 'name'>;
  readonly machine: MachineId;
  /** Dotted, for example `health.changed`, `action.started`, `action.outcome`, `gate.denied`. */
  readonly type: string;
  /** What set it off. */
  readonly trigger: string;
  /** What was, or will be, carried out; null when nothing was. */
  readonly action: string | null;
  /** What was measured; null while it is not known. */
  readonly outcome: string | null;
  /** Names of other things: action keys, findings, typed reasons, the black box. */
  readonly refs: { readonly [key: string]: Json };
};

export type EvidenceRecord = EvidenceDraft & {
  /** 1, 2, 3 … without gaps. */
  readonly seq: number;
  readonly prevHash: string;
  /** SHA-256, hex, over the canonical form (kernel/canonical.ts) of everything above. */
  readonly hash: string;
};

/** The Merkle tree (RFC 9162) over the hashes of the last `size` records before and with a checkpoint. */
export type EvidenceTree = { readonly size: number; readonly root: string };

/** The signed head: proves that the chain was this long, with this hash, at this time. */
export type EvidenceCheckpoint = {
  readonly seq: number;
  readonly hash: string;
  readonly at: Instant;
  /** Over the records that it adds to the checkpoint before; null: signed before there were trees. */
  readonly tree: EvidenceTree | null;
  /** Ed25519 over `checkpointText`, base64. */
  readonly signature: string;
  /** SHA-256 of the public key (SPKI DER), hex. */
  readonly keyId: string;
};

/** The hash before the first record. */
export const GENESIS_HASH = '0'.repeat(64);

/**
 * The text whose SHA-256 is the record's hash: the canonical form of the record without its hash. The keys of a record are
 * known, so they are written in their order instead of being sorted: a third of the time of the general form.
 */
export const evidenceText = (draft: EvidenceDraft, seq: number, prevHash: string): string =>
  `{"action":${JSON.stringify(draft.action)},"actor":{"kind":"${draft.actor.kind}","name":${JSON.stringify(draft.actor.name)}},` +
  `"at":${JSON.stringify(draft.at)},"machine":${JSON.stringify(draft.machine)},"outcome":${JSON.stringify(draft.outcome)},` +
  `"prevHash":"${prevHash}","refs":${canonicalOfAny(draft.refs)},"seq":${seq},` +
  `"trigger":${JSON.stringify(draft.trigger)},"type":${JSON.stringify(draft.type)}}`;

/** The text that a checkpoint signs. Its first line says whether there is a tree, so that one cannot be taken off. */
export const checkpointText = ({ seq, hash, at, tree }: Omit<EvidenceCheckpoint, 'signature' | 'keyId'>): string =>
  tree === null
    ? `sereno-checkpoint\n${seq}\n${hash}\n${at}`
    : `sereno-checkpoint-2\n${seq}\n${hash}\n${at}\n${tree.size}\n${tree.root}`;

/** Proves with the public key alone that one record was in the chain when its end was signed. At most 1 KB as JSON. */
export type EvidenceProof = {
  readonly kind: 'sereno-proof';
  readonly format: 1;
  readonly seq: number;
  /** The hash of the record. */
  readonly hash: string;
  /** The audit path (RFC 9162, 2.1.3.1): hashes of 32 bytes one after the other, the leaf's sibling first, base64. */
  readonly path: string;
  /** The first one with a tree that covers the record. */
  readonly checkpoint: EvidenceCheckpoint;
};

/** A proof with what is needed to look at it. */
export type ProvenRecord = {
  readonly proof: EvidenceProof;
  /** The canonical text whose SHA-256 is `proof.hash`. */
  readonly record: string;
};

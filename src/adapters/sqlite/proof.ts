// Proving one record: made from the store, looked at with nothing but the public key. // decoder
//
// The file has two lines: the proof, and the record as it was hashed. Whoever must not show the record deletes the
// second line; the first one still proves its hash.

import { hash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { EvidenceCheckpoint, EvidenceProof, ProvenRecord } from '#kernel/evidence.ts';
import { problem, type Problem } from '#kernel/problem.ts';
import type { Proving, Verification } from '#ports/desk.ts';
import { EVIDENCE_TEXT_MAX_BYTES } from './chain.ts';
import { sayFailure } from './failure.ts';
import { HASH, readHeadLine } from './heads.ts';
import { makeCheckSignature } from './keys.ts';
import { readClaims, type Link } from './link.ts';
import { auditPath, rootFrom, rootOf } from './merkle.ts';
import type { EvidenceSource } from './source.ts';

const HASH_BYTES = 32;
/** A tree of 2^40 records has no longer path. */
const PATH_BYTES_MAX = 40 * HASH_BYTES;
const FILE_BYTES_MAX = EVIDENCE_TEXT_MAX_BYTES * 6 + 8_192;

const refused = (it: Problem): Proving => ({ kind: 'refused', problem: it });

const broken = (detail: string): Proving =>
  refused(problem('evidence-broken', detail, { mend: 'look at the whole chain: sereno evidence verify' }));

const findLink = (source: EvidenceSource, seq: number): Link | null => {
  const [link] = source.links(seq - 1, 1);
  return link?.seq === seq ? link : null;
};

/** The first checkpoint with a tree that holds the record, or why there is none. */
const coverOf = (source: EvidenceSource, seq: number): EvidenceCheckpoint | Problem => {
  const [checkpoint] = source.checkpoints(seq - 1, 1);
  if (checkpoint === undefined) {
    return problem('not-found', `record ${seq} is not signed yet`, {
      mend: 'ask again in a minute: the end of the chain is signed every 60 s, and at every orderly stop',
    });
  }
  const { tree } = checkpoint;
  if (tree !== null && checkpoint.seq - tree.size < seq) return checkpoint;
  return problem('not-found', `record ${seq} was signed before there were proofs`, {
    mend: 'export the chain, which proves every record: sereno evidence export',
  });
};

const proveUnder = (source: EvidenceSource, link: Link, checkpoint: EvidenceCheckpoint): Proving => {
  const { seq, tree } = checkpoint;
  const size = tree?.size ?? 0;
  const recordHashes = source.hashes(seq - size, seq);
  if (hash('sha256', link.text) !== link.hash) return broken(`record ${link.seq} was changed after it was written`);
  if (recordHashes.length !== size || rootOf(recordHashes) !== tree?.root) {
    return broken(`the records up to ${seq} are not those that were signed`);
  }
  const path = auditPath(recordHashes, link.seq - 1 - (seq - size)).join('');
  const proof: EvidenceProof = {
    kind: 'sereno-proof',
    format: 1,
    seq: link.seq,
    hash: link.hash,
    path: Buffer.from(path, 'hex').toString('base64'),
    checkpoint,
  };
  const record = typeof link.text === 'string' ? link.text : Buffer.from(link.text).toString();
  return { kind: 'proven', proven: { proof, record } };
};

/**
 * Proves one record. Refused with `not-found` when there is no such record, it is not signed yet or was signed before
 * there were trees, and with `evidence-broken` when what lies there is not what was signed.
 */
export const proveRecord = (source: EvidenceSource, seq: number): Proving => {
  try {
    const link = findLink(source, seq);
    if (link === null) return refused(problem('not-found', `there is no record ${seq}`));
    const cover = coverOf(source, seq);
    return 'code' in cover ? refused(cover) : proveUnder(source, link, cover);
  } catch (error) {
    return broken(`record ${seq} cannot be proven: ${sayFailure(error)}`);
  }
};

/** The two lines of a proof file, without the last line end. */
export const proofLines = ({ proof, record }: ProvenRecord): readonly string[] => [JSON.stringify(proof), record];

/** Decodes the first line of a proof file; null when it is none. */
const readProof = (line: string): EvidenceProof | null => {
  const it = JSON.parse(line) as { readonly [key in keyof EvidenceProof]?: unknown }; // decoder: looked at below
  const { kind, format, seq, path } = it;
  if (kind !== 'sereno-proof' || format !== 1 || !Number.isSafeInteger(seq) || typeof seq !== 'number') return null;
  if (typeof it.hash !== 'string' || !HASH.test(it.hash) || typeof path !== 'string') return null;
  const entry = readHeadLine(JSON.stringify(it.checkpoint ?? null), 'the checkpoint');
  return entry.kind === 'signed' ? { kind, format, seq, hash: it.hash, path, checkpoint: entry.checkpoint } : null;
};

const readPath = (path: string): readonly string[] | null => {
  const bytes = Buffer.from(path, 'base64');
  // Base64 has several spellings of the same bytes; only the one that was written is accepted.
  if (bytes.toString('base64') !== path || bytes.length > PATH_BYTES_MAX || bytes.length % HASH_BYTES !== 0)
    return null;
  return Array.from({ length: bytes.length / HASH_BYTES }, (_, index) =>
    bytes.toString('hex', index * HASH_BYTES, (index + 1) * HASH_BYTES),
  );
};

/** Says what is wrong with a proof; null when it holds. `publicKey` is SPKI in PEM; anything else is a throw. */
const wrongWith = (proof: EvidenceProof, publicKey: string): string | null => {
  const { checkpoint, seq } = proof;
  const wrong = makeCheckSignature(publicKey)(checkpoint);
  if (wrong !== null) return `the checkpoint at record ${checkpoint.seq}: ${wrong}`;
  const { tree } = checkpoint;
  if (tree === null) return `the checkpoint at record ${checkpoint.seq} has no tree`;
  const path = readPath(proof.path);
  if (path === null) return 'its path is not plain base64 of hashes';
  const place = { index: seq - 1 - (checkpoint.seq - tree.size), size: tree.size };
  return rootFrom(proof.hash, path, place) === tree.root
    ? null
    : `its path does not lead from record ${seq} to the root`;
};

const wrongRecord = (proof: EvidenceProof, record: string): string | null => {
  if (hash('sha256', record) !== proof.hash) return `the record in the file is not the one that was proven`;
  const claims = readClaims(Buffer.from(record));
  return claims.seq === proof.seq ? null : `the record in the file says that it is record ${claims.seq}`;
};

const refuse = (badSeq: number | null, detail: string): Verification => ({
  isIntact: false,
  records: 0,
  badSeq,
  detail,
});

const verifyLines = (lines: readonly string[], publicKey: string): Verification => {
  const [first = '', record, ...more] = lines;
  const proof = readProof(first);
  if (proof === null) return refuse(null, 'this is no proof of a record');
  if (more.length > 0) return refuse(proof.seq, 'the file goes on after its record');
  const wrong = wrongWith(proof, publicKey) ?? (record === undefined ? null : wrongRecord(proof, record));
  if (wrong !== null) return refuse(proof.seq, wrong);
  const { checkpoint, seq } = proof;
  const shown = record === undefined ? `; the record is not in the file: its SHA-256 must be ${proof.hash}` : '';
  const at = new Date(checkpoint.at).toISOString();
  const detail = `record ${seq} stood in the chain of ${checkpoint.seq} that was signed at ${at}, key ${checkpoint.keyId}${shown}`;
  return { isIntact: true, records: 1, badSeq: null, detail };
};

/** Verifies a proof file with the public key (SPKI in PEM) alone. What cannot be read is not intact. */
export const verifyProof = (path: string, publicKey: string): Verification => {
  try {
    const bytes = readFileSync(path);
    if (bytes.length > FILE_BYTES_MAX) return refuse(null, 'this is no proof of a record: it is too long');
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    return verifyLines(text.replace(/\n$/, '').split('\n'), publicKey);
  } catch (error) {
    return refuse(null, `the proof cannot be read: ${sayFailure(error)}`);
  }
};

// Verification: walks the whole chain, then holds it against every checkpoint and against the second place.
//
// Three walks, each in chunks and constant memory; the lowest bad number of all three is the one that is told:
//   links        every record by itself and to the one before
//   checkpoints  signature, that the chain has this hash at this number (finds a chain that was hashed anew), and that
//                the tree is the one of its records
//   heads        the same for the second place (finds a cut-off tail, and an older copy of the whole file)

import type { EvidenceCheckpoint } from '#kernel/evidence.ts';
import { GENESIS_HASH } from '#kernel/evidence.ts';
import { unreachable } from '#kernel/unreachable.ts';
import type { Verification } from '#ports/desk.ts';
import type { Tail } from './chain.ts';
import { sayFailure } from './failure.ts';
import type { HeadEntry, Heads } from './heads.ts';
import { makeCheckSignature, type CheckSignature } from './keys.ts';
import { stepAlong, type Break, type Link, type Position } from './link.ts';
import { GrowingTree } from './merkle.ts';
import type { EvidenceSource } from './source.ts';

/** What one chunk may hold: 64 KB takes 0.5 ms to read and hash. A record is 400 bytes on average, 1 MB at most. */
const CHUNK_BYTES = 65_536;
const CHUNK_RECORDS_MAX = 256;
/** Before anything is known of their size. */
const CHUNK_RECORDS_FIRST = 16;
/** An Ed25519 signature takes 0.15 ms to check, so this many take 1.2. */
const CHUNK_SIGNATURES = 8;
/** Hashing this many into a tree takes 0.7 ms. */
const CHUNK_HASHES = 512;
/** The event loop is let go after this long; one chunk and a garbage collection (up to 5 ms) on top stay under 10. */
const SLICE_MS = 2;

export type VerifyInput = {
  readonly source: EvidenceSource;
  readonly heads: Heads;
  /** SPKI in PEM. */
  readonly publicKey: string;
  /** First record to look at; 1 unless given. What lies before is taken as it stands. */
  readonly from?: number;
  /** Looked at before each slice: once it is false the rest is not walked, and nothing is reported. */
  readonly isWanted?: () => boolean;
};

type Walk = {
  readonly source: EvidenceSource;
  readonly checkSignature: CheckSignature;
  /** The lowest break so far. */
  broken: Break | null;
  /** The highest record that somebody knows beyond the end of the chain. */
  lost: { readonly last: number; readonly known: number; readonly who: string } | null;
  records: number;
  /** The last record that held. */
  reached: number;
  signatures: number;
  lastSeq: number;
  notes: string[];
};

const blame = (walk: Walk, found: Break): void => {
  if (walk.broken === null || found.badSeq < walk.broken.badSeq) walk.broken = found;
};

const startAt = (source: EvidenceSource, from: number): Position => {
  // Before the first record comes nothing, so whatever stands there has a number that is too low and is found.
  if (from === 1) return { tail: { seq: 0, hash: GENESIS_HASH }, prevHash: null, from };
  return { tail: { seq: from - 1, hash: source.hashAt(from - 1) ?? '' }, prevHash: null, from };
};

/** Takes the walk along one chunk. Null: it is over, because something is bad or the end was reached. */
const walkChunk = (walk: Walk, position: Position, links: readonly Link[]): Position | null => {
  let reached = position;
  for (const link of links) {
    if (link.seq > walk.lastSeq) return null;
    const stepped = stepAlong(reached, link);
    if (stepped.kind === 'bad') {
      blame(walk, stepped.break);
      return null;
    }
    reached = stepped.position;
    walk.records += 1;
    walk.reached = link.seq;
  }
  return links.length === 0 ? null : reached;
};

/** How many records the next chunk may hold, by the size of the last ones. */
const nextLimit = (links: readonly Link[]): number => {
  const bytes = links.reduce((sum, link) => sum + link.text.length, 1);
  return Math.max(1, Math.min(CHUNK_RECORDS_MAX, Math.floor((CHUNK_BYTES * links.length) / bytes)));
};

function* walkLinks(walk: Walk, from: number): Generator<void> {
  let limit = CHUNK_RECORDS_FIRST;
  try {
    let position: Position | null = startAt(walk.source, from);
    let after = from === 1 ? Number.MIN_SAFE_INTEGER : from - 1;
    while (position !== null) {
      const links = walk.source.links(after, limit);
      position = walkChunk(walk, position, links);
      limit = nextLimit(links);
      after = links.at(-1)?.seq ?? after;
      yield;
    }
  } catch (error) {
    const badSeq = Math.max(from, walk.reached + 1);
    blame(walk, { badSeq, detail: `record ${badSeq} or one soon after it cannot be read: ${sayFailure(error)}` });
  }
}

/** Holds the chain against something that was said about one of its records. */
const compare = (walk: Walk, said: Tail, who: string): void => {
  const found = walk.source.hashAt(said.seq);
  if (found === said.hash) return;
  if (found !== null) {
    const detail = `the chain was written anew: ${who} knows record ${said.seq} with another hash`;
    return blame(walk, { badSeq: said.seq, detail });
  }
  const last = walk.source.lastSeq();
  if (said.seq <= last) return blame(walk, { badSeq: said.seq, detail: `record ${said.seq} is missing` });
  if (walk.lost === null || said.seq > walk.lost.known) walk.lost = { last, known: said.seq, who };
};

const checkCheckpoint = (walk: Walk, checkpoint: EvidenceCheckpoint, who: string): void => {
  walk.signatures += 1;
  const wrong = walk.checkSignature(checkpoint);
  if (wrong !== null) blame(walk, { badSeq: checkpoint.seq, detail: `${who} at record ${checkpoint.seq}: ${wrong}` });
  compare(walk, checkpoint, who);
};

/** Holds the tree that a checkpoint signs against its records. What is not whole or not that chain is blamed elsewhere. */
function* walkTree(walk: Walk, checkpoint: EvidenceCheckpoint, from: number): Generator<void> {
  const { seq, tree } = checkpoint;
  const first = seq - (tree?.size ?? 0) + 1;
  if (tree === null || first < from || walk.source.hashAt(seq) !== checkpoint.hash) return;
  const grown = new GrowingTree();
  for (let after = first - 1; after < seq; after += CHUNK_HASHES) {
    for (const recordHash of walk.source.hashes(after, Math.min(seq, after + CHUNK_HASHES))) grown.add(recordHash);
    yield;
  }
  if (grown.size() === tree.size && grown.root() === tree.root) return;
  blame(walk, {
    badSeq: seq,
    detail: `the checkpoint at record ${seq} signs a tree that is not the one of its records`,
  });
}

function* walkCheckpoints(walk: Walk, from: number): Generator<void> {
  let after = from - 1;
  try {
    for (;;) {
      const checkpoints = walk.source.checkpoints(after, CHUNK_SIGNATURES);
      for (const checkpoint of checkpoints) checkCheckpoint(walk, checkpoint, 'the checkpoint');
      yield;
      for (const checkpoint of checkpoints) yield* walkTree(walk, checkpoint, from);
      const last = checkpoints.at(-1);
      if (last === undefined) return;
      after = last.seq;
    }
  } catch (error) {
    blame(walk, { badSeq: Math.max(1, after + 1), detail: `the checkpoints cannot be read: ${sayFailure(error)}` });
  }
}

const checkEntry = (walk: Walk, entry: HeadEntry, from: number): void => {
  switch (entry.kind) {
    case 'signed':
      if (entry.checkpoint.seq >= from) checkCheckpoint(walk, entry.checkpoint, 'the second place');
      return;
    case 'seen':
      if (entry.tail.seq >= from) compare(walk, entry.tail, 'the second place');
      return;
    case 'unreadable':
      if (walk.notes.length < 10) walk.notes.push(`${entry.place} cannot be read`);
      return;
    default:
      unreachable(entry);
  }
};

function* walkHeads(walk: Walk, heads: Heads, from: number): Generator<void> {
  let entries = 0;
  try {
    for (const entry of heads.entries()) {
      checkEntry(walk, entry, from);
      entries += 1;
      if (entries % CHUNK_SIGNATURES === 0) yield;
    }
    if (entries === 0) walk.notes.push('there is no second place to compare with, so a cut-off end would not be seen');
  } catch (error) {
    walk.notes.push(`the second place cannot be read: ${sayFailure(error)}`);
  }
}

const conclude = (walk: Walk, from: number): Verification => {
  if (walk.lost !== null) {
    const { last, known, who } = walk.lost;
    const detail = `the chain ends at record ${last}, but ${who} knows record ${known}: the end was cut off, or an older copy was put in its place`;
    blame(walk, { badSeq: last + 1, detail });
  }
  const notes = walk.notes.length === 0 ? '' : `; ${walk.notes.join('; ')}`;
  const { broken, records } = walk;
  if (broken !== null) return { isIntact: false, records, badSeq: broken.badSeq, detail: `${broken.detail}${notes}` };
  const range = from === 1 ? '' : ` from ${from} on, those before not looked at`;
  const detail = `${records} records and ${walk.signatures} signatures hold${range}${notes}`;
  return { isIntact: true, records, badSeq: null, detail };
};

function* walkAll(input: VerifyInput): Generator<void, Verification> {
  const from = Math.max(1, Math.trunc(input.from ?? 1));
  const walk: Walk = {
    source: input.source,
    checkSignature: makeCheckSignature(input.publicKey),
    broken: null,
    lost: null,
    records: 0,
    reached: 0,
    signatures: 0,
    lastSeq: Number.MAX_SAFE_INTEGER,
    notes: [],
  };
  try {
    // What is appended while the walk goes on is the next walk's work; otherwise a busy store would never be done.
    walk.lastSeq = Math.max(walk.source.lastSeq(), 0);
  } catch (error) {
    walk.notes.push(`the end of the chain cannot be read: ${sayFailure(error)}`);
  }
  yield* walkLinks(walk, from);
  yield* walkCheckpoints(walk, from);
  yield* walkHeads(walk, input.heads, from);
  return conclude(walk, from);
}

/**
 * Verifies the chain in one go. `badSeq` is the lowest bad number that can be proven; `records` is how many held in a
 * row. A database that cannot be read is not intact. Throws only when `publicKey` is no key.
 */
export const verifyEvidence = (input: VerifyInput): Verification => {
  const steps = walkAll(input);
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
};

/** The same in slices of about 2 ms, with the event loop let go in between. `report` is called once at most, later. */
export const verifyInSlices = (input: VerifyInput, report: (verification: Verification) => void): void => {
  const steps = walkAll(input);
  const slice = (): void => {
    if (input.isWanted?.() === false) return;
    const until = performance.now() + SLICE_MS;
    do {
      const step = steps.next();
      if (step.done === true) return report(step.value);
    } while (performance.now() < until);
    setImmediate(slice);
  };
  setImmediate(slice);
};

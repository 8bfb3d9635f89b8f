// Keeping the second place up to date: after every commit, and caught up with when a store is opened.
//
// It is written after the commit and can fail by itself (another disk, full). Then commits go on, `trouble` says why,
// and the next checkpoint writes what is missing: the database is the truth, the second place its witness.

import type { EvidenceCheckpoint } from '#kernel/evidence.ts';
import type { Instant } from '#kernel/time.ts';
import type { Tail } from './chain.ts';
import { sayFailure } from './failure.ts';
import { openHeadsWriter, readHead, readHeads, type HeadsWriter } from './heads.ts';
import type { EvidenceSource } from './source.ts';

export type SecondPlace = {
  /** Tells it the end of the chain after a commit, with the checkpoint of that commit if there was one. */
  readonly tell: (tail: Tail, checkpoint: EvidenceCheckpoint | null, at: Instant) => void;
  /** Why it is behind, in one sentence; null when it is not. */
  readonly trouble: () => string | null;
  readonly close: () => void;
};

/** Checkpoints that are caught up with at once: a week of one a minute. */
const CATCH_UP_MAX = 10_080;

const lastSignedSeq = (directory: string): number => {
  let last = 0;
  for (const entry of readHeads(directory).entries()) {
    if (entry.kind === 'signed') last = Math.max(last, entry.checkpoint.seq);
  }
  return last;
};

/**
 * If evidence.head knows more than the database, the next commit would overwrite the only witness of it. It is kept
 * as an unsigned line of evidence.heads, so that every later verification finds it.
 */
const keepWitness = (directory: string, source: EvidenceSource, writer: HeadsWriter): void => {
  const head = readHead(directory);
  if (head?.kind !== 'seen' || source.hashAt(head.tail.seq) === head.tail.hash) return;
  writer.append([{ seq: head.tail.seq, hash: head.tail.hash }]);
};

/** Opens the second place in a directory and brings it up to date. Errors of the file system pass through. */
export const openSecondPlace = (directory: string, source: EvidenceSource): SecondPlace => {
  let known = lastSignedSeq(directory);
  const writer = openHeadsWriter(directory);
  let trouble: string | null = null;

  const catchUp = (): void => {
    const missing = source.checkpoints(known, CATCH_UP_MAX);
    writer.append(missing);
    known = missing.at(-1)?.seq ?? known;
  };

  keepWitness(directory, source, writer);
  catchUp();

  return {
    tell: (tail, checkpoint, at) => {
      try {
        writer.note(tail, at);
        if (checkpoint !== null) catchUp();
        trouble = null;
      } catch (error) {
        trouble = `the second place of the evidence cannot be written: ${sayFailure(error)}`;
      }
    },
    trouble: () => trouble,
    close: () => writer.close(),
  };
};

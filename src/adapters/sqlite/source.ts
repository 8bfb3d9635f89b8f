// The chain as verification and export read it from a database: in chunks, as bytes, never all at once.

import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { EvidenceCheckpoint } from '#kernel/evidence.ts';
import type { Link } from './link.ts';
import { readCheckpoint } from './query.ts';
import { DamagedRow, readNumber, readText, type Row } from './row.ts';

export type EvidenceSource = {
  /** Records with a number above `after`, in order, at most `limit`. */
  readonly links: (after: number, limit: number) => readonly Link[];
  readonly checkpoints: (after: number, limit: number) => readonly EvidenceCheckpoint[];
  /** The hash that stands by a record; null when there is no such record. */
  readonly hashAt: (seq: number) => string | null;
  readonly lastSeq: () => number;
};

const readLink = (row: Row): Link => {
  const text = row['text'];
  if (!(text instanceof Uint8Array)) throw new DamagedRow('column text holds no bytes');
  return { seq: readNumber(row, 'seq'), hash: readText(row, 'hash'), text };
};

/** Reads through any connection, also a read-only one. SQLite's errors and DamagedRow pass through. */
export const makeSource = (db: DatabaseSync): EvidenceSource => {
  // As a BLOB: decoded text would turn broken UTF-8 into U+FFFD, and a record that holds U+FFFD could be changed unseen.
  const links: StatementSync = db.prepare(
    'SELECT seq, hash, CAST(text AS BLOB) AS text FROM evidence WHERE seq > ? ORDER BY seq LIMIT ?',
  );
  const checkpoints = db.prepare(
    'SELECT seq, hash, at, signature, key_id FROM checkpoints WHERE seq > ? ORDER BY seq LIMIT ?',
  );
  const hashAt = db.prepare('SELECT hash FROM evidence WHERE seq = ?');
  const last = db.prepare('SELECT max(seq) AS seq FROM evidence');
  return {
    links: (after, limit) => links.all(after, limit).map(readLink),
    checkpoints: (after, limit) => checkpoints.all(after, limit).map(readCheckpoint),
    hashAt: (seq) => {
      const row = hashAt.get(seq);
      return row === undefined ? null : readText(row, 'hash');
    },
    lastSeq: () => {
      const row = last.get() ?? {};
      return row['seq'] === null ? 0 : readNumber(row, 'seq');
    },
  };
};

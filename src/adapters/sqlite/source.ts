// The chain as verification, proofs and export read it from a database: in chunks, exactly as hashed, never all at once.

import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { EvidenceCheckpoint } from '#kernel/evidence.ts';
import type { Link } from './link.ts';
import { checkpointColumns, readCheckpoint } from './query.ts';
import { DamagedRow, readNumber, readText } from './row.ts';

export type EvidenceSource = {
  /** Records with a number above `after`, in order, at most `limit`. */
  readonly links: (after: number, limit: number) => readonly Link[];
  readonly checkpoints: (after: number, limit: number) => readonly EvidenceCheckpoint[];
  /** The hash that stands by a record; null when there is no such record. */
  readonly hashAt: (seq: number) => string | null;
  /** The hashes that stand by the records above `after` up to `last`, in order; fewer when records are missing. */
  readonly hashes: (after: number, last: number) => readonly string[];
  readonly lastSeq: () => number;
};

/** Reads rows as arrays of columns: half the time of objects. */
const prepareColumns = (db: DatabaseSync, sql: string): StatementSync => {
  const statement = db.prepare(sql);
  statement.setReturnArrays(true);
  return statement;
};

/** A statement that returns arrays is typed as if it returned objects. */
const columnsOf = (row: object | undefined): readonly unknown[] => (Array.isArray(row) ? row : []);

/**
 * Text that SQLite decodes has U+FFFD where its bytes are no UTF-8, and may end at a NUL: a record that holds U+FFFD
 * could be changed unseen. So what has one, or another length than its bytes, is read once more as a BLOB.
 */
const isExact = (text: unknown, bytes: unknown): text is string =>
  typeof text === 'string' && !text.includes('\uFFFD') && Buffer.byteLength(text) === bytes;

const makeLinks = (db: DatabaseSync): EvidenceSource['links'] => {
  const many = prepareColumns(
    db,
    'SELECT seq, hash, text, octet_length(text) FROM evidence WHERE seq > ? ORDER BY seq LIMIT ?',
  );
  const exactly = prepareColumns(db, 'SELECT CAST(text AS BLOB) FROM evidence WHERE seq = ?');
  const readBytes = (seq: number): Uint8Array => {
    const [bytes] = columnsOf(exactly.get(seq));
    if (!(bytes instanceof Uint8Array)) throw new DamagedRow('column text holds no bytes');
    return bytes;
  };
  const readLink = (row: object): Link => {
    const [seq, hash, text, bytes] = columnsOf(row);
    if (typeof seq !== 'number' || typeof hash !== 'string') throw new DamagedRow('a record has no number or no hash');
    return { seq, hash, text: isExact(text, bytes) ? text : readBytes(seq) };
  };
  return (after, limit) => many.all(after, limit).map(readLink);
};

const makeHashes = (db: DatabaseSync): EvidenceSource['hashes'] => {
  const statement = prepareColumns(db, 'SELECT hash FROM evidence WHERE seq > ? AND seq <= ? ORDER BY seq');
  return (after, last) => statement.all(after, last).map((row) => String(columnsOf(row)[0]));
};

/** Reads through any connection, also a read-only one. SQLite's errors and DamagedRow pass through. */
export const makeSource = (db: DatabaseSync): EvidenceSource => {
  const checkpoints = db.prepare(`SELECT ${checkpointColumns(db)} FROM checkpoints WHERE seq > ? ORDER BY seq LIMIT ?`);
  const hashAt = db.prepare('SELECT hash FROM evidence WHERE seq = ?');
  const last = db.prepare('SELECT max(seq) AS seq FROM evidence');
  return {
    links: makeLinks(db),
    checkpoints: (after, limit) => checkpoints.all(after, limit).map(readCheckpoint),
    hashAt: (seq) => {
      const row = hashAt.get(seq);
      return row === undefined ? null : readText(row, 'hash');
    },
    hashes: makeHashes(db),
    lastSeq: () => {
      const row = last.get() ?? {};
      return row['seq'] === null ? 0 : readNumber(row, 'seq');
    },
  };
};

// Committing: one batch is one transaction, all of it or nothing, and every refusal is a value.
//
//   BEGIN IMMEDIATE → snapshots (a wrong version ends it) → evidence → journal → outbox → settled → unwakes → wakes
//   → fences → checkpoint when due → COMMIT (fsync of the write-ahead log: synchronous=FULL)
//
// Snapshots come first: a conflict is the one refusal that happens in ordinary life, and then nothing else was done.
// Unwakes come before wakes: when a batch names the same timer in both, it stays pending, since one look too many is
// harmless and one too few is a machine asleep for ever.

import type { DatabaseSync } from 'node:sqlite';
import type { EvidenceCheckpoint, EvidenceRecord } from '#kernel/evidence.ts';
import type { Batch, CommitOutcome, SnapshotWrite } from '#ports/store.ts';
import { appendEvidence, prepareAppend, readTail, Unwritable, type Tail } from './chain.ts';
import { isBusy, isTaken, sayFailure } from './failure.ts';

/** Rows of all kinds in one batch: about 0.3 s of work. The crank groups some thousands of events. */
const BATCH_ROWS_MAX = 100_000;
/** One state, event or effect as JSON; a machine that remembers more than this leaks. */
const JSON_MAX_CHARACTERS = 16_777_216;

class Conflict extends Error {}

/** Returns the checkpoint that must be written together with a chain that ends here; null: none is due. */
export type SignIfDue = (tail: Tail) => EvidenceCheckpoint | null;

export type Written = { readonly outcome: CommitOutcome; readonly checkpoint: EvidenceCheckpoint | null };

export type Writer = {
  readonly write: (batch: Batch) => Written;
  /** Signs the end of the chain by itself, outside a batch. Null when it was not due. SQLite's errors pass through. */
  readonly checkpoint: () => EvidenceCheckpoint | null;
  readonly tail: () => Tail;
};

const json = (value: unknown): string => {
  const text: string | undefined = JSON.stringify(value);
  if (text === undefined) return 'null';
  if (text.length > JSON_MAX_CHARACTERS)
    throw new Unwritable(`a value is over ${JSON_MAX_CHARACTERS} characters as JSON`);
  return text;
};

const countRows = (batch: Batch): number =>
  batch.journal.length +
  batch.evidence.length +
  batch.snapshots.length +
  batch.outbox.length +
  batch.settled.length +
  batch.wakes.length +
  batch.unwakes.length +
  batch.fences.length;

const prepareAll = (db: DatabaseSync) => ({
  add: db.prepare('INSERT INTO machines (machine, version, state) VALUES (?, ?, ?) ON CONFLICT DO NOTHING'),
  advance: db.prepare('UPDATE machines SET version = ?, state = ? WHERE machine = ? AND version = ?'),
  append: prepareAppend(db),
  journal: db.prepare('INSERT INTO journal (at, machine, version, event) VALUES (?, ?, ?, ?)'),
  // A key that is there already is the same effect: keys name machine, version and index.
  post: db.prepare('INSERT INTO outbox (key, machine, effect) VALUES (?, ?, ?) ON CONFLICT (key) DO NOTHING'),
  settle: db.prepare('DELETE FROM outbox WHERE key = ?'),
  unwake: db.prepare('DELETE FROM wakes WHERE machine = ? AND name = ?'),
  wake: db.prepare('INSERT INTO wakes (machine, name, at) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET at = excluded.at'),
  fence: db.prepare(
    'INSERT INTO fences (subject, epoch) VALUES (?, ?) ON CONFLICT DO UPDATE SET epoch = max(epoch, excluded.epoch)',
  ),
  sign: db.prepare(
    'INSERT OR REPLACE INTO checkpoints (seq, hash, at, tree_size, tree_root, signature, key_id) VALUES (?, ?, ?, ?, ?, ?, ?)',
  ),
});

type Statements = ReturnType<typeof prepareAll>;

const writeSnapshot = (statements: Statements, snapshot: SnapshotWrite): void => {
  const { machine, version, state, expectedVersion } = snapshot;
  const changes =
    expectedVersion === 0
      ? statements.add.run(machine, version, json(state)).changes
      : statements.advance.run(version, json(state), machine, expectedVersion).changes;
  if (changes !== 1) throw new Conflict(`${machine} is not at version ${expectedVersion} any more`);
};

/** Writes everything but the checkpoint and returns the records. Throws Conflict, Unwritable, or SQLite's errors. */
const writeRows = (statements: Statements, batch: Batch, tail: Tail): readonly EvidenceRecord[] => {
  for (const snapshot of batch.snapshots) writeSnapshot(statements, snapshot);
  const records = appendEvidence(statements.append, batch.evidence, tail);
  for (const { machine, version, event } of batch.journal) {
    statements.journal.run(event.at, machine, version, json(event));
  }
  for (const { key, machine, effect } of batch.outbox) statements.post.run(key, machine, json(effect));
  for (const key of batch.settled) statements.settle.run(key);
  for (const { machine, name } of batch.unwakes) statements.unwake.run(machine, name);
  for (const { machine, name, at } of batch.wakes) statements.wake.run(machine, name, at);
  for (const { subject, epoch } of batch.fences) statements.fence.run(subject, epoch);
  return records;
};

const writeCheckpoint = (statements: Statements, it: EvidenceCheckpoint): void => {
  const { seq, hash, at, tree, signature, keyId } = it;
  statements.sign.run(seq, hash, at, tree?.size ?? null, tree?.root ?? null, signature, keyId);
};

const refuse = (error: unknown): CommitOutcome => {
  if (error instanceof Conflict) return { kind: 'conflict', detail: error.message };
  if (isBusy(error)) return { kind: 'busy', detail: 'another process is writing to the store' };
  // Sequence numbers are the only primary keys that a batch inserts without saying what to do when they are there.
  if (isTaken(error)) return { kind: 'conflict', detail: `somebody else wrote evidence: ${sayFailure(error)}` };
  return { kind: 'failed', detail: sayFailure(error) };
};

const rollBack = (db: DatabaseSync): void => {
  try {
    if (db.isTransaction) db.exec('ROLLBACK');
  } catch {
    // After an input or output error SQLite has rolled back by itself; the next BEGIN tells if it has not.
  }
};

/** Makes the one writer of an open store. `signIfDue` is asked at the end of every batch that added evidence. */
export const makeWriter = (db: DatabaseSync, signIfDue: SignIfDue): Writer => {
  const statements = prepareAll(db);
  let tail = readTail(db);
  // After a failed COMMIT only the file knows whether the write took place; it is asked before the next one.
  let isTailSure = true;

  const transact = <T>(work: () => T): T => {
    db.exec('BEGIN IMMEDIATE');
    try {
      if (!isTailSure) tail = readTail(db);
      isTailSure = true;
      const result = work();
      db.exec('COMMIT');
      return result;
    } catch (error) {
      isTailSure = false;
      rollBack(db);
      throw error;
    }
  };

  const signed = (end: Tail): EvidenceCheckpoint | null => {
    const checkpoint = signIfDue(end);
    if (checkpoint !== null) writeCheckpoint(statements, checkpoint);
    return checkpoint;
  };

  const write = (batch: Batch): Written => {
    if (countRows(batch) > BATCH_ROWS_MAX) {
      return { outcome: { kind: 'failed', detail: `a batch is over ${BATCH_ROWS_MAX} rows` }, checkpoint: null };
    }
    try {
      const { records, checkpoint } = transact(() => {
        const added = writeRows(statements, batch, tail);
        return { records: added, checkpoint: signed(added.at(-1) ?? tail) };
      });
      tail = records.at(-1) ?? tail;
      return { outcome: { kind: 'committed', records }, checkpoint };
    } catch (error) {
      return { outcome: refuse(error), checkpoint: null };
    }
  };

  return { write, checkpoint: () => transact(() => signed(tail)), tail: () => tail };
};

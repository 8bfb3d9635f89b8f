// The read-only opening, for `sereno status` and `sereno evidence` without a running Sereno: no byte of the directory
// changes, no file appears, nothing counts as a run.
//
// SQLite's own read-only mode is not enough: on a file with a write-ahead log it makes or rewrites the -shm file. So:
//   somebody runs         mode=ro; -wal and -shm are theirs and there already
//   nobody, no -wal       immutable=1: no locks, no side files
//   nobody, but a -wal    (killed) vfs=unix-none and locking_mode=EXCLUSIVE: the index of the log is kept in memory, the
//                         log is read where it lies, and a read-only connection never checkpoints or removes it
// One thing is left that is no byte of any file: as root, SQLite gives a -wal to the owner of the database again, which
// sets its change time (ctime).

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import { problem, type Problem } from '#kernel/problem.ts';
import type { Store } from '#ports/store.ts';
import { openProblem } from './failure.ts';
import { readHeads, type Heads } from './heads.ts';
import { KEY_DIRECTORY, PUBLIC_KEY_FILE } from './keys.ts';
import { loadAll, type LoadedWhole } from './load.ts';
import { isHeld } from './lock.ts';
import { makeReader } from './query.ts';
import { makeRuns, type LastRun } from './runs.ts';
import { examineSchema, readMigrations } from './schema.ts';
import { makeSource, type EvidenceSource } from './source.ts';
import { STORE_FILE } from './store.ts';
import type { Instant } from '#kernel/time.ts';

export type ReadOnlyStore = Pick<Store, 'evidence' | 'checkpoints'> & {
  readonly load: () => LoadedWhole;
  readonly source: EvidenceSource;
  readonly heads: Heads;
  /** SPKI in PEM; null when the state directory has none. */
  readonly publicKey: string | null;
  readonly readLastRun: (now: Instant) => LastRun;
  readonly close: () => void;
};

export type Reading =
  { readonly kind: 'opened'; readonly store: ReadOnlyStore } | { readonly kind: 'refused'; readonly problem: Problem };

/** Opens a database for looking; `isInUse`: a writer has it open now. SQLite's errors pass through. */
export const openUnchanging = (path: string, isInUse: boolean): DatabaseSync => {
  const url = pathToFileURL(path);
  const isLogLeft = existsSync(`${path}-wal`);
  if (isInUse || isLogLeft) url.searchParams.set('mode', 'ro');
  else url.searchParams.set('immutable', '1');
  if (!isInUse && isLogLeft) url.searchParams.set('vfs', 'unix-none');
  const db = new DatabaseSync(url, { readOnly: true });
  if (!isInUse && isLogLeft) db.exec('PRAGMA locking_mode = EXCLUSIVE');
  return db;
};

/** SPKI in PEM; null when the state directory has none. Errors of the file system pass through. */
export const readPublicKey = (directory: string): string | null => {
  const path = join(directory, KEY_DIRECTORY, PUBLIC_KEY_FILE);
  return existsSync(path) ? readFileSync(path, 'utf8') : null;
};

/** Opens the store of a state directory for looking. Refused with `not-found`, `store-newer`, `store-corrupt`, `store-unusable`. */
export const openReadOnly = (directory: string): Reading => {
  const path = join(directory, STORE_FILE);
  if (!existsSync(path)) {
    const mend = 'run `sereno up` first, or name the directory with --state';
    return { kind: 'refused', problem: problem('not-found', `there is no store in ${directory}`, { mend }) };
  }
  let db: DatabaseSync | null = null;
  try {
    db = openUnchanging(path, isHeld(directory));
    const refusal = examineSchema(db, path, readMigrations());
    if (refusal === null) return { kind: 'opened', store: makeReadOnly(db, directory) };
    db.close();
    return { kind: 'refused', problem: refusal };
  } catch (error) {
    db?.close();
    return { kind: 'refused', problem: openProblem(path, error) };
  }
};

const makeReadOnly = (db: DatabaseSync, directory: string): ReadOnlyStore => {
  const reader = makeReader(db);
  return {
    load: () => loadAll(db),
    evidence: reader.query,
    checkpoints: reader.checkpoints,
    source: makeSource(db),
    heads: readHeads(directory),
    publicKey: readPublicKey(directory),
    readLastRun: makeRuns(db).readLastRun,
    close: () => {
      if (db.isOpen) db.close();
    },
  };
};

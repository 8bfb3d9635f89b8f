// The store over SQLite: one file in the state directory, one writer, one transaction for each batch.

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Problem } from '#kernel/problem.ts';
import { instant } from '#kernel/time.ts';
import type { Clock } from '#ports/clock.ts';
import type { Store } from '#ports/store.ts';
import { makeWriter } from './commit.ts';
import { openProblem } from './failure.ts';
import { loadAll, type LoadedWhole } from './load.ts';
import { makeReader } from './query.ts';
import { examineSchema, migrate, readMigrations } from './schema.ts';

export const STORE_FILE = 'sereno.db';

/** Nobody else writes while the lock is held; a backup program may read. Longer would stop the crank. */
const BUSY_TIMEOUT_MS = 50;

// FULL: the write-ahead log is synced before a commit is answered, so what was acknowledged survives the loss of power.
// The log file is cut back to 64 MB after a checkpoint, so that one burst does not hold the disk for ever.
const PRAGMAS = `
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = FULL;
  PRAGMA foreign_keys = ON;
  PRAGMA journal_size_limit = 67108864;
`;

export type SqliteStore = Store & {
  readonly load: () => LoadedWhole;
  readonly close: () => void;
};

export type OpenOptions = {
  /** The state directory; made when it is missing. */
  readonly directory: string;
  readonly clock?: Pick<Clock, 'now'>;
};

export type Opening =
  { readonly kind: 'opened'; readonly store: SqliteStore } | { readonly kind: 'refused'; readonly problem: Problem };

/**
 * Opens, makes or migrates the store of a state directory. Take the lock first (`takeLock`).
 * Refused with `store-newer`, `store-corrupt` or `store-unusable`; a refusal changes nothing.
 */
export const openStore = (options: OpenOptions): Opening => {
  const path = join(options.directory, STORE_FILE);
  const clock = options.clock ?? { now: () => instant(Date.now()) };
  let db: DatabaseSync | null = null;
  try {
    mkdirSync(options.directory, { recursive: true, mode: 0o700 });
    db = new DatabaseSync(path, { timeout: BUSY_TIMEOUT_MS });
    const migrations = readMigrations();
    const refusal = examineSchema(db, path, migrations);
    if (refusal !== null) {
      db.close();
      return { kind: 'refused', problem: refusal };
    }
    db.exec(PRAGMAS);
    migrate(db, migrations, clock.now());
    return { kind: 'opened', store: makeStore(db) };
  } catch (error) {
    db?.close();
    return { kind: 'refused', problem: openProblem(path, error) };
  }
};

const makeStore = (db: DatabaseSync): SqliteStore => {
  const reader = makeReader(db);
  const writer = makeWriter(db, () => null);
  return {
    load: () => loadAll(db),
    commit: (batch, done) => done(writer.write(batch).outcome),
    evidence: reader.query,
    checkpoints: reader.checkpoints,
    close: () => {
      if (db.isOpen) db.close();
    },
  };
};

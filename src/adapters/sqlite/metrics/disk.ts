// The file of the metrics. It may be lost without harm to what Sereno decides, so it is never a reason not to start: a
// damaged one is set aside and begun anew, and without a file the metrics go on in memory.

import { mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Instant } from '#kernel/time.ts';
import { isDamaged, sayFailure } from '../failure.ts';
import { DamagedRow } from '../row.ts';
import { examineSchema, migrate, readMigrations } from '../schema.ts';
import { Tables } from './tables.ts';

export const METRICS_FILE = 'metrics.db';

/** The write-ahead log is cut back to this; it is taken off the cap. */
export const LOG_BYTES = 4 * 1_024 ** 2;

/** Nobody else writes while the lock is held. Longer would stop the watch. */
const BUSY_TIMEOUT_MS = 50;

// NORMAL: a commit is not synced, so the loss of power may take the last seconds with it, and a crash takes nothing.
// The log is taken over every 256 pages, so that no one commit waits for more than a megabyte.
const PRAGMAS = `
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = NORMAL;
  PRAGMA wal_autocheckpoint = 256;
  PRAGMA journal_size_limit = ${LOG_BYTES};
  PRAGMA cache_size = -8192;
`;

/** From this file, beside the bundle in dist/, and one above it. */
const PLACES = ['./schema/metrics/', '../schema/metrics/', '../../../../schema/metrics/'].map(
  (place) => new URL(place, import.meta.url),
);

export type DiskOpening = {
  /** Null: there is no file to write to in this run. */
  readonly tables: Tables | null;
  /** What a person should know, in one sentence; null when all is well. */
  readonly notice: string | null;
};

/** The numbered SQL of the metrics, as this program has it. */
export const metricsMigrations = () => readMigrations(PLACES.map(({ href }) => href));

/** Something in the file cannot be what this program wrote. */
export const isSpoilt = (error: unknown): boolean => isDamaged(error) || error instanceof DamagedRow;

const openFile = (path: string, now: Instant): Tables | string => {
  const db = new DatabaseSync(path, { timeout: BUSY_TIMEOUT_MS });
  try {
    // Before the first table: afterwards it would need the whole file to be written anew.
    db.exec('PRAGMA auto_vacuum = INCREMENTAL');
    const migrations = metricsMigrations();
    const refusal = examineSchema(db, path, migrations);
    if (refusal !== null) {
      db.close();
      return refusal.message;
    }
    db.exec(PRAGMAS);
    migrate(db, migrations, now);
    return new Tables(db);
  } catch (error) {
    db.close();
    throw error;
  }
};

export const without = (why: string): DiskOpening => ({
  tables: null,
  notice: `the metrics are kept in memory only, until Sereno is started again: ${why}`,
});

/** Opens or makes the file. Never throws. */
export const openDisk = (directory: string, now: Instant): DiskOpening => {
  const path = join(directory, METRICS_FILE);
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    const tables = openFile(path, now);
    return typeof tables === 'string' ? without(tables) : { tables, notice: null };
  } catch (error) {
    return isSpoilt(error) ? setAside(directory, now) : without(`${path}: ${sayFailure(error)}`);
  }
};

/** Puts a damaged file aside, in the place of the one before it, and begins anew. The old one must be closed. */
export const setAside = (directory: string, now: Instant): DiskOpening => {
  const path = join(directory, METRICS_FILE);
  try {
    for (const ending of ['-wal', '-shm']) rmSync(`${path}${ending}`, { force: true });
    renameSync(path, `${path}.damaged`);
    const tables = openFile(path, now);
    if (typeof tables === 'string') return without(tables);
    return {
      tables,
      notice: `${path} was damaged: it is set aside as ${METRICS_FILE}.damaged, and metrics begin anew`,
    };
  } catch (error) {
    return without(`${path} is damaged and cannot be set aside: ${sayFailure(error)}`);
  }
};

// Runs: how the last run of `sereno up` ended, so that the next one knows whether to be careful.
//
//   markRunning   the run has begun; a run before it without an end ended uncleanly, and is marked so at this instant
//   markClean     the run ends in good order
// Only `up` marks. Looking (readLastRun, and every read-only opening) never does.

import type { DatabaseSync } from 'node:sqlite';
import type { Boot } from '#kernel/event.ts';
import { hours, type Instant } from '#kernel/time.ts';
import { sayFailure } from './failure.ts';
import { readNumber } from './row.ts';

export type LastRun = Pick<Boot, 'isClean' | 'uncleanStops'>;

/** The window of `Boot.uncleanStops`. */
const WINDOW_MS = hours(1);
/** Runs that are kept, for people; an hour of a crash loop at one a second fits in. */
const RUNS_KEPT = 5_000;

export type Runs = {
  /** Call it before `markRunning`. A store without any run was left clean. */
  readonly readLastRun: (now: Instant) => LastRun;
  /** Null when it was marked; otherwise why not, and the run must not begin. */
  readonly markRunning: (now: Instant) => string | null;
  /** Null when it was marked; otherwise why not, and the next run will be careful. */
  readonly markClean: (now: Instant) => string | null;
};

const attempt = (db: DatabaseSync, work: () => void): string | null => {
  try {
    db.exec('BEGIN IMMEDIATE');
    work();
    db.exec('COMMIT');
    return null;
  } catch (error) {
    if (db.isTransaction) db.exec('ROLLBACK');
    return `the run cannot be marked: ${sayFailure(error)}`;
  }
};

/** Readings pass SQLite's errors through. A clock that was set back counts stops from the future as recent: the careful side. */
export const makeRuns = (db: DatabaseSync): Runs => {
  const open = db.prepare('SELECT count(*) AS runs FROM runs WHERE ended IS NULL');
  const recent = db.prepare("SELECT count(*) AS runs FROM runs WHERE ended = 'unclean' AND ended_at > ?");
  const endUnclean = db.prepare("UPDATE runs SET ended = 'unclean', ended_at = ? WHERE ended IS NULL");
  const begin = db.prepare('INSERT INTO runs (pid, started_at) VALUES (?, ?)');
  const endClean = db.prepare("UPDATE runs SET ended = 'clean', ended_at = ? WHERE ended IS NULL");
  const forget = db.prepare('DELETE FROM runs WHERE run <= (SELECT max(run) FROM runs) - ?');

  return {
    readLastRun: (now) => {
      const unended = readNumber(open.get() ?? {}, 'runs');
      const before = readNumber(recent.get(now - WINDOW_MS) ?? {}, 'runs');
      return { isClean: unended === 0, uncleanStops: before + unended };
    },
    markRunning: (now) =>
      attempt(db, () => {
        endUnclean.run(now);
        begin.run(process.pid, now);
        forget.run(RUNS_KEPT);
      }),
    markClean: (now) =>
      attempt(db, () => {
        endClean.run(now);
      }),
  };
};

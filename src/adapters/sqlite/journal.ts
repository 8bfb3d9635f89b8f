// The journal: every event that was taken up, kept for rehearsals, and pruned in small bites.

import type { DatabaseSync } from 'node:sqlite';
import { hours, type Instant } from '#kernel/time.ts';
import { sayFailure } from './failure.ts';

/** The operational retention class of model.md: 90 days. Evidence has its own classes and is never pruned here. */
const KEPT_MS = hours(24 * 90);

/** About 20 ms of work: the crank waits no longer for it. */
export const PRUNED_AT_ONCE_MAX = 5_000;

/** How many entries went, and why it ended early; null when it did not. */
export type Pruning = { readonly entries: number; readonly trouble: string | null };

/** Deletes the oldest entries beyond 90 days, at most 5,000. */
export const pruneJournal = (db: DatabaseSync, now: Instant): Pruning => {
  const prune = db.prepare(
    'DELETE FROM journal WHERE position IN (SELECT position FROM journal WHERE at < ? ORDER BY at LIMIT ?)',
  );
  try {
    return { entries: Number(prune.run(now - KEPT_MS, PRUNED_AT_ONCE_MAX).changes), trouble: null };
  } catch (error) {
    return { entries: 0, trouble: `the journal cannot be pruned: ${sayFailure(error)}` };
  }
};

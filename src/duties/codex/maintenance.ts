// Maintenance of the codex: what is to be done each day, each week and each month, and what of it was left undone.

import type { MaintenanceTask } from '#kernel/keeping.ts';
import { elapsedMs, hours, later, type DurationMs, type Instant } from '#kernel/time.ts';

/** How often, and what is done. The order is the order in which they are done: what is cheap comes first. */
export const MAINTENANCE: readonly {
  readonly task: MaintenanceTask;
  readonly everyMs: DurationMs;
  readonly says: string;
}[] = [
  {
    task: 'export-success',
    everyMs: hours(24),
    says: 'count the exports of the last day that succeeded and that failed',
  },
  { task: 'disk-room', everyMs: hours(24), says: 'measure the room that the store takes and that is left' },
  { task: 'qa-compatibility', everyMs: hours(24), says: 'check every active revision for compatibility' },
  { task: 'version-progression', everyMs: hours(168), says: 'prove that the versions of every item follow each other' },
  {
    task: 'archive-versions',
    everyMs: hours(168),
    says: 'archive versions that were active once, and remove objects that nothing names',
  },
  { task: 'template-mapping', everyMs: hours(168), says: 'prove that every template that is mapped is there' },
  {
    task: 'performance-review',
    everyMs: hours(720),
    says: 'compare how long exports and reads took with the month before',
  },
];

export type MaintenanceDone = { readonly [Task in MaintenanceTask]?: Instant };

/** A task that is late by its own interval was forgotten, and not only put off. */
const FORGOTTEN_AFTER = 2;

export type MaintenanceDue = { readonly task: MaintenanceTask; readonly says: string; readonly isForgotten: boolean };

/** What is to be done now. A task that was never done is due, and not forgotten: the codex may be new. */
export const maintenanceDue = (done: MaintenanceDone, at: Instant): readonly MaintenanceDue[] =>
  MAINTENANCE.flatMap(({ task, everyMs, says }) => {
    const last = done[task];
    if (last === undefined) return [{ task, says, isForgotten: false }];
    const sinceMs = elapsedMs(last, at);
    return sinceMs < everyMs ? [] : [{ task, says, isForgotten: sinceMs >= FORGOTTEN_AFTER * everyMs }];
  });

/** When to look again: the first moment at which something is due; now when something already is. */
export const nextMaintenanceAt = (done: MaintenanceDone, at: Instant): Instant => {
  const moments = MAINTENANCE.map(({ task, everyMs }) => {
    const last = done[task];
    return last === undefined ? at : later(last, everyMs);
  });
  return later(at, Math.max(0, Math.min(...moments.map((moment) => elapsedMs(at, moment)))));
};

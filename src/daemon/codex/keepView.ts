// The maintenance as people are shown it: each task with when it was done, what came of it, and when it is due again.

import { MAINTENANCE } from '#duties/codex/maintenance.ts';
import type { EvidenceRecord } from '#kernel/evidence.ts';
import type { MaintenanceTask } from '#kernel/keeping.ts';
import { later, sayDuration, type Instant } from '#kernel/time.ts';

export type KeepView = {
  readonly task: MaintenanceTask;
  readonly every: string;
  readonly what: string;
  /** Null: not in the evidence that was read. */
  readonly doneAt: Instant | null;
  readonly isGood: boolean | null;
  readonly outcome: string | null;
  /** Null: as soon as Sereno gets to it. */
  readonly dueAt: Instant | null;
  readonly seq: number | null;
};

/** The type of the records that say what came of a task. */
export const KEPT_TYPE = 'keeping.done';

/** From the evidence alone, the newest first: what does not stand there was not done. */
export const keepViews = (records: readonly EvidenceRecord[]): readonly KeepView[] =>
  MAINTENANCE.map(({ task, everyMs, says }) => {
    const last = records.find(({ type, refs }) => type === KEPT_TYPE && refs['task'] === task);
    return {
      task,
      every: sayDuration(everyMs),
      what: says,
      doneAt: last?.at ?? null,
      isGood: last === undefined ? null : last.refs['isGood'] === true,
      outcome: last?.outcome ?? null,
      dueAt: last === undefined ? null : later(last.at, everyMs),
      seq: last?.seq ?? null,
    };
  });

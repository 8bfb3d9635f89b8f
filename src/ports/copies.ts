// Copies: the places in which programs read blessed configurations, as the watch over them sees and mends them; and the
// maintenance of the codex that they come from.

import type { ConfigOrder, ConfigOutcome, CopySeen } from '#kernel/drift.ts';
import type { Kept, KeptReport, MaintenanceTask } from '#kernel/keeping.ts';

export interface Copies {
  /** Reads and hashes what lies there. Changes nothing, never throws, follows no link, and waits for no pipe. */
  inspect(path: string, report: (seen: CopySeen) => void): void;
  /**
   * Writes the blessed file of a revision to its place: whole or not at all, read-only, read back. `refused` when this is not
   * the active revision any more, or is not blessed by the signatures as they are judged now. Repeating it is harmless.
   */
  apply(order: ConfigOrder, report: (outcome: ConfigOutcome) => void): void;
  /** Does one task of the maintenance. `before`: what came of it the last time. Repeating it is harmless. */
  keep(task: MaintenanceTask, before: Kept | null, report: (report: KeptReport) => void): void;
}

const NOTHING = 'no codex is kept here';

/** For a site without a codex: nothing asks it but what is left in the outbox of one that had one. */
export const NO_COPIES: Copies = {
  inspect: (_path, report) => report({ kind: 'unreadable', why: NOTHING }),
  apply: (_order, report) => report({ kind: 'refused', detail: NOTHING }),
  keep: (_task, _before, report) => report({ isGood: false, says: NOTHING, figures: {} }),
};

// Keeping: what the running watchman does for the codex each day, each week and each month, and what came of it.

import type { Instant } from './time.ts';

export type MaintenanceTask =
  | 'export-success'
  | 'disk-room'
  | 'qa-compatibility'
  | 'version-progression'
  | 'archive-versions'
  | 'template-mapping'
  | 'performance-review';

/** Numbers that a task has measured, by name with their unit: `readP50Ms`. */
export type Figures = { readonly [name: string]: number };

/** What came of one task. `isGood` false: what it looked at is not as it should be, or it could not be done. */
export type KeptReport = {
  readonly isGood: boolean;
  /** One sentence for a person. */
  readonly says: string;
  readonly figures: Figures;
};

/** When a task was done for the last time, and what came of it. */
export type Kept = KeptReport & { readonly task: MaintenanceTask; readonly at: Instant };

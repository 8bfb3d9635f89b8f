// What SQLite says when it cannot, sorted by what helps: try again, stop, or tell a person.

import { problem, type Problem } from '#kernel/problem.ts';

/** Primary result codes of SQLite (sqlite3.h); the low byte of an extended code. */
const RESULT = {
  busy: 5,
  locked: 6,
  readOnly: 8,
  inputOutput: 10,
  corrupt: 11,
  full: 13,
  cannotOpen: 14,
  notADatabase: 26,
} as const;

const SAYS: Readonly<Record<number, string>> = {
  [RESULT.readOnly]: 'the store is read-only',
  [RESULT.inputOutput]: 'reading or writing the disk failed',
  [RESULT.corrupt]: 'the store file is damaged',
  [RESULT.full]: 'the disk is full',
  [RESULT.cannotOpen]: 'the store file cannot be opened',
  [RESULT.notADatabase]: 'the file is not a database',
};

/** The primary result code of an error thrown by node:sqlite; null for any other error. */
export const resultCode = (error: unknown): number | null => {
  if (!(error instanceof Error) || !('errcode' in error) || typeof error.errcode !== 'number') return null;
  return error.errcode & 0xff;
};

export const isBusy = (error: unknown): boolean => {
  const code = resultCode(error);
  return code === RESULT.busy || code === RESULT.locked;
};

/** SQLITE_CONSTRAINT_PRIMARYKEY and SQLITE_CONSTRAINT_ROWID: the row is there already. */
const TAKEN = new Set([1555, 2579]);

/** True when a row with this key was written by somebody else in the meantime. */
export const isTaken = (error: unknown): boolean =>
  error instanceof Error && 'errcode' in error && typeof error.errcode === 'number' && TAKEN.has(error.errcode);

/** True when the file itself is damaged or is no database at all. */
export const isDamaged = (error: unknown): boolean => {
  const code = resultCode(error);
  return code === RESULT.corrupt || code === RESULT.notADatabase;
};

/** One sentence without the full stop, with SQLite's own words in brackets. */
export const sayFailure = (error: unknown): string => {
  const words = error instanceof Error ? error.message : String(error);
  const says = SAYS[resultCode(error) ?? -1];
  return says === undefined ? words : `${says} (${words})`;
};

/** The problem to show when the store cannot be opened: `store-corrupt` for damage, `store-unusable` for the rest. */
export const openProblem = (path: string, error: unknown): Problem =>
  isDamaged(error)
    ? problem('store-corrupt', `${path}: ${sayFailure(error)}`, {
        mend: 'keep a copy of the directory, restore the last backup, and compare it with `sereno evidence verify`',
      })
    : problem('store-unusable', `${path}: ${sayFailure(error)}`, {
        expected: 'a directory that Sereno may write, on a disk with free space',
        mend: 'check owner, permissions and free space, or choose another directory with --state',
      });

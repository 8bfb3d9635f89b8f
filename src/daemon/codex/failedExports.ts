// Exports that failed: nothing of them is in the codex, so each is noted in a file beside it, for the daily count.

import { appendFileSync, existsSync, readFileSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { instant, type Instant } from '#kernel/time.ts';

const FILE = 'codex-exports.failed';
/** A line has some 100 bytes: this holds the failures of a pipeline that fails every minute for a month. */
const BYTES_MAX = 4 * 1_048_576;

export type FailedExport = { readonly at: Instant; readonly codes: readonly string[] };

/**
 * Notes one failure, as far as the disk allows: an export that failed has better things to tell than this. Where no Sereno has
 * ever run nothing is written: nobody counts there.
 */
export const noteFailedExport = (stateDirectory: string, { at, codes }: FailedExport): void => {
  if (!existsSync(stateDirectory)) return;
  const path = join(stateDirectory, FILE);
  try {
    if ((statSync(path, { throwIfNoEntry: false })?.size ?? 0) > BYTES_MAX) renameSync(path, `${path}.old`);
    appendFileSync(path, `${at} ${codes.join(',')}\n`);
  } catch {
    // The state directory cannot be written; the export says so itself where it matters.
  }
};

/** The failures that were noted, oldest first. */
export const failedExports = (stateDirectory: string): readonly FailedExport[] => {
  try {
    const lines = readFileSync(join(stateDirectory, FILE), 'utf8').split('\n');
    return lines.flatMap((line) => {
      const [, at, codes = ''] = /^(\d{1,15}) (\S*)$/.exec(line) ?? [];
      return at === undefined ? [] : [{ at: instant(Number(at)), codes: codes.split(',') }];
    });
  } catch {
    return [];
  }
};

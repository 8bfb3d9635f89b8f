// The dockets on disk: what the judges of the targets know, so that a budget outlives a restart.
//
// One state file beside the store. Losing it loses no evidence: the budgets begin anew, and say so by what they call seen.

import { join } from 'node:path';
import { durationMs, minutes, type DurationMs } from '#kernel/time.ts';
import type { Cancel, Clock } from '#ports/clock.ts';
import type { Kept, Judging } from '#loop/judging.ts';
import { every } from './every.ts';
import { readState, writeState } from './stateFile.ts';

const FILE = 'targets.state';
/** At most this much is written in a minute; a judge is 15 KB, so two thousand of them are kept each minute. */
const BYTES_A_MINUTE = 32 * 1_048_576;

/** A minute of judging is lost in a crash; of very many targets some minutes, or writing them would be all that is done. */
export const keepEveryMs = (targets: number, bytesEach = 15_000): DurationMs =>
  durationMs(minutes(Math.max(1, Math.ceil((targets * bytesEach) / BYTES_A_MINUTE))));

/** Writes what all judges know. Null, or why it could not be written. */
export const keepDockets = (directory: string, judging: Judging): string | null =>
  writeState(
    join(directory, FILE),
    judging.kept().map(({ memory, ...head }) => ({ head, memory })),
  );

/** Hands the judges what they knew. Null, or why what is on disk is not used; no file is no trouble. */
export const takeUpDockets = (directory: string, judging: Judging): string | null => {
  const reading = readState<Omit<Kept, 'memory'>>(join(directory, FILE));
  if (reading.kind === 'read') judging.takeUp(reading.pieces.map(({ head, memory }) => ({ ...head, memory })));
  return reading.kind === 'unusable' ? reading.why : null;
};

export type DocketParts = {
  readonly directory: string;
  readonly judging: Judging;
  readonly clock: Clock;
  readonly shout: (line: string) => void;
};

/** Takes up what was kept, keeps it from time to time, and once more when it is cancelled. */
export const startDockets = ({ directory, judging, clock, shout }: DocketParts): Cancel => {
  const damage = takeUpDockets(directory, judging);
  if (damage !== null) shout(`the budgets of the targets begin anew: ${FILE} cannot be used: ${damage}`);
  let lastTrouble: string | null = null;
  const keep = (): void => {
    const trouble = keepDockets(directory, judging);
    if (trouble !== null && trouble !== lastTrouble) shout(`the budgets of the targets could not be kept: ${trouble}`);
    lastTrouble = trouble;
  };
  const cancel = every(clock, keepEveryMs(judging.count()), keep);
  return () => {
    cancel();
    keep();
  };
};

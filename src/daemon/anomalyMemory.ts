// What the detectors know, on disk: so that a restart is no first hour, in which everything is new.

import { join } from 'node:path';
import { minutes } from '#kernel/time.ts';
import type { Cancel, Clock } from '#ports/clock.ts';
import type { Anomalies, KeptSeries } from '#loop/anomalies.ts';
import { every } from './every.ts';
import { readState, writeState } from './stateFile.ts';

const FILE = 'anomalies.state';
/** A crash loses so much of what was learnt. Two thousand series are 9 MB at most. */
const KEEP_MS = minutes(15);
/** How soon a series that is silent is told so. */
const TICK_MS = minutes(1);

/** Null, or why it could not be written. */
export const keepAnomalies = (directory: string, anomalies: Anomalies): string | null =>
  writeState(
    join(directory, FILE),
    anomalies.kept().map(({ memory, ...head }) => ({ head, memory })),
  );

/** Null, or why what is on disk is not used. */
export const takeUpAnomalies = (directory: string, anomalies: Anomalies): string | null => {
  const reading = readState<Omit<KeptSeries, 'memory'>>(join(directory, FILE));
  if (reading.kind === 'read') anomalies.takeUp(reading.pieces.map(({ head, memory }) => ({ ...head, memory })));
  return reading.kind === 'unusable' ? reading.why : null;
};

export type AnomalyMemoryParts = {
  readonly directory: string;
  readonly anomalies: Anomalies;
  readonly clock: Clock;
  readonly shout: (line: string) => void;
};

/** Takes up what was kept, keeps it from time to time, and once more when it is cancelled. */
export const startAnomalyMemory = ({ directory, anomalies, clock, shout }: AnomalyMemoryParts): Cancel => {
  const damage = takeUpAnomalies(directory, anomalies);
  if (damage !== null) shout(`the series are learnt anew: ${FILE} cannot be used: ${damage}`);
  let lastTrouble: string | null = null;
  const keep = (): void => {
    const trouble = keepAnomalies(directory, anomalies);
    if (trouble !== null && trouble !== lastTrouble) shout(`what the series are like could not be kept: ${trouble}`);
    lastTrouble = trouble;
  };
  const cancels = [every(clock, KEEP_MS, keep), every(clock, TICK_MS, () => anomalies.tick())];
  return () => {
    for (const cancel of cancels) cancel();
    keep();
  };
};

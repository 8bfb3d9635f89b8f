// Crash table: strikes a short world at every boundary of its commits, and prints what became of each.

import {
  BOUNDARIES,
  countBoundaries,
  crashPoints,
  groundOf,
  STRIKES,
  strikeAt,
  type Boundary,
  type CrashPoint,
  type Ground,
} from './crashPoints.ts';
import type { Violation } from './witness.ts';

/** Findings that are shown in words; the rest are only counted. */
const SHOWN_MAX = 10;

export type Finding = { readonly point: CrashPoint; readonly violation: Violation };

type Cell = { worlds: number; broken: number };

export type CrashTable = {
  readonly worlds: number;
  readonly findings: readonly Finding[];
  readonly cells: ReadonlyMap<string, Cell>;
  readonly counts: Readonly<Record<Boundary, number>>;
};

const cellName = (boundary: Boundary, strike: string): string => `${boundary}/${strike}`;

/** Strikes at every `stride`-th point of the world. */
export const strikeAll = (ground: Ground, stride: number): CrashTable => {
  const counts = countBoundaries(ground);
  const cells = new Map<string, Cell>();
  const findings: Finding[] = [];
  let worlds = 0;
  for (const point of crashPoints(counts, stride)) {
    const name = cellName(point.boundary, point.strike);
    const cell = cells.get(name) ?? { worlds: 0, broken: 0 };
    cells.set(name, cell);
    const violation = strikeAt(ground, point);
    worlds += 1;
    cell.worlds += 1;
    if (violation === null) continue;
    cell.broken += 1;
    findings.push({ point, violation });
  }
  return { worlds, findings, cells, counts };
};

const sayFinding = ({ point, violation }: Finding): string =>
  `${point.strike} at ${point.boundary} ${point.ordinal} breaks ${violation.invariant}: ${violation.detail}`;

/** Prints the table; true when no invariant was broken anywhere. */
export const printCrashPoints = (seed: number, stride: number, print: (line: string) => void): boolean => {
  const table = strikeAll(groundOf(seed), stride);
  print(
    `${'boundary'.padEnd(18)}${'strike'.padEnd(18)}${'there are'.padStart(10)}${'struck'.padStart(8)}${'broken'.padStart(8)}`,
  );
  for (const boundary of BOUNDARIES) {
    for (const strike of STRIKES[boundary]) {
      const { worlds, broken } = table.cells.get(cellName(boundary, strike)) ?? { worlds: 0, broken: 0 };
      const figures = [table.counts[boundary], worlds, broken];
      const [there = '', struck = '', bad = ''] = figures.map(String);
      print(`${boundary.padEnd(18)}${strike.padEnd(18)}${there.padStart(10)}${struck.padStart(8)}${bad.padStart(8)}`);
    }
  }
  for (const finding of table.findings.slice(0, SHOWN_MAX)) print(sayFinding(finding));
  print(`seed ${seed}: ${table.worlds} worlds, ${table.findings.length} broken`);
  return table.findings.length === 0;
};

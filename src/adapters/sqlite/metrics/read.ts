// Reading: the points of a series, and ranges from the coarsest level that is fine enough. What waits in memory is read
// with what is in the rows, so an answer never depends on what was written when.

import { BadBytes } from '#kernel/bytes.ts';
import { instant } from '#kernel/time.ts';
import { LEVELS, type Level, type Range, type Span } from '#ports/metrics.ts';
import { lookBackMs, Steps, usableStep } from '#ports/steps.ts';
import { cellsOf } from './cut.ts';
import { uncutBatches, type Head } from './heads.ts';
import { readRollup } from './rollup.ts';
import { readDetail, type Cell } from './segment.ts';
import { BLOCK_MS, blockOf, LEVEL_NAMES, type Tables } from './tables.ts';

const within = ({ at }: Cell, { from, to }: Span): boolean => at >= from && at < to;

/** A damaged row is as good as none; the others are read. */
const skipDamage = (read: () => void): void => {
  try {
    read();
  } catch (error) {
    if (!(error instanceof BadBytes)) throw error;
  }
};

/** The blocks of a level that a span touches, without those that were dropped or were never written. */
const blocksIn = (tables: Tables, level: Level, { from, to }: Span): readonly [number, number] => {
  const ends = tables.ends(level);
  if (ends === null) return [0, -1];
  return [Math.max(blockOf(level, from), ends[0]), Math.min(blockOf(level, Math.max(from, to - 1)), ends[1])];
};

/** Each point of the span in order of time. `tables` is null when there is no file. */
export const eachCell = (tables: Tables | null, head: Head, span: Span, visit: (cell: Cell) => void): void => {
  const waiting = cellsOf(uncutBatches(head)).filter((cell) => within(cell, span));
  let next = 0;
  const visitUpTo = (cells: readonly Cell[], end: number): void => {
    const late: Cell[] = [];
    for (let cell = waiting[next]; cell !== undefined && cell.at < end; cell = waiting[next]) {
      late.push(cell);
      next += 1;
    }
    // Stable: of two points of one time, what is in the rows came first.
    for (const cell of [...cells, ...late].toSorted((a, b) => a.at - b.at)) visit(cell);
  };
  if (tables !== null) {
    const [first, last] = blocksIn(tables, 'detail', span);
    for (let block = first; block <= last; block += 1) {
      const row = tables.row('detail', block, head.id);
      if (row === null) continue;
      const cells: Cell[] = [];
      skipDamage(() =>
        readDetail(row, block * BLOCK_MS.detail, (cell) => (within(cell, span) ? cells.push(cell) : undefined)),
      );
      visitUpTo(cells, (block + 1) * BLOCK_MS.detail);
    }
  }
  visitUpTo([], Infinity);
};

/** The coarsest level whose buckets make up the step exactly. */
const levelFor = (stepMs: number): Level =>
  LEVEL_NAMES.findLast((level) => stepMs % LEVELS[level].bucketMs === 0) ?? 'detail';

type Part = { readonly level: Level; readonly span: Span };

/** What a level does not hold any more is read from the next coarser one. */
const partsOf = (tables: Tables, span: Span, finest: Level): readonly Part[] => {
  const parts: Part[] = [];
  let to: number = span.to;
  for (const level of LEVEL_NAMES.slice(LEVEL_NAMES.indexOf(finest))) {
    const coarser = LEVEL_NAMES[LEVEL_NAMES.indexOf(level) + 1];
    const wholeFrom = tables.floor(level) * BLOCK_MS[level];
    const edge = coarser === undefined ? 1 : LEVELS[coarser].bucketMs;
    const from = coarser === undefined ? span.from : Math.max(span.from, Math.ceil(wholeFrom / edge) * edge);
    if (from < to) parts.push({ level, span: { from: instant(from), to: instant(to) } });
    to = Math.min(to, from);
  }
  return parts.toReversed();
};

const readPart = (tables: Tables, head: Head, { level, span }: Part, steps: Steps): void => {
  const [first, last] = blocksIn(tables, level, span);
  for (let block = first; block <= last; block += 1) {
    const row = tables.row(level, block, head.id);
    if (row === null) continue;
    const base = block * BLOCK_MS[level];
    skipDamage(() => {
      if (level === 'detail') {
        readDetail(row, base, (cell) =>
          within(cell, span) ? steps.take(cell.at, cell.value, cell.histogram) : undefined,
        );
      } else {
        readRollup(row, { base, bucketMs: LEVELS[level].bucketMs, kind: head.series.kind }, (reader, at) =>
          at >= span.from && at < span.to ? steps.mergeFrom(reader, at) : undefined,
        );
      }
    });
  }
};

export const readRange = (tables: Tables | null, head: Head, asked: Span, wantedMs: number): Range => {
  const stepMs = usableStep(asked, wantedMs);
  const { kind, everyMs } = head.series;
  const begin = Math.floor(asked.from / stepMs) * stepMs - lookBackMs(kind, stepMs, everyMs);
  const span: Span = { from: instant(begin), to: asked.to };
  const steps = new Steps(kind, stepMs);
  if (tables !== null) for (const part of partsOf(tables, span, levelFor(stepMs))) readPart(tables, head, part, steps);
  for (const cell of cellsOf(uncutBatches(head))) {
    if (within(cell, span)) steps.take(cell.at, cell.value, cell.histogram);
  }
  return steps.answer(asked.from);
};

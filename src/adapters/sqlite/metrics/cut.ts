// Cutting: the waiting points of a series are packed into the rows of all three levels at once, in the transaction that
// also says so. Nothing is rolled up later, so nothing can be forgotten or counted twice; a late point goes into the row
// and the bucket of its own time like any other.

import { BadBytes, ByteWriter } from '#kernel/bytes.ts';
import type { Bucket } from '#kernel/bucket.ts';
import { LEVELS, type Level } from '#ports/metrics.ts';
import { uncutBatches, type Batch, type Head } from './heads.ts';
import { gather, mergeRollup, type Frame } from './rollup.ts';
import { addSegment, writeSegment, type Cell } from './segment.ts';
import { BLOCK_MS, blockOf, type Tables } from './tables.ts';

/** The points of some batches in order of time; those of equal times in the order in which they came. */
export const cellsOf = (batches: readonly Batch[]): readonly Cell[] => {
  const cells: Cell[] = [];
  let isRising = true;
  for (const { at, value, histograms } of batches) {
    for (let index = 0; index < at.length; index += 1) {
      const cell = { at: at[index] ?? 0, value: value[index] ?? 0, histogram: histograms?.[index] ?? null };
      isRising &&= cell.at >= (cells.at(-1)?.at ?? -Infinity);
      cells.push(cell);
    }
  }
  return isRising ? cells : cells.toSorted((a, b) => a.at - b.at);
};

const byBlock = <T>(items: Iterable<T>, level: Level, atOf: (item: T) => number): Map<number, T[]> => {
  const blocks = new Map<number, T[]>();
  for (const item of items) {
    const block = blockOf(level, atOf(item));
    const list = blocks.get(block);
    if (list === undefined) blocks.set(block, [item]);
    else list.push(item);
  }
  return blocks;
};

const segment = new ByteWriter(1_024);
const row = new ByteWriter(4_096);

const cutDetail = (tables: Tables, head: Head, cells: readonly Cell[]): void => {
  for (const [block, list] of byBlock(cells, 'detail', ({ at }) => at)) {
    if (block < tables.floor('detail')) continue;
    const before = tables.row('detail', block, head.id);
    segment.clear();
    writeSegment(segment, list, block * BLOCK_MS.detail, head.series.kind === 'check');
    row.clear();
    addSegment(row, before, segment.taken());
    tables.put('detail', { block, id: head.id, before: before?.length ?? 0 }, row.taken());
  }
};

/** A damaged row gives way to what is new: there is nothing in it that could be kept. */
const mergeOrReplace = (before: Uint8Array | null, fresh: ReadonlyMap<number, Bucket>, frame: Frame): Uint8Array => {
  try {
    return mergeRollup(before, fresh, frame);
  } catch (error) {
    if (error instanceof BadBytes) return mergeRollup(null, fresh, frame);
    throw error;
  }
};

const cutRollup = (tables: Tables, head: Head, level: 'minutes' | 'hours', cells: readonly Cell[]): void => {
  const { kind } = head.series;
  const { bucketMs } = LEVELS[level];
  for (const [block, list] of byBlock(gather(cells, { kind, bucketMs }), level, ([at]) => at)) {
    if (block < tables.floor(level)) continue;
    const before = tables.row(level, block, head.id);
    const body = mergeOrReplace(before, new Map(list), { base: block * BLOCK_MS[level], bucketMs, kind });
    tables.put(level, { block, id: head.id, before: before?.length ?? 0 }, body);
  }
};

/** Writes all waiting points of a head. When the transaction is safe, the caller tells the head with `settled`. */
export const cutHead = (tables: Tables, head: Head, seq: number): void => {
  const cells = cellsOf(uncutBatches(head));
  cutDetail(tables, head, cells);
  cutRollup(tables, head, 'minutes', cells);
  cutRollup(tables, head, 'hours', cells);
  tables.cutSeries(head.id, seq, head.lastAt);
};

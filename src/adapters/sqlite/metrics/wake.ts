// Waking: what the file knows is taken up again. First the newest points of the detail, for the page; then the tail, the
// points that came after the last cut of their series.

import { BadBytes } from '#kernel/bytes.ts';
import { CELLS, type Head, type Heads } from './heads.ts';
import { readJournal } from './journal.ts';
import type { Registry } from './registry.ts';
import { readDetail, type Cell } from './segment.ts';
import { BLOCK_MS, type Tables } from './tables.ts';

/** The page may show less after a restart, but the watch may not begin later for it. */
const LOOK_BACK_MS = 300;
/** 24 hours in blocks of 20 minutes. */
const BLOCKS_MAX = 72;

export type Waking = {
  readonly tables: Tables;
  readonly registry: Registry;
  readonly heads: Heads;
  readonly stopwatch: () => number;
};

/** Fills registry and heads. Returns the number of the tail row that comes next. SQLite's errors pass through. */
export const wake = (waking: Waking): number => {
  for (const stored of waking.tables.series()) waking.registry.restore(stored);
  lookBack(waking);
  return replayTail(waking);
};

/** Whatever was read before a row turned out to be damaged counts. */
const forgiving = (read: () => void): void => {
  try {
    read();
  } catch (error) {
    if (!(error instanceof BadBytes)) throw error;
  }
};

/** Only what is in no level yet: for looking, which shows no page. SQLite's errors pass through. */
export const wakeToLook = (waking: Omit<Waking, 'stopwatch'>): void => {
  for (const stored of waking.tables.series()) waking.registry.restore(stored);
  replayTail(waking);
};

const lookBack = ({ tables, registry, heads, stopwatch }: Waking): void => {
  const until = stopwatch() + LOOK_BACK_MS;
  const found = new Map<Head, Cell[][]>();
  const ends = tables.ends('detail');
  if (ends === null) return;
  const [first, last] = [Math.max(ends[0], ends[1] - BLOCKS_MAX), ends[1]];
  for (let block = last; block >= first && stopwatch() < until; block -= 1) {
    for (const { id, body } of tables.block('detail', block)) {
      const head = registry.byId(id);
      const before = head === null ? undefined : found.get(head);
      if (head === null || (before !== undefined && countOf(before) >= CELLS)) continue;
      const cells: Cell[] = [];
      forgiving(() => readDetail(body, block * BLOCK_MS.detail, (cell) => cells.push(cell)));
      if (before === undefined) found.set(head, [cells]);
      else before.push(cells);
    }
  }
  for (const [head, blocks] of found) {
    const cells = blocks.toReversed().flat().slice(-CELLS);
    for (const { at, value, histogram } of cells) heads.putBack(head, at, value, histogram);
  }
};

const countOf = (lists: readonly (readonly Cell[])[]): number => lists.reduce((sum, list) => sum + list.length, 0);

const replayTail = ({ tables, registry, heads }: Omit<Waking, 'stopwatch'>): number => {
  let next = 1;
  for (const { seq, body } of tables.tail()) {
    next = seq + 1;
    forgiving(() =>
      readJournal(body, ({ id, at, value, histogram }) => {
        const head = registry.byId(id);
        if (head === null || seq <= head.cut) return;
        if (histogram === null) heads.put(head, seq, at, value);
        else heads.putHistogram(head, seq, at, histogram);
      }),
    );
  }
  for (const head of registry.heads()) next = Math.max(next, head.cut + 1);
  return next;
};

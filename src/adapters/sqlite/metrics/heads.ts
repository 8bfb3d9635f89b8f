// Heads: the newest sixty points of each series in memory, in slabs of flat arrays. They are what a page shows, and what
// waits to be cut: packed into the rows of the three levels. What a head has no more room for waits beside it.

import type { Histogram } from '#kernel/histogram.ts';
import type { Series, SeriesKey } from '#kernel/series.ts';

/** The strip on the page shows sixty cells. 60 × 16 bytes are 960 bytes a series. */
export const CELLS = 60;
/** 64 rings to a slab are 61 KB: few arrays, and little lost when a slab is half empty. */
const RINGS = 64;
/** For points that the disk does not take: 60 points of 16 bytes each time. Half an hour of a thousand points a second. */
const SPILLED_MAX = 32 * 1_024 * 1_024;

/** Points in the order in which they came. */
export type Batch = {
  readonly at: Float64Array;
  readonly value: Float64Array;
  readonly histograms: readonly (Histogram | null)[] | null;
};

type Slab = { readonly at: Float64Array; readonly value: Float64Array };
type Ring = { readonly slab: Slab; readonly from: number; readonly histograms: (Histogram | null)[] | null };

export type Head = {
  readonly id: number;
  readonly key: SeriesKey;
  series: Series;
  /** Null while it has had no point for long. */
  ring: Ring | null;
  /** Points in the ring, ever. */
  total: number;
  /** How many of the newest are not in the levels yet. */
  uncut: number;
  /** Points that are not in the levels yet, and older than those in the ring. */
  spilled: Batch[] | null;
  /** The tail row that holds, or will hold, the oldest point that is not in the levels. */
  firstSeq: number;
  /** Points up to this tail row are in the levels. */
  cut: number;
  lastAt: number;
  lastValue: number;
  /** It has a row in the table of series. */
  isStored: boolean;
  /** Its place was given to another one; its writer asks for a new place. */
  isGone: boolean;
};

export const makeHead = (id: number, key: SeriesKey, series: Series): Head => ({
  id,
  key,
  series,
  ring: null,
  total: 0,
  uncut: 0,
  spilled: null,
  firstSeq: 0,
  cut: 0,
  lastAt: -Infinity,
  lastValue: NaN,
  isStored: false,
  isGone: false,
});

export const waiting = (head: Head): number => head.uncut + (head.spilled?.length ?? 0) * CELLS;

/** The newest `count` points of the ring, oldest first. */
export const newest = (head: Head, count: number): Batch => {
  const { ring } = head;
  const taken = ring === null ? 0 : Math.min(count, CELLS, head.total);
  const at = new Float64Array(taken);
  const value = new Float64Array(taken);
  const histograms: (Histogram | null)[] = [];
  for (let index = 0; index < taken && ring !== null; index += 1) {
    const cell = (head.total - taken + index) % CELLS;
    at[index] = ring.slab.at[ring.from + cell] ?? 0;
    value[index] = ring.slab.value[ring.from + cell] ?? 0;
    if (ring.histograms !== null) histograms.push(ring.histograms[cell] ?? null);
  }
  return { at, value, histograms: ring === null || ring.histograms === null ? null : histograms };
};

/** All points that are not in the levels, in the order in which they came. */
export const uncutBatches = (head: Head): readonly Batch[] =>
  head.uncut === 0 ? (head.spilled ?? []) : [...(head.spilled ?? []), newest(head, head.uncut)];

export class Heads {
  readonly #free: Ring[] = [];
  #spilledBytes = 0;
  /** Points that were given up because the disk did not take them and this memory was full. */
  lost = 0;

  /** Puts a point into the ring; `seq` is the tail row that holds it. */
  put(head: Head, seq: number, at: number, value: number): void {
    if (waiting(head) === 0) head.firstSeq = seq;
    this.#place(head, at, value, null);
    head.uncut += 1;
  }

  putHistogram(head: Head, seq: number, at: number, histogram: Histogram): void {
    if (waiting(head) === 0) head.firstSeq = seq;
    this.#place(head, at, 0, histogram);
    head.uncut += 1;
  }

  /** Puts back a point that is in the levels already, so that the page shows it. */
  putBack(head: Head, at: number, value: number, histogram: Histogram | null): void {
    this.#place(head, at, value, histogram);
  }

  /** Everything of this head is in the levels now. */
  settled(head: Head, seq: number): void {
    this.#spilledBytes -= (head.spilled?.length ?? 0) * CELLS * 16;
    head.spilled = null;
    head.uncut = 0;
    head.cut = seq;
  }

  /** Gives the ring back. What was not cut is lost: cut before. */
  release(head: Head): void {
    this.settled(head, head.cut);
    if (head.ring !== null && head.ring.histograms === null) this.#free.push(head.ring);
    head.ring = null;
    head.total = 0;
  }

  #place(head: Head, at: number, value: number, histogram: Histogram | null): void {
    head.ring ??= this.#take(head.series.kind === 'histogram');
    if (head.uncut === CELLS) this.#spill(head);
    const { slab, from, histograms } = head.ring;
    const cell = head.total % CELLS;
    slab.at[from + cell] = at;
    slab.value[from + cell] = value;
    if (histograms !== null) histograms[cell] = histogram;
    head.total += 1;
    if (at < head.lastAt) return;
    head.lastAt = at;
    head.lastValue = histogram === null ? value : histogram.sum / histogram.count;
  }

  /** The oldest points of this head go first when there is no memory for more: its newest hour is worth most. */
  #spill(head: Head): void {
    head.spilled ??= [];
    head.spilled.push(newest(head, CELLS));
    head.uncut = 0;
    this.#spilledBytes += CELLS * 16;
    if (this.#spilledBytes <= SPILLED_MAX) return;
    head.spilled.shift();
    this.#spilledBytes -= CELLS * 16;
    this.lost += CELLS;
  }

  #take(hasHistograms: boolean): Ring {
    const ring = hasHistograms ? undefined : this.#free.pop();
    if (ring !== undefined) return ring;
    if (hasHistograms) {
      const slab = { at: new Float64Array(CELLS), value: new Float64Array(CELLS) };
      return { slab, from: 0, histograms: [] };
    }
    const slab = { at: new Float64Array(RINGS * CELLS), value: new Float64Array(RINGS * CELLS) };
    for (let index = RINGS - 1; index > 0; index -= 1) {
      this.#free.push({ slab, from: index * CELLS, histograms: null });
    }
    return { slab, from: 0, histograms: null };
  }
}

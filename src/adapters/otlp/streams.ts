// Streams: what must be remembered between two pushes. Sums and histograms are counted since the start of a program
// (cumulative) or since the last push (delta); we keep counters as cumulative and histograms as delta, so one of the two
// forms always has to be turned into the other (OpenTelemetry metrics data model, "Temporality").

import type { Exponential } from '#kernel/histogram.ts';

export type Temporality = 'delta' | 'cumulative';

/** One point in time of a stream: since when it counts, and when it was made (ms since the epoch). */
export type Times = { readonly startAt: number | null; readonly at: number };

/** Numbers that are counted together: one for a sum; count, sum and buckets for a histogram. */
export type Counts = readonly number[];

type Stream = Times & { readonly counts: Counts; readonly exponential: Exponential | null; readonly seenAt: number };

/** Streams that were silent for this long are forgotten, when there is no room for new ones. */
const SILENT_MS = 3_600_000;

const isSame = (a: Counts, b: Counts): boolean => a.length === b.length;

const plus = (a: Counts, b: Counts): Counts => a.map((value, index) => value + (b[index] ?? 0));
const minus = (a: Counts, b: Counts): Counts => a.map((value, index) => value - (b[index] ?? 0));

type Side = Exponential['positive'];

/** The same buckets at a coarser scale: `by` times two of them are one. */
const coarsen = (side: Side, by: number): Side => {
  if (by === 0 || side.counts.length === 0) return side;
  const width = 2 ** by;
  const offset = Math.floor(side.offset / width);
  const last = Math.floor((side.offset + side.counts.length - 1) / width);
  const counts = Array.from({ length: last - offset + 1 }, () => 0);
  for (const [index, count] of side.counts.entries()) {
    const at = Math.floor((side.offset + index) / width) - offset;
    counts[at] = (counts[at] ?? 0) + count;
  }
  return { offset, counts };
};

const at = (side: Side, index: number): number => side.counts[index - side.offset] ?? 0;

/** Null when a bucket has become smaller: then it counts from a new start. */
const subtract = (now: Side, before: Side): Side | null => {
  const counts = now.counts.map((count, index) => count - at(before, now.offset + index));
  const lost = before.counts.some((count, index) => count > at(now, before.offset + index));
  return lost || counts.some((count) => count < 0) ? null : { offset: now.offset, counts };
};

/** What was counted between two cumulative points; null when the second does not go on from the first. */
export const between = (before: Exponential, now: Exponential): Exponential | null => {
  const by = before.scale - now.scale;
  // A finer scale than before is only possible after a new start.
  if (by < 0) return null;
  const positive = subtract(now.positive, coarsen(before.positive, by));
  const negative = subtract(now.negative, coarsen(before.negative, by));
  const zeros = now.zeros - before.zeros;
  if (positive === null || negative === null || zeros < 0) return null;
  return { scale: now.scale, zeros, positive, negative, sum: now.sum - before.sum, min: null, max: null };
};

/** `counted`: what to take. `first`: nothing yet, because nobody knows what came before. `late`: it was counted already. */
export type Taken<Value> = { readonly kind: 'counted'; readonly value: Value } | { readonly kind: 'first' | 'late' };

type Counted = Times & { readonly how: Temporality; readonly counts: Counts };

/** `risen` is null for the first cumulative point: nobody knows what of it is new. */
export type Both = { readonly whole: Counts; readonly risen: Counts | null };

export class Streams {
  readonly #streams = new Map<string, Stream>();
  readonly #max: () => number;

  constructor(max: () => number) {
    this.#max = max;
  }

  get size(): number {
    return this.#streams.size;
  }

  /** True when the stream is known, or there is room for it. */
  hasRoom(key: string, now: number): boolean {
    if (this.#streams.has(key) || this.#streams.size < this.#max()) return true;
    for (const [name, stream] of this.#streams) if (now - stream.seenAt > SILENT_MS) this.#streams.delete(name);
    return this.#streams.size < this.#max();
  }

  /** Streams that brought something since then. */
  since(then: number): number {
    let count = 0;
    for (const stream of this.#streams.values()) if (stream.seenAt >= then) count += 1;
    return count;
  }

  /** Only remembers that it was there. */
  touch(key: string, times: Times, now: number): void {
    this.#streams.set(key, { ...times, counts: [], exponential: null, seenAt: now });
  }

  /** Cumulative counts of a stream; what was pushed twice is counted once. */
  cumulative(key: string, point: Counted, now: number): Taken<Counts> {
    const before = this.#streams.get(key);
    if (before !== undefined && point.at <= before.at) return { kind: 'late' };
    const isDelta = point.how === 'delta' && before !== undefined && isSame(before.counts, point.counts);
    const value = isDelta ? plus(before.counts, point.counts) : point.counts;
    this.#streams.set(key, { startAt: point.startAt, at: point.at, counts: value, exponential: null, seenAt: now });
    return { kind: 'counted', value };
  }

  /** Counts of explicit buckets: since the start, and since the last push. */
  explicit(key: string, point: Counted, now: number): Both | null {
    const before = this.#streams.get(key);
    const whole = this.cumulative(key, point, now);
    if (whole.kind !== 'counted') return null;
    if (point.how === 'delta') return { whole: whole.value, risen: point.counts };
    if (before === undefined) return { whole: whole.value, risen: null };
    const goesOn = isSame(before.counts, point.counts) && point.startAt === before.startAt;
    const risen = goesOn ? minus(point.counts, before.counts) : point.counts;
    // A fall is a new start whose beginning was not told.
    return { whole: whole.value, risen: risen.some((it) => it < 0) ? point.counts : risen };
  }

  /** What an exponential histogram counted since the last push. */
  exponential(
    key: string,
    point: { readonly how: Temporality; readonly sent: Exponential } & Times,
    now: number,
  ): Taken<Exponential> {
    const before = this.#streams.get(key);
    if (before !== undefined && point.at <= before.at) return { kind: 'late' };
    const { startAt, at: pointAt, sent } = point;
    this.#streams.set(key, { startAt, at: pointAt, counts: [], exponential: sent, seenAt: now });
    if (point.how === 'delta') return { kind: 'counted', value: sent };
    if (before === undefined || before.exponential === null) return { kind: 'first' };
    const risen = startAt === before.startAt ? between(before.exponential, sent) : null;
    return { kind: 'counted', value: risen ?? sent };
  }
}

// A log-histogram: how values are distributed, in buckets that grow with the value, so that any quantile is known to
// about one per cent. Two of them are merged without loss, which percentiles never are.
//
// The base-2 exponential histogram of OpenTelemetry (metrics data model, "ExponentialHistogram"): at scale s bucket i
// holds the values in (base^i, base^(i+1)], base = 2^(2^-s). Halving the resolution joins buckets 2i and 2i+1, so two
// scales are merged at the coarser one, exactly as if all had been recorded there. A quantile is answered with the value
// whose greatest relative error in its bucket is least, (base - 1) / (base + 1) (DDSketch, Masson, Rim and Lee 2019, lemma
// 2): 1.09 % at scale 5.

import { ByteWriter, type ByteReader } from './bytes.ts';

/** The scale that values are recorded at. 32 buckets between a value and its double. */
const SCALE = 5;
/** 320 buckets at scale 5 hold ten doublings on end, from 1 ms to 1 s. More than that, and the scale is halved. */
const BUCKETS_MAX = 320;
/** The coarsest scale of OpenTelemetry: one bucket for every 1,024 doublings. */
const SCALE_LEAST = -10;

/** The greatest relative error of a quantile at a scale, as a share: 0.0109 at scale 5. */
export const relativeError = (scale: number): number => {
  const base = 2 ** (2 ** -scale);
  return Number.isFinite(base) ? (base - 1) / (base + 1) : 1;
};

/** What OTLP sends: counts of consecutive buckets, the first of which has the index `offset`. */
export type Buckets = { readonly offset: number; readonly counts: readonly number[] };

export type Exponential = {
  readonly scale: number;
  readonly zeros: number;
  readonly positive: Buckets;
  readonly negative: Buckets;
  readonly sum: number;
  /** Null when the sender does not say; the edges of the outer buckets are taken then. */
  readonly min: number | null;
  readonly max: number | null;
};

/** Counts of values at most so much and above the bound before; the last one, of which there is one more, has no bound. */
export type Explicit = { readonly bounds: readonly number[]; readonly counts: readonly number[]; readonly sum: number };

/** The first byte of the encoding: three flags, and above them the scale. */
const [ONE, ZEROS, NEGATIVE, FLAG_BITS] = [1, 2, 4, 3];
/** The finest scale that OpenTelemetry allows. */
const SCALE_GREATEST = 20;

type Side = Map<number, number>;

const indexOf = (magnitude: number, scale: number): number => Math.ceil(Math.log2(magnitude) * 2 ** scale) - 1;

/** The middle of a bucket in the sense of relative error. */
const middleOf = (index: number, scale: number): number => {
  const base = 2 ** (2 ** -scale);
  const lower = 2 ** (index * 2 ** -scale);
  return Number.isFinite(base) ? (lower * 2 * base) / (base + 1) : lower * 2;
};

const add = (side: Side, index: number, count: number): void => {
  side.set(index, (side.get(index) ?? 0) + count);
};

const halve = (side: Side): Side => {
  const halved: Side = new Map();
  for (const [index, count] of side) add(halved, Math.floor(index / 2), count);
  return halved;
};

/** Gaps between buckets are small and most counts in a minute are 1: then a bucket is one byte. */
const writeSide = (writer: ByteWriter, side: Side): void => {
  writer.varint(side.size);
  let expected: number | null = null;
  for (const [index, count] of rising(side)) {
    if (expected === null) writer.signed(index);
    const gap = expected === null ? 0 : index - expected;
    writer.varint(gap * 2 + (count === 1 ? 0 : 1));
    if (count !== 1) writer.varint(count);
    expected = index + 1;
  }
};

/** Adds the buckets of one side to `side`; how many values there were. */
const readSide = (reader: ByteReader, side: Side, shift: number): number => {
  let total = 0;
  const size = reader.count();
  let index = size === 0 ? 0 : reader.signed();
  for (let read = 0; read < size; read += 1) {
    const word = reader.varint();
    index += Math.floor(word / 2);
    const count = word % 2 === 0 ? 1 : reader.varint();
    add(side, shift === 1 ? index : Math.floor(index / shift), count);
    total += count;
    index += 1;
  }
  return total;
};

const rising = (side: Side): readonly (readonly [number, number])[] => [...side].toSorted(([a], [b]) => a - b);

/** The outer edges of the buckets that hold anything. */
const edgesOf = ({ scale, zeros, positive, negative }: Exponential): readonly [number, number] => {
  const edges = zeros > 0 ? [0] : [];
  const edge = (index: number): number => Math.min(2 ** (index * 2 ** -scale), Number.MAX_VALUE);
  for (const [side, sign] of [
    [positive, 1],
    [negative, -1],
  ] as const) {
    const [first, last] = [side.counts.findIndex((it) => it > 0), side.counts.findLastIndex((it) => it > 0)];
    if (first >= 0) edges.push(sign * edge(side.offset + first), sign * edge(side.offset + last + 1));
  }
  return [Math.min(...edges), Math.max(...edges)];
};

/** Between two bounds; where one is missing, the other, and where the lower one is missing, 0 when the bound is above it. */
const middleBetween = (lower: number | undefined, upper: number | undefined): number => {
  if (upper === undefined) return lower ?? 0;
  const from = lower ?? Math.min(0, upper);
  return (from + upper) / 2;
};

export class Histogram {
  #scale = SCALE;
  #positive: Side = new Map();
  #negative: Side = new Map();
  #zeros = 0;
  #count = 0;
  #sum = 0;
  #min = Infinity;
  #max = -Infinity;

  get scale(): number {
    return this.#scale;
  }
  get count(): number {
    return this.#count;
  }
  get sum(): number {
    return this.#sum;
  }
  /** Infinity while nothing was recorded. */
  get min(): number {
    return this.#min;
  }
  /** -Infinity while nothing was recorded. */
  get max(): number {
    return this.#max;
  }

  /** Takes in a finite value, `count` times; any other value is not a measurement and is left out. */
  record(measured: number, count = 1): void {
    if (!Number.isFinite(measured) || !(count > 0)) return;
    // -0 is 0: else two equal values had two ends, and one that is written as one value came back another.
    const value = measured === 0 ? 0 : measured;
    this.#place(value, count);
    this.#sum += value * count;
    this.#min = Math.min(this.#min, value);
    this.#max = Math.max(this.#max, value);
    this.#shrink();
  }

  /** Takes in all of another one; the other stays as it is. */
  merge(other: Histogram): void {
    this.#coarsen(other.#scale);
    const shift = 2 ** (other.#scale - this.#scale);
    for (const [index, count] of other.#positive) add(this.#positive, Math.floor(index / shift), count);
    for (const [index, count] of other.#negative) add(this.#negative, Math.floor(index / shift), count);
    this.#zeros += other.#zeros;
    this.#count += other.#count;
    this.#sum += other.#sum;
    this.#min = Math.min(this.#min, other.#min);
    this.#max = Math.max(this.#max, other.#max);
    this.#shrink();
  }

  /** Takes in what OTLP sends, without loss up to scale 5. False when it cannot be one; nothing is taken in then. */
  takeExponential(sent: Exponential): boolean {
    const counts = [sent.zeros, ...sent.positive.counts, ...sent.negative.counts];
    const isWhole = counts.every((count) => Number.isSafeInteger(count) && count >= 0);
    const hasScale = Number.isInteger(sent.scale) && sent.scale >= SCALE_LEAST && sent.scale <= SCALE_GREATEST;
    const hasIndex = [sent.positive, sent.negative].every(({ offset }) => Number.isSafeInteger(offset));
    if (!isWhole || !hasScale || !hasIndex || !Number.isFinite(sent.sum)) return false;
    const total = counts.reduce((sum, count) => sum + count, 0);
    if (total === 0) return true;
    this.#coarsen(sent.scale);
    const shift = 2 ** (sent.scale - this.#scale);
    for (const [side, { offset, counts: many }] of [
      [this.#positive, sent.positive],
      [this.#negative, sent.negative],
    ] as const) {
      many.forEach((count, at) => (count > 0 ? add(side, Math.floor((offset + at) / shift), count) : undefined));
    }
    this.#zeros += sent.zeros;
    this.#count += total;
    this.#sum += sent.sum;
    const [least, greatest] = edgesOf(sent);
    this.#min = Math.min(this.#min, sent.min ?? least);
    this.#max = Math.max(this.#max, sent.max ?? greatest);
    this.#shrink();
    return true;
  }

  /**
   * Takes in counts between declared bounds, as Prometheus and OTLP send them: the values of a bucket are put in its
   * middle, those beyond the last bound on it. How wrong a quantile is then, the sender's bounds rule.
   * False when it cannot be one; nothing is taken in then.
   */
  takeExplicit({ bounds, counts, sum }: Explicit): boolean {
    const isWhole =
      counts.length === bounds.length + 1 && counts.every((count) => Number.isFinite(count) && count >= 0);
    const isRising = bounds.every((bound, at) => Number.isFinite(bound) && bound > (bounds[at - 1] ?? -Infinity));
    if (!isWhole || !isRising || !Number.isFinite(sum)) return false;
    const before = this.#sum;
    counts.forEach((count, at) => this.record(middleBetween(bounds[at - 1], bounds[at]), count));
    this.#sum = before + sum;
    return true;
  }

  /**
   * The value that a share `q` (0 to 1) of all values does not exceed (nearest rank), within `relativeError(scale)`.
   * NaN when nothing was recorded. The least and the greatest value are exact.
   */
  quantile(q: number): number {
    if (this.#count === 0) return NaN;
    const rank = Math.max(1, Math.ceil(q * this.#count));
    return Math.min(this.#max, Math.max(this.#min, this.#valueAt(rank)));
  }

  /** How many values are at most `limit`; those in the limit's own bucket are counted in whole, so within its error. */
  countUpTo(limit: number): number {
    if (limit >= this.#max) return this.#count;
    if (limit < this.#min) return 0;
    let count = limit >= 0 ? this.#zeros : 0;
    for (const [index, many] of this.#negative) {
      if (limit >= 0 || index >= indexOf(-limit, this.#scale)) count += many;
    }
    if (limit <= 0) return count;
    const last = indexOf(limit, this.#scale);
    for (const [index, many] of this.#positive) if (index <= last) count += many;
    return count;
  }

  /** The buckets that hold anything, from the least value on, each with its upper edge. */
  *buckets(): Iterable<{ readonly upper: number; readonly count: number }> {
    const edge = (index: number): number => 2 ** (index * 2 ** -this.#scale);
    for (const [index, count] of rising(this.#negative).toReversed()) yield { upper: -edge(index), count };
    if (this.#zeros > 0) yield { upper: 0, count: this.#zeros };
    for (const [index, count] of rising(this.#positive)) yield { upper: edge(index + 1), count };
  }

  write(writer: ByteWriter): void {
    const isOne = this.#count === 0 || (this.#min === this.#max && this.#sum === this.#min * this.#count);
    const flags = (isOne ? ONE : 0) | (this.#zeros > 0 ? ZEROS : 0) | (this.#negative.size > 0 ? NEGATIVE : 0);
    writer.byte(flags | ((this.#scale - SCALE_LEAST) << FLAG_BITS));
    if (isOne) {
      writer.varint(this.#count);
      if (this.#count > 0) writer.double(this.#min);
      return;
    }
    writer.double(this.#min);
    writer.double(this.#max);
    writer.double(this.#sum);
    if (this.#zeros > 0) writer.varint(this.#zeros);
    writeSide(writer, this.#positive);
    if (this.#negative.size > 0) writeSide(writer, this.#negative);
  }

  /** Reads one and takes it in, without making another: a month has 43,200 minutes. Returns the greatest value read. */
  mergeFrom(reader: ByteReader): number {
    const head = reader.byte();
    const scale = (head >> FLAG_BITS) + SCALE_LEAST;
    this.#coarsen(scale);
    const shift = 2 ** (scale - this.#scale);
    if ((head & ONE) !== 0) return this.#mergeOne(reader);
    this.#min = Math.min(this.#min, reader.double());
    const max = reader.double();
    this.#max = Math.max(this.#max, max);
    this.#sum += reader.double();
    const zeros = (head & ZEROS) === 0 ? 0 : reader.varint();
    this.#zeros += zeros;
    this.#count += zeros + readSide(reader, this.#positive, shift);
    if ((head & NEGATIVE) !== 0) this.#count += readSide(reader, this.#negative, shift);
    this.#shrink();
    return max;
  }

  toBytes(): Uint8Array {
    const writer = new ByteWriter();
    this.write(writer);
    return writer.taken();
  }

  #mergeOne(reader: ByteReader): number {
    const count = reader.varint();
    if (count === 0) return NaN;
    const value = reader.double();
    this.record(value, count);
    return value;
  }

  #place(value: number, count: number): void {
    this.#count += count;
    if (value === 0) this.#zeros += count;
    else if (value > 0) add(this.#positive, indexOf(value, this.#scale), count);
    else add(this.#negative, indexOf(-value, this.#scale), count);
  }

  #coarsen(scale: number): void {
    while (this.#scale > scale) {
      this.#positive = halve(this.#positive);
      this.#negative = halve(this.#negative);
      this.#scale -= 1;
    }
  }

  /** More buckets than allowed need a coarser scale. A part never needs a coarser one than the whole: order is no matter. */
  #shrink(): void {
    while (this.#positive.size + this.#negative.size > BUCKETS_MAX && this.#scale > SCALE_LEAST) {
      this.#coarsen(this.#scale - 1);
    }
  }

  #valueAt(rank: number): number {
    let seen = 0;
    for (const [index, count] of rising(this.#negative).toReversed()) {
      seen += count;
      if (seen >= rank) return -middleOf(index, this.#scale);
    }
    seen += this.#zeros;
    if (seen >= rank) return 0;
    for (const [index, count] of rising(this.#positive)) {
      seen += count;
      if (seen >= rank) return middleOf(index, this.#scale);
    }
    return this.#max;
  }
}

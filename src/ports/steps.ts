// Steps: what a range query gathers its answer in, wherever the points and buckets come from, and in any order.

import type { ByteReader } from '#kernel/bytes.ts';
import { Bucket } from '#kernel/bucket.ts';
import type { Histogram } from '#kernel/histogram.ts';
import type { MetricKind } from '#kernel/series.ts';
import { durationMs, instant, type DurationMs } from '#kernel/time.ts';
import { LEVELS, RANGE_STEPS_MAX, type Range, type RangeStep, type Span } from './metrics.ts';

/** The step that is used for the one that was asked for: a multiple of 10 s, and at most 11,000 of them in the span. */
export const usableStep = ({ from, to }: Span, wantedMs: number): DurationMs => {
  const finest = LEVELS.detail.bucketMs;
  const least = Math.max(wantedMs, (to - from) / (RANGE_STEPS_MAX - 1), finest);
  return durationMs(Math.ceil(least / finest) * finest);
};

const finite = (value: number): number | null => (Number.isFinite(value) ? value : null);

const stepOf = (at: number, bucket: Bucket, increase: number | null): RangeStep => {
  const { histogram, kind } = bucket;
  return {
    at: instant(at),
    count: bucket.count,
    min: finite(histogram.min),
    max: finite(histogram.max),
    mean: finite(histogram.sum / histogram.count),
    last: finite(bucket.last),
    increase,
    outcomes: kind === 'check' ? bucket.outcomeCounts() : null,
    histogram,
  };
};

export class Steps {
  readonly #kind: MetricKind;
  readonly #stepMs: DurationMs;
  readonly #steps = new Map<number, Bucket>();
  #newestAt = NaN;
  #newest: Bucket | null = null;

  constructor(kind: MetricKind, stepMs: DurationMs) {
    this.#kind = kind;
    this.#stepMs = stepMs;
  }

  take(at: number, value: number, histogram: Histogram | null): void {
    this.#at(at).take(at, value, histogram);
  }

  /** Takes in a stored bucket that begins at `at`. */
  mergeFrom(reader: ByteReader, at: number): void {
    this.#at(at).mergeFrom(reader, at);
  }

  /** The answer: steps from the one that holds `from` on. What was taken in before it only tells a counter's rise. */
  answer(from: number): Range {
    const first = Math.floor(from / this.#stepMs) * this.#stepMs;
    const steps: RangeStep[] = [];
    let before: number | null = null;
    for (const [at, bucket] of [...this.#steps].toSorted(([a], [b]) => a - b)) {
      const increase = this.#kind === 'counter' ? bucket.increaseFrom(before) : null;
      if (at >= first) steps.push(stepOf(at, bucket, increase));
      before = bucket.last;
    }
    return { stepMs: this.#stepMs, steps };
  }

  #at(at: number): Bucket {
    const start = Math.floor(at / this.#stepMs) * this.#stepMs;
    if (this.#newest !== null && start === this.#newestAt) return this.#newest;
    const bucket = this.#steps.get(start) ?? new Bucket(this.#kind);
    this.#steps.set(start, bucket);
    this.#newestAt = start;
    this.#newest = bucket;
    return bucket;
  }
}

/** How far before a span a counter's last point is looked for: two steps, and two of its own intervals. */
export const lookBackMs = (kind: MetricKind, stepMs: number, everyMs: number): number =>
  kind === 'counter' ? Math.ceil(Math.max(2 * stepMs, 2 * everyMs) / stepMs) * stepMs : 0;

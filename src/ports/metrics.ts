// Metrics: where observations that change nothing go, and every other number over time. They are samples, not events.
//
// A round needs `Metrics` alone. `SeriesStore` is the whole: points of any series, kept as they came for 48 hours, then
// as minutes for 30 days and as hours for two years, each with a histogram, so that a percentile over any time is the
// percentile of all values in it and never a mean of percentiles. It never refuses new data for want of room.

import type { HealthState } from '#kernel/health.ts';
import type { Histogram } from '#kernel/histogram.ts';
import type { CheckId } from '#kernel/id.ts';
import type { Point, Series, SeriesKey } from '#kernel/series.ts';
import { hours, minutes, seconds, type DurationMs, type Instant } from '#kernel/time.ts';

export type Sample = { readonly at: Instant; readonly state: HealthState; readonly latencyMs: number };

/** What a round needs, and what a page shows of one check. */
export interface Metrics {
  sample(check: CheckId, at: Instant, state: HealthState, latencyMs: number): void;
  /** The newest samples of a check, oldest first, at most `limit`, at most 60. */
  recent(check: CheckId, limit: number): readonly Sample[];
}

/** Latencies are kept in tenths of a millisecond. Who judges samples as they come judges this value, as a replay would. */
export const keptLatencyMs = (latencyMs: number): number => Math.round(Math.max(0, latencyMs) * 10) / 10;

/** How fine, and for how long. `detail` is every point as it came; in queries it is read in buckets of 10 s. */
export const LEVELS = {
  detail: { bucketMs: seconds(10), keptMs: hours(48) },
  minutes: { bucketMs: minutes(1), keptMs: hours(24 * 30) },
  hours: { bucketMs: hours(1), keptMs: hours(24 * 730) },
} as const satisfies Readonly<Record<string, { readonly bucketMs: DurationMs; readonly keptMs: DurationMs }>>;
export type Level = keyof typeof LEVELS;

/** A point further ahead of the clock than this is left out: it would be the newest for ever. */
export const AHEAD_MAX_MS = minutes(10);

/** A query answers with at most so many steps, as Prometheus does; it makes the step longer rather than fail. */
export const RANGE_STEPS_MAX = 11_000;

/** How many looks ended how. */
export type Outcomes = Readonly<Record<HealthState, number>>;

/** What one step of a range holds. A step without a point is left out. */
export type RangeStep = {
  /** The beginning of the step; steps are counted from 1970, so equal steps of two series are equal times. */
  readonly at: Instant;
  /** How many points; of a histogram series, how many values they hold. */
  readonly count: number;
  /** Null when there is no value: for a check, when no look of the step was answered rightly. */
  readonly min: number | null;
  readonly max: number | null;
  readonly mean: number | null;
  /** The newest value; for a histogram series the mean of its newest point. */
  readonly last: number | null;
  /** Of a counter: by how much it rose, from the last point before the step on; a fall counts as a restart from 0. */
  readonly increase: number | null;
  /** Of a check. Its values are the latencies (ms) of the looks that were answered rightly: healthy or degraded. */
  readonly outcomes: Outcomes | null;
  /** All values of the step; `quantile(0.99)` is good to 1.1 %. Empty for a counter, whose values mean nothing. */
  readonly histogram: Histogram;
};

export type Range = {
  /** As asked for, or longer: at least 10 s, never more than 11,000 steps. */
  readonly stepMs: DurationMs;
  readonly steps: readonly RangeStep[];
};

export type Span = { readonly from: Instant; readonly to: Instant };

export type SeriesStatus = {
  readonly key: SeriesKey;
  readonly series: Series;
  /** The newest point; null when there is none. `isStale` of kernel/series.ts says whether it still counts. */
  readonly lastAt: Instant | null;
  readonly lastValue: number | null;
};

/** Takes the points of one series. They may come late and out of order; each goes where its own time says. */
export interface SeriesWriter {
  readonly key: SeriesKey;
  /** A gauge's or counter's value. What is not finite is left out. */
  append(at: Instant, value: number): void;
  /** The values of a histogram series since the point before: counts, not counts since the start of a program. */
  appendHistogram(at: Instant, histogram: Histogram): void;
}

export type Room = {
  readonly usedBytes: number;
  readonly capBytes: number;
  /** From when on each level is whole; null while nothing was kept yet. */
  readonly keptFrom: Readonly<Record<Level, Instant | null>>;
  /** Why nothing is written to the disk just now, in one sentence; null when all is well. Metrics go on in memory. */
  readonly trouble: string | null;
  /** Since when it is so, of `trouble`, or else of being at 90 % of the cap or over. */
  readonly since: Instant | null;
  readonly series: number;
  readonly seriesMax: number;
  /** Points that were left out since the start, and why. */
  readonly left: {
    /** Older than two years, or ahead of the clock. */
    readonly byTime: number;
    /** While the disk did not take them and the memory for them was full. */
    readonly byTrouble: number;
    /** Of series over the limit. */
    readonly bySeries: number;
  };
};

export interface SeriesStore extends Metrics {
  /** The checks that there are now, with their intervals. What others left in memory is given back. */
  expect(checks: readonly { readonly id: CheckId; readonly everyMs: DurationMs }[]): void;
  /** The writer of a series; keep it. Null when there are as many series as allowed already; that is counted in `room`. */
  writer(series: Series): SeriesWriter | null;
  status(key: SeriesKey): SeriesStatus | null;
  list(): readonly SeriesStatus[];
  /** Each sample of a check at or after `from` and before `to`, in order of time, as far back as detail is kept. */
  eachSample(check: CheckId, span: Span, visit: (sample: Sample) => void): void;
  /** The points of a gauge or counter likewise. */
  points(key: SeriesKey, span: Span): readonly Point[];
  /** The steps that overlap the span, oldest first; none for a series that nobody knows. */
  range(key: SeriesKey, span: Span, stepMs: DurationMs): Range;
  room(): Room;
}

/** What was kept, for looking only. */
export interface RecordedMetrics extends Pick<SeriesStore, 'list' | 'eachSample' | 'points' | 'range'> {
  /** From when on nothing of a level was dropped; 1970 when nothing ever was. */
  wholeFrom(level: Level): Instant;
}

/** What a comparison reads back of the looks, and writes beside them to be read back by a later run. */
export type LookHistory = Pick<SeriesStore, 'eachSample' | 'points' | 'status' | 'writer'>;

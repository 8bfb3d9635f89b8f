// Points: the points of one pushed metric turned into readings.

import { Histogram, type Exponential } from '#kernel/histogram.ts';
import { seriesKey, type Labels } from '#kernel/series.ts';
import { instant } from '#kernel/time.ts';
import type { NumberReading, Reading } from '#ports/source.ts';
import type { Tree } from './message.ts';
import { metricName } from './name.ts';
import type { Streams, Temporality, Times } from './streams.ts';
import { childOf, flagOf, labelsOf, listOf, numberOf, textOf, timeOf, toNumber, treesOf } from './tree.ts';

/** Why a point was not taken; told to the sender. */
export type Rejection = string;

export type Ground = { readonly streams: Streams; readonly now: number };

/** What the metric says of all of its points. */
export type Metric = {
  readonly name: string;
  readonly unit: string;
  readonly shared: Labels;
  readonly how: Temporality;
  readonly isMonotonic: boolean;
};

/** Prometheus and the metrics port refuse what is further in the future. */
const FUTURE_MAX_MS = 600_000;
/** Exporters send 160 buckets (the SDK's default), or some tens of bounds. */
const BUCKETS_MAX = 1_024;
/** "No recorded value": the stream has ended. */
const ENDED_FLAG = 1;

const HOW: Readonly<Record<string, Temporality>> = {
  1: 'delta',
  2: 'cumulative',
  AGGREGATION_TEMPORALITY_DELTA: 'delta',
  AGGREGATION_TEMPORALITY_CUMULATIVE: 'cumulative',
};

/** Null for what is neither. */
export const temporalityOf = (tree: Tree): Temporality | null => HOW[String(tree['aggregationTemporality'])] ?? null;

/** One point with what is needed to read it. */
type Spot = {
  readonly ground: Ground;
  readonly metric: Metric;
  readonly point: Tree;
  readonly times: Times;
  readonly labels: Labels;
  readonly key: string;
};

type Fields = Pick<NumberReading, 'metric' | 'labels' | 'at' | 'unit'>;

const fieldsOf = ({ metric, labels, times }: Spot): Fields => ({
  metric: metric.name,
  labels,
  unit: metric.unit,
  at: instant(times.at),
});

/** Reads one point: readings, or why not. */
type ReadPoint = (spot: Spot) => readonly Reading[] | Rejection;

const LATE = 'a point is not newer than the last one of its stream';

const numberIn = (point: Tree): number | null => numberOf(point, 'asDouble') ?? numberOf(point, 'asInt');

const readGauge: ReadPoint = (spot) => {
  const value = numberIn(spot.point);
  if (value === null) return 'a point has no value';
  spot.ground.streams.touch(spot.key, spot.times, spot.ground.now);
  return Number.isFinite(value) ? [{ kind: 'gauge', ...fieldsOf(spot), value }] : [];
};

const readSum: ReadPoint = (spot) => {
  const value = numberIn(spot.point);
  if (value === null || !Number.isFinite(value)) return 'a sum has no value that is a number';
  const { streams, now } = spot.ground;
  const taken = streams.cumulative(spot.key, { how: spot.metric.how, counts: [value], ...spot.times }, now);
  if (taken.kind !== 'counted') return LATE;
  const kind = spot.metric.isMonotonic ? 'counter' : 'gauge';
  return [{ kind, ...fieldsOf(spot), value: taken.value[0] ?? value }];
};

const countsIn = (tree: Tree | null, field: string): readonly number[] | null => {
  const counts = listOf(tree, field).map(toNumber);
  const known = counts.filter((it) => it !== null);
  return known.length === counts.length && counts.length <= BUCKETS_MAX ? known : null;
};

/** `_count`, `_sum` and `_bucket{le}` as Prometheus has them. */
const counters = (spot: Spot, bounds: readonly number[], counts: readonly number[]): readonly Reading[] => {
  const [count = 0, sum = NaN, ...buckets] = counts;
  const { metric, ...rest } = fieldsOf(spot);
  const one = (suffix: string, value: number, labels: Labels = rest.labels): Reading => ({
    kind: 'counter',
    ...rest,
    unit: suffix === '_sum' ? rest.unit : '',
    metric: `${metric}${suffix}`,
    labels,
    value,
  });
  let below = 0;
  const cumulated = buckets.map((it, index) => {
    below += it;
    const bound = bounds[index];
    return one('_bucket', below, { ...rest.labels, le: bound === undefined ? '+Inf' : String(bound) });
  });
  return [one('_count', count), ...(Number.isFinite(sum) ? [one('_sum', sum)] : []), ...cumulated];
};

const readHistogram: ReadPoint = (spot) => {
  const { point, metric, times, ground } = spot;
  const bounds = countsIn(point, 'explicitBounds');
  const buckets = countsIn(point, 'bucketCounts');
  const count = numberOf(point, 'count');
  if (bounds === null || buckets === null || count === null) return 'a histogram has too many buckets, or no count';
  if (buckets.length > 0 && buckets.length !== bounds.length + 1)
    return 'a histogram has not one bucket more than bounds';
  const sum = numberOf(point, 'sum');
  const counts = [count, sum ?? NaN, ...buckets];
  const both = ground.streams.explicit(spot.key, { how: metric.how, counts, ...times }, ground.now);
  if (both === null) return LATE;
  const readings = counters(spot, bounds, both.whole);
  if (both.risen === null || buckets.length === 0) return readings;
  const [, risenSum = 0, ...risenBuckets] = both.risen;
  const histogram = new Histogram();
  const isGood = histogram.takeExplicit({
    bounds,
    counts: risenBuckets,
    sum: Number.isFinite(risenSum) ? risenSum : 0,
  });
  if (!isGood) return 'the bounds of a histogram do not rise, or a count is negative';
  return [...readings, { kind: 'histogram', ...fieldsOf(spot), histogram }];
};

const bucketsIn = (point: Tree, field: string): Exponential['positive'] | null => {
  const tree = childOf(point, field);
  const counts = countsIn(tree, 'bucketCounts');
  return counts === null ? null : { offset: numberOf(tree, 'offset') ?? 0, counts };
};

const readExponential: ReadPoint = (spot) => {
  const { point, metric, times, ground } = spot;
  const positive = bucketsIn(point, 'positive');
  const negative = bucketsIn(point, 'negative');
  if (positive === null || negative === null) return 'an exponential histogram has too many buckets';
  const zeros = numberOf(point, 'zeroCount') ?? 0;
  const sum = numberOf(point, 'sum') ?? 0;
  const sent: Exponential = {
    scale: numberOf(point, 'scale') ?? 0,
    zeros,
    positive,
    negative,
    sum,
    min: null,
    max: null,
  };
  // Looked at before it is remembered: what cannot be one must not be what the next is compared with.
  if (!new Histogram().takeExponential(sent)) return 'an exponential histogram is not one';
  const taken = ground.streams.exponential(spot.key, { how: metric.how, sent, ...times }, ground.now);
  if (taken.kind === 'late') return LATE;
  const histogram = new Histogram();
  if (taken.kind !== 'counted' || !histogram.takeExponential(taken.value) || histogram.count === 0) return [];
  return [{ kind: 'histogram', ...fieldsOf(spot), histogram }];
};

const readSummary: ReadPoint = (spot) => {
  const { point, ground, key, times } = spot;
  ground.streams.touch(key, times, ground.now);
  const fields = fieldsOf(spot);
  const quantiles = treesOf(point, 'quantileValues').slice(0, BUCKETS_MAX);
  const gauges = quantiles.flatMap((it): readonly Reading[] => {
    const value = numberOf(it, 'value') ?? 0;
    const labels = { ...fields.labels, quantile: String(numberOf(it, 'quantile') ?? 0) };
    return Number.isFinite(value) ? [{ kind: 'gauge', ...fields, labels, value }] : [];
  });
  return [...gauges, ...counters(spot, [], [numberOf(point, 'count') ?? 0, numberOf(point, 'sum') ?? NaN])];
};

/** The kinds of metrics, by the field in which their points stand. */
export const READERS = {
  gauge: readGauge,
  sum: readSum,
  histogram: readHistogram,
  exponentialHistogram: readExponential,
  summary: readSummary,
} as const satisfies Readonly<Record<string, ReadPoint>>;

export type PointKind = keyof typeof READERS;

/** The name that the metric gets here; null when it has none. */
export const nameOf = (tree: Tree, kind: PointKind, isMonotonic: boolean): string | null =>
  metricName(textOf(tree, 'name'), textOf(tree, 'unit'), kind === 'sum' && isMonotonic, kind === 'gauge');

export const isMonotonicIn = (tree: Tree): boolean => flagOf(tree, 'isMonotonic');

/** Reads one point of a metric. */
export const readPoint = (
  ground: Ground,
  metric: Metric,
  kind: PointKind,
  point: Tree,
): readonly Reading[] | Rejection => {
  if (((numberOf(point, 'flags') ?? 0) & ENDED_FLAG) === 1) return [];
  const at = timeOf(point, 'timeUnixNano') ?? ground.now;
  if (at > ground.now + FUTURE_MAX_MS) return 'a point is more than ten minutes in the future';
  const labels = { ...labelsOf(treesOf(point, 'attributes')), ...metric.shared };
  const key = seriesKey(metric.name, labels);
  if (!ground.streams.hasRoom(key, ground.now)) return 'there are as many series as this source may have';
  const times = { startAt: timeOf(point, 'startTimeUnixNano'), at };
  return READERS[kind]({ ground, metric, point, times, labels, key });
};

// A series: the values of one metric of one thing over time, with what tells it from others.

import type { CheckId } from './id.ts';
import type { DurationMs, Instant } from './time.ts';

/** Names and values that tell one series of a metric from another; keys as Prometheus allows them. */
export type Labels = Readonly<Record<string, string>>;

/**
 * `gauge`: the value itself. `counter`: only its increase means something, and a fall is a restart of the counter.
 * `histogram`: counts in buckets, kept as a log-histogram (histogram.ts). `check`: the looks of a check, each with its
 * outcome and its latency; only the round writes them.
 */
export type MetricKind = 'gauge' | 'counter' | 'histogram' | 'check';

declare const seriesBrand: unique symbol;
/** `name{key="value",…}` with the keys in order: equal for equal series, whatever the order they came in. */
export type SeriesKey = string & { readonly [seriesBrand]: true };

export type Series = {
  readonly metric: string;
  readonly labels: Labels;
  readonly kind: MetricKind;
  /** UCUM, as OpenTelemetry writes it: `s`, `ms`, `By`, `1`, `%`; empty when the source does not say. */
  readonly unit: string;
  /** Where it comes from: `checks`, `host`, `otlp`, or the name of a source in the configuration. */
  readonly source: string;
  /** A source is expected to bring a new value after this time; after twice of it the series is stale, hence unknown. */
  readonly everyMs: DurationMs;
};

export type Point = { readonly at: Instant; readonly value: number };

const quote = (value: string): string => value.replace(/\\/g, '\\\\').replace(/\n/g, '\\n').replace(/"/g, '\\"');

/** The name of a series: `http_requests_total{code="200",service="api"}`. */
export const seriesKey = (metric: string, labels: Labels): SeriesKey => {
  const pairs = Object.keys(labels)
    .toSorted()
    .map((key) => `${key}="${quote(labels[key] ?? '')}"`);
  return (pairs.length === 0 ? metric : `${metric}{${pairs.join(',')}}`) as SeriesKey; // brand
};

/** No value for two intervals: what was last seen says nothing of now. */
export const isStale = (series: Pick<Series, 'everyMs'>, lastAt: Instant | null, now: Instant): boolean =>
  lastAt === null || now - lastAt > 2 * series.everyMs;

/** The series of the looks of a check: when, how it ended, how long it took. */
export const checkSeries = (check: CheckId, everyMs: DurationMs): Series => ({
  metric: 'sereno_check_duration_milliseconds',
  labels: { check },
  kind: 'check',
  unit: 'ms',
  source: 'checks',
  everyMs,
});

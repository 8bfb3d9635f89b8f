// Series as people are shown them: a list, and the steps of one, each with the band in which it was expected.

import type { Band } from './anomaly.ts';
import type { HealthState } from './health.ts';
import type { Labels, MetricKind, SeriesKey } from './series.ts';
import type { DurationMs, Instant } from './time.ts';

export type SeriesView = {
  readonly key: SeriesKey;
  readonly metric: string;
  readonly labels: Labels;
  readonly kind: MetricKind;
  readonly unit: string;
  readonly source: string;
  readonly everyMs: DurationMs;
  readonly lastAt: Instant | null;
  readonly lastValue: number | null;
  /** No value for two intervals: what was last seen says nothing of now. */
  readonly isStale: boolean;
};

/** One step. Steps without a point are left out. */
export type SeriesStepView = {
  /** The beginning of the step. */
  readonly at: Instant;
  readonly count: number;
  /** What is drawn, and what the band is for: the mean; of a counter its increase per second. */
  readonly value: number | null;
  readonly min: number | null;
  readonly max: number | null;
  readonly p50: number | null;
  readonly p95: number | null;
  readonly p99: number | null;
  /** Of a counter. */
  readonly increase: number | null;
  /** Of a check: how its looks ended. */
  readonly outcomes: Readonly<Record<HealthState, number>> | null;
  /** Where the value was expected, from the steps before it alone; null while too little is known. */
  readonly band: Band | null;
};

export type SeriesRangeView = {
  readonly series: SeriesView;
  readonly from: Instant;
  readonly to: Instant;
  /** As asked for, or longer. */
  readonly stepMs: DurationMs;
  readonly steps: readonly SeriesStepView[];
};

// The chart: the steps of one series as people are shown them, each with the band in which it was expected.
//
// The store answers while everything else waits, and a long answer would stop the watch for tens of milliseconds. So it is
// asked for one slice after the other, and whoever turns this may let others in between.

import { Detector } from '#judge/anomaly/detector.ts';
import { isStale } from '#kernel/series.ts';
import type { SeriesRangeView, SeriesStepView, SeriesView } from '#kernel/seriesView.ts';
import { instant, type DurationMs, type Instant } from '#kernel/time.ts';
import type { SeriesAsked } from '#ports/desk.ts';
import { LEVELS, type Level, type RangeStep, type SeriesStatus, type SeriesStore, type Span } from '#ports/metrics.ts';
import { usableStep } from '#ports/steps.ts';

/** Buckets of the store in one slice: some milliseconds of work (bench/metrics.ts). A slice has at least one step. */
const SLICE_BUCKETS = 720;
/** Steps before the first that is shown, for the band to know where the series has been: 25 hours of minutes. */
const BEFORE = 1_500;

/** How a series stands. */
export const seriesView = ({ key, series, lastAt, lastValue }: SeriesStatus, now: Instant): SeriesView => ({
  key,
  ...series,
  lastAt,
  lastValue,
  isStale: isStale(series, lastAt, now),
});

/** The size of the buckets that the store reads for such a step. */
const bucketMsFor = (stepMs: number): number => {
  const levels: readonly Level[] = ['hours', 'minutes'];
  const level = levels.find((each) => stepMs % LEVELS[each].bucketMs === 0) ?? 'detail';
  return LEVELS[level].bucketMs;
};

/** The span in pieces that end where a step ends. */
export const slicesOf = ({ from, to }: Span, stepMs: number): readonly Span[] => {
  const sliceMs = Math.max(1, Math.floor((SLICE_BUCKETS * bucketMsFor(stepMs)) / stepMs)) * stepMs;
  const slices: Span[] = [];
  for (let at: number = from; at < to;) {
    const end = Math.min(to, (Math.floor(at / sliceMs) + 1) * sliceMs);
    slices.push({ from: instant(at), to: instant(end) });
    at = end;
  }
  return slices;
};

/** What a band is for. */
const valueOf = (step: RangeStep, stepMs: number): number | null =>
  step.increase === null ? step.mean : step.increase / (stepMs / 1_000);

const stepView = (step: RangeStep, stepMs: DurationMs, detector: Detector): SeriesStepView => {
  const { at, count, min, max, increase, outcomes, histogram } = step;
  const value = valueOf(step, stepMs);
  const band = detector.band(at);
  if (value !== null) detector.score(at, value);
  const quantile = (share: number): number | null => (histogram.count === 0 ? null : histogram.quantile(share));
  return {
    at,
    count,
    value,
    min,
    max,
    p50: quantile(0.5),
    p95: quantile(0.95),
    p99: quantile(0.99),
    increase,
    outcomes,
    band,
  };
};

/** Reads slice by slice; gives null for a series that nobody knows. */
export function* chartOf(
  store: Pick<SeriesStore, 'range' | 'status'>,
  { key, span, stepMs: wantedMs }: SeriesAsked,
  now: Instant,
): Generator<undefined, SeriesRangeView | null> {
  const status = store.status(key);
  if (status === null) return null;
  const stepMs = usableStep(span, wantedMs);
  const detector = new Detector();
  const first = Math.floor(span.from / stepMs) * stepMs;
  const steps: SeriesStepView[] = [];
  for (const slice of slicesOf({ from: instant(first - BEFORE * stepMs), to: span.to }, stepMs)) {
    for (const step of store.range(key, slice, stepMs).steps) {
      const view = stepView(step, stepMs, detector);
      if (step.at >= first) steps.push(view);
    }
    yield;
  }
  return { series: seriesView(status, now), from: span.from, to: span.to, stepMs, steps };
}

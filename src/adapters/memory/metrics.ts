// Metrics in memory, for tests and for runs that keep nothing: the newest points of each series, and a restart begins anew.

import { Bucket, lookCode, lookLatencyMs, lookState } from '#kernel/bucket.ts';
import type { Histogram } from '#kernel/histogram.ts';
import type { CheckId } from '#kernel/id.ts';
import { checkSeries, seriesKey, type Series, type SeriesKey } from '#kernel/series.ts';
import { durationMs, instant, type Instant } from '#kernel/time.ts';
import {
  AHEAD_MAX_MS,
  LEVELS,
  type Sample,
  type SeriesStatus,
  type SeriesStore,
  type SeriesWriter,
  type Span,
} from '#ports/metrics.ts';
import { lookBackMs, Steps, usableStep } from '#ports/steps.ts';

/** The strip on the page shows sixty cells. */
const STRIP = 60;
/** 48 hours of one point every ten seconds. */
const POINTS_MAX = 17_280;

type Kept = { readonly at: Instant; readonly value: number; readonly histogram: Histogram | null };
type Line = { readonly key: SeriesKey; series: Series; points: Kept[] };

export type MemoryOptions = { readonly now: () => Instant; readonly seriesMax: number };

const NO_TIME = { detail: null, minutes: null, hours: null };

class MemoryMetrics implements SeriesStore {
  readonly #options: MemoryOptions;
  readonly #lines = new Map<SeriesKey, Line>();
  readonly #checks = new Map<CheckId, Line>();
  #byTime = 0;
  #bySeries = 0;

  constructor(options: MemoryOptions) {
    this.#options = options;
  }

  sample(check: CheckId, at: Instant, state: Sample['state'], latencyMs: number): void {
    const line = this.#checks.get(check) ?? this.#checkLine(check);
    if (line !== null) this.#put(line, { at, value: lookCode(state, latencyMs), histogram: null });
  }

  recent(check: CheckId, limit: number): readonly Sample[] {
    const points = this.#checks.get(check)?.points ?? [];
    return points.slice(-Math.min(limit, STRIP)).map(sampleOf);
  }

  expect(checks: readonly { readonly id: CheckId; readonly everyMs: Series['everyMs'] }[]): void {
    const wanted = new Set(checks.map(({ id }) => id));
    for (const id of this.#checks.keys()) if (!wanted.has(id)) this.#checks.delete(id);
    for (const { id, everyMs } of checks) {
      const line = this.#open(checkSeries(id, everyMs));
      if (line !== null) this.#checks.set(id, line);
    }
  }

  writer(series: Series): SeriesWriter | null {
    const line = this.#open(series);
    if (line === null) return null;
    return {
      key: line.key,
      append: (at, value) => {
        if (Number.isFinite(value)) this.#put(line, { at, value: value + 0, histogram: null });
      },
      appendHistogram: (at, histogram) => {
        if (histogram.count > 0) this.#put(line, { at, value: 0, histogram });
      },
    };
  }

  status(key: SeriesKey): SeriesStatus | null {
    const line = this.#lines.get(key);
    return line === undefined ? null : statusOf(line);
  }

  list(): readonly SeriesStatus[] {
    return [...this.#lines.values()].map(statusOf);
  }

  eachSample(check: CheckId, span: Span, visit: (sample: Sample) => void): void {
    const key = seriesKey('sereno_check_duration_milliseconds', { check });
    for (const point of within(this.#lines.get(key), span)) visit(sampleOf(point));
  }

  points(key: SeriesKey, span: Span): readonly { readonly at: Instant; readonly value: number }[] {
    return within(this.#lines.get(key), span).map(({ at, value }) => ({ at, value }));
  }

  range(key: SeriesKey, span: Span, wantedMs: number): ReturnType<SeriesStore['range']> {
    const stepMs = usableStep(span, wantedMs);
    const line = this.#lines.get(key);
    if (line === undefined) return { stepMs, steps: [] };
    const { kind, everyMs } = line.series;
    const steps = new Steps(kind, stepMs);
    const from = Math.floor(span.from / stepMs) * stepMs - lookBackMs(kind, stepMs, everyMs);
    for (const { at, value, histogram } of within(line, { from: instant(from), to: span.to })) {
      steps.take(at, value, histogram);
    }
    return steps.answer(span.from);
  }

  room(): ReturnType<SeriesStore['room']> {
    const left = { byTime: this.#byTime, byTrouble: 0, bySeries: this.#bySeries };
    const { seriesMax } = this.#options;
    const series = this.#lines.size;
    return { usedBytes: 0, capBytes: 0, keptFrom: NO_TIME, trouble: null, since: null, series, seriesMax, left };
  }

  #open(series: Series): Line | null {
    const key = seriesKey(series.metric, series.labels);
    const known = this.#lines.get(key);
    if (known !== undefined) {
      known.series = series;
      return known;
    }
    if (this.#lines.size >= this.#options.seriesMax) {
      this.#bySeries += 1;
      return null;
    }
    const line: Line = { key, series, points: [] };
    this.#lines.set(key, line);
    return line;
  }

  #checkLine(check: CheckId): Line | null {
    const line = this.#open(checkSeries(check, durationMs(0)));
    if (line !== null) this.#checks.set(check, line);
    return line;
  }

  #put({ points }: Line, point: Kept): void {
    const now = this.#options.now();
    if (point.at > now + AHEAD_MAX_MS || point.at < now - LEVELS.hours.keptMs) {
      this.#byTime += 1;
      return;
    }
    points.push(point);
    // A late one goes where its own time says.
    for (let at = points.length - 1; at > 0 && (points[at - 1]?.at ?? 0) > point.at; at -= 1) {
      points[at] = points[at - 1] ?? point;
      points[at - 1] = point;
    }
    if (points.length > POINTS_MAX) points.splice(0, points.length - POINTS_MAX);
  }
}

const sampleOf = ({ at, value }: Kept): Sample => ({ at, state: lookState(value), latencyMs: lookLatencyMs(value) });

const within = (line: Line | undefined, { from, to }: Span): readonly Kept[] =>
  line?.points.filter(({ at }) => at >= from && at < to) ?? [];

const statusOf = ({ key, series, points }: Line): SeriesStatus => {
  const newest = points.at(-1);
  if (newest === undefined) return { key, series, lastAt: null, lastValue: null };
  const bucket = new Bucket(series.kind);
  bucket.take(newest.at, newest.value, newest.histogram);
  return { key, series, lastAt: newest.at, lastValue: bucket.last };
};

/** Makes metrics that live as long as the process. */
export const makeMemoryMetrics = (options: MemoryOptions): SeriesStore => new MemoryMetrics(options);

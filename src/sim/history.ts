// A history of looks in memory, which outlives the watchman that wrote it: for tests of who reads it back.

import type { CheckId } from '#kernel/id.ts';
import type { Observation } from '#kernel/observation.ts';
import { seriesKey, type Point, type Series, type SeriesKey } from '#kernel/series.ts';
import {
  keptLatencyMs,
  type LookHistory,
  type Sample,
  type SeriesStatus,
  type SeriesWriter,
  type Span,
} from '#ports/metrics.ts';

const within = <It extends Point | Sample>(all: readonly It[] | undefined, { from, to }: Span): readonly It[] =>
  (all ?? []).filter(({ at }) => at >= from && at < to).toSorted((a, b) => a.at - b.at);

export class FakeHistory implements LookHistory {
  readonly #samples = new Map<CheckId, Sample[]>();
  readonly #points = new Map<SeriesKey, { readonly series: Series; readonly points: Point[] }>();
  /** Questions that were asked, to be held against the size of a slice. */
  readonly asked: Span[] = [];

  /** As the round keeps a look. */
  keep({ check, at, state, latencyMs }: Observation): void {
    const samples = this.#samples.get(check) ?? [];
    this.#samples.set(check, samples);
    samples.push({ at, state, latencyMs: keptLatencyMs(latencyMs) });
  }

  eachSample(check: CheckId, span: Span, visit: (sample: Sample) => void): void {
    this.asked.push(span);
    for (const sample of within(this.#samples.get(check), span)) visit(sample);
  }

  points(key: SeriesKey, span: Span): readonly Point[] {
    return within(this.#points.get(key)?.points, span);
  }

  status(key: SeriesKey): SeriesStatus | null {
    const known = this.#points.get(key);
    const last = known?.points.at(-1);
    if (known === undefined) return null;
    return { key, series: known.series, lastAt: last?.at ?? null, lastValue: last?.value ?? null };
  }

  writer(series: Series): SeriesWriter {
    const key = seriesKey(series.metric, series.labels);
    const points = this.#points.get(key)?.points ?? [];
    this.#points.set(key, { series, points });
    return { key, append: (at, value) => void points.push({ at, value }), appendHistogram: () => undefined };
  }
}

// Filing: puts what sources have seen into the series store, each value with the writer of its series.

import { seriesKey, type SeriesKey } from '#kernel/series.ts';
import type { MetricSource } from '#kernel/source.ts';
import type { SeriesStore, SeriesWriter } from '#ports/metrics.ts';
import type { Reading } from '#ports/source.ts';

/** Writers that are kept: more than a store holds by default. Beyond, they are asked for anew. */
const WRITERS_MAX = 100_000;

export class Filing {
  readonly #store: SeriesStore;
  readonly #writers = new Map<SeriesKey, SeriesWriter>();

  constructor(store: SeriesStore) {
    this.#store = store;
  }

  /** Values come oldest first. What finds no room is counted by the store. */
  file(source: MetricSource, readings: readonly Reading[]): void {
    for (const reading of readings) {
      const writer = this.#writerOf(source, reading);
      if (reading.kind === 'histogram') writer?.appendHistogram(reading.at, reading.histogram);
      else writer?.append(reading.at, reading.value);
    }
  }

  /** A source was declared anew: its series may have another interval. */
  forget(): void {
    this.#writers.clear();
  }

  #writerOf(source: MetricSource, reading: Reading): SeriesWriter | null {
    const { metric, labels, kind, unit } = reading;
    const key = seriesKey(metric, labels);
    const known = this.#writers.get(key);
    if (known !== undefined) return known;
    const writer = this.#store.writer({ metric, labels, kind, unit, source: source.name, everyMs: source.everyMs });
    if (writer === null) return null;
    if (this.#writers.size >= WRITERS_MAX) this.#writers.clear();
    this.#writers.set(key, writer);
    return writer;
  }
}

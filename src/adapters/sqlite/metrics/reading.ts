// The read-only opening of the metrics, for looking at history while a Sereno runs, or while none does. There is one
// writer, the Sereno that holds the lock; this connection cannot write, and no byte of the directory changes (../read.ts).
//
// All is read in one transaction, so that it is the file of one moment: a writer that moves points from the tail to the
// rows meanwhile would otherwise be seen doing it, and its points twice.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import type { CheckId } from '#kernel/id.ts';
import { problem, ProblemError, type Problem } from '#kernel/problem.ts';
import type { Point, SeriesKey } from '#kernel/series.ts';
import { instant, type DurationMs, type Instant } from '#kernel/time.ts';
import type { Level, Range, RecordedMetrics, Sample, SeriesStatus, Span } from '#ports/metrics.ts';
import { usableStep } from '#ports/steps.ts';
import { openProblem } from '../failure.ts';
import { isHeld } from '../lock.ts';
import { openUnchanging } from '../read.ts';
import { DamagedRow } from '../row.ts';
import { examineSchema } from '../schema.ts';
import { METRICS_FILE, metricsMigrations } from './disk.ts';
import { Heads } from './heads.ts';
import { eachCell, readRange } from './read.ts';
import { Registry } from './registry.ts';
import { checkKey, sampleOf, SERIES_MAX, statusOf } from './store.ts';
import { BLOCK_MS, Tables } from './tables.ts';
import { wakeToLook } from './wake.ts';

export type LookedAtMetrics = RecordedMetrics & { readonly close: () => void };

export type MetricsReading =
  | { readonly kind: 'opened'; readonly metrics: LookedAtMetrics }
  | { readonly kind: 'refused'; readonly problem: Problem };

const noHistory = (directory: string): Problem =>
  problem('no-history', `there are no recorded metrics in ${directory}`, {
    expected: `${METRICS_FILE}, which \`sereno up\` writes`,
    mend: 'let Sereno watch for a while, or name its state directory with --state',
  });

const refused = (it: Problem): MetricsReading => ({ kind: 'refused', problem: it });

/**
 * Opens the metrics of a state directory for looking, beside their writer too. Refused with `no-history` when there are
 * none, `store-newer`, `store-corrupt`, `store-unusable`.
 */
export const openMetricsReadOnly = (directory: string): MetricsReading => {
  const path = join(directory, METRICS_FILE);
  if (!existsSync(path)) return refused(noHistory(directory));
  let db: DatabaseSync | null = null;
  try {
    // A Sereno that keeps its metrics in memory only holds the lock as well, and leaves the file alone.
    db = openUnchanging(path, isHeld(directory) && existsSync(`${path}-wal`));
    db.exec('BEGIN');
    const refusal = examineSchema(db, path, metricsMigrations());
    const isEmpty =
      refusal === null && db.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'series'").get() === undefined;
    if (refusal === null && !isEmpty) return { kind: 'opened', metrics: new MetricsRecord(db, path) };
    db.close();
    return refused(refusal ?? noHistory(directory));
  } catch (error) {
    db?.close();
    return refused(problemOf(path, error));
  }
};

const problemOf = (path: string, error: unknown): Problem =>
  error instanceof DamagedRow
    ? problem('store-corrupt', `${path}: ${error.message}`, { mend: 'Sereno sets it aside when it next writes there' })
    : openProblem(path, error);

class MetricsRecord implements LookedAtMetrics {
  readonly #path: string;
  readonly #tables: Tables;
  readonly #heads = new Heads();
  readonly #registry = new Registry(this.#heads, SERIES_MAX);

  constructor(db: DatabaseSync, path: string) {
    this.#path = path;
    this.#tables = new Tables(db);
    wakeToLook({ tables: this.#tables, registry: this.#registry, heads: this.#heads });
  }

  wholeFrom(level: Level): Instant {
    return instant(this.#tables.floor(level) * BLOCK_MS[level]);
  }

  list(): readonly SeriesStatus[] {
    return Array.from(this.#registry.heads(), statusOf);
  }

  eachSample(check: CheckId, span: Span, visit: (sample: Sample) => void): void {
    const head = this.#registry.find(checkKey(check));
    if (head === null) return;
    this.#look(() => eachCell(this.#tables, head, span, ({ at, value }) => visit(sampleOf(at, value))));
  }

  points(key: SeriesKey, span: Span): readonly Point[] {
    const head = this.#registry.find(key);
    const points: Point[] = [];
    if (head === null) return points;
    this.#look(() => eachCell(this.#tables, head, span, ({ at, value }) => points.push({ at: instant(at), value })));
    return points;
  }

  range(key: SeriesKey, span: Span, stepMs: DurationMs): Range {
    const head = this.#registry.find(key);
    if (head === null) return { stepMs: usableStep(span, stepMs), steps: [] };
    return this.#look(() => readRange(this.#tables, head, span, stepMs));
  }

  close(): void {
    if (this.#tables.db.isOpen) this.#tables.db.close();
  }

  /** What SQLite cannot read is told as what it is. */
  #look<T>(look: () => T): T {
    try {
      return look();
    } catch (error) {
      if (error instanceof DamagedRow || (error instanceof Error && 'errcode' in error))
        throw new ProblemError([problemOf(this.#path, error)]);
      throw error;
    }
  }
}

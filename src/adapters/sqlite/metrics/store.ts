// The metrics over SQLite: a file of their own in the state directory, and the newest points in memory.
//
// A point costs a cell in a ring and a few bytes in a journal, and no SQL. The keeper's turns bring both to the file.

import { lookCode, lookLatencyMs, lookState } from '#kernel/bucket.ts';
import type { HealthState } from '#kernel/health.ts';
import type { Histogram } from '#kernel/histogram.ts';
import type { CheckId } from '#kernel/id.ts';
import { checkSeries, seriesKey, type Point, type Series, type SeriesKey } from '#kernel/series.ts';
import { durationMs, instant, type DurationMs, type Instant } from '#kernel/time.ts';
import type { Clock } from '#ports/clock.ts';
import {
  AHEAD_MAX_MS,
  LEVELS,
  type Level,
  type Range,
  type Room,
  type Sample,
  type SeriesStatus,
  type SeriesStore,
  type SeriesWriter,
  type Span,
} from '#ports/metrics.ts';
import { usableStep } from '#ports/steps.ts';
import { sayFailure } from '../failure.ts';
import { isSpoilt, openDisk, setAside, without, type DiskOpening } from './disk.ts';
import { CELLS, Heads, newest, type Head } from './heads.ts';
import { Journal } from './journal.ts';
import { Keeper } from './keeper.ts';
import { eachCell, readRange } from './read.ts';
import { Registry } from './registry.ts';
import { BLOCK_MS, type Tables } from './tables.ts';
import { wake } from './wake.ts';

export const CAP_BYTES = 1_024 ** 3;
/** Below this the rows of one day of one town would not fit, and every turn would drop what the one before wrote. */
export const CAP_BYTES_LEAST = 8 * 1_024 ** 2;
/** 960 bytes of ring and about 500 beside it: 75 MB when all of them are alive. */
export const SERIES_MAX = 50_000;

export type MetricsOptions = {
  /** The state directory; made when it is missing. Take its lock first. */
  readonly directory: string;
  readonly clock: Pick<Clock, 'now'>;
  /** Milliseconds from any origin; turns are cut short by it. */
  readonly stopwatch: () => number;
  /** The file and its log together; 1 GiB unless given, at least 8 MiB. */
  readonly capBytes?: number;
  readonly seriesMax?: number;
  /** What a person should know, in one sentence: the file was set aside, is not written, is written again. */
  readonly onNotice: (line: string) => void;
};

/** Metrics never refuse to open: without a usable file they go on in memory, and `room().trouble` says why. */
export const openMetrics = (options: MetricsOptions): SqliteMetrics => new SqliteMetrics(options);

export class SqliteMetrics implements SeriesStore {
  readonly #options: MetricsOptions;
  readonly #heads = new Heads();
  readonly #journal = new Journal();
  readonly #registry: Registry;
  readonly #keeper: Keeper;
  readonly #checks = new Map<CheckId, Head>();
  readonly #capBytes: number;
  #byTime = 0;

  constructor(options: MetricsOptions) {
    const { directory, clock, stopwatch, onNotice } = options;
    this.#options = options;
    this.#capBytes = Math.max(options.capBytes ?? CAP_BYTES, CAP_BYTES_LEAST);
    this.#registry = new Registry(this.#heads, options.seriesMax ?? SERIES_MAX);
    const [heads, registry, journal] = [this.#heads, this.#registry, this.#journal];
    const opening = this.#wake(openDisk(directory, clock.now()));
    const capBytes = this.#capBytes;
    const parts = { directory, clock, stopwatch, capBytes, heads, registry, journal, onNotice };
    this.#keeper = new Keeper(parts, opening.tables, opening.notice);
    this.#keeper.nextSeq = opening.nextSeq;
    if (opening.notice !== null) onNotice(opening.notice);
  }

  sample(check: CheckId, at: Instant, state: HealthState, latencyMs: number): void {
    let head = this.#checks.get(check) ?? null;
    if (head === null || head.isGone) head = this.#meet(check);
    if (head !== null) this.#put(head, at, lookCode(state, latencyMs));
  }

  recent(check: CheckId, limit: number): readonly Sample[] {
    const head = this.#checks.get(check) ?? this.#registry.find(checkKey(check));
    if (head === null) return [];
    const { at, value } = newest(head, Math.min(limit, CELLS));
    return Array.from(at, (when, index) => sampleOf(when, value[index] ?? 0));
  }

  expect(checks: readonly { readonly id: CheckId; readonly everyMs: DurationMs }[]): void {
    const wanted = new Set(checks.map(({ id }) => id));
    for (const id of this.#checks.keys()) if (!wanted.has(id)) this.#checks.delete(id);
    this.#registry.expect(new Map(checks.map(({ id }) => [checkKey(id), id])));
    for (const { id, everyMs } of checks) this.#openCheck(id, everyMs);
  }

  writer(series: Series): SeriesWriter | null {
    let head = this.#registry.open(series);
    if (head === null) return null;
    const { key } = head;
    /** Another series may have taken its place while it was silent. */
    const live = (): Head | null => {
      if (head?.isGone !== false) head = this.#registry.open(series);
      return head;
    };
    return {
      key,
      append: (at, value) => {
        const open = live();
        if (open !== null && Number.isFinite(value)) this.#put(open, at, value + 0);
      },
      appendHistogram: (at, histogram) => {
        const open = live();
        if (open !== null && histogram.count > 0) this.#putHistogram(open, at, histogram);
      },
    };
  }

  status(key: SeriesKey): SeriesStatus | null {
    const head = this.#registry.find(key);
    return head === null ? null : statusOf(head);
  }

  list(): readonly SeriesStatus[] {
    return Array.from(this.#registry.heads(), statusOf);
  }

  eachSample(check: CheckId, span: Span, visit: (sample: Sample) => void): void {
    this.#read(checkKey(check), (head, tables) =>
      eachCell(tables, head, span, ({ at, value }) => visit(sampleOf(at, value))),
    );
  }

  points(key: SeriesKey, span: Span): readonly Point[] {
    return (
      this.#read(key, (head, tables) => {
        const points: Point[] = [];
        eachCell(tables, head, span, ({ at, value }) => points.push({ at: instant(at), value }));
        return points;
      }) ?? []
    );
  }

  range(key: SeriesKey, span: Span, stepMs: DurationMs): Range {
    const read = this.#read(key, (head, tables) => readRange(tables, head, span, stepMs));
    return read ?? { stepMs: usableStep(span, stepMs), steps: [] };
  }

  room(): Room {
    const { usedBytes, trouble, since, nearlyFullSince } = this.#keeper;
    return {
      usedBytes,
      capBytes: this.#capBytes,
      keptFrom: {
        detail: this.#keptFrom('detail'),
        minutes: this.#keptFrom('minutes'),
        hours: this.#keptFrom('hours'),
      },
      trouble,
      since: trouble === null ? nearlyFullSince : since,
      series: this.#registry.size,
      seriesMax: this.#options.seriesMax ?? SERIES_MAX,
      left: { byTime: this.#byTime, byTrouble: this.#heads.lost, bySeries: this.#registry.refused },
    };
  }

  /** One turn of a few milliseconds: writes what came, packs and drops what is due. After how many ms the next is due. */
  turn(): number {
    return this.#keeper.turn();
  }

  /** Packs all that waits, however long it takes: before a copy of the file is taken, and in tests. */
  settle(): void {
    this.#keeper.settle();
  }

  /** Writes what came since the last turn and closes the file. A second call does nothing. */
  close(): void {
    this.#keeper.flush();
    this.#keeper.tables?.db.close();
    this.#keeper.tables = null;
  }

  #wake(opening: DiskOpening): DiskOpening & { readonly nextSeq: number } {
    const { directory, clock, stopwatch } = this.#options;
    const { tables } = opening;
    if (tables === null) return { ...opening, nextSeq: 1 };
    try {
      const nextSeq = wake({ tables, registry: this.#registry, heads: this.#heads, stopwatch });
      return { ...opening, nextSeq };
    } catch (error) {
      tables.db.close();
      this.#registry.forgetStored();
      const next = isSpoilt(error) ? setAside(directory, clock.now()) : without(sayFailure(error));
      return { ...next, nextSeq: 1 };
    }
  }

  /** What a file cannot be read for is left out, and the keeper sees to it. */
  #read<T>(key: SeriesKey, read: (head: Head, tables: Tables | null) => T): T | null {
    const head = this.#registry.find(key);
    if (head === null) return null;
    try {
      return read(head, this.#keeper.tables);
    } catch (error) {
      this.#keeper.met(error);
      return read(head, null);
    }
  }

  /** A check that nobody announced. */
  #meet(check: CheckId): Head | null {
    const known = this.#registry.find(checkKey(check));
    if (known === null) return this.#openCheck(check, durationMs(0));
    this.#checks.set(check, known);
    return known;
  }

  #openCheck(check: CheckId, everyMs: DurationMs): Head | null {
    const head = this.#registry.open(checkSeries(check, everyMs));
    if (head !== null) this.#checks.set(check, head);
    return head;
  }

  /** Whole milliseconds: a tenth of one says nothing, and costs a byte. */
  #put(head: Head, at: Instant, value: number): void {
    if (!this.#isInTime(at)) return;
    const whole = Math.round(at);
    this.#heads.put(head, this.#keeper.nextSeq, whole, value);
    this.#journal.add(head.id, whole, value);
  }

  #putHistogram(head: Head, at: Instant, histogram: Histogram): void {
    if (!this.#isInTime(at)) return;
    const whole = Math.round(at);
    this.#heads.putHistogram(head, this.#keeper.nextSeq, whole, histogram);
    this.#journal.addHistogram(head.id, whole, histogram);
  }

  #isInTime(at: Instant): boolean {
    const now = this.#options.clock.now();
    if (at <= now + AHEAD_MAX_MS && at >= now - LEVELS.hours.keptMs) return true;
    this.#byTime += 1;
    return false;
  }

  #keptFrom(level: Level): Instant | null {
    const { tables } = this.#keeper;
    const ends = tables?.ends(level) ?? null;
    if (tables === null || ends === null) return null;
    return instant(Math.max(tables.floor(level), ends[0]) * BLOCK_MS[level]);
  }
}

export const checkKey = (check: CheckId): SeriesKey => {
  const { metric, labels } = checkSeries(check, durationMs(0));
  return seriesKey(metric, labels);
};

export const sampleOf = (at: number, code: number): Sample => ({
  at: instant(at),
  state: lookState(code),
  latencyMs: lookLatencyMs(code),
});

export const statusOf = ({ key, series, lastAt, lastValue }: Head): SeriesStatus => ({
  key,
  series,
  lastAt: Number.isFinite(lastAt) ? instant(lastAt) : null,
  lastValue: Number.isNaN(lastValue) ? null : series.kind === 'check' ? lookLatencyMs(lastValue) : lastValue,
});

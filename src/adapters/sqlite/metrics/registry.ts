// The registry: which series there are, each with its head. Their number has a limit; at the limit a new one takes the
// place of one that has been silent for two days, and when there is none it is not kept, which is counted.

import type { CheckId } from '#kernel/id.ts';
import { seriesKey, type Series, type SeriesKey } from '#kernel/series.ts';
import { hours, type Instant } from '#kernel/time.ts';
import { makeHead, waiting, type Head, type Heads } from './heads.ts';
import { SERIES_IDS, type StoredSeries } from './tables.ts';

/** As long as detail is kept: what has been silent for longer has only its past left. */
const SILENT_MS = hours(48);
/** After this a series without new points needs no ring. The page's strip of a check is kept as long as the check. */
const RESTING_MS = hours(2);

export class Registry {
  readonly #heads: Heads;
  readonly #seriesMax: number;
  readonly #byKey = new Map<SeriesKey, Head>();
  readonly #byId = new Map<number, Head>();
  #expected = new Map<SeriesKey, CheckId>();
  #nextId = 1;
  /** The longest silent last; found in a sweep. */
  #silent: Head[] = [];
  /** Ids of series that gave their place up and are in the table still. */
  gone: number[] = [];
  /** Not in the table yet, or in it with another definition. */
  unstored: Head[] = [];
  /** Points or series that found no place. */
  refused = 0;

  constructor(heads: Heads, seriesMax: number) {
    this.#heads = heads;
    this.#seriesMax = seriesMax;
  }

  get size(): number {
    return this.#byKey.size;
  }

  heads(): Iterable<Head> {
    return this.#byKey.values();
  }

  find(key: SeriesKey): Head | null {
    return this.#byKey.get(key) ?? null;
  }

  byId(id: number): Head | null {
    return this.#byId.get(id) ?? null;
  }

  /** Null when there is no place for another one. */
  open(series: Series): Head | null {
    const key = seriesKey(series.metric, series.labels);
    const known = this.#byKey.get(key);
    if (known !== undefined) return this.#redefine(known, series);
    if (!this.#hasPlace()) {
      this.refused += 1;
      return null;
    }
    const head = makeHead(this.#nextId++, key, series);
    this.#add(head);
    this.unstored.push(head);
    return head;
  }

  /** Takes up a series that was stored before. */
  restore(stored: StoredSeries): void {
    const head = makeHead(stored.id, stored.key, stored.series);
    head.cut = stored.cut;
    head.lastAt = stored.lastAt ?? -Infinity;
    head.isStored = true;
    this.#nextId = Math.max(this.#nextId, stored.id + 1);
    this.#add(head);
  }

  expect(checks: ReadonlyMap<SeriesKey, CheckId>): void {
    this.#expected = new Map(checks);
  }

  /** After the table was lost: all series are new to the one that follows. */
  forgetStored(): void {
    this.gone = [];
    this.unstored = [...this.#byKey.values()];
    for (const head of this.unstored) [head.isStored, head.cut] = [false, 0];
  }

  /** Gives memory of resting series back, drops those whose last point is older than `keptMs`, and notes the silent. */
  sweep(now: Instant, keptMs: number): void {
    const silent: Head[] = [];
    for (const head of this.#byKey.values()) {
      if (waiting(head) > 0 || this.#expected.has(head.key)) continue;
      const ageMs = now - head.lastAt;
      if (ageMs > keptMs && head.isStored) this.#remove(head);
      else if (ageMs > RESTING_MS && head.ring !== null) this.#heads.release(head);
      if (ageMs > SILENT_MS && head.isStored) silent.push(head);
    }
    this.#silent = silent.toSorted((a, b) => b.lastAt - a.lastAt);
  }

  #hasPlace(): boolean {
    if (this.#nextId >= SERIES_IDS) return false;
    if (this.#byKey.size < this.#seriesMax) return true;
    for (let head = this.#silent.pop(); head !== undefined; head = this.#silent.pop()) {
      if (waiting(head) > 0 || !this.#byId.has(head.id)) continue;
      this.#remove(head);
      return true;
    }
    return false;
  }

  #redefine(head: Head, series: Series): Head {
    const isSame =
      head.series.kind === series.kind &&
      head.series.unit === series.unit &&
      head.series.source === series.source &&
      head.series.everyMs === series.everyMs;
    if (isSame) return head;
    // Of another kind: what is stored stays what it is, and what comes is read as what it was.
    head.series = { ...series, kind: head.series.kind };
    if (head.isStored) this.unstored.push(head);
    return head;
  }

  #add(head: Head): void {
    this.#byKey.set(head.key, head);
    this.#byId.set(head.id, head);
  }

  #remove(head: Head): void {
    this.#heads.release(head);
    this.#byKey.delete(head.key);
    this.#byId.delete(head.id);
    head.isGone = true;
    this.gone.push(head.id);
  }
}

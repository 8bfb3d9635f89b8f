// The keeper: what brings the points from memory to the file, in turns of a few milliseconds, and keeps the file within
// its cap. Each turn is one transaction: new series, the journal of what came since, some heads cut, some old rows
// dropped. When the file does not take it, nothing is lost and nothing is forgotten: the next turn tries again.

import { instant, minutes, seconds, type Instant } from '#kernel/time.ts';
import type { Clock } from '#ports/clock.ts';
import { LEVELS, type Level } from '#ports/metrics.ts';
import { sayFailure } from '../failure.ts';
import { cutHead } from './cut.ts';
import { isSpoilt, LOG_BYTES, setAside } from './disk.ts';
import { CELLS, waiting, type Head, type Heads } from './heads.ts';
import type { Journal } from './journal.ts';
import type { Registry } from './registry.ts';
import { BLOCK_MS, blockOf, LEVEL_NAMES, type Tables } from './tables.ts';

/** What a crash may lose. One row in five seconds, whatever the number of series. */
const FLUSH_MS = seconds(5);
/** While more is to be done than one turn may take: long enough for others to have theirs. */
const SOON_MS = 50;
/** A turn ends after so long; what one more head or bite costs comes on top. A pause of 10 ms is too much. */
const SLICE_MS = 4;
/** A head is cut when its ring is four fifths full, so that a turn or two may fail before it has to spill. */
const CUT_AT = (CELLS * 4) / 5;
/** … or when its oldest point has been waiting for 180 flushes, a quarter of an hour, so that the tail stays short. */
const CUT_AFTER_FLUSHES = 180;
const SWEEP_MS = minutes(10);
const RETRY_MS = seconds(10);
/** One bite of old rows: about 2 ms. */
const DROPPED_AT_ONCE = 100;

/** Room is made from here on; a turn writes far less than the rest. */
const FULL_SHARE = 0.97;
/** From here on a person is told. */
export const NEARLY_FULL_SHARE = 0.9;
/** Of the room, when there is not enough for all: the oldest detail goes first, as long as detail has more than half. */
const SHARES = { detail: 0.5, minutes: 0.3, hours: 0.2 } as const;

export type KeeperParts = {
  readonly directory: string;
  readonly clock: Pick<Clock, 'now'>;
  readonly stopwatch: () => number;
  readonly capBytes: number;
  readonly heads: Heads;
  readonly registry: Registry;
  readonly journal: Journal;
  /** What a person should know, once, in one sentence. */
  readonly onNotice: (line: string) => void;
};

/** What one transaction took: so many new series, the journal or not, and these heads. */
type Written = {
  readonly series: number;
  readonly seq: number;
  readonly cut: readonly Head[];
  readonly isFlushed: boolean;
};

export class Keeper {
  readonly #parts: KeeperParts;
  tables: Tables | null;
  /** Why nothing is written, or what else a person should know. */
  trouble: string | null;
  since: Instant | null;
  usedBytes = 0;
  nearlyFullSince: Instant | null = null;
  /** The tail row that the next flush writes. */
  nextSeq = 1;
  #queue: Head[] = [];
  #flushAt = instant(0);
  #sweepAt: Instant;
  #retryAt = instant(0);
  /** Of each level: all blocks before this one are gone. */
  readonly #expired: Record<Level, number> = { detail: 0, minutes: 0, hours: 0 };
  readonly #roomBytes: number;

  constructor(parts: KeeperParts, tables: Tables | null, notice: string | null) {
    this.#parts = parts;
    this.#roomBytes = parts.capBytes - LOG_BYTES;
    this.tables = tables;
    this.trouble = tables === null ? notice : null;
    this.since = this.trouble === null ? null : parts.clock.now();
    this.#sweepAt = instant(parts.clock.now() + SWEEP_MS);
    this.usedBytes = tables?.usedBytes() ?? 0;
  }

  /** One turn. Returns after how many milliseconds the next one is due. */
  turn(): number {
    const now = this.#parts.clock.now();
    const { tables } = this;
    if (now >= this.#sweepAt) this.#sweep(now);
    if (tables === null || now < this.#retryAt) return FLUSH_MS;
    const isFlush = now >= this.#flushAt;
    if (isFlush) this.#enqueue();
    const isBusy = this.#attempt(tables, now);
    if (isFlush && this.trouble === null) this.#flushAt = instant(now + FLUSH_MS);
    return isBusy && this.trouble === null ? SOON_MS : FLUSH_MS;
  }

  /** Writes the journal at once: for the orderly end. */
  flush(): void {
    this.#queue = [];
    if (this.tables !== null && !this.#parts.journal.isEmpty()) this.#write(this.tables, () => true);
  }

  /** Cuts every head that has anything to cut. */
  settle(): void {
    this.#queue = [...this.#parts.registry.heads()].filter((head) => waiting(head) > 0);
    if (this.tables !== null) this.#write(this.tables, () => true);
  }

  /** A reader met damage: the file is set aside, and what waits in memory is written to a new one. */
  met(error: unknown): void {
    this.#fail(error, this.#parts.clock.now());
  }

  #attempt(tables: Tables, now: Instant): boolean {
    const { stopwatch } = this.#parts;
    const began = stopwatch();
    const hasTime = (): boolean => stopwatch() - began < SLICE_MS;
    let isBusy = false;
    const isWritten = this.#write(tables, () => {
      isBusy = this.#drop(tables, now, hasTime);
      return hasTime();
    });
    if (!isWritten) return false;
    this.usedBytes = tables.usedBytes();
    if (this.usedBytes < NEARLY_FULL_SHARE * this.#roomBytes) this.nearlyFullSince = null;
    else this.nearlyFullSince ??= now;
    return isBusy || this.#queue.length > 0 || this.#parts.registry.unstored.length > 0;
  }

  /** One transaction, and as much of everything as `hasTime` allows. False: nothing was written. */
  #write(tables: Tables, hasTime: () => boolean): boolean {
    let written: Written = { series: 0, seq: this.nextSeq - 1, cut: [], isFlushed: false };
    try {
      tables.inOne(() => {
        written = this.#writeAll(tables, hasTime);
      });
    } catch (error) {
      this.#fail(error, this.#parts.clock.now());
      return false;
    }
    this.#settled(written);
    if (this.trouble !== null) this.#parts.onNotice('the metrics are written to the disk again');
    this.trouble = null;
    this.since = null;
    return true;
  }

  /** The journal names series by number, so it waits until all of them are in the table; what is cut waits for both. */
  #writeAll(tables: Tables, hasTime: () => boolean): Written {
    const { journal, registry } = this.#parts;
    for (const id of registry.gone) tables.dropSeries(id);
    let series = 0;
    for (const head of registry.unstored) {
      if (series > 0 && !hasTime()) return { series, seq: this.nextSeq - 1, cut: [], isFlushed: false };
      if (!head.isGone) tables.addSeries(storedOf(head));
      series += 1;
    }
    const seq = journal.isEmpty() ? this.nextSeq - 1 : this.nextSeq;
    if (!journal.isEmpty()) tables.addTail(seq, journal.body());
    const cut: Head[] = [];
    while (hasTime()) {
      const head = this.#queue[cut.length];
      if (head === undefined) break;
      if (!head.isGone && waiting(head) > 0) cutHead(tables, head, seq);
      cut.push(head);
    }
    return { series, seq, cut, isFlushed: true };
  }

  /** The transaction is safe: memory follows. */
  #settled({ series, seq, cut, isFlushed }: Written): void {
    const { heads, journal, registry } = this.#parts;
    for (const head of registry.unstored.splice(0, series)) head.isStored = true;
    registry.gone = [];
    for (const head of cut) heads.settled(head, seq);
    this.#queue = this.#queue.slice(cut.length);
    if (isFlushed) journal.clear();
    this.nextSeq = seq + 1;
  }

  #enqueue(): void {
    this.#queue = [];
    for (const head of this.#parts.registry.heads()) {
      const many = waiting(head);
      if (many >= CUT_AT || (many > 0 && this.nextSeq - head.firstSeq >= CUT_AFTER_FLUSHES)) this.#queue.push(head);
    }
  }

  /** Drops what is beyond its time, and what is beyond the cap; true when there is more to drop. */
  #drop(tables: Tables, now: Instant, hasTime: () => boolean): boolean {
    for (const level of LEVEL_NAMES) {
      const below = Math.floor((now - LEVELS[level].keptMs) / BLOCK_MS[level]);
      if (below <= this.#expired[level]) continue;
      if (tables.dropOldest(level, { below, floorMax: below }, DROPPED_AT_ONCE) === DROPPED_AT_ONCE) return true;
      this.#expired[level] = below;
    }
    while (tables.usedBytes() > FULL_SHARE * this.#roomBytes) {
      if (!hasTime()) return true;
      const level = fullest(tables);
      const newest = blockOf(level, now);
      if (tables.dropOldest(level, { below: newest + 1, floorMax: newest }, DROPPED_AT_ONCE) === 0) return false;
    }
    if (tables.fileBytes() > this.#roomBytes) tables.db.exec('PRAGMA incremental_vacuum(256)');
    return false;
  }

  #sweep(now: Instant): void {
    const { registry } = this.#parts;
    this.#sweepAt = instant(now + SWEEP_MS);
    registry.sweep(now, LEVELS.hours.keptMs);
    const { tables } = this;
    if (tables === null) return;
    let oldest = this.nextSeq;
    for (const head of registry.heads()) if (waiting(head) > 0) oldest = Math.min(oldest, head.firstSeq);
    try {
      tables.inOne(() => tables.dropTail(oldest));
    } catch (error) {
      this.#fail(error, now);
    }
  }

  #fail(error: unknown, now: Instant): void {
    this.since ??= now;
    if (this.tables !== null && isSpoilt(error)) {
      this.tables.db.close();
      const opening = setAside(this.#parts.directory, now);
      this.tables = opening.tables;
      this.#parts.registry.forgetStored();
      return this.#tell(opening.notice ?? '');
    }
    this.#retryAt = instant(now + RETRY_MS);
    return this.#tell(`the metrics are not written: ${sayFailure(error)}; they go on in memory`);
  }

  /** The same trouble is told once. */
  #tell(trouble: string): void {
    if (this.trouble !== trouble) this.#parts.onNotice(trouble);
    this.trouble = trouble;
  }
}

/** Which level gives: the finest that has more than its share. */
const fullest = (tables: Tables): Level => {
  const total = LEVEL_NAMES.reduce((sum, level) => sum + tables.bytes(level), 0);
  return LEVEL_NAMES.find((level) => tables.bytes(level) > SHARES[level] * total) ?? 'detail';
};

const storedOf = (head: Head): Parameters<Tables['addSeries']>[0] => ({
  id: head.id,
  key: head.key,
  series: head.series,
  cut: head.cut,
  lastAt: Number.isFinite(head.lastAt) ? head.lastAt : null,
});

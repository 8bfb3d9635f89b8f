// The tables of metrics.db, statement by statement. Whoever calls holds the transaction.

import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { Series, SeriesKey } from '#kernel/series.ts';
import { hours, minutes } from '#kernel/time.ts';
import type { Level } from '#ports/metrics.ts';
import { readJson, readNumber, readText, DamagedRow, type Row } from '../row.ts';

/** How much time one row of each level covers: about 120 points or buckets. */
export const BLOCK_MS = { detail: minutes(20), minutes: hours(2), hours: hours(24) } as const;

/** From the finest on: the order in which room is made. */
export const LEVEL_NAMES: readonly Level[] = ['detail', 'minutes', 'hours'];

/** 33 million series; what is left of 2^53 are blocks for longer than anybody will ask. */
export const SERIES_IDS = 2 ** 25;

export const blockOf = (level: Level, at: number): number => Math.floor(at / BLOCK_MS[level]);

export type StoredSeries = {
  readonly id: number;
  readonly key: SeriesKey;
  readonly series: Series;
  readonly cut: number;
  readonly lastAt: number | null;
};

type OfLevel = {
  readonly get: StatementSync;
  readonly put: StatementSync;
  readonly oldest: StatementSync;
  readonly drop: StatementSync;
  readonly ofBlock: StatementSync;
  readonly ends: StatementSync;
  bytes: number;
  floor: number;
  isChanged: boolean;
};

const prepareLevel = (db: DatabaseSync, level: Level): OfLevel => ({
  get: db.prepare(`SELECT body FROM ${level} WHERE id = ?`),
  put: db.prepare(`INSERT INTO ${level} (id, body) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET body = excluded.body`),
  oldest: db.prepare(`SELECT id, length(body) AS bytes FROM ${level} WHERE id < ? ORDER BY id LIMIT ?`),
  drop: db.prepare(`DELETE FROM ${level} WHERE id <= ?`),
  ofBlock: db.prepare(`SELECT id, body FROM ${level} WHERE id >= ? AND id < ?`),
  // Two questions: SQLite looks up one end by itself, and walks through the table for both at once.
  ends: db.prepare(`SELECT (SELECT min(id) FROM ${level}) AS first, (SELECT max(id) FROM ${level}) AS last`),
  bytes: 0,
  floor: 0,
  isChanged: false,
});

const readBody = (row: Row): Uint8Array => {
  if (!(row.body instanceof Uint8Array)) throw new DamagedRow('column body holds no bytes');
  return row.body;
};

export class Tables {
  readonly db: DatabaseSync;
  readonly #levels: Readonly<Record<Level, OfLevel>>;
  readonly #saveLevel: StatementSync;
  readonly #addSeries: StatementSync;
  readonly #cutSeries: StatementSync;
  readonly #dropSeries: StatementSync;
  readonly #addTail: StatementSync;
  readonly #dropTail: StatementSync;

  constructor(db: DatabaseSync) {
    this.db = db;
    this.#levels = {
      detail: prepareLevel(db, 'detail'),
      minutes: prepareLevel(db, 'minutes'),
      hours: prepareLevel(db, 'hours'),
    };
    this.#saveLevel = db.prepare('UPDATE levels SET bytes = ?, floor = ? WHERE name = ?');
    this.#addSeries = db.prepare(
      `INSERT INTO series (id, key, definition, cut, last_at) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT (id) DO UPDATE SET definition = excluded.definition`,
    );
    this.#cutSeries = db.prepare('UPDATE series SET cut = ?, last_at = ? WHERE id = ?');
    this.#dropSeries = db.prepare('DELETE FROM series WHERE id = ?');
    this.#addTail = db.prepare('INSERT INTO tail (seq, body) VALUES (?, ?)');
    this.#dropTail = db.prepare('DELETE FROM tail WHERE seq < ?');
    this.#readLevels();
  }

  /** All of `work` in one transaction, or nothing of it. SQLite's errors pass through. */
  inOne(work: () => void): void {
    this.db.exec('BEGIN IMMEDIATE');
    try {
      work();
      this.#saveLevels();
      this.db.exec('COMMIT');
    } catch (error) {
      if (this.db.isTransaction) this.db.exec('ROLLBACK');
      this.#readLevels();
      throw error;
    }
  }

  bytes(level: Level): number {
    return this.#levels[level].bytes;
  }

  /** The first block of a level from which nothing was dropped. */
  floor(level: Level): number {
    return this.#levels[level].floor;
  }

  row(level: Level, block: number, id: number): Uint8Array | null {
    const row = this.#levels[level].get.get(block * SERIES_IDS + id);
    return row === undefined ? null : readBody(row);
  }

  *block(level: Level, block: number): Iterable<{ readonly id: number; readonly body: Uint8Array }> {
    for (const row of this.#levels[level].ofBlock.iterate(block * SERIES_IDS, (block + 1) * SERIES_IDS)) {
      yield { id: readNumber(row, 'id') - block * SERIES_IDS, body: readBody(row) };
    }
  }

  /** `before`: the length of the row that is replaced, 0 for a new one. */
  put(
    level: Level,
    at: { readonly block: number; readonly id: number; readonly before: number },
    body: Uint8Array,
  ): void {
    const of = this.#levels[level];
    of.put.run(at.block * SERIES_IDS + at.id, body);
    of.bytes += body.length - at.before;
    of.isChanged = true;
  }

  /**
   * Drops the oldest rows of the blocks before `below`, at most `limit`; how many went. A block that lost a row is not
   * whole any more, but the floor never rises above `floorMax`: new points are always written.
   */
  dropOldest(
    level: Level,
    { below, floorMax }: { readonly below: number; readonly floorMax: number },
    limit: number,
  ): number {
    const of = this.#levels[level];
    const rows = of.oldest.all(below * SERIES_IDS, limit);
    const last = rows.at(-1);
    if (last === undefined) return 0;
    const lastId = readNumber(last, 'id');
    of.drop.run(lastId);
    of.bytes -= rows.reduce((sum, row) => sum + readNumber(row, 'bytes'), 0);
    of.floor = Math.max(of.floor, Math.min(Math.floor(lastId / SERIES_IDS) + 1, floorMax));
    of.isChanged = true;
    return rows.length;
  }

  /** The first and the last block of a level that hold anything; null when it is empty. */
  ends(level: Level): readonly [number, number] | null {
    const row = this.#levels[level].ends.get() ?? {};
    if (row.first === null || row.first === undefined) return null;
    const [first, last] = [readNumber(row, 'first'), readNumber(row, 'last')];
    return [Math.floor(first / SERIES_IDS), Math.floor(last / SERIES_IDS)];
  }

  addSeries(it: StoredSeries): void {
    this.#addSeries.run(it.id, it.key, JSON.stringify(it.series), it.cut, it.lastAt);
  }

  cutSeries(id: number, cut: number, lastAt: number): void {
    this.#cutSeries.run(cut, lastAt, id);
  }

  dropSeries(id: number): void {
    this.#dropSeries.run(id);
  }

  addTail(seq: number, body: Uint8Array): void {
    this.#addTail.run(seq, body);
  }

  dropTail(below: number): void {
    this.#dropTail.run(below);
  }

  *series(): Iterable<StoredSeries> {
    for (const row of this.db.prepare('SELECT id, key, definition, cut, last_at FROM series ORDER BY id').iterate()) {
      const key = readText(row, 'key') as SeriesKey; // decoder: written from a key
      const lastAt = row.last_at === null ? null : readNumber(row, 'last_at');
      const series = readJson<Series>(row, 'definition');
      yield { id: readNumber(row, 'id'), key, series, cut: readNumber(row, 'cut'), lastAt };
    }
  }

  *tail(): Iterable<{ readonly seq: number; readonly body: Uint8Array }> {
    for (const row of this.db.prepare('SELECT seq, body FROM tail ORDER BY seq').iterate()) {
      yield { seq: readNumber(row, 'seq'), body: readBody(row) };
    }
  }

  /** Pages that hold something, in bytes. Free ones are filled again before the file grows. */
  usedBytes(): number {
    return (this.#pragma('page_count') - this.#pragma('freelist_count')) * this.#pragma('page_size');
  }

  fileBytes(): number {
    return this.#pragma('page_count') * this.#pragma('page_size');
  }

  #pragma(name: 'page_count' | 'freelist_count' | 'page_size'): number {
    return readNumber(this.db.prepare(`PRAGMA ${name}`).get() ?? {}, name);
  }

  /** A transaction that changed nothing writes nothing. */
  #saveLevels(): void {
    for (const level of LEVEL_NAMES) {
      const of = this.#levels[level];
      if (of.isChanged) this.#saveLevel.run(of.bytes, of.floor, level);
      of.isChanged = false;
    }
  }

  #readLevels(): void {
    for (const level of LEVEL_NAMES) {
      const row = this.db.prepare('SELECT bytes, floor FROM levels WHERE name = ?').get(level) ?? {};
      this.#levels[level].bytes = readNumber(row, 'bytes');
      this.#levels[level].floor = readNumber(row, 'floor');
      this.#levels[level].isChanged = false;
    }
  }
}

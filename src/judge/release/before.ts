// What a check was like before a release: a day in hours, in less than a kilobyte.
//
// Looks of one trouble come in bursts and are no news of each other, so that only the first look of each half minute counts.

import { minutes, seconds, type Instant } from '#kernel/time.ts';
import { largestRate } from './rate.ts';

const HOURS = 24;
const HOUR_MS = minutes(60);
/** One look counts in each slot: 120 an hour, which fits into a byte. */
export const SLOT_MS = seconds(30);
/** Bounds of the buckets of latency grow by the square root of 2: 1 ms to 46 s. */
const BUCKETS = 32;
/** An hour with fewer looks says nothing of how bad an hour can be. */
const HOUR_LEAST = 10;

/** The bucket of a latency, 0..31. */
export const bucketOf = (latencyMs: number): number =>
  latencyMs <= 1 ? 0 : Math.min(BUCKETS - 1, Math.ceil(2 * Math.log2(latencyMs)));

/** What counts of one look: `unknown` never gets here. */
export type Look = { readonly isFailed: boolean; readonly latencyMs: number };

/** What is known of the rate of one thing before the release. */
export type Usual = {
  readonly hits: number;
  readonly looks: number;
  /** The null of the comparison: the rate is at most this. */
  readonly bound: number;
};

/** Answers in buckets above this one are slow. */
export type UsualLatency = Usual & { readonly bucket: number };

export type Before = {
  readonly looks: number;
  readonly hours: number;
  readonly errors: Usual;
  /** Null: not enough answers to know what is slow. */
  readonly slow95: UsualLatency | null;
  readonly slow99: UsualLatency | null;
};

/** Fewer answers do not tell where their 95th of a hundred is. */
const ANSWERS_LEAST = 60;

/** The day before, of one check; 24 × (32 + 2) bytes and the hours. */
export class Diary {
  readonly #hourOf = new Int32Array(HOURS).fill(-1);
  readonly #looks = new Uint8Array(HOURS);
  readonly #failed = new Uint8Array(HOURS);
  readonly #latency = new Uint8Array(HOURS * BUCKETS);
  #lastSlot = -1;

  /** Notes a look; false when it is not the first of its slot, and does not count. */
  note(at: Instant, look: Look): boolean {
    const slot = Math.floor(at / SLOT_MS);
    if (slot <= this.#lastSlot) return false;
    this.#lastSlot = slot;
    const hour = Math.floor(at / HOUR_MS);
    const row = hour % HOURS;
    if (this.#hourOf[row] !== hour) this.#clear(row, hour);
    this.#looks[row] = (this.#looks[row] ?? 0) + 1;
    if (look.isFailed) this.#failed[row] = (this.#failed[row] ?? 0) + 1;
    else {
      const place = row * BUCKETS + bucketOf(look.latencyMs);
      this.#latency[place] = (this.#latency[place] ?? 0) + 1;
    }
    return true;
  }

  /** What was usual in the last day; each bound is too low with probability `risk` at most, if the hours were alike. */
  read(at: Instant, risk: number): Before {
    const now = Math.floor(at / HOUR_MS);
    const rows = [...this.#hourOf.keys()].filter((row) => (this.#hourOf[row] ?? -1) > now - HOURS);
    const errors = rows.map((row) => ({ hits: this.#failed[row] ?? 0, looks: this.#looks[row] ?? 0 }));
    const usual = usualOf(errors, risk);
    const slower = (quantile: number): UsualLatency | null => this.#slower(rows, quantile, risk);
    return {
      looks: usual.looks,
      hours: rows.length,
      errors: usual,
      slow95: slower(0.95),
      slow99: slower(0.99),
    };
  }

  #clear(row: number, hour: number): void {
    this.#hourOf[row] = hour;
    this.#looks[row] = 0;
    this.#failed[row] = 0;
    this.#latency.fill(0, row * BUCKETS, (row + 1) * BUCKETS);
  }

  #slower(rows: readonly number[], quantile: number, risk: number): UsualLatency | null {
    const hours = rows.map((row) => this.#latency.subarray(row * BUCKETS, (row + 1) * BUCKETS));
    const total = hours.reduce((sum, hour) => sum + answersIn(hour, 0), 0);
    if (total < ANSWERS_LEAST) return null;
    let bucket = 0;
    while (hours.reduce((sum, hour) => sum + answersIn(hour, bucket + 1), 0) > (1 - quantile) * total) bucket += 1;
    const counts = hours.map((hour) => ({ hits: answersIn(hour, bucket + 1), looks: answersIn(hour, 0) }));
    return { ...usualOf(counts, risk), bucket };
  }
}

const answersIn = (hour: Uint8Array, from: number): number => {
  let sum = 0;
  for (let bucket = from; bucket < hour.length; bucket += 1) sum += hour[bucket] ?? 0;
  return sum;
};

type Hour = { readonly hits: number; readonly looks: number };

/**
 * The bound is the larger of two: what the whole day leaves possible, and the rate of its worst hour. The first holds when
 * all hours were alike; the second widens it by as much as they were not.
 */
const usualOf = (counts: readonly Hour[], risk: number): Usual => {
  const hits = counts.reduce((sum, hour) => sum + hour.hits, 0);
  const looks = counts.reduce((sum, hour) => sum + hour.looks, 0);
  const full = counts.filter((hour) => hour.looks >= HOUR_LEAST);
  const worst = full.reduce((most, hour) => Math.max(most, hour.hits / hour.looks), 0);
  return { hits, looks, bound: Math.max(worst, largestRate(hits, looks, risk)) };
};

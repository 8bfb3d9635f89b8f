// The anomaly detector: one score for each value of one series, as it comes. It is told nothing beforehand.
//
// Six views of the series are watched, each for values that are far from all that it has shown before (novelty.ts):
//
//   value      the value itself                            spikes, new levels
//   step       the change since the value before           jumps, within known levels too
//   trend      the mean of the last 24                      drift, slow leaks
//   spread     log of the deviation of the last 12         unrest, and flat lines
//   daily      the value against its time of day           the right value at the wrong time
//   detrended  the same without the level of the last day  a daily shape that changed
//
// Their sum, over a floor and its own usual size, is the surprise. A score is told only for a surprise above all of the
// last 110 to 120 values: one event is one alarm. Strictly causal, constant memory, the same state after the same values.
//
// Chosen on the development half of the Numenta Anomaly Benchmark, with equal weights; docs/anomaly.md has the numbers.

import type { AnomalyView, Band } from '#kernel/anomaly.ts';
import { bandOf, meet } from './band.ts';
import { NOVELTY_SIZE, noveltyOf } from './novelty.ts';
import { knownAt, learnNow, openSeason, SEASON_SIZE, usualAt } from './season.ts';

/** The views, in the order of their memory. */
export const VIEWS = [
  'value',
  'step',
  'trend',
  'spread',
  'daily',
  'detrended',
] as const satisfies readonly AnomalyView[];
export type View = (typeof VIEWS)[number];

/** What may be set; only a benchmark that asks how much it matters has a reason to. */
export type Tuning = {
  /** Sums below this, in usual steps, are what any series shows in its first hours. */
  readonly floor: number;
  /** Values in each of the twelve blocks that a surprise must be above. */
  readonly block: number;
};

export const TUNING: Tuning = { floor: 8, block: 10 };

/** Why a value was surprising: the view in which it was newest, and how far outside it was, in usual steps. */
export type Explanation = { readonly view: View; readonly steps: number };

const DAY_MS = 86_400_000;
/** Values of the trend; the spread looks at the newer half. */
const RECENT = 24;
const SPREAD = 12;
/** The level that is taken out of the daily shape follows with this time constant. */
const LEVEL_MS = DAY_MS / 2;
/** The usual size of surprises, and the usual step, are means over about so many values. */
const MEMORY = 2_000;
/** A surprise must be above those of so many blocks of values. */
const BLOCKS = 12;
/** A hole of so many usual distances: the newest values before it say nothing of the values after it. */
const HOLE = 24;
/** A flat line must not be infinitely calm: this share of the usual step is its least spread. */
const LEAST_SPREAD = 0.05;
const TINY = 1e-12;

const COUNT = 0;
const ORIGIN = 1;
const FIRST_AT = 2;
const LAST_AT = 3;
const LAST = 4;
const DISTANCE = 5;
const STEP = 6;
const LEVEL = 7;
const POWER = 8;
const FILLED = 9;
const NEXT = 10;
const RING = 11;
const TOPS = RING + RECENT;
const NOVELTIES = TOPS + BLOCKS;
const DAILY = NOVELTIES + VIEWS.length * NOVELTY_SIZE;
const DETRENDED = DAILY + SEASON_SIZE;
const SIZE = DETRENDED + SEASON_SIZE;

/** Bytes that one series takes. */
export const DETECTOR_BYTES = SIZE * Float64Array.BYTES_PER_ELEMENT;

const PLACE = Object.fromEntries(VIEWS.map((view, index) => [view, NOVELTIES + index * NOVELTY_SIZE])) as Readonly<
  Record<View, number>
>; // decoder: one place for each view, by construction

/** Watches one series. */
export class Detector {
  readonly #memory: Float64Array;
  readonly #tuning: Tuning;
  #steps = 0;
  #view: View = 'value';
  #sum = 0;

  /** Anew, or from what `snapshot` gave: then it goes on as if it had never stopped. */
  constructor(snapshot: Float64Array | null = null, tuning: Tuning = TUNING) {
    this.#tuning = tuning;
    this.#memory = snapshot?.length === SIZE ? snapshot.slice() : new Float64Array(SIZE);
    if (snapshot?.length === SIZE) return;
    openSeason(this.#memory, DAILY);
    openSeason(this.#memory, DETRENDED);
  }

  /** All that it knows, to be kept over a restart. */
  snapshot(): Float64Array {
    return this.#memory.slice();
  }

  /** Values that it has taken, ever. */
  seen(): number {
    return this.#memory[COUNT] ?? 0;
  }

  /** The view in which the last value was newest. */
  explain(): Explanation {
    return { view: this.#view, steps: this.#steps };
  }

  /**
   * Where the next value, at `at` in ms since 1970, is expected by what came before it alone: around the mean of the newest
   * values and, once a day has shown it, around what is usual at this time of day. Changes nothing. Null while less than a
   * trend of values is known, and so after a hole.
   */
  band(at: number): Band | null {
    const memory = this.#memory;
    const filled = memory[FILLED] ?? 0;
    if (filled < RECENT) return null;
    const origin = memory[ORIGIN] ?? 0;
    const value = bandOf(memory, PLACE.value, this.#meanOf(filled));
    const usual = knownAt(memory, DAILY, at);
    const daily = Number.isNaN(usual) ? null : bandOf(memory, PLACE.daily, 0);
    const both = daily === null ? value : meet(value, { low: usual + daily.low, high: usual + daily.high });
    return { low: origin + both.low, high: origin + both.high };
  }

  /**
   * Takes the next value, `at` in ms since 1970, and gives its score, 0 to 1; 0 when it is no news. A value that is not a
   * number is a missing one. A value that comes late (`at` before the last) is taken as if it came now.
   */
  score(at: number, value: number): number {
    if (!Number.isFinite(value)) return 0;
    const memory = this.#memory;
    const seen = memory[COUNT] ?? 0;
    if (seen === 0) this.#begin(at, value);
    memory[COUNT] = seen + 1;
    const relative = value - (memory[ORIGIN] ?? 0);
    this.#sum = 0;
    this.#steps = 0;
    this.#passTime(at);
    this.#look('value', relative);
    this.#lookAtRecent(relative, seen);
    this.#lookAtDay(at, relative);
    memory[LAST] = relative;
    const surprise = this.#weigh(seen);
    return this.#isTop(seen, surprise) ? surprise / (1 + surprise) : 0;
  }

  #begin(at: number, value: number): void {
    this.#memory[ORIGIN] = value; // large values with small changes keep their digits
    this.#memory[FIRST_AT] = at;
    this.#memory[LAST_AT] = at;
  }

  #look(view: View, value: number): void {
    const steps = noveltyOf(this.#memory, PLACE[view], value);
    this.#sum += steps;
    if (steps <= this.#steps) return;
    this.#steps = steps;
    this.#view = view;
  }

  /** The level of the last day follows; a hole in the series empties the ring of the newest values. */
  #passTime(at: number): void {
    const memory = this.#memory;
    const elapsedMs = Math.max(0, at - (memory[LAST_AT] ?? at));
    memory[LAST_AT] = Math.max(at, memory[LAST_AT] ?? at);
    const usual = memory[DISTANCE] ?? 0;
    const seen = memory[COUNT] ?? 1;
    if (usual > 0 && elapsedMs > HOLE * usual) memory[FILLED] = 0;
    else if (seen > 1) memory[DISTANCE] = usual + (elapsedMs - usual) / Math.min(seen - 1, MEMORY);
    const weight = Math.max(1 - Math.exp(-elapsedMs / LEVEL_MS), 1 / seen);
    const level = memory[LEVEL] ?? 0;
    memory[LEVEL] = level + weight * ((memory[LAST] ?? 0) - level);
  }

  #lookAtRecent(value: number, seen: number): void {
    const memory = this.#memory;
    const step = value - (memory[LAST] ?? 0);
    const usual = memory[STEP] ?? 0;
    memory[STEP] = usual + ((seen === 0 ? 0 : Math.abs(step)) - usual) / Math.min(seen + 1, MEMORY);
    if (seen > 0) this.#look('step', step);
    const next = memory[NEXT] ?? 0;
    memory[RING + next] = value;
    memory[NEXT] = (next + 1) % RECENT;
    memory[FILLED] = Math.min((memory[FILLED] ?? 0) + 1, RECENT);
    this.#look('trend', this.#meanOf(memory[FILLED]));
    if (memory[FILLED] >= SPREAD)
      this.#look('spread', Math.log(this.#deviation() + LEAST_SPREAD * memory[STEP] + TINY));
  }

  #meanOf(count: number): number {
    let sum = 0;
    for (let back = 1; back <= count; back += 1) sum += this.#recent(back);
    return sum / count;
  }

  #deviation(): number {
    const mean = this.#meanOf(SPREAD);
    let squares = 0;
    for (let back = 1; back <= SPREAD; back += 1) squares += (this.#recent(back) - mean) ** 2;
    return Math.sqrt(squares / SPREAD);
  }

  /** The newest value is one back. */
  #recent(back: number): number {
    return this.#memory[RING + (((this.#memory[NEXT] ?? 0) - back + RECENT) % RECENT)] ?? 0;
  }

  #lookAtDay(at: number, value: number): void {
    const memory = this.#memory;
    const usual = usualAt(memory, DAILY, at);
    if (!Number.isNaN(usual)) this.#look('daily', value - usual);
    learnNow(memory, DAILY, value);
    const shape = value - (memory[LEVEL] ?? 0);
    const usualShape = usualAt(memory, DETRENDED, at);
    if (at - (memory[FIRST_AT] ?? 0) < DAY_MS) return; // the level of a day is not known yet
    if (!Number.isNaN(usualShape)) this.#look('detrended', shape - usualShape);
    learnNow(memory, DETRENDED, shape);
  }

  /** The sum over the views, against a floor and the usual size of that sum. */
  #weigh(seen: number): number {
    const memory = this.#memory;
    const power = memory[POWER] ?? 0;
    const surprise = this.#sum / (this.#tuning.floor + Math.sqrt(power));
    memory[POWER] = power + (this.#sum * this.#sum - power) / Math.min(seen + 1, MEMORY);
    return surprise;
  }

  /** Above all surprises of the last blocks? The block that begins is the oldest, cleared. */
  #isTop(seen: number, surprise: number): boolean {
    const memory = this.#memory;
    const values = this.#tuning.block;
    const block = TOPS + (Math.floor(seen / values) % BLOCKS);
    if (seen % values === 0) memory[block] = 0;
    let top = 0;
    for (let place = TOPS; place < TOPS + BLOCKS; place += 1) top = Math.max(top, memory[place] ?? 0);
    memory[block] = Math.max(memory[block] ?? 0, surprise);
    return surprise > top;
  }
}

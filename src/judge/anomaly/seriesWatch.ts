// The watch over one live series: the detector, its own alarm budget, and whether an anomaly lasts.
//
//   usual ──surprise over its own threshold, and let pass for all series──▶ open ──24 values in their band──▶ usual
//                                                                            └──120 values since it began──▶ usual
//
// While an anomaly lasts every further surprise of the series belongs to it.

import type { AnomalyEnd, AnomalyView, Band } from '#kernel/anomaly.ts';
import { AlarmBudget, FIRST_SCORE } from './alarmBudget.ts';
import { Detector, DETECTOR_BYTES } from './detector.ts';

/** As many values as the trend looks at: then the mean of the newest holds nothing of the event any more. */
const CALM = 24;
/** As many as the detector tells one surprise of: what is still outside then is told anew, or is usual. */
const LONGEST = 120;
/** Values before anything is told: everything is new at first. The threshold of the series learns from them all the same. */
const FIRST_VALUES = 480;

export type Surprise = {
  readonly kind: 'surprise';
  readonly band: Band;
  readonly view: AnomalyView;
  readonly steps: number;
  /** Times over the threshold of this series, at least 1. */
  readonly times: number;
};

export type Seen = { readonly kind: 'usual' } | Surprise | { readonly kind: 'over'; readonly end: AnomalyEnd };

const USUAL: Seen = { kind: 'usual' };

const LOG_THRESHOLD = 0;
const LAST_AT = 1;
const IS_OPEN = 2;
const LOW = 3;
const HIGH = 4;
const INSIDE = 5;
const SINCE = 6;
const HEAD = 7;

const SIZE = HEAD + DETECTOR_BYTES / Float64Array.BYTES_PER_ELEMENT;

/** Bytes of a snapshot. */
export const SERIES_WATCH_BYTES = SIZE * Float64Array.BYTES_PER_ELEMENT;

const surpriseOf = (score: number): number => score / (1 - score);

export class SeriesWatch {
  readonly #detector: Detector;
  readonly #budget: AlarmBudget;
  /** The band that was left; null: no anomaly lasts. */
  #left: Band | null = null;
  /** Values in a row inside their band, and values since the anomaly began. */
  #inside = 0;
  #since = 0;

  /** Anew, or from what `snapshot` gave; one of another size is none. */
  constructor(perWeek: number, snapshot: Float64Array | null = null) {
    const known = snapshot?.length === SIZE ? snapshot : null;
    const number = (place: number): number => known?.[place] ?? 0;
    this.#detector = new Detector(known?.subarray(HEAD) ?? null);
    const lastAt = Number.isNaN(number(LAST_AT)) ? null : number(LAST_AT);
    const terms = { perWeek, least: FIRST_SCORE };
    if (known === null) this.#budget = new AlarmBudget(terms);
    else this.#budget = new AlarmBudget(terms, { logThreshold: number(LOG_THRESHOLD), lastAt });
    if (number(IS_OPEN) === 1) this.#left = { low: number(LOW), high: number(HIGH) };
    this.#inside = number(INSIDE);
    this.#since = number(SINCE);
  }

  isOpen(): boolean {
    return this.#left !== null;
  }

  /** Where the next value is expected; null while too little is known. */
  band(at: number): Band | null {
    return this.#detector.band(at);
  }

  /** Takes the next value, `at` in ms since 1970. What is not a number is a missing one. */
  take(at: number, value: number): Seen {
    if (!Number.isFinite(value)) return USUAL;
    const band = this.#detector.band(at);
    const score = this.#detector.score(at, value);
    if (this.#left !== null) return this.#goOn(this.#left, band, value);
    this.#budget.pass(at);
    const times = surpriseOf(score) / surpriseOf(this.#budget.threshold());
    if (!this.#budget.isAlarm(at, score) || band === null || this.#detector.seen() <= FIRST_VALUES) return USUAL;
    return { kind: 'surprise', band, ...this.#detector.explain(), times };
  }

  /** The last surprise was let pass: an anomaly lasts. */
  open(band: Band): void {
    this.#left = band;
    this.#inside = 0;
    this.#since = 0;
  }

  /** Nothing is seen of the series any more. */
  close(): void {
    this.#left = null;
  }

  /** All that it knows, to be kept over a restart. */
  snapshot(): Float64Array {
    const memory = new Float64Array(SIZE);
    const { logThreshold, lastAt } = this.#budget.memory();
    memory[LOG_THRESHOLD] = logThreshold;
    memory[LAST_AT] = lastAt ?? Number.NaN;
    memory[IS_OPEN] = this.#left === null ? 0 : 1;
    memory[LOW] = this.#left?.low ?? 0;
    memory[HIGH] = this.#left?.high ?? 0;
    memory[INSIDE] = this.#inside;
    memory[SINCE] = this.#since;
    memory.set(this.#detector.snapshot(), HEAD);
    return memory;
  }

  #goOn(left: Band, band: Band | null, value: number): Seen {
    this.#since += 1;
    this.#inside = band !== null && isIn(band, value) ? this.#inside + 1 : 0;
    if (this.#inside < CALM && this.#since < LONGEST) return USUAL;
    this.#left = null;
    return { kind: 'over', end: isIn(left, value) ? 'returned' : 'usual' };
  }
}

const isIn = ({ low, high }: Band, value: number): boolean => value >= low && value <= high;

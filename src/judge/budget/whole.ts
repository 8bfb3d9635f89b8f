// The whole: what was good and bad over the window of the promise itself, and whose fault the rest was.

import type { BudgetShare, Window } from '#kernel/target.ts';
import { instant } from '#kernel/time.ts';
import { wholePlan } from './layout.ts';
import { Ring, ringBytes } from './ring.ts';
import { spanAt } from './span.ts';

/** Bad events that are shown beside the budget, in the order of their places. */
export const EXCUSES = ['upstream', 'watchman', 'maintenance', 'no-data', 'stopped'] as const;
export type Excuse = (typeof EXCUSES)[number];
export const isExcuse = (share: BudgetShare): share is Excuse => share !== 'own';

const GOOD = 0;
const BAD = 1;

export interface Whole {
  advance(at: number): void;
  rewind(at: number): void;
  /** False when it is older than the window. Amounts below 0 take back. */
  add(at: number, good: number, bad: number): boolean;
  excuse(at: number, by: Excuse, bad: number): void;
  good(): number;
  bad(): number;
  excused(by: Excuse): number;
  /** When a calendar window began, and when it ends; 0 for one that rolls. */
  from(): number;
  to(): number;
  /** Bad events in slots of the window; a calendar window keeps its sum only, so it has none. */
  ring(): Ring | null;
}

export const wholeBytes = (window: Window, isWhole: boolean): number => {
  if (window.kind === 'calendar') return CALENDAR_SIZE * Float64Array.BYTES_PER_ELEMENT;
  const { own, excused } = wholePlan(window.lengthMs, isWhole);
  return ringBytes(own) + ringBytes(excused);
};

export const openWhole = (window: Window, isWhole: boolean, memory: { buffer: ArrayBuffer; offset: number }): Whole =>
  window.kind === 'calendar'
    ? new CalendarWhole(window, memory.buffer, memory.offset)
    : new RollingWhole(window.lengthMs, isWhole, memory);

class RollingWhole implements Whole {
  readonly #own: Ring;
  readonly #excused: Ring;

  constructor(lengthMs: number, isWhole: boolean, memory: { buffer: ArrayBuffer; offset: number }) {
    const { own, excused } = wholePlan(lengthMs, isWhole);
    this.#own = new Ring(own, memory.buffer, memory.offset);
    this.#excused = new Ring(excused, memory.buffer, memory.offset + ringBytes(own));
  }

  advance(at: number): void {
    this.#own.advance(at);
    this.#excused.advance(at);
  }

  rewind(at: number): void {
    this.#own.rewind(at);
    this.#excused.rewind(at);
  }

  add(at: number, good: number, bad: number): boolean {
    return this.#own.add(at, GOOD, good) && this.#own.add(at, BAD, bad);
  }

  excuse(at: number, by: Excuse, bad: number): void {
    this.#excused.add(at, EXCUSES.indexOf(by), bad);
  }

  good(): number {
    return this.#own.sum(0, GOOD);
  }

  bad(): number {
    return this.#own.sum(0, BAD);
  }

  excused(by: Excuse): number {
    return this.#excused.sum(0, EXCUSES.indexOf(by));
  }

  from(): number {
    return 0;
  }

  to(): number {
    return 0;
  }

  ring(): Ring {
    return this.#own;
  }
}

const FROM = 0;
const TO = 1;
const TALLY = 2;
const EXCUSED = TALLY + 2;
const CALENDAR_SIZE = EXCUSED + EXCUSES.length;

/** A calendar window is counted from its midnight on; what comes for the one before it comes too late. */
class CalendarWhole implements Whole {
  readonly #window: Window;
  readonly #tally: Float64Array;

  constructor(window: Window, buffer: ArrayBuffer, offset: number) {
    this.#window = window;
    this.#tally = new Float64Array(buffer, offset, CALENDAR_SIZE);
  }

  advance(at: number): void {
    if (at >= (this.#tally[TO] ?? 0)) this.#begin(at);
  }

  /** A window that had begun too early is gone, and what was counted in the one before it with it. */
  rewind(at: number): void {
    if (at < (this.#tally[FROM] ?? 0)) this.#begin(at);
  }

  add(at: number, good: number, bad: number): boolean {
    if (at < (this.#tally[FROM] ?? 0) || at >= (this.#tally[TO] ?? 0)) return false;
    this.#tally[TALLY + GOOD] = this.good() + good;
    this.#tally[TALLY + BAD] = this.bad() + bad;
    return true;
  }

  excuse(at: number, by: Excuse, bad: number): void {
    if (at < (this.#tally[FROM] ?? 0) || at >= (this.#tally[TO] ?? 0)) return;
    this.#tally[EXCUSED + EXCUSES.indexOf(by)] = this.excused(by) + bad;
  }

  good(): number {
    return this.#tally[TALLY + GOOD] ?? 0;
  }

  bad(): number {
    return this.#tally[TALLY + BAD] ?? 0;
  }

  excused(by: Excuse): number {
    return this.#tally[EXCUSED + EXCUSES.indexOf(by)] ?? 0;
  }

  from(): number {
    return this.#tally[FROM] ?? 0;
  }

  to(): number {
    return this.#tally[TO] ?? 0;
  }

  ring(): null {
    return null;
  }

  #begin(at: number): void {
    const span = spanAt(this.#window, instant(at));
    this.#tally.fill(0);
    this.#tally[FROM] = span.from;
    this.#tally[TO] = span.to;
  }
}

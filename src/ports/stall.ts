// Stall: how long this process itself was too busy to look. A probe that lost its time here says nothing about the target.

import type { Instant } from '#kernel/time.ts';
import { later } from '#kernel/time.ts';
import type { Clock } from './clock.ts';

/** Often enough to place a stall inside a probe; rare enough (20 timers a second, only while probes run) to cost nothing. */
const BEAT_MS = 50;

/** Timers are late by some milliseconds on any busy machine; below this it is not a stall. */
const NOTICEABLE_MS = 20;

/** Sums the time by which the beats of one clock came late, while somebody watches. */
export class StallMeter {
  readonly #clock: Clock;
  #watchers = 0;
  #totalMs = 0;
  #due: Instant | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Stalled milliseconds so far; the difference of two readings is what was lost between them. */
  read(): number {
    const lateMs = this.#due === null ? 0 : this.#clock.now() - this.#due;
    return this.#totalMs + (lateMs > NOTICEABLE_MS ? lateMs : 0);
  }

  watch(): void {
    this.#watchers += 1;
    if (this.#due === null) this.#beat();
  }

  unwatch(): void {
    this.#watchers -= 1;
  }

  #beat(): void {
    const due = later(this.#clock.now(), BEAT_MS);
    this.#due = due;
    this.#clock.at(due, () => {
      this.#totalMs = this.read();
      this.#due = null;
      if (this.#watchers > 0) this.#beat();
    });
  }
}

const meters = new WeakMap<Clock, StallMeter>();

/** The one meter of a clock: all probers of a process share their beats. */
export const stallsOf = (clock: Clock): StallMeter => {
  const known = meters.get(clock);
  if (known !== undefined) return known;
  const made = new StallMeter(clock);
  meters.set(clock, made);
  return made;
};

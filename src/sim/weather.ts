// Weather: which of the faults of the watchman's surroundings are on right now.
//
// A broken probe path and a full disk come, last and go by the seed; everything else is drawn on each occasion. The
// weather can be told to clear: then no fault happens any more, and everything must settle.

import type { Chance } from './chance.ts';
import { NO_FAULTS, type Faults } from './faults.ts';
import type { DiskMood } from './store.ts';
import type { Timeline } from './timeline.ts';

/** The weather over one world. */
export class Weather {
  readonly #timeline: Timeline;
  readonly #chance: Chance;
  #faults: Faults;
  #pathBrokenUntilMs = 0;
  #pathCannotRun = false;
  #isPathHalf = false;
  #diskFullUntilMs = 0;
  #diskTrouble = '';
  #pathBeganMs: number;

  constructor(timeline: Timeline, chance: Chance, faults: Faults) {
    this.#timeline = timeline;
    this.#chance = chance;
    this.#faults = faults;
    this.#pathBeganMs = timeline.nowMs();
    this.#plan(faults.sensor.pathBrokenEveryMs, () => {
      const { pathBrokenForMs, pathCannotRunRate, pathHalfRate } = this.#faults.sensor;
      this.breakPath(this.lasting(pathBrokenForMs), this.#chance.hits(pathCannotRunRate));
      this.#isPathHalf = this.#chance.hits(pathHalfRate);
    });
    this.#plan(faults.store.failEveryMs, () => this.fillDisk(this.lasting(this.#faults.store.failForMs)));
  }

  faults(): Faults {
    return this.#faults;
  }

  /** No fault from now on. */
  clear(): void {
    this.#faults = NO_FAULTS;
    if (this.path() !== 'good') this.#pathBeganMs = this.#timeline.nowMs();
    this.#pathBrokenUntilMs = 0;
    this.#diskFullUntilMs = 0;
  }

  breakPath(forMs: number, cannotRun: boolean): void {
    this.#pathBeganMs = this.#timeline.nowMs();
    this.#pathBrokenUntilMs = this.#timeline.nowMs() + forMs;
    this.#pathCannotRun = cannotRun;
    this.#isPathHalf = false;
  }

  /** No commit is taken for so long; `detail` is what the store says of it. */
  fillDisk(forMs: number, detail = 'the disk is full'): void {
    this.#diskTrouble = detail;
    this.#diskFullUntilMs = this.#timeline.nowMs() + forMs;
  }

  /** How the path that all probes share is now. */
  path(): 'good' | 'silent' | 'cannot-run' {
    if (this.#timeline.nowMs() >= this.#pathBrokenUntilMs) return 'good';
    return this.#pathCannotRun ? 'cannot-run' : 'silent';
  }

  /** The canary goes its own way, which is well. */
  isCanarySpared(): boolean {
    return this.#isPathHalf;
  }

  /** World time since when the path is as it is now. */
  pathSinceMs(): number {
    return this.path() === 'good' ? Math.max(this.#pathBeganMs, this.#pathBrokenUntilMs) : this.#pathBeganMs;
  }

  /** World time since when the disk is good; now, while it is not. */
  diskGoodSinceMs(): number {
    return Math.min(this.#timeline.nowMs(), this.#diskFullUntilMs);
  }

  diskMood(): DiskMood {
    if (this.#timeline.nowMs() < this.#diskFullUntilMs) return { kind: 'failed', detail: this.#diskTrouble };
    const { busyRate, laterRate } = this.#faults.store;
    if (this.#chance.hits(busyRate)) return { kind: 'busy' };
    if (this.#chance.hits(laterRate)) return { kind: 'later', share: this.#chance.unit() };
    return { kind: 'good' };
  }

  /** How long a fault lasts whose longest time is `mostMs`. */
  lasting(mostMs: number): number {
    return Math.max(1, Math.round(mostMs * (0.1 + 0.9 * this.#chance.unit())));
  }

  /** Runs `strike` again and again, on average every `everyMs`, until the weather clears. */
  #plan(everyMs: number, strike: () => void): void {
    if (everyMs <= 0) return;
    this.#timeline.post(this.#timeline.nowMs() + this.#chance.untilNextMs(everyMs), () => {
      if (this.#faults === NO_FAULTS) return;
      strike();
      this.#plan(everyMs, strike);
    });
  }
}

// Clock: Sereno's own clock in the simulated world, and the wall clock that it is set by.
//
// Three times must not be confused. World time is what really passes (timeline.ts) and what invariants measure in.
// The wall clock is world time plus an offset that faults move, at once or slowly. Sereno's clock reads the wall clock once, when a run
// begins, and then counts what really passes, so that it never runs backwards within one run whatever the wall does.
// Across runs it must not run backwards either: a run starts at the wall clock or just after the newest instant that
// the store remembers, whichever is later. Without that, a wall clock set back by an hour between two runs would
// leave every pending wake an hour in the future, and nobody would look for that hour.

import { instant, type Instant } from '#kernel/time.ts';
import type { Cancel, Clock } from '#ports/clock.ts';
import type { Chance } from './chance.ts';
import type { Timeline } from './timeline.ts';

/** What the clocks on the wall of the simulated machine show. */
export class WallClock {
  readonly #timeline: Timeline;
  #offsetMs = 0;
  /** How much faster than world time it runs, as a share, and since when. */
  #slewShare = 0;
  #slewSinceMs: number;

  constructor(timeline: Timeline) {
    this.#timeline = timeline;
    this.#slewSinceMs = timeline.nowMs();
  }

  nowMs(): number {
    return this.#timeline.nowMs() + Math.round(this.#offsetMs + this.#slewedMs());
  }

  /** From now on it runs faster (or slower) than world time: a smeared leap second, a bad crystal. */
  slew(share: number): void {
    this.#offsetMs += this.#slewedMs();
    this.#slewSinceMs = this.#timeline.nowMs();
    this.#slewShare = share;
  }

  #slewedMs(): number {
    return (this.#timeline.nowMs() - this.#slewSinceMs) * this.#slewShare;
  }

  /** The clock jump fault: somebody sets the clock, forwards or backwards. */
  jump(byMs: number): void {
    this.#offsetMs += byMs;
  }
}

/** The clock of one run of Sereno; dead runs never wake up again. */
export class RunClock implements Clock {
  readonly #timeline: Timeline;
  readonly #chance: Chance;
  /** Sereno's time minus world time, fixed for the whole run. */
  readonly #aheadMs: number;
  #isAlive = true;
  #stoppedUntilMs = 0;

  /** `rememberedMs`: the newest instant in the store, or null for an empty one. */
  constructor(timeline: Timeline, wall: WallClock, chance: Chance, rememberedMs: number | null) {
    this.#timeline = timeline;
    this.#chance = chance;
    const wallMs = wall.nowMs();
    const startMs = rememberedMs === null || wallMs > rememberedMs ? wallMs : rememberedMs + 1;
    this.#aheadMs = startMs - timeline.nowMs();
  }

  now(): Instant {
    return instant(this.#timeline.nowMs() + this.#aheadMs);
  }

  at(when: Instant, task: () => void): Cancel {
    let isCancelled = false;
    const posted = this.#timeline.postWithdrawable(
      Math.ceil(when - this.#aheadMs),
      this.whenAwake(() => {
        if (!isCancelled) task();
      }),
    );
    return () => {
      isCancelled = true;
      this.#timeline.withdraw(posted);
    };
  }

  /** The same task for a process that may be stopped: it runs when the process goes on, and never after its end. */
  whenAwake(task: () => void): () => void {
    const attempt = (): void => {
      if (!this.#isAlive) return;
      if (this.#stoppedUntilMs > this.#timeline.nowMs()) this.#timeline.post(this.#stoppedUntilMs, attempt);
      else task();
    };
    return attempt;
  }

  /** SIGSTOP, and SIGCONT at that moment of the world: nothing of this run happens in between. */
  stopUntil(worldMs: number): void {
    this.#stoppedUntilMs = worldMs;
  }

  chance(): number {
    return this.#chance.unit();
  }

  /** Sereno's time of an instant of the world. */
  atWorld(worldMs: number): Instant {
    return instant(worldMs + this.#aheadMs);
  }

  /** The run ended, orderly or not: none of its timers fires any more. */
  stop(): void {
    this.#isAlive = false;
  }
}

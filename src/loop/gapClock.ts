// The clock that notices its own absence: a machine asleep for a night, a stopped process, a paused virtual machine.
//
// Whoever did not run saw nothing. Timers tell: one that rings more than ten seconds after its time means that nothing
// in this program ran in between. It is noticed before the late task itself runs, so that nobody acts on what was
// believed before. No timer of its own: an idle watchman stays idle.

import type { Instant } from '#kernel/time.ts';
import type { Cancel, Clock } from '#ports/clock.ts';

/** Longer than any stall of a busy machine (probes answer for those, ports/stall.ts); shorter than most intervals of checks. */
export const GAP_MS = 10_000;

export class GapClock implements Clock {
  readonly #inner: Clock;
  readonly #onGap: (since: Instant) => void;
  readonly #dues = new Set<{ readonly due: Instant }>();
  /** The last moment at which something ran. */
  #lastRan: Instant;

  /** `onGap` is told since when nothing ran, before anything else runs. */
  constructor(inner: Clock, onGap: (since: Instant) => void) {
    this.#inner = inner;
    this.#onGap = onGap;
    this.#lastRan = inner.now();
  }

  now(): Instant {
    return this.#inner.now();
  }

  chance(): number {
    return this.#inner.chance();
  }

  at(when: Instant, task: () => void): Cancel {
    const now = this.#inner.now();
    const entry = { due: when > now ? when : now };
    this.#dues.add(entry);
    const cancel = this.#inner.at(when, () => {
      this.feel();
      this.#dues.delete(entry);
      task();
    });
    return () => {
      this.#dues.delete(entry);
      cancel();
    };
  }

  /** Something runs now: was there a gap before it? Called first by everything that comes from outside. */
  feel(): void {
    const now = this.#inner.now();
    const since = this.#lastRan;
    this.#lastRan = now;
    if (now - since <= GAP_MS) return;
    // Nothing ran for a while. That is a gap only if something should have run: an idle program is not asleep.
    for (const { due } of this.#dues) {
      if (now - due > GAP_MS) return this.#onGap(since);
    }
  }
}

// Clock: the only source of time, timers and chance. The simulator's is virtual and seeded.

import type { Instant } from '#kernel/time.ts';

export type Cancel = () => void;

export interface Clock {
  /** Never runs backwards within one run of the program, whatever the wall clock does. */
  now(): Instant;
  /** Runs `task` once, not before `when`; a `when` in the past runs soon, never inside this call. */
  at(when: Instant, task: () => void): Cancel;
  /** Uniform in [0, 1): for jitter, never for decisions. */
  chance(): number;
}

// The real clock: wall time at the start of the program, and from there on the monotonic clock.
//
// A step of the wall clock (an administrator, a time server) moves nothing here, so no timer fires twice and no budget
// window shrinks. Time asleep counts as far as the kernel's monotonic clock counts it. The next start of Sereno takes
// the wall clock anew.

import { instant, type Instant } from '#kernel/time.ts';
import type { Cancel, Clock } from '#ports/clock.ts';

/** setTimeout takes at most 2^31 - 1 ms (24.8 days); a longer wait is cut into pieces. */
const LONGEST_TIMER_MS = 2_000_000_000;

/** Makes the one clock of a running Sereno. */
export const makeClock = (): Clock => {
  const wallAtStart = Date.now();
  const monotonicAtStart = performance.now();
  const now = (): Instant => instant(wallAtStart + Math.floor(performance.now() - monotonicAtStart));
  const at = (when: Instant, task: () => void): Cancel => {
    const waitMs = when - now();
    if (waitMs <= 0) {
      const immediate = setImmediate(task);
      return () => clearImmediate(immediate);
    }
    if (waitMs <= LONGEST_TIMER_MS) {
      const timer = setTimeout(task, waitMs);
      return () => clearTimeout(timer);
    }
    let cancel: Cancel = () => {};
    const timer = setTimeout(() => {
      cancel = at(when, task);
    }, LONGEST_TIMER_MS);
    cancel = () => clearTimeout(timer);
    return () => cancel();
  };
  return { now, at, chance: () => Math.random() };
};

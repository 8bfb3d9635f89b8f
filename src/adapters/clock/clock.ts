// The real clock: wall time at the start of the program, and from there on the monotonic clock.
//
// A step of the wall clock (an administrator, a time server) moves nothing here, so no timer fires twice and no budget
// window shrinks. Time asleep counts as far as the kernel's monotonic clock counts it. The next start of Sereno takes
// the wall clock anew, or goes on just after the newest instant in its store: a clock that was set back between two runs
// must not leave every pending wake in the future.

import { instant, type Instant } from '#kernel/time.ts';
import type { Cancel, Clock } from '#ports/clock.ts';

/** setTimeout takes at most 2^31 - 1 ms (24.8 days); a longer wait is cut into pieces. */
const LONGEST_TIMER_MS = 2_000_000_000;

/** A store that is further ahead than this was written under a wrong clock: following it would keep the error for ever. */
const FOLLOWED_MAX_MS = 86_400_000;

export type RealClock = Clock & {
  /** Goes on after this instant if the wall clock stands before it, by a day at most. Call it before anything is timed. */
  readonly goOnAfter: (newest: Instant) => void;
};

/** Makes the one clock of a running Sereno. */
export const makeClock = (): RealClock => {
  let wallAtStart = Date.now();
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
  const goOnAfter = (newest: Instant): void => {
    const behindMs = newest + 1 - now();
    if (behindMs > 0 && behindMs <= FOLLOWED_MAX_MS) wallAtStart += behindMs;
  };
  return { now, at, chance: () => Math.random(), goOnAfter };
};

// The real clock: wall time at the start of the program, and from there on the time that really passed.
//
// A step of the wall clock (an administrator, a time server, a time zone) moves nothing here, so no timer fires twice
// and no budget window shrinks; a slow correction (a smeared leap second) is in the monotonic clock already, because the
// kernel steers both. While the machine sleeps the monotonic clock of Linux stands still. That time did pass, so it is
// added: the kernel's uptime counts it. Only when the wall clock has left the monotonic one by more than a second is the
// uptime asked: the usual reading costs two system clocks and no file. The next start of Sereno takes the wall clock
// anew, or goes on just after the newest instant in its store: a clock that was set back between two runs must not
// leave every pending wake in the future.

import { uptime } from 'node:os';
import { instant, type Instant } from '#kernel/time.ts';
import type { Cancel, Clock } from '#ports/clock.ts';

/**
 * Longest single wait in the runtime. Its timers stand still while the machine sleeps, so a long wait is cut into pieces
 * of ten seconds, and each looks at the clock: nothing that fell due in the night waits longer than that in the morning.
 */
const PIECE_MS = 10_000;

/** The wall clock may wander by so much before anybody asks why. */
const WANDER_MS = 1_000;

/** A store that is further ahead than this was written under a wrong clock: following it would keep the error for ever. */
const FOLLOWED_MAX_MS = 86_400_000;

/** The three clocks of a machine, in milliseconds. */
export type TimeSource = {
  /** Since 1970; people and time servers set it. */
  readonly wallMs: () => number;
  /** From any origin; steered, never set, and on Linux not counted while the machine sleeps. */
  readonly monotonicMs: () => number;
  /** From any origin, asleep or not; null where no such clock is known. */
  readonly uptimeMs: () => number | null;
};

const MACHINE: TimeSource = {
  wallMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  // Elsewhere uptime is wall time minus a start that is corrected with it, and says nothing about sleep.
  uptimeMs: () => (process.platform === 'linux' ? uptime() * 1_000 : null),
};

export type RealClock = Clock & {
  /** Goes on after this instant if the wall clock stands before it, by a day at most. Call it before anything is timed. */
  readonly goOnAfter: (newest: Instant) => void;
  /** Milliseconds by which the wall clock is ahead of this clock now: what steps of the wall clock have come to. */
  readonly wallAheadMs: () => number;
};

/** Makes the one clock of a running Sereno. */
export const makeClock = (source: TimeSource = MACHINE): RealClock => {
  const monotonicAtStart = source.monotonicMs();
  const uptimeAtStart = source.uptimeMs();
  /** This clock, without the time that really passed. */
  let originMs = source.wallMs();
  let asleepMs = 0;
  /** The lead of the wall clock that is accounted for. */
  let knownLeadMs = 0;
  const passedMs = (): number => source.monotonicMs() - monotonicAtStart + asleepMs;
  const leadMs = (): number => source.wallMs() - originMs - passedMs();
  /** The wall clock has left us: did the machine sleep, or was the clock set? */
  const account = (): void => {
    const upMs = source.uptimeMs();
    const missedMs = upMs === null || uptimeAtStart === null ? 0 : upMs - uptimeAtStart - passedMs();
    if (missedMs > WANDER_MS) asleepMs += missedMs;
    knownLeadMs = leadMs();
  };
  const now = (): Instant => {
    if (Math.abs(leadMs() - knownLeadMs) > WANDER_MS) account();
    return instant(Math.floor(originMs + passedMs()));
  };
  const at = (when: Instant, task: () => void): Cancel => {
    const waitMs = when - now();
    if (waitMs <= 0) {
      const immediate = setImmediate(task);
      return () => clearImmediate(immediate);
    }
    if (waitMs <= PIECE_MS) {
      const timer = setTimeout(task, waitMs);
      return () => clearTimeout(timer);
    }
    let cancel: Cancel = () => {};
    const timer = setTimeout(() => {
      cancel = at(when, task);
    }, PIECE_MS);
    cancel = () => clearTimeout(timer);
    return () => cancel();
  };
  const goOnAfter = (newest: Instant): void => {
    const behindMs = newest + 1 - now();
    if (behindMs <= 0 || behindMs > FOLLOWED_MAX_MS) return;
    originMs += behindMs;
    knownLeadMs -= behindMs;
  };
  return { now, at, chance: () => Math.random(), goOnAfter, wallAheadMs: () => Math.round(source.wallMs() - now()) };
};

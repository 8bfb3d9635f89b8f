// The streak: whole days in a row on which nothing broke, in the site's own zone.
//
// A day counts when it is over, when it was watched from its first to its last moment, and when no break touches it. What
// lasts is counted as broken until it ends, however short it is by now: while something cannot be seen, no day counts.

import type { Break, Streak } from '#kernel/standing.ts';
import { minutes, type Instant } from '#kernel/time.ts';
import { DAY_MS, fromWallClock, wallClockAt } from '#kernel/zone.ts';

/** People are told of what cannot be seen after this long (loop/watchState.ts): a shorter look away breaks no day. */
export const TOLERATED_MS = minutes(5);
/** Ten years: the loop ends. */
const DAYS_MAX = 3_660;

export type Watched = {
  readonly timezone: string;
  readonly at: Instant;
  /** The watch began then, as far as is known. */
  readonly watchedSince: Instant;
  /** True when the evidence goes back further than it was read. */
  readonly isCut: boolean;
  readonly breaks: readonly Break[];
};

/** Midnight before `at`, and `days` days earlier, in the zone. A day there has 23, 24 or 25 hours. */
export const dayStart = (at: Instant, timezone: string, days: number): Instant => {
  const wall = wallClockAt(at, timezone);
  const midnight = Math.floor(wall / DAY_MS) * DAY_MS;
  return fromWallClock(midnight - days * DAY_MS, timezone);
};

const isSerious = ({ kind, from, to }: Break): boolean =>
  kind === 'incident' || to === null || to - from > TOLERATED_MS;

const breakIn = (breaks: readonly Break[], from: Instant, to: Instant): Break | null =>
  breaks.findLast((it) => it.from < to && (it.to === null || it.to > from)) ?? null;

/** Counts back from yesterday to the first day that was broken or not watched as a whole. */
export const streakOf = ({ timezone, at, watchedSince, isCut, breaks }: Watched): Streak => {
  const serious = breaks.filter(isSerious).toSorted((a, b) => a.from - b.from);
  const today = dayStart(at, timezone, 0);
  const todayBreak = breakIn(serious, today, at);
  const said = { timezone, isTodaySmooth: todayBreak === null };
  // Broken today: the row has ended, and today is why.
  if (todayBreak !== null) return { ...said, days: 0, since: null, brokenBy: todayBreak, isAtLeast: false };
  let since: Instant | null = null;
  for (let days = 1; days <= DAYS_MAX; days += 1) {
    const from = dayStart(at, timezone, days);
    const to = dayStart(at, timezone, days - 1);
    const found = breakIn(serious, from, to);
    const isWhole = from >= watchedSince;
    if (found === null && isWhole) {
      since = from;
      continue;
    }
    return { ...said, days: days - 1, since, brokenBy: found, isAtLeast: found === null && isCut };
  }
  return { ...said, days: DAYS_MAX, since, brokenBy: null, isAtLeast: true };
};

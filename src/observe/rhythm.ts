// Rhythm: a declared interval is kept to the millisecond, and every check has its own place in it.
//
// An interval counted from the last answer drifts with every answer; one with jitter is never what was declared. On a
// fixed beat a late look is not a later next one, and the load is as even as the places are, from the first round on.
//
// Places lie on a grid, so that a few checks are due at the same moment: one waking of the processor serves all of them.
// A hundred looks a second, ten at a time: 5 % of a core instead of 12 %, measured side by side on a busy machine.

import type { Check } from '#kernel/check.ts';
import { durationMs, instant, later, type DurationMs, type Instant } from '#kernel/time.ts';

/** Multiples of the golden ratio, their whole part left out, lie evenly in 0..1 however many there are. */
const GOLDEN_RATIO = 0.618_033_988_749_895;

/** So many checks are due at one moment. Together they take about 2 ms, so the last of them is hardly late. */
const GROUP = 10;
/** Moments are never farther apart than this: what is asked at the same time must not feel like a crowd. */
const GRID_MAX_MS = 100;

/** A first round at this rate is soon over, and no thundering herd. */
const FIRST_ROUND_PER_SECOND = 1_000;
/** Added to the first round, so that a handful of checks is not asked in one moment. */
const FIRST_ROUND_LEAST_MS = 50;

/** True for a check with a declared interval; one without slows down while all is well. */
export const hasBeat = (check: Check): boolean => check.slowestMs === check.everyMs;

/** How far apart the moments are at which checks are due, so that about `GROUP` of them share one: 1 to 100 ms. */
export const gridOf = (checks: readonly Check[]): DurationMs => {
  const perSecond = checks.reduce((sum, check) => sum + (hasBeat(check) ? 1_000 / check.everyMs : 0), 0);
  return durationMs(Math.min(GRID_MAX_MS, Math.max(1, Math.round((GROUP * 1_000) / Math.max(1, perSecond)))));
};

/** The next beat of the check in this slot (0, 1, 2 …) after a moment. The same slot of a site has the same beats in every run. */
export const nextBeat = (check: Check, { slot, gridMs }: Pick<Line, 'slot' | 'gridMs'>, after: Instant): Instant => {
  const { everyMs } = check;
  const place = Math.floor((everyMs * ((slot * GOLDEN_RATIO) % 1)) / gridMs) * gridMs;
  return instant((Math.floor((after - place) / everyMs) + 1) * everyMs + place);
};

export type Line = {
  readonly index: number;
  readonly total: number;
  readonly slot: number;
  readonly gridMs: DurationMs;
};

/** When a check is first looked at: in a line with all others, or on its beat when the line would be longer than that. */
export const firstLookAt = (check: Check, line: Line, now: Instant): Instant => {
  const lineMs = FIRST_ROUND_LEAST_MS + (line.total * 1_000) / FIRST_ROUND_PER_SECOND;
  if (lineMs >= check.everyMs) return nextBeat(check, line, now);
  return later(now, durationMs((lineMs * line.index) / Math.max(1, line.total)));
};

/**
 * All failing checks together are looked at this often. Each by itself once a second, three thousand of ten thousand
 * that hang were 2,000 looks a second beside the 700 that all others need, and those came seconds late.
 */
const FAILING_PER_SECOND = 200;

/** The pause before a failing check is looked at again: as it wants, or longer in a crowd, but never beyond its interval. */
export const pauseInCrowd = (check: Check, wantedMs: DurationMs, failing: number): DurationMs =>
  durationMs(Math.max(wantedMs, Math.min(check.everyMs, (failing * 1_000) / FAILING_PER_SECOND)));

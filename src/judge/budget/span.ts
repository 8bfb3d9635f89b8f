// The span of time that a target is judged over: the last so many hours, or the calendar's day, week, month, quarter, year.

import type { Window } from '#kernel/target.ts';
import { durationMs, instant, type DurationMs, type Instant } from '#kernel/time.ts';
import { DAY_MS, fromWallClock, wallClockAt } from '#kernel/zone.ts';

export type Span = { readonly from: Instant; readonly to: Instant };
type Calendar = Extract<Window, { readonly kind: 'calendar' }>;

/** Days of a unit, for pace and for a first guess; the real ones are counted on the calendar. */
const NOMINAL_DAYS: Readonly<Record<Calendar['unit'], number>> = { day: 1, week: 7, month: 30, quarter: 91, year: 365 };
const MONTHS: Readonly<Record<Calendar['unit'], number>> = { day: 0, week: 0, month: 1, quarter: 3, year: 12 };

/** How long a window is, about. */
export const periodOf = (window: Window): DurationMs =>
  window.kind === 'rolling' ? window.lengthMs : durationMs(NOMINAL_DAYS[window.unit] * window.count * DAY_MS);

/** The window that an instant is in. A calendar one includes its first midnight and not its last. */
export const spanAt = (window: Window, at: Instant): Span =>
  window.kind === 'rolling' ? { from: instant(at - window.lengthMs), to: at } : calendarSpan(window, at);

const calendarSpan = (window: Calendar, at: Instant): Span => {
  let turn = Math.floor((at - window.startsAt) / periodOf(window));
  // The guess is off by what months differ: by five days in a year, hence by few windows even after decades.
  while (boundary(window, turn) > at) turn -= 1;
  while (boundary(window, turn + 1) <= at) turn += 1;
  return { from: boundary(window, turn), to: boundary(window, turn + 1) };
};

/** Midnight, on the wall clock of the zone, at which the window with this number begins; the first has the number 0. */
const boundary = (window: Calendar, turn: number): Instant => {
  const first = Math.floor(wallClockAt(window.startsAt, window.timezone) / DAY_MS) * DAY_MS;
  const steps = turn * window.count;
  const months = MONTHS[window.unit] * steps;
  const wall =
    months === 0 ? first + (window.unit === 'week' ? 7 : 1) * DAY_MS * days(window, steps) : addMonths(first, months);
  return fromWallClock(wall, window.timezone);
};

/** Months are counted apart; at 0 of them nothing is added. */
const days = (window: Calendar, steps: number): number => (MONTHS[window.unit] > 0 ? 0 : steps);

/** The 31st of January and one month is the last of February. */
const addMonths = (wall: number, months: number): number => {
  const date = new Date(wall);
  const first = Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + months, 1);
  const after = Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + months + 1, 1);
  const last = Math.round((after - first) / DAY_MS);
  return first + (Math.min(date.getUTCDate(), last) - 1) * DAY_MS;
};

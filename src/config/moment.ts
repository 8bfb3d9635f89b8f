// Moments: dates and times as people write them, turned into instants in the time zone of the site.

import { instant, type Instant } from '#kernel/time.ts';
import { DAY_MS, fromWallClock } from '#kernel/zone.ts';

/** True when the runtime knows the zone by this IANA name. */
export const isTimezone = (zone: string): boolean => {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: zone }).resolvedOptions().timeZone !== '';
  } catch {
    return false; // RangeError: no such zone.
  }
};

/** A day that the calendar has: 2026-02-31 is none. */
const dayOf = (year: number, month: number, day: number): number | null => {
  const ms = Date.UTC(year, month - 1, day);
  const back = new Date(ms);
  return back.getUTCMonth() === month - 1 && back.getUTCDate() === day ? ms : null;
};

/**
 * Reads `2026-12-24`, `2026-12-24T18:00`, `2026-12-24 18:00:00+01:00`. A day alone is its first instant, or with
 * `isEnd` the first instant of the day after: a freeze "to 2026-12-27" holds that whole day. Null: no such time.
 */
export const readMoment = (text: string, zone: string, isEnd: boolean): Instant | null => {
  const match = /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2}))?(Z|[+-]\d{2}:\d{2})?)?$/.exec(text);
  if (match === null) return null;
  const [, year, month, day, hour, minute, second, offset] = match;
  const dayMs = dayOf(Number(year), Number(month), Number(day));
  if (dayMs === null) return null;
  if (hour === undefined) return fromWallClock(isEnd ? dayMs + DAY_MS : dayMs, zone);
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second ?? 0) > 59) return null;
  const wallMs = dayMs + Number(hour) * 3_600_000 + Number(minute) * 60_000 + Number(second ?? 0) * 1_000;
  if (offset === undefined) return fromWallClock(wallMs, zone);
  if (offset === 'Z') return instant(wallMs);
  const [offsetHours, offsetMinutes] = offset.slice(1).split(':').map(Number);
  const offsetMs = ((offsetHours ?? 0) * 60 + (offsetMinutes ?? 0)) * 60_000;
  return instant(offset.startsWith('-') ? wallMs + offsetMs : wallMs - offsetMs);
};

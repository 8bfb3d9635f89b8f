// Maintenance: agreed work on services. What fails then was announced, and is shown beside a budget, not taken from it.

import type { ServiceId } from './id.ts';
import { later, type DurationMs, type Instant } from './time.ts';
import { DAY_MS, fromWallClock, wallClockAt } from './zone.ts';

/** Sunday is 0, as in Date. */
export type Weekday = 0 | 1 | 2 | 3 | 4 | 5 | 6;

export type Maintenance = {
  /** Empty: all of the site. */
  readonly services: readonly ServiceId[];
  readonly why: string;
  readonly when:
    | { readonly kind: 'once'; readonly from: Instant; readonly to: Instant }
    | {
        readonly kind: 'weekly';
        readonly days: readonly Weekday[];
        /** Wall clock of the zone, in ms since midnight. */
        readonly startsMs: DurationMs;
        /** At most a day: real time, also when the clocks are changed meanwhile. */
        readonly lengthMs: DurationMs;
        readonly timezone: string;
      };
};

export type Interval = { readonly from: Instant; readonly to: Instant };

export const isMaintained = (work: Maintenance, service: ServiceId): boolean =>
  work.services.length === 0 || work.services.includes(service);

/** The occurrence of the work that covers this instant; null when none does. The end itself is outside. */
export const occurrenceAt = ({ when }: Maintenance, at: Instant): Interval | null => {
  if (when.kind === 'once') return when.from <= at && at < when.to ? { from: when.from, to: when.to } : null;
  const today = Math.floor(wallClockAt(at, when.timezone) / DAY_MS) * DAY_MS;
  // Work that began yesterday evening may go on this morning.
  for (const midnight of [today, today - DAY_MS]) {
    const day = new Date(midnight).getUTCDay();
    if (!when.days.some((each) => each === day)) continue;
    const from = fromWallClock(midnight + when.startsMs, when.timezone);
    if (from <= at && at < from + when.lengthMs) return { from, to: later(from, when.lengthMs) };
  }
  return null;
};

/** The agreed work that a service is under; null when it is under none. */
export const maintenanceAt = (works: readonly Maintenance[], service: ServiceId, at: Instant): Maintenance | null =>
  works.find((work) => isMaintained(work, service) && occurrenceAt(work, at) !== null) ?? null;

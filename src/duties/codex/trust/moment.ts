// Moments as documents write them: ISO 8601 with seconds, and a zone that is named.

import { instant, type Instant } from '#kernel/time.ts';

const FORM = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,9}))?(Z|[+-]\d{2}:\d{2})$/;

/** `2026-11-21T20:15:00Z`, without its milliseconds: documents of trust are not that exact. */
export const sayUtc = (at: Instant): string => `${new Date(at).toISOString().slice(0, 19)}Z`;

const zoneMinutes = (zone: string): number => {
  if (zone === 'Z') return 0;
  const minutes = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(4, 6));
  return zone.startsWith('-') ? -minutes : minutes;
};

/** Null: another form, or a day that no calendar has. Fractions beyond milliseconds are cut off. */
export const readUtc = (text: string): Instant | null => {
  const found = FORM.exec(text);
  if (found === null) return null;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = found.slice(1, 7).map(Number);
  const local = Date.UTC(year, month - 1, day, hour, minute, second);
  if (new Date(local).toISOString().slice(0, 19) !== text.slice(0, 19)) return null;
  const fraction = Number((found[7] ?? '').padEnd(3, '0').slice(0, 3));
  return instant(local + fraction - zoneMinutes(found[8] ?? 'Z') * 60_000);
};

// Zones: the wall clock of a place, and the instant at which it shows a time. The IANA table is the runtime's own.

import { instant, type Instant } from './time.ts';

export const DAY_MS = 86_400_000;

/** Making a format costs 50 µs, asking it 2: one is kept for each zone of a site. */
const formats = new Map<string, Intl.DateTimeFormat>();

const formatOf = (zone: string): Intl.DateTimeFormat => {
  const known = formats.get(zone);
  if (known !== undefined) return known;
  // oxlint-disable-next-line no-restricted-globals -- a table of named zones, asked by name: nothing of this host is in it
  const made = new Intl.DateTimeFormat('en-u-ca-iso8601', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  });
  formats.set(zone, made);
  return made;
};

/** The wall clock of a zone at an instant, written as if it were UTC, to the second. The zone must be one that exists. */
export const wallClockAt = (at: number, zone: string): number => {
  const parts = new Map(
    formatOf(zone)
      .formatToParts(at)
      .map((part) => [part.type, Number(part.value)]),
  );
  const of = (type: Intl.DateTimeFormatPartTypes): number => parts.get(type) ?? 0;
  return Date.UTC(of('year'), of('month') - 1, of('day'), of('hour'), of('minute'), of('second'));
};

/**
 * The instant at which the wall clock of the zone shows this, written as if it were UTC. A time that the clocks skip in
 * spring is taken as if they had not been changed (02:30 becomes 03:30); of a time that comes twice in autumn the first
 * is taken.
 */
export const fromWallClock = (wallMs: number, zone: string): Instant => {
  const offsets = [wallMs - DAY_MS, wallMs + DAY_MS].map((near) => wallClockAt(near, zone) - near);
  const candidates = offsets.map((offset) => wallMs - offset);
  const exact = candidates.filter((candidate) => wallClockAt(candidate, zone) === wallMs);
  return instant(exact.length > 0 ? Math.min(...exact) : (candidates[0] ?? wallMs));
};

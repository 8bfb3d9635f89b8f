// The streak: day boundaries with both clock changes, and what breaks a day.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Break } from '#kernel/standing.ts';
import { instant, later, minutes, type Instant } from '#kernel/time.ts';
import { dayStart, streakOf, TOLERATED_MS } from './streak.ts';

const at = (text: string): Instant => instant(Date.parse(text));
const LONG_AGO = at('2020-01-01T00:00:00Z');

type Given = {
  readonly zone?: string;
  readonly now: string;
  readonly since?: string;
  readonly breaks?: readonly Break[];
};

const broke = (from: string, to: string | null, kind: Break['kind'] = 'incident'): Break => ({
  kind,
  from: at(from),
  to: to === null ? null : at(to),
  what: 'INC-1',
});

const check = ({ zone = 'UTC', now, since, breaks = [] }: Given, days: number): void => {
  const watchedSince = since === undefined ? LONG_AGO : at(since);
  assert.equal(streakOf({ timezone: zone, at: at(now), watchedSince, isCut: false, breaks }).days, days);
};

test('a day that is not over does not count', () =>
  check({ now: '2026-03-10T23:59:59Z', since: '2026-03-10T00:00:00Z' }, 0));
test('a day counts from the midnight after it', () =>
  check({ now: '2026-03-11T00:00:00Z', since: '2026-03-10T00:00:00Z' }, 1));
test('a day that was watched only in part does not count', () =>
  check({ now: '2026-03-12T12:00:00Z', since: '2026-03-10T00:00:01Z' }, 1));
test('an incident breaks its day', () =>
  check({ now: '2026-03-12T12:00:00Z', breaks: [broke('2026-03-10T12:00:00Z', '2026-03-10T12:00:01Z')] }, 1));
test('an incident today breaks the row', () =>
  check({ now: '2026-03-12T12:00:00Z', breaks: [broke('2026-03-12T11:00:00Z', '2026-03-12T11:05:00Z')] }, 0));
test('an incident over midnight breaks both days', () =>
  check({ now: '2026-03-12T12:00:00Z', breaks: [broke('2026-03-09T23:59:00Z', '2026-03-10T00:01:00Z')] }, 1));
test('nobody watched for six minutes', () =>
  check(
    { now: '2026-03-12T12:00:00Z', breaks: [broke('2026-03-10T10:00:00Z', '2026-03-10T10:06:00Z', 'not-watched')] },
    1,
  ));
test('a restart of Sereno within five minutes breaks nothing', () =>
  check(
    {
      now: '2026-03-12T12:00:00Z',
      since: '2026-03-08T00:00:00Z',
      breaks: [broke('2026-03-10T10:00:00Z', '2026-03-10T10:04:00Z', 'not-watched')],
    },
    4,
  ));
test('while a source is stopped no day counts, from its first moment', () => {
  const { days, isTodaySmooth, brokenBy } = streakOf({
    timezone: 'UTC',
    at: at('2026-03-12T00:01:00Z'),
    watchedSince: LONG_AGO,
    isCut: false,
    breaks: [broke('2026-03-11T23:59:00Z', null, 'unknown')],
  });
  assert.deepEqual([days, isTodaySmooth, brokenBy?.kind], [0, false, 'unknown']);
});

test('the day of the clock change has 23 hours in spring and 25 in autumn', () => {
  const hoursOf = (noon: string): number =>
    (dayStart(at(noon), 'Europe/Zurich', 0) - dayStart(at(noon), 'Europe/Zurich', 1)) / 3_600_000;
  assert.equal(hoursOf('2026-03-30T10:00:00Z'), 23);
  assert.equal(hoursOf('2026-10-26T11:00:00Z'), 25);
  assert.equal(hoursOf('2026-06-10T10:00:00Z'), 24);
});
test('the last minute of the long day in autumn belongs to it', () =>
  check(
    {
      zone: 'Europe/Zurich',
      now: '2026-10-27T11:00:00Z',
      breaks: [broke('2026-10-25T22:59:00Z', '2026-10-25T22:59:30Z')],
    },
    1,
  ));
test('and the first minute after it to the next', () =>
  check(
    {
      zone: 'Europe/Zurich',
      now: '2026-10-27T11:00:00Z',
      breaks: [broke('2026-10-25T23:00:00Z', '2026-10-25T23:00:30Z')],
    },
    0,
  ));
test('where midnight itself is skipped, days still follow each other', () => {
  // In Beirut the clocks went from 00:00 to 01:00 on 2024-03-31.
  const days = [0, 1, 2].map((back) => dayStart(at('2024-04-01T10:00:00Z'), 'Asia/Beirut', back));
  assert.deepEqual(
    days.map((day) => new Date(day).toISOString()),
    ['2024-03-31T21:00:00.000Z', '2024-03-30T22:00:00.000Z', '2024-03-29T22:00:00.000Z'],
  );
});

const ZONES = ['UTC', 'Europe/Zurich', 'America/New_York', 'Asia/Beirut', 'Australia/Lord_Howe', 'Pacific/Auckland'];
const someInstant = fc.integer({ min: Date.UTC(2024, 0, 1), max: Date.UTC(2027, 0, 1) }).map(instant);

test('days of any zone are whole: each starts where the one before ends, 22 to 26 hours long', () => {
  fc.assert(
    fc.property(someInstant, fc.constantFrom(...ZONES), (now, zone) => {
      const starts = Array.from({ length: 10 }, (_, back) => dayStart(now, zone, back));
      assert.ok((starts[0] ?? 0) <= now);
      for (let back = 1; back < starts.length; back += 1) {
        const length = ((starts[back - 1] ?? 0) - (starts[back] ?? 0)) / 3_600_000;
        assert.ok(length >= 22 && length <= 26, `${zone} ${back}: ${length} h`);
      }
    }),
  );
});

test('equal to a count day by day, for any breaks', () => {
  const someBreak = fc.record({
    kind: fc.constantFrom<Break['kind']>('incident', 'not-watched', 'unknown'),
    back: fc.integer({ min: 0, max: 12 * 24 * 60 }),
    length: fc.integer({ min: 0, max: 20 }),
    lasts: fc.boolean(),
  });
  fc.assert(
    fc.property(someInstant, fc.constantFrom(...ZONES), fc.array(someBreak, { maxLength: 4 }), (now, zone, told) => {
      const breaks = told.map(({ kind, back, length, lasts }): Break => {
        const from = later(now, -minutes(back));
        const to = later(from, minutes(length));
        return { kind, from, to: lasts || to > now ? null : to, what: '' };
      });
      const counts = (from: Instant, to: Instant): boolean =>
        !breaks.some((it) => {
          const isLong = it.kind === 'incident' || it.to === null || it.to - it.from > TOLERATED_MS;
          return isLong && it.from < to && (it.to ?? now + 1) > from;
        });
      let expected = 0;
      const isToday = counts(dayStart(now, zone, 0), now);
      while (isToday && expected < 9 && counts(dayStart(now, zone, expected + 1), dayStart(now, zone, expected)))
        expected += 1;
      const watchedSince = dayStart(now, zone, 9);
      assert.equal(streakOf({ timezone: zone, at: now, watchedSince, isCut: false, breaks }).days, expected);
    }),
    { numRuns: 500 },
  );
});

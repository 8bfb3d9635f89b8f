// Rules and spans: the workbook's table, derived for other windows, and the calendar of the zone.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Window } from '#kernel/target.ts';
import { hours, instant, minutes, seconds } from '#kernel/time.ts';
import { allowanceOf, burnRulesOf } from './burnRules.ts';
import { spanAt } from './span.ts';

const rolling = (days: number): Window => ({ kind: 'rolling', lengthMs: hours(24 * days) });
const factors = (window: Window): readonly number[] => burnRulesOf({ burn: [], window }).map((rule) => rule.factor);

test('the table of the workbook, for thirty days and for others', () => {
  assert.deepEqual(factors(rolling(30)), [14.4, 6, 3, 1]);
  assert.deepEqual(factors(rolling(28)), [13.44, 5.6, 2.8, 0.9333333333]);
  assert.deepEqual(factors(rolling(90)), [43.2, 18, 9, 3]);
});

test('over a week the factors stay and the windows shrink', () => {
  const rules = burnRulesOf({ burn: [], window: rolling(7) });
  assert.deepEqual(
    rules.map((rule) => rule.factor),
    [14.4, 6, 3, 1],
  );
  assert.deepEqual(
    rules.map((rule) => rule.longMs),
    [minutes(14), minutes(84), minutes(336), minutes(1_008)],
  );
  assert.deepEqual(
    rules.map((rule) => rule.shortMs),
    [seconds(90), minutes(7), minutes(28), minutes(84)],
  );
});

test('rules of the owner stay as they are', () => {
  const burn = [{ severity: 'SEV1', longMs: hours(2), shortMs: minutes(10), factor: 10 }] as const;
  assert.deepEqual(burnRulesOf({ burn, window: rolling(30) }), burn);
});

test('what may be bad has no dust of floating numbers', () => {
  assert.deepEqual(
    [99.9, 99.95, 95, 99.99].map((objectivePercent) => allowanceOf({ objectivePercent })),
    [0.001, 0.0005, 0.05, 0.0001],
  );
});

const iso = (text: string): number => Date.parse(text);

const spans: readonly {
  readonly unit: 'day' | 'week' | 'month' | 'quarter' | 'year';
  readonly count: number;
  readonly zone: string;
  readonly starts: string;
  readonly at: string;
  readonly from: string;
  readonly to: string;
}[] = [
  // A day of 23 hours, and one of 25.
  {
    unit: 'day',
    count: 1,
    zone: 'Europe/Berlin',
    starts: '2026-01-01T00:00+01:00',
    at: '2026-03-29T12:00Z',
    from: '2026-03-28T23:00Z',
    to: '2026-03-29T22:00Z',
  },
  {
    unit: 'day',
    count: 1,
    zone: 'Europe/Berlin',
    starts: '2026-01-01T00:00+01:00',
    at: '2026-10-25T12:00Z',
    from: '2026-10-24T22:00Z',
    to: '2026-10-25T23:00Z',
  },
  {
    unit: 'week',
    count: 2,
    zone: 'UTC',
    starts: '2026-01-05T00:00Z',
    at: '2026-01-19T00:00Z',
    from: '2026-01-19T00:00Z',
    to: '2026-02-02T00:00Z',
  },
  {
    unit: 'month',
    count: 1,
    zone: 'America/New_York',
    starts: '2026-01-31T00:00-05:00',
    at: '2026-03-01T00:00-05:00',
    from: '2026-02-28T05:00Z',
    to: '2026-03-31T04:00Z',
  },
  {
    unit: 'quarter',
    count: 1,
    zone: 'UTC',
    starts: '2024-01-01T00:00Z',
    at: '2026-11-21T00:00Z',
    from: '2026-10-01T00:00Z',
    to: '2027-01-01T00:00Z',
  },
  {
    unit: 'year',
    count: 1,
    zone: 'Asia/Kathmandu',
    starts: '2020-02-29T00:00+05:45',
    at: '2026-02-28T00:00+05:45',
    from: '2026-02-27T18:15Z',
    to: '2027-02-27T18:15Z',
  },
  // In UTC the beginning is still in February.
  {
    unit: 'month',
    count: 1,
    zone: 'Asia/Kathmandu',
    starts: '2026-03-01T00:00+05:45',
    at: '2026-05-15T00:00Z',
    from: '2026-04-30T18:15Z',
    to: '2026-05-31T18:15Z',
  },
  // Before the first window too.
  {
    unit: 'month',
    count: 1,
    zone: 'UTC',
    starts: '2026-05-01T00:00Z',
    at: '2026-03-10T00:00Z',
    from: '2026-03-01T00:00Z',
    to: '2026-04-01T00:00Z',
  },
];

for (const { unit, count, zone, starts, at, from, to } of spans)
  test(`${count} ${unit} in ${zone} at ${at}`, () => {
    const window = { kind: 'calendar', unit, count, timezone: zone, startsAt: instant(iso(starts)) } as const;
    assert.deepEqual(spanAt(window, instant(iso(at))), { from: iso(from), to: iso(to) });
  });

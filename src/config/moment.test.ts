// Moments as data: what people write in which zone, and the instant in UTC.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isTimezone, readMoment } from './moment.ts';

const check = (text: string, zone: string, isEnd: boolean, expected: string | null): void => {
  const read = readMoment(text, zone, isEnd);
  assert.equal(read === null ? null : new Date(read).toISOString().replace('.000', ''), expected, `${text} ${zone}`);
};

test('a day begins and ends by the clock of the zone', () => {
  check('2026-12-24', 'UTC', false, '2026-12-24T00:00:00Z');
  check('2026-12-24', 'Europe/Berlin', false, '2026-12-23T23:00:00Z');
  check('2026-12-24', 'Europe/Berlin', true, '2026-12-24T23:00:00Z');
  check('2026-07-01', 'Europe/Berlin', false, '2026-06-30T22:00:00Z');
  check('2026-12-24', 'Pacific/Kiritimati', false, '2026-12-23T10:00:00Z');
  check('2026-12-24', 'America/Los_Angeles', false, '2026-12-24T08:00:00Z');
});

test('days on which the clocks change have 23 and 25 hours', () => {
  check('2026-03-29', 'Europe/Berlin', false, '2026-03-28T23:00:00Z');
  check('2026-03-29', 'Europe/Berlin', true, '2026-03-29T22:00:00Z');
  check('2026-10-25', 'Europe/Berlin', false, '2026-10-24T22:00:00Z');
  check('2026-10-25', 'Europe/Berlin', true, '2026-10-25T23:00:00Z');
  check('2026-03-29T02:30', 'Europe/Berlin', false, '2026-03-29T01:30:00Z');
  check('2026-10-25T02:30', 'Europe/Berlin', false, '2026-10-25T00:30:00Z');
});

test('a time of day, with and without its own offset', () => {
  check('2026-12-24T18:00', 'Europe/Berlin', true, '2026-12-24T17:00:00Z');
  check('2026-12-24 18:00:30', 'UTC', false, '2026-12-24T18:00:30Z');
  check('2026-12-24T18:00Z', 'Europe/Berlin', false, '2026-12-24T18:00:00Z');
  check('2026-12-24T18:00-05:30', 'Europe/Berlin', false, '2026-12-24T23:30:00Z');
});

test('what the calendar or the clock does not have', () => {
  for (const text of ['2026-02-29', '2026-13-01', '2026-00-10', '2026-12-24T24:00', '2026-12-24T12:60', 'soon', ''])
    check(text, 'UTC', false, null);
});

test('zones', () => {
  for (const zone of ['UTC', 'Europe/Berlin', 'America/Argentina/Buenos_Aires']) assert.equal(isTimezone(zone), true);
  for (const zone of ['Europe/Berln', '', 'Mars/Base']) assert.equal(isTimezone(zone), false);
});

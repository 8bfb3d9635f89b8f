// Agreed work: which instants it covers, by the clock of its zone.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { serviceId } from './id.ts';
import { maintenanceAt, occurrenceAt, type Maintenance } from './maintenance.ts';
import { hours, instant } from './time.ts';

const at = (text: string) => instant(Date.parse(text));

const SUNDAYS: Maintenance = {
  services: [],
  why: 'backups',
  when: { kind: 'weekly', days: [0], startsMs: hours(23), lengthMs: hours(4), timezone: 'Europe/Berlin' },
};

const check = (work: Maintenance, when: string, expected: string | null): void => {
  const found = occurrenceAt(work, at(when));
  const said = found === null ? null : [found.from, found.to].map((it) => new Date(it).toISOString().slice(0, 16));
  assert.equal(said === null ? null : said.join(' to '), expected, when);
};

test('weekly work goes on past midnight, in the time of its zone', () => {
  check(SUNDAYS, '2026-11-22T21:59:59Z', null);
  check(SUNDAYS, '2026-11-22T22:00:00Z', '2026-11-22T22:00 to 2026-11-23T02:00');
  check(SUNDAYS, '2026-11-23T01:59:59Z', '2026-11-22T22:00 to 2026-11-23T02:00');
  check(SUNDAYS, '2026-11-23T02:00:00Z', null);
  check(SUNDAYS, '2026-07-05T21:00:00Z', '2026-07-05T21:00 to 2026-07-06T01:00');
});

test('its length is real time, also when the clocks change meanwhile', () => {
  const saturdays = { ...SUNDAYS, when: { ...SUNDAYS.when, days: [6] as const } };
  check(saturdays, '2026-03-29T01:59:00Z', '2026-03-28T22:00 to 2026-03-29T02:00');
  check(saturdays, '2026-10-25T00:59:00Z', '2026-10-24T21:00 to 2026-10-25T01:00');
  check(saturdays, '2026-10-25T01:00:00Z', null);
});

test('work on some services leaves the others alone', () => {
  const when = { kind: 'once', from: at('2026-12-01T00:00Z'), to: at('2026-12-01T01:00Z') } as const;
  const works = [{ services: [serviceId('db')], why: 'upgrade', when }];
  const during = at('2026-12-01T00:30Z');
  assert.equal(maintenanceAt(works, serviceId('db'), during)?.why, 'upgrade');
  assert.equal(maintenanceAt(works, serviceId('api'), during), null);
  assert.equal(maintenanceAt(works, serviceId('db'), when.to), null);
});

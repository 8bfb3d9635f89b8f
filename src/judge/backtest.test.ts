// The books of a backtest: what is a page, which incident it found and after how long, and what is said of too little.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { serviceId } from '#kernel/id.ts';
import { hours, instant, later, minutes, seconds, type Instant } from '#kernel/time.ts';
import { incidentsByService, incidentsIn, TargetBook, type RealIncident } from './backtest.ts';

const START = instant(Date.UTC(2026, 10, 1));
const API = serviceId('api');
const EVERY = seconds(30);
const at = (minute: number): Instant => later(START, minutes(minute));

const incident = (number: string, from: number, to: number | null, subject = 'api'): RealIncident => ({
  number,
  subject,
  severity: 'SEV2',
  title: 'api is down',
  openedAt: at(from),
  resolvedAt: to === null ? null : at(to),
});

const PAGE = { severity: 'SEV2', kind: 'target-burn' } as const;
const TICKET = { severity: 'SEV3', kind: 'target-burn' } as const;
const BREACH = { severity: 'SEV3', kind: 'target-breach' } as const;

/** A look each half minute; those of the given minutes are bad. */
const look = (book: TargetBook, [from, to]: readonly [number, number], bad: readonly [number, number]): void => {
  for (let half = 2 * from; half < 2 * to; half += 1) {
    const minute = half / 2;
    book.took(at(minute), minute >= bad[0] && minute < bad[1] ? 1 : 0);
  }
};

test('a page during an incident finds it, and the time is counted from the first bad event', () => {
  const book = new TargetBook(API, [incident('INC-1', 60, 80)], EVERY);
  look(book, [0, 30], [20, 21]); // another trouble, long over
  look(book, [30, 59], [50, 59]);
  book.began('key', PAGE, at(59));
  look(book, [59, 80], [59, 79]);
  book.over('key', at(85));
  const { incidents, pages, unexplained, grouped } = book.score(START, at(120));
  const fate = { kind: 'paged', severity: 'SEV2', at: at(59), tookMs: minutes(9), aheadMs: minutes(1) };
  assert.deepEqual(incidents, [{ number: 'INC-1', fate }]);
  assert.deepEqual([pages, unexplained, grouped], [1, 0, 0]);
});

test('what was missed says why', () => {
  const incidents = [incident('INC-1', 60, 80), incident('INC-2', 200, 220), incident('INC-3', 400, 410)];
  const book = new TargetBook(API, incidents, EVERY);
  look(book, [0, 300], [62, 64]);
  assert.deepEqual(
    book.score(START, at(500)).incidents.map(({ fate }) => fate),
    [
      { kind: 'missed', why: 'not-burning', bad: 4 },
      { kind: 'missed', why: 'not-bad', bad: 0 },
      { kind: 'missed', why: 'no-data', bad: 0 },
    ],
  );
});

test('an alarm of another time finds nothing, and is a page that nobody can explain', () => {
  const book = new TargetBook(API, [incident('INC-1', 60, 80)], EVERY);
  look(book, [0, 100], [10, 12]);
  book.began('key', PAGE, at(11));
  book.over('key', at(20));
  const score = book.score(START, at(120));
  assert.deepEqual(score.incidents[0]?.fate, { kind: 'missed', why: 'not-bad', bad: 0 });
  assert.deepEqual([score.pages, score.unexplained], [1, 1]);
});

test('a notice is no page, a budget that is gone never is one, and a page later in the incident counts more', () => {
  const book = new TargetBook(API, [incident('INC-1', 60, null)], EVERY);
  look(book, [0, 70], [60, 70]);
  book.began('ticket', TICKET, at(61));
  book.began('breach', BREACH, at(62));
  book.began('page', PAGE, at(70));
  const { pages, notices, incidents } = book.score(START, at(120));
  assert.deepEqual([pages, notices, incidents[0]?.fate.kind], [1, 2, 'paged']);
  const quiet = new TargetBook(API, [incident('INC-1', 60, null)], EVERY);
  quiet.began('ticket', TICKET, at(61));
  assert.equal(quiet.score(START, at(120)).incidents[0]?.fate.kind, 'noticed');
});

test('a page is grouped into the incident of the service, not into the one that the page of a target has made', () => {
  const groupedOf = (subject: string): number => {
    const book = new TargetBook(API, [incident('INC-1', 60, 80, subject)], EVERY);
    book.began('page', PAGE, at(65));
    return book.score(START, at(120)).grouped;
  };
  assert.deepEqual([groupedOf('api'), groupedOf('api.availability')], [1, 0]);
});

test('less than a day says nothing of a week', () => {
  const book = new TargetBook(API, [], EVERY);
  book.began('page', PAGE, at(5));
  assert.equal(book.score(START, later(START, hours(23))).pagesPerWeek, null);
  assert.equal(book.score(START, later(START, hours(84))).pagesPerWeek, 2);
});

test('incidents are read from the evidence: those that reach into the time, with their end', () => {
  const record = (type: string, number: string, minute: number) => ({
    type,
    at: at(minute),
    trigger: 'api is down',
    refs: { incident: number, subject: 'api', severity: 'SEV2' },
  });
  const records = [
    record('incident.resolved', 'INC-2', 80),
    record('incident.opened', 'INC-2', 60),
    record('incident.opened', 'INC-1', 5),
    record('incident.resolved', 'INC-1', 10),
    record('incident.opened', 'INC-3', 90),
    record('incident.paged', 'INC-4', 90),
    record('incident.opened', 'INC-5', 300),
  ];
  const found = incidentsIn(records, { from: at(30), to: at(200) });
  assert.deepEqual(found, [incident('INC-2', 60, 80), incident('INC-3', 90, null)]);
});

test('an incident belongs to the service with the longest name that fits', () => {
  const subjects = ['api', 'api.availability', 'api.v2', 'api.v2.latency', 'apiary', 'elsewhere'];
  const incidents = subjects.map((subject, index) => incident(`INC-${index}`, index, null, subject));
  const by = incidentsByService(incidents, [API, serviceId('api.v2'), serviceId('apiary')]);
  const numbers = [...by].map(([service, those]) => [service, those.map(({ subject }) => subject)]);
  assert.deepEqual(Object.fromEntries(numbers), {
    api: ['api', 'api.availability'],
    'api.v2': ['api.v2', 'api.v2.latency'],
    apiary: ['apiary'],
  });
});

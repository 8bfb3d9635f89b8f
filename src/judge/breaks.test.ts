// What the evidence says broke a day.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { machineId } from '#kernel/id.ts';
import { instant, type Instant } from '#kernel/time.ts';
import { BreakBook, type Taken } from './breaks.ts';

const MINUTE = 60_000;
const at = (minute: number): Instant => instant(Date.UTC(2026, 0, 15) + minute * MINUTE);

const record = (type: string, minute: number, more: Partial<Taken> = {}): Taken => ({
  type,
  at: at(minute),
  machine: machineId('watch', 'api'),
  outcome: null,
  trigger: 'why',
  refs: {},
  ...more,
});

/** The breaks as `kind from..to`, in minutes; a break that lasts has no end. */
const check = (records: readonly Taken[], expected: readonly string[], isWatched = true): void => {
  const book = new BreakBook();
  let before: Instant | null = null;
  for (const each of records) {
    book.take(each, before);
    before = each.at;
  }
  const minuteOf = (moment: Instant | null): string => (moment === null ? '' : `${(moment - at(0)) / MINUTE}`);
  const said = book.breaks(() => isWatched).map((it) => `${it.kind} ${minuteOf(it.from)}..${minuteOf(it.to)}`);
  assert.deepEqual(said, expected);
};

const INC = { refs: { incident: 'INC-2026-001' } };

test('the first start of all is no break', () => check([record('sereno.started', 0)], []));
test('between two runs nobody watched', () =>
  check(
    [record('sereno.started', 0), record('shutdown.completed', 60), record('sereno.started', 90)],
    ['not-watched 60..90'],
  ));
test('after a kill the last record is the last that is known', () =>
  check([record('sereno.started', 0), record('safe-mode.entered', 90)], ['not-watched 0..90']));
test('a machine that slept', () =>
  check([record('sereno.resumed', 90, { refs: { since: at(30) } })], ['not-watched 30..90']));
test('an incident from its opening to its end', () =>
  check([record('incident.opened', 5, INC), record('incident.resolved', 9, INC)], ['incident 5..9']));
test('an incident that lasts', () => check([record('incident.opened', 5, INC)], ['incident 5..']));
test('what could not be seen, from its first moment', () =>
  check(
    [
      record('health.changed', 5, { outcome: 'healthy → unknown', refs: { since: at(3) } }),
      record('health.changed', 20, { outcome: 'unknown → healthy' }),
    ],
    ['unknown 3..20'],
  ));
test('what cannot be seen lasts, as long as it is watched at all', () => {
  const records = [record('health.changed', 5, { outcome: 'healthy → unknown' })];
  check(records, ['unknown 5..']);
  check(records, [], false);
});
test('the first look after a start, within five minutes, is no break', () =>
  check([record('watch.began', 0), record('health.changed', 1, { outcome: 'unknown → healthy' })], []));
test('down is not unseen', () =>
  check(
    [
      record('health.changed', 0, { outcome: 'healthy → unhealthy' }),
      record('health.changed', 30, { outcome: 'unhealthy → healthy' }),
    ],
    [],
  ));

const SILENT = {
  trigger: 'source metrics brings nothing',
  refs: { kind: 'stale-source', key: 'k', service: null, since: at(2) },
};

test('a source that brought nothing, from its first moment to its end', () =>
  check(
    [record('finding.opened', 7, SILENT), record('finding.closed', 30, { refs: { key: 'k' } })],
    ['unknown 2..30'],
  ));
test('one that lasts', () => check([record('finding.opened', 7, SILENT)], ['unknown 2..']));
test('a target without data, of a service that a person stopped, breaks nothing', () =>
  check([record('finding.opened', 7, { refs: { ...SILENT.refs, service: 'api' } })], [], false));
test('other findings break nothing', () =>
  check(
    [
      record('finding.opened', 7, { refs: { ...SILENT.refs, kind: 'anomaly' } }),
      record('finding.closed', 9, { refs: { key: 'k' } }),
    ],
    [],
  ));

// Maintenance: what is due is due at its hour, is done once, and is noticed when it is forgotten.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hours, instant, later } from '#kernel/time.ts';
import { MAINTENANCE, maintenanceDue, nextMaintenanceAt, type MaintenanceDone } from './maintenance.ts';

const T0 = instant(Date.UTC(2026, 0, 1));
const ALL: MaintenanceDone = Object.fromEntries(MAINTENANCE.map(({ task }) => [task, T0]));

const dueAfter = (hoursLater: number, done = ALL): readonly string[] =>
  maintenanceDue(done, later(T0, hours(hoursLater))).map(({ task, isForgotten }) => `${task}${isForgotten ? '!' : ''}`);

test('daily, weekly and monthly tasks are due at their hour and not before', () => {
  assert.deepEqual(dueAfter(23.9), []);
  assert.deepEqual(dueAfter(24), ['export-success', 'disk-room', 'qa-compatibility']);
  assert.equal(dueAfter(168).length, 6);
  assert.equal(dueAfter(719).includes('performance-review'), false);
  assert.equal(dueAfter(720).length, 7);
});

test('late by a whole interval is forgotten; never done is only due', () => {
  assert.deepEqual(dueAfter(48), ['export-success!', 'disk-room!', 'qa-compatibility!']);
  assert.deepEqual(
    dueAfter(0, {}),
    MAINTENANCE.map(({ task }) => task),
  );
});

test('a month of looking again whenever it says: each task is done as often as it should be, and none is forgotten', () => {
  let at = T0;
  let done: MaintenanceDone = {};
  const counts = new Map<string, number>();
  while (at < later(T0, hours(720))) {
    for (const { task, isForgotten } of maintenanceDue(done, at)) {
      assert.equal(isForgotten, false);
      counts.set(task, (counts.get(task) ?? 0) + 1);
      done = { ...done, [task]: at };
    }
    const next = nextMaintenanceAt(done, at);
    assert.ok(next > at, 'what was done is not due again at once');
    at = next;
  }
  assert.deepEqual(
    [counts.get('disk-room'), counts.get('archive-versions'), counts.get('performance-review')],
    [30, 5, 1],
  );
});

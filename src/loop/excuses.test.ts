// Excuses: what did not count at the time does not count when it is read back, whoever has written it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { checkId, serviceId } from '#kernel/id.ts';
import { durationMs, instant, later, minutes, type Instant } from '#kernel/time.ts';
import { FakeHistory } from '#sim/history.ts';
import { excuseKey, Excuses } from './excuses.ts';
import { lookBack } from './lookBack.ts';

const API = serviceId('api');
const HTTP = checkId('api/http');
const START = instant(Date.UTC(2026, 0, 1));
const EVER = { from: instant(0), to: instant(Number.MAX_SAFE_INTEGER) };
const after = (minute: number): Instant => later(START, minutes(minute));

/** What is written when the looks of these minutes are excused or not; a new run begins where one says so. */
const check = (
  what: string,
  looks: readonly (readonly [number, boolean, 'new run'?])[],
  written: readonly string[],
): void => {
  test(what, () => {
    const history = new FakeHistory();
    let excuses = new Excuses(history);
    for (const [minute, isExcused, run] of looks) {
      if (run !== undefined) excuses = new Excuses(history);
      excuses.note(API, after(minute), isExcused);
    }
    const points = history.points(excuseKey(API), EVER);
    assert.deepEqual(
      points.map(({ at, value }) => `${Math.floor((at - START) / 60_000)}: ${value}`),
      written,
    );
  });
};

check(
  'a service that is never excused writes nothing',
  [
    [0, false],
    [1, false],
    [2, false, 'new run'],
  ],
  [],
);
check(
  'only turns are written',
  [
    [0, false],
    [1, true],
    [2, true],
    [3, false],
    [4, false],
  ],
  ['1: 1', '3: 0'],
);
check(
  'what lasts is said again every hour',
  [
    [0, true],
    [59, true],
    [60, true],
    [61, true],
    [130, true],
    [131, false],
  ],
  ['0: 1', '60: 1', '130: 1', '131: 0'],
);
check(
  'a run that ended while it was excused is taken up, and ended by the next one',
  [
    [0, true],
    [1, true, 'new run'],
    [2, false, 'new run'],
    [3, false, 'new run'],
  ],
  ['0: 1', '2: 0'],
);
check(
  'of looks that come out of order the last word holds',
  [
    [2, true],
    [1, false],
  ],
  ['2: 1', '2: 0'],
);

test('what was excused before the span is excused in it, until it is said otherwise', () => {
  const history = new FakeHistory();
  const excuses = new Excuses(history);
  for (let minute = 0; minute < 200; minute += 10) {
    const at = after(minute);
    history.keep({ check: HTTP, at, state: 'healthy', symptom: 'none', latencyMs: durationMs(1), message: '' });
    excuses.note(API, at, minute < 180);
  }
  const read: number[] = [];
  const span = { from: after(121), to: after(191) };
  const slices = [...lookBack(history, { service: API, check: HTTP }, span, (at) => read.push((at - START) / 60_000))];
  assert.deepEqual(read, [180, 190]);
  assert.ok(slices.length >= 3);
});

test('reading back leaves out exactly what was excused, in any span, over any number of runs', () => {
  const look = fc.record({
    pauseMs: fc.integer({ min: 1, max: 900_000 }),
    isExcused: fc.boolean(),
    isKnown: fc.boolean(),
    isNewRun: fc.boolean(),
  });
  const told = fc.tuple(fc.array(look, { maxLength: 120 }), fc.nat(20_000_000), fc.nat(20_000_000));
  fc.assert(
    fc.property(told, ([looks, fromMs, lengthMs]) => {
      const history = new FakeHistory();
      let excuses = new Excuses(history);
      let at = START;
      const span = { from: later(START, durationMs(fromMs)), to: later(START, durationMs(fromMs + lengthMs)) };
      const counted: Instant[] = [];
      for (const { pauseMs, isExcused, isKnown, isNewRun } of looks) {
        at = later(at, durationMs(pauseMs));
        if (isNewRun) excuses = new Excuses(history);
        const state = isKnown ? 'healthy' : 'unknown';
        history.keep({ check: HTTP, at, state, symptom: 'none', latencyMs: durationMs(1), message: '' });
        if (!isKnown) continue;
        excuses.note(API, at, isExcused);
        if (!isExcused && at >= span.from && at < span.to) counted.push(at);
      }
      const read: Instant[] = [];
      const slices = [...lookBack(history, { service: API, check: HTTP }, span, (when) => read.push(when))];
      assert.deepEqual(read, counted);
      assert.ok(slices.length <= Math.ceil(lengthMs / minutes(20)) + 1);
      assert.ok(history.asked.every(({ from, to }) => to - from <= minutes(20)));
    }),
  );
});

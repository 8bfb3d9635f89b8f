// The restart budget against brute force: no window of the length ever holds more than the count.

import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { durationMs, instant, type Instant } from '#kernel/time.ts';
import { lookAtBudget } from './budget.ts';

const budget = { count: 3, windowMs: durationMs(3_600_000) };
const minute = (count: number): Instant => instant(1_000_000_000_000 + count * 60_000);

const check = (
  spentMinutes: readonly number[],
  atMinute: number,
  expected: { isFree: boolean; freeAtMinute: number | null },
): void => {
  const state = lookAtBudget(spentMinutes.map(minute), budget, minute(atMinute));
  assert.equal(state.isFree, expected.isFree);
  assert.equal(state.freeAt, expected.freeAtMinute === null ? null : minute(expected.freeAtMinute));
};

test('three are free, the fourth waits until the oldest has aged out', () => {
  check([], 0, { isFree: true, freeAtMinute: null });
  check([0, 1], 2, { isFree: true, freeAtMinute: null });
  check([0, 1, 2], 3, { isFree: false, freeAtMinute: 60 });
  check([0, 1, 2], 60, { isFree: true, freeAtMinute: null });
});

test('the window slides, it does not tumble: two at the end of one hour count in the next', () => {
  check([58, 59, 61], 62, { isFree: false, freeAtMinute: 118 });
});

test('more than the count was spent (a person went over): free again only when enough have aged out', () => {
  check([0, 1, 2, 3, 4], 5, { isFree: false, freeAtMinute: 62 });
});

test('whoever obeys the budget never has more than the count in any window', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 200 }), (pauses) => {
      const spent: Instant[] = [];
      let now = 0;
      for (const pause of pauses) {
        now += pause;
        if (lookAtBudget(spent, budget, minute(now)).isFree) spent.push(minute(now));
      }
      for (const start of spent) {
        const inWindow = spent.filter((it) => it >= start && it < start + budget.windowMs).length;
        assert.ok(inWindow <= budget.count, `${inWindow} in one window`);
      }
    }),
  );
});

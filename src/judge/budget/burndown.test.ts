// The burn-down against the samples themselves: what was used at any moment, and it ends with what the budget says.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { BurndownView } from '#kernel/targetView.ts';
import { hours, instant, minutes } from '#kernel/time.ts';
import { openTarget } from './judge.ts';
import { EVERY, makeTarget, sampleAt, START } from './target.fake.test.ts';

/** The steps bracket every moment: what was used then lies between the step before and the step after. */
const boundsAt = (steps: BurndownView['steps'], at: number): { readonly low: number; readonly high: number } => ({
  low: steps.findLast((step) => step.at <= at)?.used ?? 0,
  high: steps.find((step) => step.at >= at)?.used ?? Infinity,
});

const check = (badMinutes: readonly number[], lastMinute: number): void => {
  const judge = openTarget({ target: makeTarget(), everyMs: EVERY }, START);
  const bad = new Set(badMinutes);
  for (let minute = 1; minute <= lastMinute; minute += 1) {
    const at = instant(START + minute * EVERY);
    judge.take(sampleAt(at, bad.has(minute) ? 0 : 1, bad.has(minute) ? 1 : 0), at);
  }
  const now = instant(START + lastMinute * EVERY);
  const { from, at, endsAt, steps } = judge.burndown(now);
  assert.deepEqual([from, at, endsAt], [START, now, START + hours(30 * 24)]);
  assert.equal(steps.at(-1)?.at, now);
  assert.equal(steps.at(-1)?.used, judge.verdict(now).budget.used);
  steps.forEach((step, index) => {
    const before = steps[index - 1];
    assert.ok(before === undefined || (before.at <= step.at && before.used <= step.used), 'it only rises');
  });
  for (let minute = 0; minute <= lastMinute; minute += 7) {
    const used = badMinutes.filter((each) => each <= minute).length;
    const { low, high } = boundsAt(steps, START + minute * EVERY);
    assert.ok(low <= used && used <= high, `${used} at minute ${minute} is not within ${low}..${high}`);
  }
};

test('what was used at any moment, over the whole window', () => {
  const days = 12;
  const minute = fc.integer({ min: 1, max: days * 24 * 60 });
  fc.assert(
    fc.property(fc.uniqueArray(minute, { maxLength: 40 }), (minutesOfHarm) => check(minutesOfHarm, days * 24 * 60)),
    { numRuns: 15 },
  );
});

test('an outage of the last minutes is told by the half minute, not by the two hours of the whole window', () => {
  const judge = openTarget({ target: makeTarget(), everyMs: EVERY }, START);
  for (let at = START + EVERY; at <= START + hours(48); at += EVERY)
    judge.take(sampleAt(at, at > START + hours(47) ? 0 : 1, at > START + hours(47) ? 1 : 0), instant(at));
  const { steps } = judge.burndown(instant(START + hours(48)));
  const begins = steps.findLast((step) => step.used === 0);
  assert.ok(Math.abs((begins?.at ?? 0) - (START + hours(47))) <= minutes(1), JSON.stringify(steps.slice(0, 4)));
});

test('a calendar window older than the rings: all of it is told, from its beginning', () => {
  const startsAt = instant(Date.UTC(2026, 2, 1));
  const window = { kind: 'calendar', unit: 'month', count: 1, timezone: 'UTC', startsAt } as const;
  const judge = openTarget({ target: makeTarget({ window }), everyMs: EVERY }, START);
  for (let at = START + EVERY; at <= START + hours(24 * 20); at += EVERY)
    judge.take(sampleAt(at, at < START + hours(30) ? 0 : 1, at < START + hours(30) ? 1 : 0), instant(at));
  const { steps, endsAt } = judge.burndown(instant(START + hours(24 * 20)));
  assert.equal(endsAt, Date.UTC(2026, 3, 1));
  assert.equal(steps[0]?.used, 0);
  assert.equal(steps[0]?.at, START);
  assert.equal(steps.at(-1)?.used, 30 * 60 - 1);
});

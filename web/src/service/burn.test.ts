// The burn-down as it is drawn: from all to what is left, and on to where it leads.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { burndownSchema, targetSchema } from '#api/target.ts';
import { burnColumns, burnTime, eatersOf } from './burn.ts';

const down = (allowed: number, ...used: readonly number[]) =>
  burndownSchema.parse({
    target: 'api.availability',
    from: 0,
    at: 60_000 * (used.length - 1),
    endsAt: 6_000_000,
    allowed,
    steps: used.map((each, index) => ({ at: index * 60_000, used: each })),
  });

test('from the whole budget to what is left of it', () => {
  assert.deepEqual(burnColumns(down(10, 0, 0, 4), null), {
    at: [0, 60, 120],
    left: [100, 100, 60],
    ahead: [null, null, null],
  });
});

test('where it leads begins at what is left now, and ends at nothing', () => {
  const { at, left, ahead } = burnColumns(down(10, 0, 5), 120_000);
  assert.deepEqual(
    [at, left, ahead],
    [
      [0, 60, 120],
      [100, 50, null],
      [null, 50, 0],
    ],
  );
});

test('an overdrawn budget, and one of nothing, are drawn within bounds', () => {
  assert.deepEqual(burnColumns(down(1, 0, 900), null).left, [100, -100]);
  assert.deepEqual(burnColumns(down(0, 0, 1), null).left, [100, -100]);
  assert.deepEqual(burnColumns(down(0, 0, 0), null).left, [100, 100]);
});

test('the time that is drawn holds the end that is foretold, and what was seen is never a sliver of it', () => {
  const quiet = burnTime(down(10, 0, 0), null);
  assert.deepEqual([quiet.from, quiet.to], [0, 67_500]);
  assert.ok(burnTime(down(10, 0, 5), 200_000).to >= 200_000);
  assert.equal(burnTime(down(10, 0, 5), 5_999_000).to, 60_000 + 4 * 60_000);
});

const targetWith = (used: number, episodes: readonly object[]) =>
  targetSchema.parse({
    id: 'api.availability',
    service: 'api',
    name: 'availability',
    said: '99% over 7d',
    indicator: 'availability',
    objectivePercent: 99,
    state: 'meeting',
    budget: {
      allowed: 10,
      used,
      remainingPercent: 50,
      remainingMs: 1,
      shares: { own: used, upstream: 0, watchman: 0, maintenance: 0, 'no-data': 0, stopped: 0 },
      withoutDataMs: 0,
      exhaustedAt: null,
      exhaustedEarliest: null,
      exhaustedLatest: null,
    },
    burns: [],
    episodes,
    reasons: [],
    events: { good: 0, bad: 0, excused: 0 },
    lastAt: null,
    staleSince: null,
  });

test('the newest that ate of it is first, and what was eaten in bits is told as such', () => {
  const early = { from: 1, to: 2, share: 'own', bad: 2 };
  const late = { from: 5, to: 6, share: 'upstream', bad: 7 };
  const { rows, rest } = eatersOf(targetWith(5, [early, late]));
  assert.deepEqual([rows.map((row) => row.from), rest], [[5, 1], 3]);
  assert.equal(eatersOf(targetWith(2.000_001, [early])).rest, 0);
});

// The scorer: by hand on a small series, and by its own definition on random ones.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Series } from './corpus.ts';
import { normalised, PROFILES, scoreOf, sweep } from './nab.ts';

const [standard, lowAlarms, lowMisses] = PROFILES;
assert.ok(standard && lowAlarms && lowMisses);

const makeSeries = (rows: number, windows: Series['windows']): Series => ({
  name: 'a/series.csv',
  category: 'a',
  at: Float64Array.from({ length: rows }, (_, row) => row * 300_000),
  values: new Float64Array(rows),
  windows,
});

const detectedAt = (rows: number, ...at: readonly number[]): Float64Array => {
  const scores = new Float64Array(rows);
  for (const row of at) scores[row] = 1;
  return scores;
};

test('by hand: the first row of a window earns all, no detection costs all, one before every window costs an alarm', () => {
  const series = makeSeries(100, [[50, 59]]);
  assert.equal(scoreOf(series, detectedAt(100, 50), 1, standard), 1);
  assert.equal(scoreOf(series, detectedAt(100), 1, standard), -1);
  assert.equal(scoreOf(series, detectedAt(100), 1, lowMisses), -2);
  assert.equal(scoreOf(series, detectedAt(100, 20, 50), 1, standard), 1 - 0.11);
  assert.equal(scoreOf(series, detectedAt(100, 20, 50), 1, lowAlarms), 1 - 0.22);
  // In the middle: y = -5/10, (2 / (1 + e^-2.5) - 1) / (2 / (1 + e^-5) - 1).
  assert.ok(Math.abs(scoreOf(series, detectedAt(100, 55), 1, standard) - 0.848_283_6 / 0.986_614_3) < 1e-6);
  // One row behind the window: y = 1/9.
  const behind = scoreOf(series, detectedAt(100, 50, 60), 1, standard);
  assert.ok(Math.abs(behind - (1 + 0.11 * (2 / (1 + Math.exp(5 / 9)) - 1))) < 1e-12);
  // The first 15 of 100 rows are probation.
  assert.equal(scoreOf(series, detectedAt(100, 3, 50), 1, standard), 1);
});

test('100 is right at once and never else, 0 says nothing', () => {
  const series = makeSeries(200, [
    [60, 69],
    [120, 139],
  ]);
  for (const profile of PROFILES) {
    const perfect = sweep([series], new Map([[series.name, detectedAt(200, 60, 120)]]), profile);
    assert.deepEqual([perfect.score, perfect.alarms], [100, 0]);
    assert.equal(sweep([series], new Map([[series.name, detectedAt(200)]]), profile).score, 0);
  }
});

test('the sweep finds what the best of all thresholds finds', () => {
  const level = fc.integer({ min: 0, max: 6 }).map((it) => it / 6);
  fc.assert(
    fc.property(fc.array(level, { minLength: 80, maxLength: 80 }), fc.constantFrom(...PROFILES), (levels, profile) => {
      const series = makeSeries(80, [
        [20, 29],
        [50, 64],
      ]);
      const scores = Float64Array.from(levels);
      const found = sweep([series], new Map([[series.name, scores]]), profile);
      const all = [1.1, ...levels.filter((it) => it > 0)].map((it) => scoreOf(series, scores, it, profile));
      const best = normalised(Math.max(...all), [series], profile);
      assert.ok(Math.abs(found.score - best) < 1e-9, `${found.score} against ${best}`);
    }),
  );
});

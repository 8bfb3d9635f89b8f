// Rates: bounds hold as often as they say, and an interval holds what was seen.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Chance } from '#sim/chance.ts';
import { largestRate, oddsOf, rateInterval } from './rate.ts';

test('no failure of n leaves the rate that would show none with the probability of the risk: 1 - risk^(1/n)', () => {
  for (const [looks, risk] of [
    [10, 0.05],
    [1_000, 0.001],
    [8_640, 0.0005],
  ] as const) {
    assert.ok(Math.abs(largestRate(0, looks, risk) - (1 - risk ** (1 / looks))) < 1e-12);
  }
  assert.equal(largestRate(0, 0, 0.1), 1);
  assert.equal(largestRate(3, 3, 0.1), 1);
});

test('a bound is above what was seen, falls with more looks, and rises with more certainty', () => {
  const counts = fc.record({
    total: fc.integer({ min: 1, max: 100_000 }),
    part: fc.double({ min: 0, max: 1, noNaN: true }),
  });
  fc.assert(
    fc.property(counts, ({ total, part }) => {
      const hits = Math.floor(total * part);
      const bound = largestRate(hits, total, 0.01);
      assert.ok(bound >= hits / total && bound <= 1);
      assert.ok(largestRate(2 * hits, 2 * total, 0.01) <= bound + 1e-9);
      assert.ok(largestRate(hits, total, 0.001) >= bound - 1e-9);
    }),
  );
});

test('an interval holds what was seen, and narrows', () => {
  fc.assert(
    fc.property(fc.nat(10_000), fc.nat(10_000), (hits, misses) => {
      const { low, high } = rateInterval(hits, misses, 0.05);
      const seen = hits + misses === 0 ? 0.5 : hits / (hits + misses);
      assert.ok(low <= seen && seen <= high && low >= 0 && high <= 1);
      const wider = rateInterval(hits, misses, 0.001);
      assert.ok(wider.low <= low + 1e-9 && wider.high >= high - 1e-9);
    }),
  );
});

test('looked at after every draw, the interval ever misses the truth in 5 of 100 runs at most', () => {
  const chance = new Chance(11, 'interval');
  const RUNS = 300;
  let missed = 0;
  for (let run = 0; run < RUNS; run += 1) {
    let hits = 0;
    for (let draw = 1; draw <= 200; draw += 1) {
      if (chance.hits(0.2)) hits += 1;
      const { low, high } = rateInterval(hits, draw - hits, 0.05);
      if (low <= 0.2 && 0.2 <= high) continue;
      missed += 1;
      break;
    }
  }
  assert.ok(missed <= RUNS * 0.05, `${missed} of ${RUNS}`);
});

test('odds', () => {
  assert.equal(oddsOf(0.5), 1);
  assert.equal(oddsOf(0), 0);
  assert.equal(oddsOf(1), Infinity);
});

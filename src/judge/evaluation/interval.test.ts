// Intervals against published numbers, against each other, and against draws.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Chance } from '#sim/chance.ts';
import { chanceOfAtLeast, clopperPearson, wilson } from './interval.ts';

const near = (actual: number, expected: number, reach = 5e-5): void =>
  assert.ok(Math.abs(actual - expected) <= reach, `${actual}, expected ${expected}`);

test('the intervals of Newcombe 1998, table I', () => {
  // Methods 3 (score) and 5 (exact) for 81 of 263, 15 of 148, 0 of 20 and 1 of 29.
  const cases = [
    [81, 263, 0.2553, 0.3662, 0.2527, 0.3676],
    [15, 148, 0.0624, 0.1605, 0.0578, 0.1617],
    [0, 20, 0, 0.1611, 0, 0.1684],
    [1, 29, 0.0061, 0.1718, 0.0009, 0.1776],
  ] as const;
  for (const [hits, total, scoreLow, scoreHigh, exactLow, exactHigh] of cases) {
    const [score, exact] = [wilson(hits, total), clopperPearson(hits, total)];
    near(score.low, scoreLow);
    near(score.high, scoreHigh);
    near(exact.low, exactLow);
    near(exact.high, exactHigh);
  }
});

test('the tail of a binomial adds up', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 400 }), fc.double({ min: 0, max: 1, noNaN: true }), (total, rate) => {
      near(chanceOfAtLeast(0, total, rate), 1, 1e-12);
      let last = 1;
      for (let least = 1; least <= total; least += 1) {
        const chance = chanceOfAtLeast(least, total, rate);
        assert.ok(chance <= last + 1e-9 && chance >= 0);
        last = chance;
      }
      near(last, rate ** total, 1e-9);
    }),
    { numRuns: 300 },
  );
});

test('an interval holds what was seen, and narrows with more looks', () => {
  const counts = fc.record({
    total: fc.integer({ min: 1, max: 800 }),
    part: fc.double({ min: 0, max: 1, noNaN: true }),
  });
  fc.assert(
    fc.property(counts, ({ total, part }) => {
      const hits = Math.floor(part * total);
      for (const interval of [wilson, clopperPearson]) {
        const { low, high } = interval(hits, total);
        assert.ok(low >= 0 && high <= 1 && low <= hits / total && hits / total <= high);
        const more = interval(4 * hits, 4 * total);
        assert.ok(more.high - more.low < high - low);
      }
    }),
    { numRuns: 60 },
  );
});

test('the exact interval misses the truth in 5 of 100 draws at most, whatever the truth is', () => {
  const chance = new Chance(3, 'intervals');
  const intervals = Array.from({ length: 41 }, (_, hits) => clopperPearson(hits, 40));
  const isMissed = (rate: number): boolean => {
    const hits = Array.from({ length: 40 }, () => chance.hits(rate)).filter(Boolean).length;
    const { low, high } = intervals[hits] ?? { low: 1, high: 0 };
    return rate < low || rate > high;
  };
  for (const rate of [0.02, 0.3, 0.5, 0.93]) {
    const missed = Array.from({ length: 2_000 }, () => isMissed(rate)).filter(Boolean).length;
    // Three standard deviations above 5 of 100.
    assert.ok(missed / 2_000 <= 0.065, `${missed} of 2000 at ${rate}`);
  }
});

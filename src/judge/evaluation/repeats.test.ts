// Repeats: the estimates are those of choosing k of the repeats in every way, and hold the truth.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Chance } from '#sim/chance.ts';
import { passAnyOf, passEveryOf, type Repeats } from './repeats.ts';

/** Every choice of k of the repeats. */
const choices = (repeats: Repeats, k: number): readonly Repeats[] => {
  if (k === 0) return [[]];
  return repeats.flatMap((first, index) => choices(repeats.slice(index + 1), k - 1).map((rest) => [first, ...rest]));
};

const shareOf = (groups: readonly Repeats[], isHit: (group: Repeats) => boolean): number =>
  groups.filter(isHit).length / groups.length;

test('of one case: the share of all choices of k repeats', () => {
  fc.assert(
    fc.property(
      fc.array(fc.boolean(), { minLength: 1, maxLength: 9 }),
      fc.integer({ min: 1, max: 4 }),
      (repeats, k) => {
        const every = passEveryOf([repeats], k);
        const any = passAnyOf([repeats], k);
        if (repeats.length < k) return assert.deepEqual([every, any], [null, null]);
        const groups = choices(repeats, k);
        const isNear = (a: number, b: number): void => assert.ok(Math.abs(a - b) < 1e-12, `${a}, ${b}`);
        isNear(
          every?.estimate ?? -1,
          shareOf(groups, (group) => group.every(Boolean)),
        );
        isNear(
          any?.estimate ?? -1,
          shareOf(groups, (group) => group.some(Boolean)),
        );
      },
    ),
  );
});

test('cases that were asked too rarely say nothing; none is no answer', () => {
  assert.equal(passEveryOf([], 1), null);
  assert.equal(passAnyOf([[true]], 0), null);
  assert.equal(passEveryOf([[true, true], [false]], 2)?.cases, 1);
});

test('three of four: once 75 %, every one of two 50 %, any of two 100 %', () => {
  const cases = [[true, true, false, true]];
  assert.equal(passEveryOf(cases, 1)?.estimate, 0.75);
  assert.equal(passEveryOf(cases, 2)?.estimate, 0.5);
  assert.equal(passAnyOf(cases, 2)?.estimate, 1);
});

test('the interval holds the truth of unequal cases', () => {
  const chance = new Chance(5, 'repeats');
  const rates = [0.2, 0.6, 0.9, 0.95, 1];
  const truth = rates.reduce((sum, rate) => sum + rate ** 3, 0) / rates.length;
  let missed = 0;
  for (let run = 0; run < 400; run += 1) {
    const cases = rates.map((rate) => Array.from({ length: 9 }, () => chance.hits(rate)));
    const every = passEveryOf(cases, 3);
    if (every === null || every.low > truth || every.high < truth) missed += 1;
  }
  assert.ok(missed <= 20, `${missed} of 400`);
});

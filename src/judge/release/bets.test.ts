// Bets: under the null nobody wins in expectation, whatever is looked at; and what the null forbids is found.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Chance } from '#sim/chance.ts';
import { Bets, evidenceAtOnce, RATIOS, type Count } from './bets.ts';

const choose = (n: number, k: number): number => {
  let product = 1;
  for (let index = 1; index <= k; index += 1) product = (product * (n - k + index)) / index;
  return product;
};

/** One look: requests of both sides, and how many of all of them fail. */
type Draw = { readonly release: number; readonly control: number; readonly failing: number };

const draws = fc
  .record({ release: fc.integer({ min: 0, max: 4 }), control: fc.integer({ min: 0, max: 6 }), failing: fc.nat(10) })
  .map(({ release, control, failing }) => ({ release, control, failing: Math.min(failing, release + control) }));

const replay = (counts: readonly Count[]): number => {
  const bets = new Bets();
  return counts.reduce((_, count) => bets.look(count), bets.evidence());
};

/** The exact expectation of the evidence after these looks, when failures fall on requests at random. */
const expectation = (looks: readonly Draw[], before: readonly Count[] = []): number => {
  const [look, ...rest] = looks;
  if (look === undefined) return replay(before);
  const { release, control, failing } = look;
  const total = release + control;
  const share = total === 0 ? 0 : release / total;
  let sum = 0;
  for (let hits = Math.max(0, failing - control); hits <= Math.min(release, failing); hits += 1) {
    const chance = (choose(release, hits) * choose(control, failing - hits)) / choose(total, failing);
    sum += chance * expectation(rest, [...before, { windowPart: 0.1, share, hits, misses: failing - hits }]);
  }
  return sum;
};

test('whatever traffic comes and however many fail, the evidence against an equal release is not expected to grow', () => {
  fc.assert(
    fc.property(fc.array(draws, { minLength: 1, maxLength: 4 }), (looks) => {
      assert.ok(expectation(looks) <= 1 + 1e-9, `expected ${expectation(looks)}`);
    }),
  );
});

test('a rate under the bound of the null gains nothing either', () => {
  const rates = fc.double({ min: 0, max: 1, noNaN: true });
  fc.assert(
    fc.property(fc.double({ min: 0.001, max: 0.999, noNaN: true }), rates, (share, part) => {
      const rate = share * part;
      const hit = evidenceAtOnce({ share, hits: 1, misses: 0 });
      const miss = evidenceAtOnce({ share, hits: 0, misses: 1 });
      assert.ok(rate * hit + (1 - rate) * miss <= 1 + 1e-9);
    }),
  );
});

test('one side without traffic, or no failure at all, is no evidence', () => {
  fc.assert(
    fc.property(fc.constantFrom(0, 1), fc.nat(1_000), fc.nat(1_000), (share, hits, misses) => {
      assert.ok(Math.abs(replay([{ windowPart: 1, share, hits, misses }]) - 1) < 1e-12);
    }),
  );
  assert.ok(Math.abs(replay([{ windowPart: 0.5, share: 0.05, hits: 0, misses: 0 }]) - 1) < 1e-12);
});

test('the evidence stays a number, whatever is poured into it', () => {
  const counts = fc.array(
    fc.record({
      windowPart: fc.double({ min: 0, max: 10, noNaN: true }),
      share: fc.double({ min: 0, max: 1, noNaN: true }),
      hits: fc.nat(1_000_000),
      misses: fc.nat(1_000_000),
    }),
    { maxLength: 8 },
  );
  fc.assert(fc.property(counts, (given) => assert.ok(Number.isFinite(replay(given)) && replay(given) >= 0)));
});

test('an outage of the release alone is found, also after one of both sides had eaten the first stakes', () => {
  const shared: Count = { windowPart: 1 / 1_800, share: 0.05, hits: 5, misses: 95 };
  const alone: Count = { windowPart: 1 / 1_800, share: 0.05, hits: 5, misses: 0 };
  const fresh = [alone, alone, alone];
  assert.ok(replay(fresh) > 1_000);
  const minutes5 = Array.from({ length: 300 }, () => shared);
  assert.ok(replay(minutes5) < 1.5, 'an outage of both sides is no evidence');
  assert.ok(replay([...minutes5, ...fresh, alone]) > 1_000);
});

test('looked at every second for half an hour, an equal release is called worse once in a thousand times at most', () => {
  // 5 % of 100 requests a second, 0.5 % failing. With 1,000 runs a true rate of 0.1 % shows 6 or more with 0.06 %.
  const RUNS = 1_000;
  const chance = new Chance(7, 'release');
  const ratios = RATIOS.length;
  assert.ok(ratios > 10);
  let alarms = 0;
  for (let run = 0; run < RUNS; run += 1) {
    const bets = new Bets();
    for (let second = 0; second < 1_800; second += 1) {
      // Failures of a second are few: drawn by the gaps between them.
      const failures = chance.hits(0.5) ? 1 : 0;
      const hits = failures === 1 && chance.hits(0.05) ? 1 : 0;
      if (failures === 0) continue;
      if (bets.look({ windowPart: 1 / 1_800, share: 0.05, hits, misses: failures - hits }) < 1_000) continue;
      alarms += 1;
      break;
    }
  }
  assert.ok(alarms <= 5, `${alarms} of ${RUNS}`);
});

test('other stakes are kept as they are given, and win nothing under the null either', () => {
  const stakes = {
    bets: [
      { ratio: 2, part: 0.7 },
      { ratio: 9, part: 0.3 },
    ],
    atOnce: 1,
  };
  const rates = fc.double({ min: 0, max: 1, noNaN: true });
  fc.assert(
    fc.property(fc.double({ min: 0.001, max: 0.999, noNaN: true }), rates, (share, part) => {
      const hit = evidenceAtOnce({ share, hits: 1, misses: 0 }, stakes);
      const miss = evidenceAtOnce({ share, hits: 0, misses: 1 }, stakes);
      assert.ok(share * part * hit + (1 - share * part) * miss <= 1 + 1e-9);
      assert.equal(new Bets(stakes).look({ windowPart: 0, share, hits: 1, misses: 0 }), hit);
    }),
  );
  assert.ok(
    evidenceAtOnce({ share: 0.5, hits: 1, misses: 0 }, stakes) > evidenceAtOnce({ share: 0.5, hits: 1, misses: 0 }),
  );
});

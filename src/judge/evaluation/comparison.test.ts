// The comparison: it keeps its promises, gives its verdict once, and says what it saw.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { EvaluationVerdict } from '#kernel/evaluation.ts';
import { Chance } from '#sim/chance.ts';
import { Clearance } from './clearance.ts';
import { Comparison, type Pair } from './comparison.ts';
import { GOAL, planPairs } from './plan.ts';

const KNOWN = { passed: 950, total: 1_000 };
const PLAN = planPairs(GOAL, KNOWN);

type Rates = { readonly blessed: number; readonly candidate: number };

const draw = (chance: Chance, rates: Rates, index: number): Pair => ({
  name: `case ${index % 20}`,
  isBlessedPassed: chance.hits(rates.blessed),
  isCandidatePassed: chance.hits(rates.candidate),
});

const runOnce = (chance: Chance, rates: Rates): EvaluationVerdict => {
  const comparison = new Comparison(PLAN);
  for (let index = 0; !comparison.add(draw(chance, rates, index)); index += 1) assert.ok(index <= PLAN.pairs);
  return comparison.verdict();
};

const shareOf = (rates: Rates, kind: EvaluationVerdict['kind'], runs: number): number => {
  const chance = new Chance(7, `${rates.blessed}/${rates.candidate}`);
  return Array.from({ length: runs }, () => runOnce(chance, rates)).filter((it) => it.kind === kind).length / runs;
};

test('of unchanged configurations 5 of 100 are blocked at most; of those that are 10 points worse 90 are caught at least', () => {
  const unchanged = shareOf({ blessed: PLAN.passRate, candidate: PLAN.passRate }, 'blocked', 1_000);
  assert.ok(unchanged <= 0.05, `${unchanged}`);
  const caught = shareOf({ blessed: PLAN.passRate, candidate: PLAN.passRate - 0.1 }, 'blocked', 1_000);
  assert.ok(caught >= 0.9, `${caught}`);
  assert.equal(shareOf({ blessed: 0.9, candidate: 1 }, 'blocked', 300), 0);
});

test('an unchanged configuration that always answers the same passes long before the last pair', () => {
  const comparison = new Comparison(PLAN);
  let pairs = 0;
  while (!comparison.add({ name: 'a', isBlessedPassed: true, isCandidatePassed: true })) pairs += 1;
  const verdict = comparison.verdict();
  assert.ok(verdict.kind === 'passed' && verdict.by === 'excluded', JSON.stringify(verdict));
  assert.ok(pairs > 30 && pairs < 80 && pairs < PLAN.pairs / 2, `${pairs}`);
});

test('after the verdict nothing changes it', () => {
  const comparison = new Comparison(PLAN);
  while (!comparison.add({ name: 'a', isBlessedPassed: true, isCandidatePassed: false })) continue;
  const verdict = comparison.verdict();
  assert.ok(verdict.kind === 'blocked' && verdict.compared.pairs < 12, JSON.stringify(verdict));
  for (let index = 0; index < 1_000; index += 1)
    comparison.add({ name: 'b', isBlessedPassed: false, isCandidatePassed: true });
  assert.deepEqual(comparison.verdict(), verdict);
});

test('what is told adds up, and the worst cases are named', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(9), fc.boolean(), fc.boolean()), { maxLength: 30 }), (draws) => {
      const comparison = new Comparison(planPairs({ ...GOAL, regression: 0.02 }, KNOWN));
      for (const [name, isBlessedPassed, isCandidatePassed] of draws)
        comparison.add({ name: `case ${name}`, isBlessedPassed, isCandidatePassed });
      const { pairs, losses, wins, blessed, candidate, worst } = comparison.compared();
      assert.ok(blessed !== null);
      assert.equal(candidate.passed - blessed.passed, wins - losses);
      assert.equal(blessed.total, pairs);
      assert.equal(candidate.passed, draws.slice(0, pairs).filter(([, , passed]) => passed).length);
      assert.ok(worst.length <= 5 && worst.every((it) => it.losses > it.wins && it.pairs >= it.losses + it.wins));
      const [first, second] = worst;
      if (first !== undefined && second !== undefined)
        assert.ok(first.losses - first.wins >= second.losses - second.wins);
    }),
  );
});

test('clearance is not expected to grow while the regression is there', () => {
  const parts = fc.record({
    loss: fc.double({ min: 0, max: 1, noNaN: true }),
    rest: fc.double({ min: 0, max: 1, noNaN: true }),
  });
  fc.assert(
    fc.property(
      parts,
      fc.double({ min: 0.01, max: 0.9, noNaN: true }),
      fc.array(fc.constantFrom(-1, 0, 1), { maxLength: 20 }),
      (fall, regression, before) => {
        // A win as often as the regression still allows.
        const loss = Math.max(regression, fall.loss);
        const win = Math.min(1 - loss, loss - regression) * fall.rest;
        const grown = (next: number): number => {
          const clearance = new Clearance(regression);
          for (const difference of before) clearance.look(difference);
          return (
            clearance.look(next) /
            Math.max(
              Number.MIN_VALUE,
              ((): number => {
                const same = new Clearance(regression);
                for (const difference of before) same.look(difference);
                return same.evidence();
              })(),
            )
          );
        };
        const expected = loss * grown(-1) + win * grown(1) + (1 - loss - win) * grown(0);
        assert.ok(expected <= 1 + 1e-9, `${expected}`);
      },
    ),
  );
});

test('where the blessed one passes almost nothing, nothing is called good', () => {
  const comparison = new Comparison(PLAN);
  while (!comparison.add({ name: 'a', isBlessedPassed: false, isCandidatePassed: false })) continue;
  const verdict = comparison.verdict();
  assert.ok(verdict.kind === 'not-enough-data' && /passed 0 of/.test(verdict.why), JSON.stringify(verdict));
});

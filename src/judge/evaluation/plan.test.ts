// The plan: its numbers are exact, so that a direct count of every outcome, and a simulation, must agree with them.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Chance } from '#sim/chance.ts';
import { Bets } from '../release/bets.ts';
import { GOAL, planPairs, withPairs, type Goal, type Plan } from './plan.ts';

/** The chance that the evidence reaches the threshold within these pairs, by walking through every course that they can take. */
const byHand = (plan: Plan, falls: { readonly loss: number; readonly win: number }, pairs: number): number => {
  const walk = (left: number, course: readonly ('loss' | 'win')[]): number => {
    const bets = new Bets(plan.stakes);
    for (const one of course)
      bets.look({ windowPart: 0, share: 0.5, hits: one === 'loss' ? 1 : 0, misses: one === 'win' ? 1 : 0 });
    if (bets.evidence() >= 1 / plan.goal.falseBlocks) return 1;
    if (left === 0) return 0;
    const { loss, win } = falls;
    const equal = 1 - loss - win;
    return (
      (loss > 0 ? loss * walk(left - 1, [...course, 'loss']) : 0) +
      (win > 0 ? win * walk(left - 1, [...course, 'win']) : 0) +
      (equal > 1e-12 ? equal * walk(left - 1, course) : 0)
    );
  };
  return walk(pairs, []);
};

test('power and false blocks are those of every course that the pairs can take', () => {
  const goal: Goal = { falseBlocks: 0.2, regression: 0.75, power: 0.7 };
  const plan = planPairs(goal, null);
  assert.ok(plan.pairs >= 3 && plan.pairs <= 12, `${plan.pairs} pairs`);
  const { passRate } = plan;
  const worse = passRate - goal.regression;
  const regressed = byHand(plan, { loss: passRate * (1 - worse), win: (1 - passRate) * worse }, plan.pairs);
  assert.ok(Math.abs(regressed - plan.power) < 1e-9, `${regressed} and ${plan.power}`);
  const equal = passRate * (1 - passRate);
  const blocked = byHand(plan, { loss: equal, win: equal }, plan.pairs);
  assert.ok(Math.abs(blocked - plan.falseBlocks) < 1e-9, `${blocked} and ${plan.falseBlocks}`);
});

test('one pair less is too few', () => {
  const goal: Goal = { falseBlocks: 0.2, regression: 0.75, power: 0.7 };
  const plan = planPairs(goal, null);
  const worse = plan.passRate - goal.regression;
  const falls = { loss: plan.passRate * (1 - worse), win: (1 - plan.passRate) * worse };
  assert.ok(byHand(plan, falls, plan.pairs - 1) < 1 - (1 - goal.power) * 0.8);
});

test('every plan keeps its promise: false blocks below the goal, power above it', () => {
  const goals = fc.record({
    falseBlocks: fc.constantFrom(0.01, 0.05, 0.1),
    regression: fc.double({ min: 0.08, max: 0.9, noNaN: true }),
    power: fc.constantFrom(0.8, 0.9, 0.95),
  });
  const counts = fc.option(
    fc.record({ total: fc.integer({ min: 1, max: 2_000 }), part: fc.double({ min: 0, max: 1, noNaN: true }) }),
  );
  fc.assert(
    fc.property(goals, counts, (goal, known) => {
      const plan = planPairs(
        goal,
        known === null ? null : { passed: Math.floor(known.part * known.total), total: known.total },
      );
      assert.ok(plan.falseBlocks <= goal.falseBlocks, `${plan.falseBlocks} are blocked`);
      assert.ok(plan.power >= goal.power, `${plan.power} are caught`);
      const sum = plan.stakes.bets.reduce((all, { part }) => all + part, 0);
      assert.ok(Math.abs(sum - 1) < 1e-9, `staked ${sum}`);
    }),
    { numRuns: 60 },
  );
});

test('what is known of the pass rate makes the plan shorter, a little knowledge hardly', () => {
  const unknown = planPairs(GOAL, null).pairs;
  const little = planPairs(GOAL, { passed: 9, total: 10 }).pairs;
  const much = planPairs(GOAL, { passed: 900, total: 1_000 }).pairs;
  assert.ok(unknown >= 600 && unknown <= 720, `${unknown} pairs`);
  assert.ok(little <= unknown && much < little, `${little}, ${much}`);
  assert.ok(much < 400, `${much} pairs`);
});

test('the last rates that no regression can hide in are planned for too', () => {
  for (const known of [
    { passed: 0, total: 1_000 },
    { passed: 1_000, total: 1_000 },
  ]) {
    const plan = planPairs(GOAL, known);
    assert.ok(plan.pairs > 10 && plan.pairs < 200 && plan.power >= 0.9, JSON.stringify({ ...plan, stakes: null }));
  }
});

test('a fall of one point in a hundred needs more pairs than anybody asks, and the plan says how little is seen by then', () => {
  const plan = planPairs({ ...GOAL, regression: 0.01 }, null);
  assert.equal(plan.pairs, 20_000);
  assert.ok(plan.power > 0.2 && plan.power < 0.9, `${plan.power}`);
});

test('a simulation of pairs agrees with the plan', () => {
  const plan = planPairs(GOAL, { passed: 960, total: 1_000 });
  const chance = new Chance(4, 'pairs');
  const RUNS = 1_000;
  const { passRate } = plan;
  let caught = 0;
  for (let run = 0; run < RUNS; run += 1) {
    const bets = new Bets(plan.stakes);
    for (let pair = 0; pair < plan.pairs; pair += 1) {
      const [blessed, candidate] = [chance.hits(passRate), chance.hits(passRate - 0.1)];
      bets.look({
        windowPart: 0,
        share: 0.5,
        hits: blessed && !candidate ? 1 : 0,
        misses: !blessed && candidate ? 1 : 0,
      });
      if (bets.evidence() < 20) continue;
      caught += 1;
      break;
    }
  }
  // Four standard deviations of a thousand runs are 3.5 points.
  assert.ok(Math.abs(caught / RUNS - plan.power) < 0.035, `${caught / RUNS}, planned ${plan.power}`);
});

test('with other pairs the numbers are as exact: of every course, and the more pairs the more is seen', () => {
  const goal: Goal = { falseBlocks: 0.2, regression: 0.75, power: 0.7 };
  const plan = planPairs(goal, null);
  assert.deepEqual(withPairs(plan, plan.pairs), plan);
  const { passRate } = plan;
  const worse = passRate - goal.regression;
  const falls = { loss: passRate * (1 - worse), win: (1 - passRate) * worse };
  for (const pairs of [1, 3, plan.pairs + 2]) {
    const other = withPairs(plan, pairs);
    assert.equal(other.pairs, pairs);
    assert.ok(Math.abs(byHand(plan, falls, pairs) - other.power) < 1e-9, `${pairs} pairs: ${other.power}`);
  }
  const usual = planPairs(GOAL, null);
  assert.ok(Math.abs(withPairs(usual, usual.pairs).power - usual.power) < 1e-9);
  assert.ok(withPairs(usual, 50).power < 0.3 && withPairs(usual, 1_500).power > 0.99);
});

// The run: order, pairing, what counts as an answer, and how it ends.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import type { EvaluationCase } from '#kernel/evaluation.ts';
import { Chance } from '#sim/chance.ts';
import { Alone } from './alone.ts';
import { Comparison } from './comparison.ts';
import { GOAL, planPairs } from './plan.ts';
import { EvaluationRun, type PairOutcome, type PairToAsk, type RunTerms, type SideOutcome } from './run.ts';

const PLAN = planPairs(GOAL, { passed: 950, total: 1_000 });

const hash = (text: string): string => createHash('sha256').update(text).digest('hex');

const casesOf = (count: number): readonly EvaluationCase[] =>
  Array.from({ length: count }, (_, index) => ({ name: `case ${index}`, input: {}, expectations: [], least: null }));

const runOf = (more: Partial<RunTerms> = {}): EvaluationRun =>
  new EvaluationRun({
    cases: casesOf(20),
    judge: new Comparison(PLAN),
    pairs: PLAN.pairs,
    isFirstRevision: false,
    seed: 'a/b',
    hash,
    canRepeat: true,
    ...more,
  });

let answers = 0;
const graded = (isPassed: boolean): SideOutcome => {
  answers += 1;
  return { kind: 'graded', answerId: `answer-${answers}`, isPassed };
};
const unanswered: SideOutcome = { kind: 'unanswered', why: 'no answer in 60000 ms' };

/** Asks until it is over, `atOnce` at once; gives all that was asked. */
const drive = (run: EvaluationRun, answer: (pair: PairToAsk) => PairOutcome, atOnce = 4): readonly PairToAsk[] => {
  const asked: PairToAsk[] = [];
  for (let pairs = run.next(atOnce); pairs.length > 0; pairs = run.next(atOnce)) {
    asked.push(...pairs);
    for (const pair of pairs.toReversed()) run.take(pair.index, answer(pair));
  }
  return asked;
};

const bothPass = (): PairOutcome => ({ blessed: graded(true), candidate: graded(true) });

test('every case is asked once before any is asked again, in an order that is drawn anew and follows from the seed', () => {
  const asked = drive(runOf(), bothPass);
  const sweep = (from: number): readonly string[] => asked.slice(from, from + 20).map((pair) => pair.case.name);
  assert.deepEqual(sweep(0).toSorted(), sweep(20).toSorted());
  assert.notDeepEqual(sweep(0), sweep(20));
  assert.deepEqual(
    drive(runOf(), bothPass).map((pair) => [pair.case.name, pair.sides]),
    asked.map((pair) => [pair.case.name, pair.sides]),
  );
  const other = drive(runOf({ seed: 'a/c' }), bothPass);
  assert.notDeepEqual(
    other.map((pair) => pair.case.name),
    asked.map((pair) => pair.case.name),
  );
});

test('about half of the pairs ask the candidate first', () => {
  const run = runOf({ pairs: 400, judge: new Comparison(planPairs(GOAL, null)) });
  const chance = new Chance(1, 'first');
  const asked = drive(run, () => ({ blessed: graded(chance.hits(0.5)), candidate: graded(chance.hits(0.5)) }));
  const first = asked.filter(({ sides }) => sides[0] === 'candidate').length;
  assert.ok(asked.length >= 60 && Math.abs(first / asked.length - 0.5) < 0.2, `${first} of ${asked.length}`);
});

test('the verdict is the same in whatever order the answers come', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1_000 }), fc.integer({ min: 1, max: 30 }), (seed, atOnce) => {
      const chance = new Chance(seed, 'answers');
      const draws = Array.from({ length: 400 }, () => [chance.hits(0.9), chance.hits(0.85)] as const);
      const answer = ({ index }: PairToAsk): PairOutcome => {
        const [blessed, candidate] = draws[index] ?? [false, false];
        return { blessed: graded(blessed), candidate: graded(candidate) };
      };
      const [one, many] = [runOf(), runOf()];
      drive(one, answer, 1);
      drive(many, answer, atOnce);
      assert.deepEqual(many.verdict(), one.verdict());
    }),
    { numRuns: 40 },
  );
});

test('it ends: with as many pairs as planned at most, or a tenth more where some come to nothing', () => {
  const chance = new Chance(2, 'ends');
  const run = runOf();
  const asked = drive(run, () => {
    if (chance.hits(0.05)) return { blessed: unanswered, candidate: unanswered };
    const isPassed = chance.hits(0.7);
    return { blessed: graded(isPassed), candidate: graded(chance.hits(0.02) ? !isPassed : isPassed) };
  });
  assert.equal(run.isOver(), true);
  assert.ok(asked.length <= Math.ceil(PLAN.pairs * 1.1));
  assert.equal(run.verdict().kind, 'passed', JSON.stringify(run.verdict()));
  assert.deepEqual(run.next(5), []);
});

test('a far side that is down gives no verdict, and is given up early', () => {
  const run = runOf();
  const asked = drive(run, () => ({ blessed: unanswered, candidate: unanswered }), 1);
  const verdict = run.verdict();
  assert.ok(
    verdict.kind === 'not-enough-data' && /10 pairs in a row.*no answer in/.test(verdict.why),
    JSON.stringify(verdict),
  );
  assert.equal(asked.length, 10);
});

test('a candidate that often does not answer while the blessed one does is never passed', () => {
  for (const rate of [0.12, 0.4, 1]) {
    const chance = new Chance(3, 'slow');
    const run = runOf({ judge: new Comparison(planPairs(GOAL, null)), pairs: planPairs(GOAL, null).pairs });
    drive(run, () => ({ blessed: graded(true), candidate: chance.hits(rate) ? unanswered : graded(true) }));
    assert.notEqual(run.verdict().kind, 'passed', JSON.stringify(run.verdict()));
  }
});

test('a question that the far side calls wrong has failed', () => {
  const run = runOf();
  drive(run, () => ({ blessed: graded(true), candidate: { kind: 'refused', why: 'answered 400' } }));
  assert.equal(run.verdict().kind, 'blocked');
});

test('a cache on the way is noticed by the ids of its answers', () => {
  const run = runOf();
  const cached: SideOutcome = { kind: 'graded', answerId: 'the same', isPassed: true };
  drive(run, () => ({ blessed: graded(true), candidate: cached }), 1);
  const verdict = run.verdict();
  assert.ok(verdict.kind === 'not-enough-data' && /cache/.test(verdict.why), JSON.stringify(verdict));
  const unnamed = runOf();
  drive(unnamed, () => ({
    blessed: { kind: 'graded', answerId: null, isPassed: true },
    candidate: { kind: 'graded', answerId: null, isPassed: true },
  }));
  assert.equal(unnamed.verdict().kind, 'passed');
});

test('what always answers the same is asked each case once, and too few cases are told', () => {
  const run = runOf({ canRepeat: false });
  const asked = drive(run, bothPass);
  assert.equal(asked.length, 20);
  const verdict = run.verdict();
  assert.ok(
    verdict.kind === 'not-enough-data' && new RegExp(`${PLAN.pairs} cases are needed, there are 20`).test(verdict.why),
    JSON.stringify(verdict),
  );
  const enough = runOf({ canRepeat: false, cases: casesOf(PLAN.pairs) });
  drive(enough, bothPass);
  assert.equal(enough.verdict().kind, 'passed');
});

test('an outcome counts once, and only of a pair that was given', () => {
  const run = runOf();
  const [first] = run.next(1);
  run.take(7, bothPass());
  run.take(0, bothPass());
  run.take(0, { blessed: graded(true), candidate: graded(false) });
  const verdict = run.verdict();
  assert.ok(first?.index === 0 && verdict.kind === 'running');
  assert.deepEqual([verdict.compared.pairs, verdict.compared.losses], [1, 0]);
});

test('without a case, or with two of one name, nothing is asked', () => {
  for (const cases of [[], [...casesOf(2), ...casesOf(1)]]) {
    const run = runOf({ cases });
    assert.deepEqual(run.next(3), []);
    assert.equal(run.verdict().kind, 'not-enough-data');
  }
});

test('repeats are kept by case, for pass^k', () => {
  const run = runOf({ cases: casesOf(2) });
  drive(run, ({ case: { name } }) => ({ blessed: graded(true), candidate: graded(name === 'case 0') }));
  const [all, none] = run.repeatsOf('candidate').toSorted((a, b) => Number(b[0]) - Number(a[0]));
  assert.ok(all?.every(Boolean) && none?.every((it) => !it));
  assert.ok(run.repeatsOf('blessed').flat().every(Boolean));
});

test('a first revision stands alone: asked once each time, and held against the least rate', () => {
  const alone = (least: number, rate: number): EvaluationRun => {
    const chance = new Chance(4, `${rate}`);
    const judge = new Alone({ goal: GOAL, least, questions: 600 });
    const run = runOf({ judge, pairs: 600, isFirstRevision: true });
    const asked = drive(run, () => ({ candidate: graded(chance.hits(rate)) }));
    assert.ok(asked.every(({ sides }) => sides.length === 1 && sides[0] === 'candidate'));
    return run;
  };
  assert.equal(alone(0.9, 0.95).verdict().kind, 'passed');
  assert.equal(alone(0.9, 0.6).verdict().kind, 'blocked');
  const verdict = alone(0.9, 0.801).verdict();
  assert.ok(verdict.kind !== 'passed', JSON.stringify(verdict));
  assert.deepEqual(verdict.compared?.blessed, null);
});

test('of first revisions that keep the least rate 5 of 100 are blocked at most, of those far below none passes', () => {
  const chance = new Chance(5, 'alone');
  const kinds = (rate: number): readonly string[] =>
    Array.from({ length: 300 }, () => {
      const judge = new Alone({ goal: GOAL, least: 0.8, questions: 300 });
      for (let index = 0; index < 300 && !judge.isOver(); index += 1)
        judge.add({ name: 'a', isBlessedPassed: false, isCandidatePassed: chance.hits(rate) });
      return judge.verdict().kind;
    });
  assert.ok(kinds(0.8).filter((kind) => kind === 'blocked').length <= 15);
  assert.ok(kinds(0.7).filter((kind) => kind === 'passed').length <= 15);
});

// Agreement of a judge with people: kappa as published, and an interval that holds the truth.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Chance } from '#sim/chance.ts';
import { agreementOf, calibrationOf, type Marked } from './agreement.ts';

const marksOf = (both: number, missed: number, wrongly: number, neither: number): readonly Marked[] =>
  (
    [
      [both, true, true],
      [missed, true, false],
      [wrongly, false, true],
      [neither, false, false],
    ] as const
  ).flatMap(([count, isPassedByPerson, isPassedByJudge]) =>
    Array.from({ length: count }, () => ({ isPassedByPerson, isPassedByJudge })),
  );

test('the two tables that every text shows: kappa 0.13 and 0.26 at the same agreement', () => {
  assert.equal(agreementOf(marksOf(45, 15, 25, 15)).kappa?.toFixed(4), '0.1304');
  assert.equal(agreementOf(marksOf(25, 35, 5, 35)).kappa?.toFixed(4), '0.2593');
});

test('sensitivity and specificity are of what people said', () => {
  const { sensitivity, specificity, labels } = agreementOf(marksOf(30, 10, 5, 15));
  assert.deepEqual([sensitivity, specificity, labels], [0.75, 0.75, 60]);
});

test('a few labels, or one kind of them, are not enough, however well they agree', () => {
  const few = calibrationOf(marksOf(5, 0, 0, 5));
  assert.ok(few.kind === 'not-believed' && /more labels/.test(few.why), JSON.stringify(few));
  const oneKind = calibrationOf(marksOf(200, 0, 0, 0));
  assert.ok(oneKind.kind === 'not-believed' && /both kinds/.test(oneKind.why), JSON.stringify(oneKind));
  assert.equal(calibrationOf([]).kind, 'not-believed');
});

test('a judge that agrees is believed, one that flips coins is not', () => {
  assert.equal(calibrationOf(marksOf(95, 5, 5, 95)).kind, 'believed');
  const coin = calibrationOf(marksOf(50, 50, 50, 50));
  assert.ok(coin.kind === 'not-believed' && /disagrees/.test(coin.why), JSON.stringify(coin));
});

test('the interval holds the truth in 95 of 100 runs, for judges that are better at one kind as well', () => {
  const chance = new Chance(6, 'marks');
  for (const [labels, good, sensitivity, specificity] of [
    [30, 0.5, 0.9, 0.9],
    [60, 0.8, 0.95, 0.7],
    [200, 0.7, 0.8, 0.95],
  ] as const) {
    const judge = good * sensitivity + (1 - good) * (1 - specificity);
    const byChance = good * judge + (1 - good) * (1 - judge);
    const truth = (good * sensitivity + (1 - good) * specificity - byChance) / (1 - byChance);
    let missed = 0;
    for (let run = 0; run < 600; run += 1) {
      const marks = Array.from({ length: labels }, () => {
        const isPassedByPerson = chance.hits(good);
        return { isPassedByPerson, isPassedByJudge: chance.hits(isPassedByPerson ? sensitivity : 1 - specificity) };
      });
      const { low, high } = agreementOf(marks);
      if (truth < low || truth > high) missed += 1;
    }
    assert.ok(missed <= 30, `${missed} of 600 with ${labels} labels`);
  }
});

// The bet is fair: over all that can happen, wealth is worth what was put in, and less when events are better than allowed.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { hours } from '#kernel/time.ts';
import { Evidence, EVIDENCE_BYTES } from './evidence.ts';

const EVENTS = 9;
/** So small that no outcome reaches the cap. */
const FALSE_ALARMS = 1e-45;

/** The mean of the wealth over all outcomes of some events, each bad with this probability. */
const meanWealth = (allowance: number, badPart: number, gaps: readonly number[]): number => {
  let mean = 0;
  for (let outcome = 0; outcome < 2 ** EVENTS; outcome += 1) {
    const evidence = new Evidence(
      { allowance, mildest: 6 * allowance, falseAlarms: FALSE_ALARMS },
      new ArrayBuffer(EVIDENCE_BYTES),
      0,
    );
    evidence.open(0, 60_000);
    let [at, probability] = [0, 1];
    for (let event = 0; event < EVENTS; event += 1) {
      const bad = (outcome >> event) & 1;
      at += gaps[event] ?? 0;
      evidence.take(at, 1 - bad, bad);
      probability *= bad === 1 ? badPart : 1 - badPart;
    }
    mean += probability * evidence.worth();
  }
  return mean;
};

const stakes = (gaps: readonly number[]): number =>
  (FALSE_ALARMS * (60_000 + gaps.reduce((sum, gap) => sum + gap, 0))) / hours(30 * 24);

const gaps = fc.array(fc.integer({ min: 0, max: 600_000 }), { minLength: EVENTS, maxLength: EVENTS });
const allowances = fc.constantFrom(0.0001, 0.001, 0.01, 0.05, 0.3);

test('at the allowance the mean of the wealth is what was put in', () => {
  fc.assert(
    fc.property(gaps, allowances, (times, allowance) => {
      const ratio = meanWealth(allowance, allowance, times) / stakes(times);
      assert.ok(Math.abs(ratio - 1) < 1e-9, `${ratio}`);
    }),
    { numRuns: 20 },
  );
});

test('below the allowance it is less', () => {
  fc.assert(
    fc.property(gaps, allowances, fc.double({ min: 0, max: 0.9, noNaN: true }), (times, allowance, part) => {
      assert.ok(meanWealth(allowance, allowance * part, times) < stakes(times));
    }),
    { numRuns: 20 },
  );
});

test('a part of a slice is worth no more than a whole bad one as rarely', () => {
  const terms = { allowance: 0.01, mildest: 0.06, falseAlarms: FALSE_ALARMS };
  const worthOf = (badPart: number): number => {
    const evidence = new Evidence(terms, new ArrayBuffer(EVIDENCE_BYTES), 0);
    evidence.open(0, 60_000);
    evidence.takePart(0, badPart);
    return evidence.worth();
  };
  for (const bad of [0, 1]) {
    const whole = new Evidence(terms, new ArrayBuffer(EVIDENCE_BYTES), 0);
    whole.open(0, 60_000);
    whole.take(0, 1 - bad, bad);
    assert.equal(worthOf(bad), whole.worth());
  }
  const mixture = 0.75 * worthOf(0) + 0.25 * worthOf(1);
  assert.ok(Math.abs(worthOf(0.25) / mixture - 1) < 1e-9);
});

test('a batch is worth what its events are worth one by one', () => {
  const terms = { allowance: 0.001, mildest: 0.006, falseAlarms: 0.1 };
  const [one, many] = [0, 0].map(() => new Evidence(terms, new ArrayBuffer(EVIDENCE_BYTES), 0));
  assert.ok(one !== undefined && many !== undefined);
  for (const evidence of [one, many]) evidence.open(0, 60_000);
  many.take(0, 40, 1);
  for (let event = 0; event < 41; event += 1) one.take(0, Number(event !== 20), Number(event === 20));
  assert.ok(Math.abs(one.worth() / many.worth() - 1) < 1e-9);
});

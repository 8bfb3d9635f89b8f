// The gate before blessing: the worst of what was found is the verdict, and what is missing is never well.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { judgeCandidate, sayQaReason, type QaDemands, type QaFindings, type QaKind } from './qa.ts';

const WELL: QaFindings = {
  rules: [],
  schema: { kind: 'registered' },
  variables: [],
  evaluation: { kind: 'passed', why: 'a fall by 10 % is excluded' },
};
const ALL: QaDemands = { needsSchema: true, needsEvaluation: true };

const check = (changes: Partial<QaFindings>, expected: QaKind, says: RegExp, demands = ALL): void => {
  const { kind, reasons } = judgeCandidate({ ...WELL, ...changes }, demands);
  assert.equal(kind, expected);
  assert.match(reasons.map(sayQaReason).join('\n'), says);
};

const UNDECIDED = { kind: 'schema-undecided', writtenWith: 3, readWith: 2 } as const;
const BREAKS = [{ at: '/b', keyword: 'type' }];
const INCOMPATIBLE = {
  kind: 'schema-incompatible',
  writtenWith: 3,
  readWith: 2,
  value: { b: 1 },
  breaks: BREAKS,
} as const;

test('everything that is demanded was checked and is well', () => check({}, 'pass', /10 % is excluded/));

test('a broken rule, a schema that breaks readers, a variable without a value: fail, each with its proof', () => {
  check(
    { rules: [{ kind: 'rule-broken', rule: 'temperature', says: '5 is not within 0 and 2' }] },
    'fail',
    /temperature: 5/,
  );
  check(
    { schema: { kind: 'refused', reasons: [INCOMPATIBLE] } },
    'fail',
    /version 2 cannot read .* version 3 .*\{"b":1\} \(type at \/b\)/,
  );
  check(
    { variables: [{ kind: 'variable-missing', variable: 'name', input: {} }] },
    'fail',
    /needs name; this input has none: \{\}/,
  );
  check({ evaluation: { kind: 'blocked', why: 'it passes less often' } }, 'fail', /passes less often/);
});

test('what was not decided is not well, and what was not measured is not either', () => {
  check({ schema: { kind: 'refused', reasons: [UNDECIDED] } }, 'undecided', /was not decided/);
  check({ schema: { kind: 'refused', reasons: [UNDECIDED, INCOMPATIBLE] } }, 'fail', /was not decided/);
  check({ evaluation: null }, 'not-enough-data', /not evaluated/);
  check({ evaluation: { kind: 'running', pairsPlanned: 200 } }, 'not-enough-data', /200 pairs/);
  check(
    { evaluation: { kind: 'not-enough-data', why: 'the model did not answer' } },
    'not-enough-data',
    /did not answer/,
  );
  check({ schema: null }, 'fail', /no schema is declared/);
});

test('what is not demanded may be missing; what is wrong is wrong all the same', () => {
  const free: QaDemands = { needsSchema: false, needsEvaluation: false };
  assert.deepEqual(judgeCandidate({ ...WELL, schema: null, evaluation: null }, free), { kind: 'pass', reasons: [] });
  check({ evaluation: { kind: 'blocked', why: 'worse' } }, 'fail', /worse/, free);
});

const findings: fc.Arbitrary<QaFindings> = fc.record({
  rules: fc.array(fc.constant({ kind: 'rule-broken', rule: 'prompt', says: 'too short' } as const), { maxLength: 2 }),
  schema: fc.constantFrom<QaFindings['schema']>(
    null,
    { kind: 'known' },
    { kind: 'refused', reasons: [UNDECIDED] },
    { kind: 'refused', reasons: [INCOMPATIBLE] },
  ),
  variables: fc.array(
    fc.constantFrom(
      { kind: 'variable-never', variable: 'a' } as const,
      { kind: 'variable-undecided', variable: 'b' } as const,
    ),
    { maxLength: 2 },
  ),
  evaluation: fc.constantFrom<QaFindings['evaluation']>(
    null,
    { kind: 'running', pairsPlanned: 9 },
    { kind: 'passed', why: '' },
    { kind: 'blocked', why: '' },
  ),
});

test('one finding more never makes a verdict better, and a pass has no reason against it', () => {
  const worth: readonly QaKind[] = ['pass', 'not-enough-data', 'undecided', 'fail'];
  fc.assert(
    fc.property(findings, fc.boolean(), fc.boolean(), (found, needsSchema, needsEvaluation) => {
      const demands = { needsSchema, needsEvaluation };
      const verdict = judgeCandidate(found, demands);
      const worse = judgeCandidate(
        { ...found, rules: [...found.rules, { kind: 'rule-broken', rule: 'x', says: '' }] },
        demands,
      );
      assert.ok(worth.indexOf(worse.kind) >= worth.indexOf(verdict.kind));
      assert.equal(worse.kind, 'fail');
      if (verdict.kind !== 'pass') return;
      assert.ok(verdict.reasons.every(({ kind }) => kind === 'evaluation-passed'));
      assert.ok(!needsEvaluation || found.evaluation?.kind === 'passed');
      assert.ok(!needsSchema || found.schema?.kind === 'known');
    }),
  );
});

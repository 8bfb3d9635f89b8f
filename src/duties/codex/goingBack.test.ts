// Going back: only what is really wrong with an old version stands against it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { digest, GENESIS_DIGEST, type Closure, type Digest } from '#kernel/codex.ts';
import type { EvaluationReport } from '#kernel/evaluation.ts';
import type { Json } from '#kernel/evidence.ts';
import { instant } from '#kernel/time.ts';
import { answers, CONTENT, digestOf, ITEM } from './describe.contract.ts';
import type { KeptEvaluation } from './evaluated.ts';
import { mendsOf } from './gateMends.ts';
import { judgeReturn, wasMeasured, type Returning } from './goingBack.ts';
import { sayQaReason } from './qa.ts';

const d = (number: number): Digest => digest(number.toString(16).padStart(64, '0'));

const closureOf = (schema: Json): Closure => ({
  format: 1,
  item: ITEM,
  source: { stem: 'describe', value: { variables: ['posting'] } },
  template: null,
  partials: [],
  schema: schema === null ? null : { id: 'qa_describe_v1', value: schema },
  parameters: {},
});

type Kind = 'passed' | 'blocked' | 'not-enough-data';

const kept = (verdict: Kind, isReadable = true, against: Digest | null = null): KeptEvaluation => {
  const revision = { item: ITEM, version: 1, digest: d(1) };
  const deed = { kind: 'evaluated', revision, verdict, statement: d(9), suite: d(8) } as const;
  const by = { name: 'ann', kind: 'person' } as const;
  const record = { format: 1, seq: 1, prev: GENESIS_DIGEST, at: instant(0), by, deed, hash: d(7) } as const;
  const told = {
    verdict: { kind: verdict, why: `it is ${verdict}` },
    against: { version: 1, digest: against ?? d(5) },
  };
  return { record, deed, report: isReadable ? (told as unknown as EvaluationReport) : null }; // decoder: all that is looked at
};

const against = (changes: Partial<Returning>): readonly string[] => {
  const { kind, reasons } = judgeReturn({
    closure: closureOf(null),
    content: CONTENT,
    variables: ['posting'],
    version: 1,
    evaluations: [],
    wasMeasure: false,
    active: { version: 4, schema: null },
    wasActiveEvaluated: false,
    compatibility: 'forward-transitive',
    digestOf,
    ...changes,
  });
  return kind === 'pass' ? [] : reasons.map(sayQaReason);
};

test('a version against which nothing was ever said comes back', () => {
  assert.deepEqual(against({}), []);
  assert.deepEqual(against({ active: null, closure: closureOf(answers('title')) }), []);
  const own: Closure = { ...closureOf(null), own: 'config' };
  assert.deepEqual(against({ closure: own, content: { ...CONTENT, prompt: '' } }), []);
});

test('its readers are those of what is active, by the class; both are called by their versions', () => {
  const [loose, strict] = [closureOf(answers('title')), closureOf(answers('title', 'size'))];
  const beside = (schema: Json) => ({ version: 4, schema });
  assert.match(
    against({ closure: loose, active: beside(answers('title', 'size')) }).join(),
    /^version 4 cannot read what version 1 allows: .*required/,
  );
  assert.deepEqual(against({ closure: strict, active: beside(answers('title')) }), []);
  assert.deepEqual(against({ closure: loose, active: beside(answers('title')) }), []);
  const other = { closure: loose, active: beside(answers('title', 'size')) };
  assert.deepEqual(against({ ...other, compatibility: 'backward' }), []);
  assert.deepEqual(against({ ...other, compatibility: 'none' }), []);
  assert.deepEqual(against({ active: beside(answers('title')) }), ['no schema is declared for the answers']);
  assert.deepEqual(against({ active: beside(answers('title')), compatibility: 'none' }), []);
});

test('what was proven last of it counts, and only where versions are evaluated must anything be proven', () => {
  const asked = (...evaluations: readonly KeptEvaluation[]) => against({ evaluations, wasActiveEvaluated: true });
  assert.deepEqual(asked(), ['it was not evaluated']);
  assert.deepEqual(asked(kept('passed')), []);
  assert.deepEqual(asked(kept('passed'), kept('not-enough-data')), []);
  assert.deepEqual(asked(kept('blocked'), kept('passed')), []);
  assert.deepEqual(asked(kept('passed'), kept('blocked')), ['its evaluation: it is blocked']);
  assert.deepEqual(asked(kept('not-enough-data')), ['its evaluation ended without proof: it is not-enough-data']);
  assert.deepEqual(against({ evaluations: [kept('blocked')] }), ['its evaluation: it is blocked']);
  assert.deepEqual(against({ evaluations: [kept('not-enough-data')] }), []);
  assert.deepEqual(against({ wasMeasure: true, wasActiveEvaluated: true }), []);
  assert.deepEqual(asked(kept('passed', false)), ['its evaluation ended without proof: its report cannot be read']);
  assert.deepEqual(asked(kept('blocked', false)), ['its evaluation: its report cannot be read']);
});

test('a measure is what another content was held against, with an end that proves something', () => {
  const of = (...all: readonly KeptEvaluation[]): boolean => wasMeasured(all, { digest: d(3) });
  assert.equal(of(kept('passed', true, d(3))), true);
  assert.equal(of(kept('blocked', true, d(3))), true);
  assert.equal(of(kept('not-enough-data', true, d(3))), false);
  assert.equal(of(kept('passed', true, d(4)), kept('passed', false, d(3))), false);
});

test('all reasons are told together, and the last one names the way around all of them', () => {
  const reasons = against({
    content: { ...CONTENT, max_tokens: 1 },
    active: { version: 4, schema: answers('title') },
    wasActiveEvaluated: true,
  });
  assert.equal(reasons.length, 3, reasons.join());
  const [broken, missing] = [{ kind: 'schema-missing' }, { kind: 'evaluation-missing' }] as const;
  const waive = 'in an emergency: sereno codex waive a@1 --key <file> --why <reason>';
  assert.deepEqual(mendsOf('a@1', [broken, missing], true), [
    'go back to another version',
    `sereno codex evaluate a@1; ${waive}`,
  ]);
  assert.deepEqual(mendsOf('a@1', [{ kind: 'variable-never', variable: 'x' }], false), [waive]);
});

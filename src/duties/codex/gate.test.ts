// The gate: every reason that stands against a candidate is named, and what a waiver does not name stands.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Closure, CompatibilityClass } from '#kernel/codex.ts';
import type { Json } from '#kernel/evidence.ts';
import { instant } from '#kernel/time.ts';
import { answers, CONTENT, digestOf, ITEM } from './describe.contract.ts';
import { judgeAll, standingAgainst, type Candidate } from './gate.ts';
import { sayQaReason } from './qa.ts';
import type { RegisteredSchema } from './revision.ts';
import type { SchemaRegistry } from './schemas/registry.ts';

const closureOf = (schema: Json, input: Json = null): Closure => ({
  format: 1,
  item: ITEM,
  source: { stem: 'describe', value: { input_schema: input, variables: ['tone'] } },
  template: null,
  partials: [],
  schema: schema === null ? null : { id: 'qa_describe_v1', value: schema },
  parameters: {},
});

const registered = (compatibility: CompatibilityClass, ...values: readonly Json[]) => {
  const rows = values.map((value, index): RegisteredSchema => ({
    subject: 'qa_describe',
    version: index + 1,
    compatibility,
    digest: digestOf(value),
    at: instant(0),
    by: { name: 'ann', kind: 'person' },
  }));
  const registry: SchemaRegistry = {
    qa_describe: values.map((value, index) => ({
      subject: 'qa_describe',
      version: index + 1,
      digest: digestOf(value),
      value,
    })),
  };
  return { registered: rows, registry, active: null, digestOf };
};

const NONE = { registered: [], registry: {}, active: null, digestOf };

const judged = (changes: Partial<Candidate>) =>
  judgeAll({
    closure: closureOf(null),
    content: CONTENT,
    variables: ['posting'],
    schemas: NONE,
    evaluations: [],
    sought: { suite: null, against: null },
    wasActiveEvaluated: false,
    hasTesters: false,
    ...changes,
  });

const said = (changes: Partial<Candidate>): string => judged(changes).reasons.map(sayQaReason).join('\n');

test('a task without suites and schemas has only its rules to keep', () => {
  assert.deepEqual(judged({}), { kind: 'pass', reasons: [] });
  const content = { ...CONTENT, prompt: 'Go', temperature: 5, max_tokens: 1 };
  assert.deepEqual(
    judged({ content }).reasons.map((it) => (it.kind === 'rule-broken' ? it.rule : it.kind)),
    ['prompt-short', 'temperature-range', 'max-tokens-few'],
  );
});

test('the rules of tasks are not for the configuration of Sereno itself', () => {
  const content = { ...CONTENT, prompt: '', max_tokens: 0 };
  assert.equal(judged({ content, closure: { ...closureOf(null), own: 'config' } }).kind, 'pass');
  assert.equal(judged({ content }).kind, 'fail');
});

test('answers that old readers cannot read are shown by a value, by the class of the registry', () => {
  const schemas = registered('forward', answers('title', 'size'));
  assert.equal(judged({ schemas, closure: closureOf(answers('title', 'size')) }).kind, 'pass');
  assert.match(
    said({ schemas, closure: closureOf(answers('title')) }),
    /version 1 cannot read what version 2 allows: \{/,
  );
  const backward = registered('backward', answers('title', 'size'));
  assert.equal(judged({ schemas: backward, closure: closureOf(answers('title')) }).kind, 'pass');
  assert.match(said({ schemas, closure: closureOf(null) }), /no schema is declared/);
});

test('what is active is read by somebody, although nobody registered its schema', () => {
  const schemas = { ...NONE, active: answers('title', 'size') };
  assert.match(said({ schemas, closure: closureOf(answers('title')) }), /cannot read/);
  assert.match(said({ schemas }), /no schema is declared/);
  assert.equal(judged({ schemas, closure: closureOf(answers('title', 'size')) }).kind, 'pass');
});

test('a schema that cannot be read is no schema; a word for how answers look is not meant as one', () => {
  assert.match(said({ closure: closureOf({ type: 'object', minimun: 3 }) }), /minimun is not a keyword/);
  assert.equal(judged({ closure: closureOf({ type: 'json' }) }).kind, 'pass');
});

test('every input must fill the prompt, except what the caller fills besides', () => {
  const input = { type: 'object', properties: { posting: { type: 'string' } } };
  assert.match(said({ closure: closureOf(null, input) }), /needs posting; this input has none: \{\}/);
  const demanded = { ...input, required: ['posting'] };
  assert.equal(judged({ closure: closureOf(null, demanded), variables: ['posting', 'tone'] }).kind, 'pass');
  assert.match(said({ closure: closureOf(null, { type: 'object', required: 3 }) }), /input_schema: /);
});

test('suites that are declared must have been run, and to take them away is no way out', () => {
  assert.match(said({ sought: { suite: digestOf(1), against: null } }), /not evaluated/);
  assert.match(said({ wasActiveEvaluated: true }), /not evaluated/);
  assert.match(said({ hasTesters: true }), /not evaluated/);
});

test('a waiver lets pass what it names, word for word, and nothing else', () => {
  const verdict = judged({ content: { ...CONTENT, temperature: 5 }, sought: { suite: digestOf(1), against: null } });
  assert.equal(verdict.reasons.length, 2);
  const waived = new Set(['it was not evaluated']);
  assert.deepEqual(
    standingAgainst(verdict, waived).map(({ kind }) => kind),
    ['rule-broken'],
  );
  assert.deepEqual(standingAgainst(verdict, new Set(verdict.reasons.map(sayQaReason))), []);
});

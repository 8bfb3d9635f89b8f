// Suites of promptfoo: every deterministic assertion that needs only the answer is taken; all else is told with its place.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { LineCounter, parseDocument, isNode } from 'yaml';
import type { EvaluationCase, Rule } from '#kernel/evaluation.ts';
import type { Json } from '#kernel/evidence.ts';
import { gradeAnswer } from '../expect/grade.ts';
import type { ParsedFile } from './desk.ts';
import { readPromptfoo, type ImportedSuite } from './promptfoo.ts';

const parsed = (yaml: string): ParsedFile => {
  const lines = new LineCounter();
  const document = parseDocument(yaml, { lineCounter: lines });
  const value: Json = document.toJS();
  return {
    value,
    locate: (path) => {
      const node = document.getIn(path, true);
      const offset = isNode(node) ? (node.range?.[0] ?? 0) : 0;
      const { line, col } = lines.linePos(offset);
      return { file: 'suite.yaml', line, column: col };
    },
  };
};

const read = (yaml: string): ImportedSuite => readPromptfoo(parsed(yaml), 'suite');

const casesOf = (yaml: string): readonly EvaluationCase[] => {
  const { suite, problems } = read(yaml);
  assert.deepEqual(problems, []);
  return suite?.cases ?? [];
};

const ruleOf = (assertion: string): Rule | undefined =>
  casesOf(`tests:\n  - vars: { name: Ann }\n    assert: [ ${assertion} ]\n`)[0]?.expectations[0]?.rule;

test('each type with the defaults of promptfoo', () => {
  const rules: readonly (readonly [string, Rule])[] = [
    ['{ type: equals, value: x }', { kind: 'equals', value: 'x' }],
    ['{ type: equals, value: { a: 1 } }', { kind: 'equals', value: { a: 1 } }],
    ['{ type: contains, value: 0 }', { kind: 'contains', texts: ['0'], needs: 'all', isCaseSensitive: true }],
    [
      '{ type: icontains, value: "{{name}}!" }',
      { kind: 'contains', texts: ['Ann!'], needs: 'all', isCaseSensitive: false },
    ],
    [
      '{ type: contains-any, value: [a, b] }',
      { kind: 'contains', texts: ['a', 'b'], needs: 'any', isCaseSensitive: true },
    ],
    [
      '{ type: icontains-all, value: "a, b" }',
      { kind: 'contains', texts: ['a', 'b'], needs: 'all', isCaseSensitive: false },
    ],
    ['{ type: regex, value: "\\\\d{4}" }', { kind: 'regex', pattern: '\\d{4}' }],
    ['{ type: starts-with, value: Yes }', { kind: 'starts-with', text: 'Yes' }],
    ['{ type: is-json }', { kind: 'json', isWhole: true, schema: null }],
    ['{ type: contains-json, value: { type: object } }', { kind: 'json', isWhole: false, schema: { type: 'object' } }],
    ['{ type: is-xml, value: { requiredElements: [a.b] } }', { kind: 'xml', isWhole: true, elements: ['a.b'] }],
    ['{ type: contains-xml }', { kind: 'xml', isWhole: false, elements: [] }],
    ['{ type: is-html }', { kind: 'html', isWhole: true }],
    ['{ type: levenshtein, value: x }', { kind: 'levenshtein', text: 'x', most: 5 }],
    ['{ type: rouge-n, value: x }', { kind: 'overlap', measure: 'rouge-n', references: ['x'], least: 0.75 }],
    ['{ type: bleu, value: [x, y] }', { kind: 'overlap', measure: 'bleu', references: ['x', 'y'], least: 0.5 }],
    ['{ type: gleu, value: x, threshold: 0.7 }', { kind: 'overlap', measure: 'gleu', references: ['x'], least: 0.7 }],
    ['{ type: word-count, value: 50 }', { kind: 'words', least: 50, most: 50 }],
    ['{ type: word-count, value: { min: 2 } }', { kind: 'words', least: 2, most: null }],
    ['{ type: latency, threshold: 5000 }', { kind: 'latency', mostMs: 5000 }],
    ['{ type: cost, threshold: 0.001 }', { kind: 'cost', most: 0.001 }],
    ['{ type: perplexity, threshold: 1.5 }', { kind: 'perplexity', most: 1.5 }],
    ['{ type: finish-reason, value: stop }', { kind: 'finish-reason', reason: 'stop' }],
    ['{ type: is-refusal }', { kind: 'refusal' }],
    ['{ type: tool-call-f1, value: [a, b] }', { kind: 'tool-calls', names: ['a', 'b'], leastF1: 1 }],
    ['{ type: similar, value: x }', { kind: 'similar', references: ['x'], least: 0.75 }],
    ['{ type: llm-rubric, value: It is kind. }', { kind: 'judge', rubric: 'It is kind.', least: 0.5 }],
  ];
  for (const [assertion, rule] of rules) assert.deepEqual(ruleOf(assertion), rule, assertion);
});

test('negation, weights, metrics and sets', () => {
  const [only] = casesOf(`
tests:
  - threshold: 0.5
    assert:
      - { type: not-contains, value: sorry, weight: 2, metric: manners }
      - type: assert-set
        threshold: 0.5
        assert:
          - { type: is-json }
          - { type: contains, value: yes it is }
`);
  assert.ok(only !== undefined);
  assert.equal(only.least, 0.5);
  const [first, second] = only.expectations;
  assert.deepEqual([first?.isNegated, first?.weight, first?.metric], [true, 2, 'manners']);
  assert.ok(second?.rule.kind === 'set' && second.rule.expectations.length === 2 && second.rule.least === 0.5);
});

test('defaults, templates of assertions, and lists of variables', () => {
  const cases = casesOf(`
assertionTemplates:
  brief: { type: word-count, value: { max: 20 } }
defaultTest:
  vars: { language: en }
  assert: [ { $ref: "#/assertionTemplates/brief" } ]
tests:
  - description: greets
    vars: { name: [Ann, Bob], greeting: [hello, hi] }
    assert: [ { type: contains, value: "{{ name }}" } ]
  - assert: [ { type: not-is-refusal } ]
  - description: greets
  - description: alone
    options: { disableDefaultAsserts: true }
    assert: [ { type: is-json } ]
`);
  assert.deepEqual(
    cases.map(({ name }) => name),
    ['greets', 'greets (2)', 'greets (3)', 'greets (4)', 'test 2', 'greets (5)', 'alone'],
  );
  assert.deepEqual(cases[1]?.input, { language: 'en', name: 'Ann', greeting: 'hi' });
  const first = cases.map(({ expectations }) => expectations[0]?.rule.kind);
  assert.deepEqual(first, [...Array.from({ length: 6 }, () => 'words'), 'json']);
});

test('what cannot be taken is told with its place and a reason, and nothing else is lost', () => {
  const { suite, notTaken, problems } = read(`
tests:
  - description: a
    assert:
      - { type: javascript, value: "output.length > 3" }
      - { type: is-sql }
      - { type: contains, value: file://words.txt }
      - { type: contains, value: "{{ name | upper }}" }
      - { type: not-trajectory:tool-used, value: search }
      - { type: contains, value: kept }
  - file://more.yaml
  - description: nothing left
    assert: [ { type: python, value: x } ]
  - description: changed
    options: { transform: output.trim() }
    assert: [ { type: contains, value: x } ]
`);
  assert.deepEqual(problems, []);
  assert.deepEqual(
    suite?.cases.map(({ name, expectations }) => [name, expectations.length]),
    [['a', 1]],
  );
  assert.deepEqual(
    notTaken.map(({ place, what }) => [place.line, what]),
    [
      [5, 'javascript'],
      [6, 'is-sql'],
      [7, 'contains'],
      [8, 'contains'],
      [9, 'not-trajectory:tool-used'],
      [11, 'file://more.yaml'],
      [13, 'python'],
      [12, 'nothing left'],
      [14, 'changed'],
    ],
  );
  assert.ok(notTaken.every(({ why }) => why.length > 10));
});

test('all that is wrong is told together, with places, and gives no suite', () => {
  const { suite, problems } = read(`
tests:
  - assert:
      - { type: contians, value: x }
      - { value: x }
      - { type: regex, value: "(a+)+" }
      - { type: latency }
      - { type: contains, value: [a] }
      - { type: contains, value: x, weight: -1 }
      - { type: contains, value: x, weight: heavy }
      - { $ref: "#/assertionTemplates/none" }
      - 5
  - 7
`);
  assert.equal(suite, null);
  assert.deepEqual(
    problems.map(({ place, code }) => [place?.line, code]),
    [4, 5, 6, 7, 8, 9, 10, 11, 12, 13].map((line) => [line, 'bad-input']),
  );
});

test('a file that is none, or expects nothing, gives no suite', () => {
  for (const yaml of [
    '5',
    '[]',
    'tests: 5',
    'tests: []',
    'prompts: [x]',
    'tests: file://t.csv',
    'defaultTest: file://d.yaml',
    'tests: [ { vars: { a: 1 } } ]',
  ]) {
    const { suite, problems } = read(yaml);
    assert.equal(suite, null, yaml);
    assert.notDeepEqual(problems, [], yaml);
  }
});

test('too many combinations are refused, not asked', () => {
  const list = `[${Array.from({ length: 30 }, (_, index) => index).join(', ')}]`;
  const { problems } = read(
    `tests: [ { vars: { a: ${list}, b: ${list}, c: ${list} }, assert: [ { type: is-json } ] } ]`,
  );
  assert.match(problems[0]?.message ?? '', /too many combinations/);
});

test('whatever a file holds, it is read without a throw, and every case can be graded', () => {
  const scalars = fc.oneof(fc.string({ maxLength: 8 }), fc.integer(), fc.boolean(), fc.constant(null));
  const types = fc.constantFrom(
    'contains',
    'regex',
    'is-json',
    'is-xml',
    'bleu',
    'word-count',
    'assert-set',
    'not-equals',
    'x',
  );
  const assertion = fc.record(
    { type: types, value: fc.oneof(scalars, fc.array(scalars, { maxLength: 3 })), threshold: scalars, weight: scalars },
    { requiredKeys: [] },
  );
  const tests = fc.array(
    fc.record({
      vars: fc.dictionary(fc.string({ maxLength: 3 }), scalars),
      assert: fc.array(assertion, { maxLength: 3 }),
    }),
  );
  const answer = {
    text: '{"a":1}',
    id: null,
    finish: null,
    isRefusal: false,
    toolCalls: [],
    latencyMs: 1,
    tokens: null,
    logProbabilities: null,
    cost: null,
  };
  const graders = {
    fitsSchema: () => null,
    told: () => ({ kind: 'undecided', why: 'not asked' }) as const,
  };
  fc.assert(
    fc.property(tests, (list) => {
      const value: Json = JSON.parse(JSON.stringify({ tests: list }));
      const { suite } = readPromptfoo({ value, locate: () => ({ file: 'x', line: 1, column: 1 }) }, 'suite');
      for (const it of suite?.cases ?? []) gradeAnswer(answer, it, graders);
    }),
  );
});

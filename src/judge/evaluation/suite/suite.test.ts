// Suites: what is written is what is read, all that is wrong is told together, and nothing is ignored.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { parse } from 'yaml';
import type { EvaluationCase, EvaluationSuite, Expectation, Rule } from '#kernel/evaluation.ts';
import type { Json } from '#kernel/evidence.ts';
import { GOAL } from '../plan.ts';
import { LEAST_DEFAULT, readSuite, writeSuite, type SuiteFile } from './suite.ts';

const readValue = (value: Json) =>
  readSuite({ value, locate: (path) => ({ file: path.join('.'), line: 1, column: 1 }) }, 'concise');

const read = (yaml: string): SuiteFile => {
  const reading = readValue(parse(yaml) as Json); // decoder: YAML without tags is JSON
  assert.equal(reading.kind, 'read', JSON.stringify(reading));
  return reading.kind === 'read' ? reading.file : assert.fail();
};

const wrong = (yaml: string): readonly string[] => {
  const reading = readValue(parse(yaml) as Json); // decoder: YAML without tags is JSON
  return reading.kind === 'refused' ? reading.problems.map(({ place, message }) => `${place?.file}: ${message}`) : [];
};

test('a small suite is a list of cases; all else has a default', () => {
  const file = read('cases: [ { input: { posting: a }, expect: [ { contains: three } ] } ]');
  const { suite, ...rest } = file;
  assert.deepEqual(rest, { goal: GOAL, least: LEAST_DEFAULT, pairs: null, atOnce: 4, similarity: null, judge: null });
  const rule: Rule = { kind: 'contains', texts: ['three'], needs: 'all', isCaseSensitive: true };
  assert.deepEqual(suite, {
    name: 'concise',
    cases: [
      {
        name: 'case 1',
        input: { posting: 'a' },
        least: null,
        expectations: [{ rule, isNegated: false, weight: 1, metric: null }],
      },
    ],
  });
});

test('goal, number of pairs, judge and similarity', () => {
  const file = read(`
goal: { regression: 20%, power: 0.8, false_blocks: 1 % }
least: 90%
pairs: 300
at_once: 2
similarity: nomic
judge: { model: gpt-x, labels: [ { criterion: It is polite., answer: No!, passed: false } ] }
cases: [ { name: a, expect: [ { judge: It is polite., least: 0.7 }, { similar: [x, y], least: 0.8, not: true } ] } ]`);
  assert.deepEqual(file.goal, { regression: 0.2, power: 0.8, falseBlocks: 0.01 });
  assert.deepEqual([file.least, file.pairs, file.atOnce, file.similarity], [0.9, 300, 2, 'nomic']);
  assert.deepEqual(file.judge, {
    model: 'gpt-x',
    labels: [{ criterion: 'It is polite.', answer: 'No!', isPassed: false }],
  });
});

test('all that is wrong is told together, each with its place', () => {
  const told = wrong(`
gaol: {}
goal: { regression: 0.1%, luck: 1 }
pairs: 0
judge: { labels: [ { answer: x } ] }
cases:
  - { name: a, input: [1], expect: [ { contains: x, least: 1 }, { contain: x }, { words: 3 }, { regex: "(a+)+" } ] }
  - { name: b, expect: [] }
  - { name: c, expect: [ { contains: x, weight: 0 } ] }
  - { name: c, expect: [ { equals: x, json: true } ] }`);
  for (const expected of [
    /^gaol: an unknown key/,
    /^goal.regression: regression is 0.1 %/,
    /^goal.luck: an unknown key/,
    /^pairs: 0 is no number/,
    /^judge: the judge has no model/,
    /^judge.labels.0: a label cannot be read/,
    /^cases.0.input: the input is no block/,
    /^cases.0.expect.0.least: contains takes no least/,
    /^cases.0.expect.1: an expectation with no rule/,
    /^cases.0.expect.2.words: words cannot be read/,
    /^cases.0.expect.3.regex: regex cannot be read/,
    /^cases.1.expect: nothing is expected/,
    /^cases.2.expect: any answer would pass/,
    /^cases.3.expect.0: an expectation with equals and json/,
    /^cases.3.name: two cases are called c/,
  ])
    assert.ok(
      told.some((it) => expected.test(it)),
      `${expected} is not among:\n${told.join('\n')}`,
    );
  assert.deepEqual(wrong('just a text'), [': no suites stand here']);
  assert.match(wrong('cases: []').join(), /there are no cases/);
});

const share = fc.double({ min: 0, max: 1, noNaN: true }).map((value) => (value === 0 ? 0 : value));
const count = fc.nat(1_000);
const texts = fc.array(fc.string(), { minLength: 1, maxLength: 3 });
const isWhole = fc.boolean();

const leaf: fc.Arbitrary<Rule> = fc.oneof(
  fc.record({
    kind: fc.constant('equals' as const),
    value: fc.oneof<fc.Arbitrary<Json>[]>(fc.string(), fc.integer(), fc.boolean(), fc.constant(null), texts),
  }),
  fc.record({
    kind: fc.constant('contains' as const),
    texts,
    needs: fc.constantFrom('all' as const, 'any' as const),
    isCaseSensitive: fc.boolean(),
  }),
  fc.record({ kind: fc.constant('starts-with' as const), text: fc.string() }),
  fc.record({ kind: fc.constant('regex' as const), pattern: fc.constantFrom('^a', 'b{2}') }),
  fc.record({ kind: fc.constant('json' as const), isWhole, schema: fc.constantFrom<Json>(null, { type: 'object' }) }),
  fc.record({ kind: fc.constant('xml' as const), isWhole, elements: fc.oneof(fc.constant([]), texts) }),
  fc.record({ kind: fc.constant('html' as const), isWhole }),
  fc.record({ kind: fc.constant('levenshtein' as const), text: fc.string(), most: count }),
  fc.record({
    kind: fc.constant('overlap' as const),
    measure: fc.constantFrom('rouge-n' as const, 'bleu' as const, 'gleu' as const),
    references: texts,
    least: share,
  }),
  fc.record({ kind: fc.constant('words' as const), least: count, most: fc.option(count) }),
  fc.record({ kind: fc.constant('latency' as const), mostMs: count }),
  fc.record({ kind: fc.constant('cost' as const), most: share }),
  fc.record({ kind: fc.constant('perplexity' as const), most: count }),
  fc.record({ kind: fc.constant('perplexity-score' as const), least: share }),
  fc.record({ kind: fc.constant('finish-reason' as const), reason: fc.string() }),
  fc.record({ kind: fc.constant('refusal' as const) }),
  fc.record({ kind: fc.constant('tool-calls' as const), names: texts, leastF1: share }),
  fc.record({ kind: fc.constant('similar' as const), references: texts, least: share }),
  fc.record({ kind: fc.constant('judge' as const), rubric: fc.string(), least: share }),
);

const around = (rule: fc.Arbitrary<Rule>): fc.Arbitrary<Expectation> =>
  fc.record({
    rule,
    isNegated: fc.boolean(),
    weight: fc.constantFrom(1, 2, 0.5),
    metric: fc.option(fc.string({ minLength: 1 })),
  });

const set: fc.Arbitrary<Rule> = fc.record({
  kind: fc.constant('set' as const),
  expectations: fc.array(around(leaf), { minLength: 1, maxLength: 3 }),
  least: fc.option(share, { nil: null }),
});

const cases: fc.Arbitrary<readonly EvaluationCase[]> = fc
  .array(
    fc.record({
      input: fc.dictionary(fc.stringMatching(/^[a-z]{1,5}$/), fc.string(), { noNullPrototype: true }),
      expectations: fc.array(around(fc.oneof(leaf, set)), { minLength: 1, maxLength: 3 }),
      least: fc.option(share),
    }),
    { minLength: 1, maxLength: 4 },
  )
  .map((list) => list.map((it, index) => ({ ...it, name: `case ${index}` })));

test('whatever suite is written is read again as it was', () => {
  fc.assert(
    fc.property(cases, (list) => {
      // Without the prototypes that the generator leaves away.
      const suite = JSON.parse(JSON.stringify({ name: 'concise', cases: list })) as EvaluationSuite; // decoder: it was just written
      const reading = readValue(JSON.parse(JSON.stringify(writeSuite(suite))) as Json); // decoder: it was just written
      assert.deepEqual(reading.kind === 'read' ? reading.file.suite : reading.problems, suite);
    }),
    { numRuns: 300 },
  );
});

test('the example of the manual is a suite', () => {
  const page = readFileSync(join(import.meta.dirname, '../../../../docs/evaluation.md'), 'utf8');
  const example = /^```yml\n([\s\S]*?)^```/m.exec(page)?.[1] ?? '';
  const { suite, judge } = read(example);
  assert.equal(suite.cases[0]?.expectations.length, 5);
  assert.equal(judge?.labels.length, 1);
});

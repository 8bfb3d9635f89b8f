// Grading: every rule by examples that meet it and that do not; sets, weights and negation; hostile answers end in time.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Answer, EvaluationCase, Expectation, Rule } from '#kernel/evaluation.ts';
import { askedRules, gradeAnswer, type Graders } from './grade.ts';
import { cosine, distance } from './overlap.ts';
import { patternProblem } from './text.ts';

const answerOf = (text: string, more: Partial<Answer> = {}): Answer => ({
  text,
  id: null,
  finish: 'stop',
  isRefusal: false,
  toolCalls: [],
  latencyMs: 120,
  tokens: null,
  logProbabilities: null,
  cost: null,
  ...more,
});

const graders: Graders = {
  fitsSchema: (schema, value) => (typeof value === schema ? null : `not of type ${JSON.stringify(schema)}`),
  told: () => ({ kind: 'undecided', why: 'nobody was asked' }),
};

const expecting = (rule: Rule, more: Partial<Expectation> = {}): Expectation => ({
  rule,
  isNegated: false,
  weight: 1,
  metric: null,
  ...more,
});

const caseOf = (expectations: readonly Expectation[], least: number | null = null): EvaluationCase => ({
  name: 'a case',
  input: {},
  expectations,
  least,
});

const holds = (rule: Rule, answer: Answer): boolean | null => {
  const { isPassed, undecided } = gradeAnswer(answer, caseOf([expecting(rule)]), graders);
  return undecided.length > 0 ? null : isPassed;
};

type Examples = readonly (readonly [rule: Rule, met: readonly string[], unmet: readonly string[]])[];

const any = (texts: readonly string[], isCaseSensitive = true): Rule => ({
  kind: 'contains',
  texts,
  needs: 'any',
  isCaseSensitive,
});
const all = (texts: readonly string[], isCaseSensitive = true): Rule => ({
  kind: 'contains',
  texts,
  needs: 'all',
  isCaseSensitive,
});

const EXAMPLES: Examples = [
  [{ kind: 'equals', value: 'Yes' }, ['Yes'], ['yes', 'Yes.', '']],
  [{ kind: 'equals', value: { a: 1, b: [2] } }, ['{"b":[2],"a":1}', ' {"a":1.0,"b":[2]}\n'], ['{"a":1}', 'a 1', '']],
  [all(['a', 'B']), ['aB', 'xB a'], ['ab', 'a', '']],
  [any(['a', 'B']), ['a', 'B'], ['b', 'A', '']],
  [all(['ä', 'B'], false), ['Äb'], ['b']],
  [{ kind: 'starts-with', text: 'Yes' }, ['Yes, of course'], ['yes', ' Yes']],
  [{ kind: 'regex', pattern: String.raw`\d{4}` }, ['in 2026'], ['in 202']],
  [
    { kind: 'json', isWhole: true, schema: null },
    ['{"a":1}', '3', ' [] '],
    ['{a:1}', 'JSON: {}', '```json\n{}\n```', ''],
  ],
  [{ kind: 'json', isWhole: true, schema: 'object' }, ['{"a":1}'], ['3', '"x"']],
  [
    { kind: 'json', isWhole: false, schema: null },
    ['so {"a":"}{"} it is', 'so {"a":"\\"}"} it is', '```json\n[1]\n```', '{ {"a":1}'],
    ['{a}', '{"a":1', 'none'],
  ],
  [
    { kind: 'xml', isWhole: true, elements: [] },
    ['<a/>', '<?xml version="1.0"?><a b="1">x &amp; y<!-- c --></a>\n', '<a><![CDATA[<]]></a>', "<a:b c='>'/>"],
    [
      '<a>',
      '<a></b>',
      '<a/><b/>',
      'x <a/>',
      '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
      '<a>x & y</a>',
      '<a b=1/>',
      '<a><b></a></b>',
      '',
    ],
  ],
  [
    { kind: 'xml', isWhole: true, elements: ['a.b.c', 'a.d'] },
    ['<a><b><c>x</c></b><d/></a>'],
    ['<a><b><c/></b></a>', '<b><c/></b>'],
  ],
  [
    { kind: 'xml', isWhole: false, elements: ['a.b'] },
    ['Sure: <a><b/></a> Bye', '1 < 2 <p> <a><b/></a>'],
    ['Sure: <a></a>', 'a < b'],
  ],
  [
    { kind: 'html', isWhole: true },
    ['<!DOCTYPE html><html><body><p>x<br>y</p></body></html>', '<h1>T</h1><p class="a">b &amp; c</p>', '<img src=x>'],
    ['text', 'a <b>c</b> d', '<?xml version="1.0"?><root/>', '<div>open', '<root>x</root>', ''],
  ],
  [
    { kind: 'html', isWhole: false },
    ['Here: <div class="a">x</div>', '<p>a</p> &amp; more'],
    ['a < b and c > d', 'me@example.org', '<nothing>'],
  ],
  [{ kind: 'levenshtein', text: 'kitten', most: 3 }, ['sitting', 'kitten', 'kit'], ['sittings!', '', 'k']],
  [
    { kind: 'overlap', measure: 'rouge-n', references: ['hello world'], least: 0.75 },
    ['Hello, big World!'],
    ['hello', ''],
  ],
  [
    { kind: 'overlap', measure: 'bleu', references: ['the cat sat on the mat', 'x'], least: 0.9 },
    ['The cat sat on the mat'],
    ['the cat sat on', 'the the the the', ''],
  ],
  [
    { kind: 'overlap', measure: 'gleu', references: ['the cat sat.', 'a dog'], least: 0.99 },
    ['The cat sat', 'a dog'],
    ['the cat', 'a dog sat', ''],
  ],
  [{ kind: 'words', least: 2, most: 3 }, ['a b', ' a\nb  c '], ['a', 'a b c d', '']],
  [{ kind: 'words', least: 2, most: null }, ['a b c d'], ['a']],
  [
    { kind: 'refusal' },
    ["I'm sorry, but I can’t help with that.", 'As an AI, I cannot do this', ''],
    ['Paris is the capital.', 'I can help with that'],
  ],
];

test('each rule holds where it should, and nowhere else', () => {
  for (const [rule, met, unmet] of EXAMPLES) {
    for (const text of met) assert.equal(holds(rule, answerOf(text)), true, `${JSON.stringify(rule)}: ${text}`);
    for (const text of unmet) assert.equal(holds(rule, answerOf(text)), false, `${JSON.stringify(rule)}: ${text}`);
  }
});

test('every rule can be negated, and then holds exactly where it did not', () => {
  for (const [rule, met, unmet] of EXAMPLES) {
    const negated = caseOf([expecting(rule, { isNegated: true })]);
    for (const text of met) assert.equal(gradeAnswer(answerOf(text), negated, graders).isPassed, false, text);
    for (const text of unmet) assert.equal(gradeAnswer(answerOf(text), negated, graders).isPassed, true, text);
  }
});

test('what an answer took is measured; what the far side does not tell is undecided, negated too', () => {
  const told = answerOf('x', {
    cost: 0.002,
    logProbabilities: [Math.log(0.5), Math.log(0.5)],
    finish: 'LENGTH',
    toolCalls: [
      { name: 'a', arguments: '' },
      { name: 'b', arguments: '' },
    ],
  });
  const rules: readonly (readonly [Rule, boolean])[] = [
    [{ kind: 'latency', mostMs: 120 }, true],
    [{ kind: 'latency', mostMs: 119 }, false],
    [{ kind: 'cost', most: 0.002 }, true],
    [{ kind: 'cost', most: 0.001 }, false],
    [{ kind: 'perplexity', most: 2.001 }, true],
    [{ kind: 'perplexity', most: 1.9 }, false],
    [{ kind: 'perplexity-score', least: 0.33 }, true],
    [{ kind: 'perplexity-score', least: 0.34 }, false],
    [{ kind: 'finish-reason', reason: 'length' }, true],
    [{ kind: 'finish-reason', reason: 'stop' }, false],
    [{ kind: 'tool-calls', names: ['b', 'a'], leastF1: 1 }, true],
    [{ kind: 'tool-calls', names: ['a', 'b', 'c'], leastF1: 0.8 }, true],
    [{ kind: 'tool-calls', names: ['a', 'b', 'c'], leastF1: 0.81 }, false],
    [{ kind: 'tool-calls', names: ['c'], leastF1: 0.1 }, false],
  ];
  for (const [rule, expected] of rules) assert.equal(holds(rule, told), expected, JSON.stringify(rule));
  const untold = answerOf('x', { finish: null });
  const asked = rules.map(([rule]) => rule).filter(({ kind }) => kind !== 'latency' && kind !== 'tool-calls');
  for (const rule of asked) {
    assert.equal(holds(rule, untold), null, JSON.stringify(rule));
    const grade = gradeAnswer(untold, caseOf([expecting(rule, { isNegated: true })]), graders);
    assert.ok(!grade.isPassed && grade.undecided.length === 1);
  }
});

test('BLEU and GLEU of published examples', () => {
  const scoreOf = (measure: 'bleu' | 'gleu' | 'rouge-n', text: string, references: readonly string[]): number =>
    gradeAnswer(answerOf(text), caseOf([expecting({ kind: 'overlap', measure, references, least: 0 })]), graders).score;
  // Papineni's first candidate, with the counts of the paper: 17/18, 10/17, 7/16, 4/15.
  const references = [
    'It is a guide to action that ensures that the military will forever heed Party commands',
    'It is the guiding principle which guarantees the military forces always being under the command of the Party',
    'It is the practical guide for the army always to heed the directions of the party',
  ];
  const candidate = 'It is a guide to action which ensures that the military always obeys the commands of the party';
  const expected = Math.exp((Math.log(17 / 18) + Math.log(10 / 17) + Math.log(7 / 16) + Math.log(4 / 15)) / 4);
  assert.ok(Math.abs(scoreOf('bleu', candidate, references) - expected) < 1e-9);
  assert.ok(scoreOf('bleu', 'the the the the the the the', ['The cat is on the mat']) < 0.01);
  // 3 + 2 + 1 of 3 + 2 + 1, and of 4 + 3 + 2 + 1.
  assert.ok(Math.abs(scoreOf('gleu', 'a b c', ['a b c d']) - 0.6) < 1e-9);
  assert.ok(Math.abs(scoreOf('rouge-n', 'police kill the gunman', ['police killed the gunman']) - 0.75) < 1e-9);
  assert.equal(scoreOf('rouge-n', 'a a a', ['a b']), 0.5);
  const half: Rule = { kind: 'overlap', measure: 'rouge-n', references: ['a b c d'], least: 0.5 };
  const unwanted = caseOf([expecting(half, { isNegated: true })]);
  assert.equal(gradeAnswer(answerOf('a'), unwanted, graders).score, 0.75);
});

test('a distance is that of its definition', () => {
  const byDefinition = (a: readonly string[], b: readonly string[]): number => {
    const [first, second] = [a[0], b[0]];
    if (first === undefined || second === undefined) return a.length + b.length;
    const [restA, restB] = [a.slice(1), b.slice(1)];
    if (first === second) return byDefinition(restA, restB);
    return 1 + Math.min(byDefinition(restA, b), byDefinition(a, restB), byDefinition(restA, restB));
  };
  const texts = fc.string({ unit: fc.constantFrom('a', 'b', '🌙'), maxLength: 6 });
  fc.assert(fc.property(texts, texts, (a, b) => assert.equal(distance(a, b), byDefinition([...a], [...b]))));
  assert.equal(distance('x'.repeat(6_000), 'y'.repeat(6_000)), null);
});

test('cosines: along, across, against, and of nothing', () => {
  assert.equal(cosine([2, 0], [4, 0]), 1);
  assert.equal(cosine([2, 0], [0, 3]), 0);
  assert.equal(cosine([1, 0], [-1, 0]), -1);
  assert.equal(cosine([0, 0], [1, 0]), 0);
});

test('sets, weights and the least score of a case', () => {
  const [yes, no] = [any(['x']), any(['y'])];
  const answer = answerOf('x');
  const passes = (expectations: readonly Expectation[], least: number | null = null): boolean =>
    gradeAnswer(answer, caseOf(expectations, least), graders).isPassed;
  assert.equal(passes([expecting(yes), expecting(no)]), false);
  assert.equal(passes([expecting(yes), expecting(no, { weight: 0 })]), true);
  assert.equal(passes([expecting(yes), expecting(no)], 0.5), true);
  assert.equal(passes([expecting(yes), expecting(no, { weight: 2 })], 0.5), false);
  const half: Rule = { kind: 'set', expectations: [expecting(yes), expecting(no)], least: 0.5 };
  assert.equal(passes([expecting(half)]), true);
  assert.equal(passes([expecting({ ...half, least: null })]), false);
  assert.equal(passes([expecting({ ...half, least: 0.6 }, { isNegated: true })]), true);
  assert.equal(passes([]), true);
});

test('what only another model can tell is asked for, inside sets too, and decides nothing until it is told', () => {
  const similar: Rule = { kind: 'similar', references: ['a'], least: 0.8 };
  const judge: Rule = { kind: 'judge', rubric: 'kind', least: 0.5 };
  const expectations = [expecting({ kind: 'set', expectations: [expecting(similar)], least: null }), expecting(judge)];
  assert.deepEqual(askedRules(expectations), [similar, judge]);
  const grade = gradeAnswer(answerOf('x'), caseOf(expectations), graders);
  assert.ok(!grade.isPassed && grade.undecided.length === 2);
  const told: Graders = { ...graders, told: () => ({ kind: 'told', holds: true, score: 0.9, why: 'said so' }) };
  assert.equal(gradeAnswer(answerOf('x'), caseOf(expectations), told).isPassed, true);
});

test('patterns that would never end are refused, others are not', () => {
  for (const pattern of ['(a+)+', '(a*)*b', '([a-z]+\\s?)+', '(?:x+y?){2,}', '((a+)b)*', '(a+(b))+', '(', '[z-a]'])
    assert.notEqual(patternProblem(pattern), null, pattern);
  for (const pattern of [
    'a+b+',
    '(foo|bar)+',
    '^\\d{4}-\\d{2}$',
    '(a+)(b+)',
    '(a+)(b)*(c)+',
    '[+*]+',
    '\\(a+\\)+',
    '(a{2,5})+',
    '(?<y>\\d+)',
  ])
    assert.equal(patternProblem(pattern), null, pattern);
});

test('hostile answers are graded in time', () => {
  const hostile = ['<!--', '<a>', '{"', '[', '"', '&', '<a ', '\\', 'ab ', '((', '{[', '<p b="'].map((part) =>
    part.repeat(60_000),
  );
  const began = process.cpuUsage().user;
  for (const text of hostile) {
    const grade = gradeAnswer(answerOf(text), caseOf(EXAMPLES.map(([rule]) => expecting(rule))), graders);
    assert.equal(grade.findings.length, EXAMPLES.length);
  }
  const tookMs = (process.cpuUsage().user - began) / 1_000;
  assert.ok(tookMs < 20_000, `${tookMs} ms of processor time`);
});

test('whatever an answer is, grading it gives a score of 0 to 1 and never throws', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
      const grade = gradeAnswer(answerOf(text), caseOf(EXAMPLES.map(([rule]) => expecting(rule))), graders);
      assert.ok(grade.score >= 0 && grade.score <= 1);
    }),
  );
});

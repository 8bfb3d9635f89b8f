// Patterns against the regular expressions of the language itself: what is in, what is found, and what is said to be empty.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ANYTHING, both, either, isIn, not, shortest, type Language } from './language.ts';
import { readPattern } from './pattern.ts';

const read = (text: string): Language => {
  const reading = readPattern(text);
  assert.ok(reading.kind === 'read', `${text}: ${JSON.stringify(reading)}`);
  return reading.language;
};

const atom = fc.constantFrom(
  'a',
  'b',
  '0',
  '.',
  '\\d',
  '\\w',
  '\\S',
  '[ab]',
  '[^a]',
  '[a-c0]',
  '\\.',
  '\\u{1f600}',
  '[\\s_-]',
  'é',
);
const times = fc.constantFrom('', '', '*', '+', '?', '{2}', '{1,}', '{0,2}', '*?');
const sequence = (inner: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc
    .array(
      fc.tuple(inner, times).map((pair) => pair.join('')),
      { maxLength: 3 },
    )
    .map((parts) => parts.join(''));
const group = fc.array(sequence(atom), { minLength: 1, maxLength: 2 }).map((ways) => `(?:${ways.join('|')})`);
const way = fc
  .tuple(fc.constantFrom('', '^'), sequence(fc.oneof(atom, group)), fc.constantFrom('', '$'))
  .map((parts) => parts.join(''));
const pattern = fc.array(way, { minLength: 1, maxLength: 2 }).map((ways) => ways.join('|'));
const text = fc
  .array(fc.constantFrom('a', 'b', 'c', '0', '.', '_', ' ', '\n', 'é', '😀'), { maxLength: 6 })
  .map((each) => each.join(''));

const NO_LIMIT = { min: 0, max: Infinity };

test('what is in is what the regular expression matches', () => {
  fc.assert(
    fc.property(pattern, fc.array(text, { minLength: 5, maxLength: 10 }), (source, texts) => {
      const language = read(source);
      for (const each of texts)
        assert.equal(isIn(language, each), new RegExp(source, 'u').test(each), JSON.stringify(each));
    }),
    { numRuns: 500 },
  );
});

test('the shortest string that one pattern takes and another does not is one, and when there is none, none is seen', () => {
  fc.assert(
    fc.property(pattern, pattern, fc.array(text, { maxLength: 20 }), (taking, leaving, texts) => {
      const [takes, leaves] = [new RegExp(taking, 'u'), new RegExp(leaving, 'u')];
      const found = shortest(both([read(taking), not(read(leaving))]), NO_LIMIT);
      if (found.kind === 'found') assert.ok(takes.test(found.text) && !leaves.test(found.text), found.text);
      const others = texts.filter((each) => takes.test(each) && !leaves.test(each));
      if (found.kind === 'none') assert.deepEqual(others, []);
      for (const each of others) assert.ok(found.kind !== 'found' || [...found.text].length <= [...each].length);
    }),
    { numRuns: 500 },
  );
});

test('the laws of sets hold as far as keys can tell', () => {
  fc.assert(
    fc.property(pattern, pattern, (first, second) => {
      const [a, b] = [read(first), read(second)];
      assert.equal(both([a, b]).key, both([b, a, b]).key);
      assert.equal(not(not(a)).key, a.key);
      assert.equal(both([a, not(a)]).kind, 'none');
      assert.equal(either([a, not(a)]).key, ANYTHING.key);
    }),
  );
});

test('sizes are kept, counted in characters and not in halves of them', () => {
  assert.deepEqual(shortest(read('^😀*$'), { min: 2, max: 2 }), { kind: 'found', text: '😀😀' });
  assert.deepEqual(shortest(read('^(ab)+$'), { min: 3, max: 3 }), { kind: 'none' });
  assert.deepEqual(shortest(read('^(ab)+$'), { min: 3, max: 4 }), { kind: 'found', text: 'abab' });
  assert.deepEqual(shortest(ANYTHING, { min: 3, max: 2 }), { kind: 'none' });
  assert.equal(shortest(ANYTHING, { min: 1_000_000, max: Infinity }).kind, 'unsure');
});

test('what has no language is refused, with its place', () => {
  const refusals = [
    'a(?=b)',
    '(?<n>a)',
    '\\bword',
    '(a)\\1',
    '\\p{L}',
    'a^b',
    '(a$)b',
    '(a',
    'a)',
    '[a',
    'a**',
    '[b-a]',
    'a{3,2}',
    '\\a',
    'x{2000}',
    '*a',
    'a$b',
  ];
  for (const source of refusals) {
    const reading = readPattern(source);
    assert.equal(reading.kind, 'refused', source);
    if (reading.kind === 'refused') assert.match(reading.says, /at character \d+$/);
  }
  assert.equal(readPattern('a'.repeat(1_001)).kind, 'refused');
});

test('a pattern that drives engines with backtracking mad takes its time in proportion to the text', () => {
  const language = read('^(a+)+$');
  assert.equal(isIn(language, `${'a'.repeat(50_000)}!`), false);
});

// Expressions in matchers: what people write can be used, and nothing that can be used goes on for long.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { expressionTrouble } from './expression.ts';

const USABLE = [
  'api',
  'api-.*',
  'api-.*|web-.*|db-.*|mail-.*|cache-.*',
  '(api|web)-[0-9]+',
  'api(-(eu|us))?',
  '[a-z*+(|]+-\\(\\d{4}\\)',
  '(?:ab){3}',
  '(?<where>eu|us)-.*',
];

for (const text of USABLE) {
  test(`${text} can be used`, () => {
    assert.equal(expressionTrouble(text), null);
  });
}

const REFUSED: readonly (readonly [string, RegExp])[] = [
  ['((\\w+))+!', /never end/],
  ['(a+)+b', /never end/],
  ['(a|a)*b', /never end/],
  ['(?:(?:a|ab))+', /never end/],
  ['(a?){25}a{25}', /never end/],
  ['.*.*.*.*x', /too long/],
  ['a?a?a?a?aaaa', /too long/],
  ['(a|a)(a|a)(a|a)(a|a)b', /too long/],
  ['(.*)\\1', /refers back/],
  ['(?=a).*', /looks ahead/],
  ['(?<!a).*', /looks ahead/],
  ['(', /not a regular expression/],
  ['a)', /not a regular expression/],
  ['[ab]+)*?(.{1,9}a', /not a regular expression/],
  ['[', /not a regular expression/],
];

for (const [text, why] of REFUSED) {
  test(`${text} is refused`, () => {
    assert.match(expressionTrouble(text) ?? 'it can be used', why);
  });
}

const PIECES = ['a', 'b', '.', '\\w', '[ab]', '(', ')', '(?:', '|', '*', '+', '?', '{2}', '{1,9}', '*?', '!'];

/** On 26 letters what goes on for ever takes minutes of processor time, and what is bounded some milliseconds. */
test('whatever is accepted ends', () => {
  const name = 'ab'.repeat(13);
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...PIECES), { minLength: 1, maxLength: 24 }), (pieces) => {
      const text = pieces.join('');
      if (expressionTrouble(text) !== null) return;
      const made = new RegExp(`^(?:${text}!!)$`, 'u');
      const before = process.cpuUsage();
      made.test(name);
      assert.ok(process.cpuUsage(before).user < 1_000_000, text);
    }),
    { numRuns: 300 },
  );
});

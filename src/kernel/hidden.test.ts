// Hidden characters are found where they are, and texts in all scripts have none.

import assert from 'node:assert/strict';
import test from 'node:test';
import { hiddenIn, quoted } from './hidden.ts';

test('what nobody sees is found and named', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['a\u0000b', '1 U+0000'],
    ['\u001b[2J', '0 U+001B'],
    ['a\u007f', '1 U+007F'],
    ['a\u0085', '1 U+0085'],
    ['ab\u061c', '2 U+061C'],
    ['a\u200eb', '1 U+200E'],
    ['a\u200fb', '1 U+200F'],
    ['/* \u202e } \u2066if (isAdmin)\u2069', '3 U+202E'],
    ['a\u2028b', '1 U+2028'],
    ['a\u2060b', '1 U+2060'],
    ['a\u2066b', '1 U+2066'],
    ['a\ufeffb', '1 U+FEFF'],
    ['\u{1f600}\u{e0041}', '2 U+E0041'],
    ['a\ufe0f\u{e0101}\u{e0102}', '1 U+FE0F'],
  ];
  for (const [text, expected] of cases) {
    const found = hiddenIn(text);
    assert.equal(`${found?.index} ${found?.name}`, expected, JSON.stringify(text));
  }
});

test('texts in all scripts have none', () => {
  const texts = [
    'tab\t, line\nand return\r\n',
    '\u0627\u0644\u0639\u0631\u0628\u064a\u0629, \u05e2\u05d1\u05e8\u05d9\u05ea',
    '\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645',
    '\u{1f469}\u200d\u{1f680} \u2764\ufe0f \u{1f1e9}\u{1f1ea} \u845b\u{e0100}',
    '\u0e20\u0e32\u0e29\u0e32\u0e44\u0e17\u0e22 \u65e5\u672c\u8a9e\u3000\ud55c\uad6d\uc5b4 \u0939\u093f\u0928\u094d\u0926\u0940',
    'e\u0301 \u00a0 \u00ad \u2014 \u2026 \u20ac',
  ];
  for (const text of texts) assert.equal(hiddenIn(text), null, text);
});

test('a word in a message hides nothing and has an end', () => {
  assert.equal(quoted('plain "x"'), String.raw`"plain \"x\""`);
  assert.equal(quoted('a\u202eb\u001b\u{e0041}'), String.raw`"a\u{202e}b\u001b\u{e0041}"`);
  assert.ok(quoted('x'.repeat(9_000)).length < 250);
});

// Foreign text: what may stand in a message as it is, and what is written out.

import assert from 'node:assert/strict';
import test from 'node:test';
import { excerpt, visible } from './visible.ts';

test('what draws, hides or turns text round is written out', () => {
  const check = (text: string, expected: string): void => assert.equal(visible(text), expected);
  check('plain ü 日本 🦉', 'plain ü 日本 🦉');
  check('\u001b[2J\r\n\t\u0000\u007f\u009b', '\\u{1b}[2J\\u{d}\\u{a}\\u{9}\\u{0}\\u{7f}\\u{9b}');
  check('\u202ecod.exe\u2066\u200b\ufeff', '\\u{202e}cod.exe\\u{2066}\\u{200b}\\u{feff}');
});

test('an excerpt is short, quoted and well-formed', () => {
  const check = (text: string, limit: number, expected: string): void => assert.equal(excerpt(text, limit), expected);
  check('short', 10, '"short"');
  check('0123456789x', 10, '"0123456789…"');
  check('ab🦉', 3, '"ab\ufffd…"');
  check('', 10, '""');
});

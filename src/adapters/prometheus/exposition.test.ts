// What the parser of pages must survive: anything. What it must read is compared with the real Prometheus in test/.

import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { instant } from '#kernel/time.ts';
import { readPage } from './exposition.ts';

const NOW = instant(1_800_000_000_000);
const piece = fc.constantFrom(
  'a',
  '{',
  '}',
  '"',
  '\\',
  ',',
  '=',
  ' ',
  '\n',
  '# TYPE ',
  '# EOF',
  '1',
  'NaN',
  '1e999',
  ' # {',
  'é',
);

test('whatever a page holds, it is read or refused, and no value is without a number', () => {
  const page = fc.oneof(
    fc.array(piece, { maxLength: 60 }).map((it) => it.join('')),
    fc.string(),
  );
  fc.assert(
    fc.property(page, fc.boolean(), (text, isOpen) => {
      const type = isOpen ? 'application/openmetrics-text' : 'text/plain';
      const parsed = readPage(Buffer.from(text), type, NOW, { seriesMax: 5 });
      if (parsed.kind !== 'page') return assert.notEqual(parsed.detail, '');
      return assert.ok(parsed.page.readings.every((it) => Number.isFinite(it.value)));
    }),
    { numRuns: 2_000 },
  );
});

test('a page that is too long, cut off, or not text is refused', () => {
  const read = (bytes: string | Buffer, type = 'text/plain') =>
    readPage(Buffer.from(bytes), type, NOW, { seriesMax: 2 }).kind;
  assert.equal(read('a 1\nb 2\n'), 'page');
  assert.equal(read('a 1\nb 2\nc 3\n'), 'too-many');
  assert.equal(read('a 1\n', 'application/openmetrics-text'), 'bad');
  assert.equal(read(Buffer.from([0xff, 0xfe])), 'bad');
  assert.equal(read(`a{b="${'\\\\'.repeat(5_000_000)}"} 1\n`), 'bad');
});

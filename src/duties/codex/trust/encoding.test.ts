// Encodings, against those of Node.

import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { fromBase64, fromHex, fromUtf8, toBase64, toHex, toUtf8 } from './encoding.ts';

const anyBytes = fc.uint8Array({ maxLength: 100 });

test('base64 and hexadecimal are those of Node, and come back', () => {
  fc.assert(
    fc.property(anyBytes, (bytes) => {
      const { buffer } = { buffer: Buffer.from(bytes) };
      assert.equal(toBase64(bytes), buffer.toString('base64'));
      assert.equal(toHex(bytes), buffer.toString('hex'));
      for (const text of [buffer.toString('base64'), buffer.toString('base64url')]) {
        assert.deepEqual(fromBase64(text), bytes);
      }
      assert.deepEqual(fromHex(toHex(bytes).toUpperCase()), bytes);
    }),
  );
});

test('UTF-8 is that of Node in both directions, for texts and for bytes that are none', () => {
  const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  const nodeReads = (bytes: Uint8Array): string | null => {
    try {
      return strict.decode(bytes);
    } catch {
      return null;
    }
  };
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (text) => {
      assert.deepEqual(Buffer.from(toUtf8(text)), Buffer.from(text));
      assert.equal(fromUtf8(toUtf8(text)), text.toWellFormed());
    }),
    { numRuns: 500 },
  );
  const unit = fc.oneof(fc.nat(255), fc.constantFrom(0x80, 0xbf, 0xc0, 0xc1, 0xe0, 0xed, 0xa0, 0x9f, 0xf0, 0xf4, 0x90));
  fc.assert(
    fc.property(fc.array(unit, { maxLength: 8 }), (units) => {
      const bytes = Uint8Array.from(units);
      assert.equal(fromUtf8(bytes), nodeReads(bytes));
    }),
    { numRuns: 20_000 },
  );
});

test('one text for one sequence of bytes: other spellings are refused', () => {
  const refused = ['A', 'AB=', 'AA=A', 'AA===', 'AB==', 'AAB=', 'A A=', 'AA==\n', '+_==', 'ÄÄ==', '===='];
  for (const text of refused) assert.equal(fromBase64(text), null, text);
  for (const text of ['a', 'ag', '0x', ' 00', '00\n', '٠٠']) assert.equal(fromHex(text), null, text);
});

// The address of a place leads back to it, whatever a service is called.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { hashOf, placeOf } from './place.ts';

test('every service has an address of its own, and it leads back', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), (id) => {
      assert.deepEqual(placeOf(hashOf({ kind: 'service', id })), { kind: 'service', id });
    }),
  );
});

test('so has every item of the codex, and every pair of its versions', () => {
  const words = fc.string({ unit: 'grapheme', minLength: 1 });
  fc.assert(
    fc.property(words, words, words, (item, from, to) => {
      assert.deepEqual(placeOf(hashOf({ kind: 'codex-item', item })), { kind: 'codex-item', item });
      const diff = { kind: 'codex-diff', item, from, to } as const;
      assert.deepEqual(placeOf(hashOf(diff)), diff);
    }),
  );
  assert.deepEqual(placeOf(hashOf({ kind: 'codex' })), { kind: 'codex' });
});

test('what is not understood is the town', () => {
  for (const hash of [
    '',
    '#',
    '#/',
    '#token=x',
    '#/services/',
    '#/services/%E0%A4%A',
    '#/incidents/1',
    '#/codex/a/b',
    '#/codex/%E0',
  ])
    assert.deepEqual(placeOf(hash), { kind: 'town' }, hash);
  assert.deepEqual(placeOf(hashOf({ kind: 'town' })), { kind: 'town' });
});

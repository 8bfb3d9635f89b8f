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

test('what is not understood is the town', () => {
  for (const hash of ['', '#', '#/', '#token=x', '#/services/', '#/services/%E0%A4%A', '#/incidents/1'])
    assert.deepEqual(placeOf(hash), { kind: 'town' }, hash);
  assert.deepEqual(placeOf(hashOf({ kind: 'town' })), { kind: 'town' });
});

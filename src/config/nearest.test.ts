// The nearest name as data.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { editDistance, nearestName } from './nearest.ts';

test('distances: a swap of neighbours is one edit', () => {
  const cases = [
    ['', '', 0],
    ['a', '', 1],
    ['teir', 'tier', 1],
    ['kitten', 'sitting', 3],
    ['ca', 'abc', 3],
    ['htp', 'http', 1],
  ] as const;
  for (const [a, b, expected] of cases) assert.equal(editDistance(a, b), expected, `${a} ${b}`);
});

test('a distance is a distance: zero only for equals, and the same both ways', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 12 }), fc.string({ maxLength: 12 }), (a, b) => {
      const distance = editDistance(a, b);
      return (
        distance === editDistance(b, a) && (distance === 0) === (a === b) && distance <= Math.max(a.length, b.length)
      );
    }),
  );
});

test('counting stops beyond the limit, and never below it', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 9 }), fc.string({ maxLength: 9 }), fc.nat(9), (a, b, most) => {
      const exact = editDistance(a, b);
      const limited = editDistance(a, b, most);
      return exact <= most ? limited === exact : limited > most;
    }),
  );
});

test('the nearest name, or none', () => {
  const kinds = ['http', 'tcp', 'redis', 'postgres', 'production'];
  const cases = [
    ['htpp', 'http'],
    ['reddis', 'redis'],
    ['prod', 'production'],
    ['HTTP', 'http'],
    ['mysql', null],
    ['', null],
    ['x'.repeat(1_000), null],
  ] as const;
  for (const [found, expected] of cases) assert.equal(nearestName(found, kinds), expected, found);
});

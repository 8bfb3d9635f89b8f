// The roll against a set, for many names in any order.

import assert from 'node:assert/strict';
import test from 'node:test';
import * as fc from 'fast-check';
import { serviceId } from '#kernel/id.ts';
import { enter, isOn, NOBODY, strike } from './roll.ts';

test('a roll holds whom it was told of, like a set', () => {
  const name = fc.integer({ min: 0, max: 300 }).map((number) => serviceId(`s${number}`));
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.boolean(), name), { maxLength: 600 }), (told) => {
      const names = new Set<string>();
      let roll = NOBODY;
      for (const [isUp, id] of told) {
        roll = isUp ? enter(roll, id) : strike(roll, id);
        if (isUp) names.add(id);
        else names.delete(id);
        assert.equal(isOn(roll, id), isUp);
      }
      assert.deepEqual(roll.flat().toSorted(), [...names].toSorted());
    }),
  );
});

test('nothing new is the same roll', () => {
  const once = enter(NOBODY, serviceId('api'));
  assert.equal(enter(once, serviceId('api')), once);
  assert.equal(strike(once, serviceId('db')), once);
});

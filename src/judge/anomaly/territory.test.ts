// A territory: few intervals, in order, that hold every value they were given and as little else as they can.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { distanceTo, forget, INTERVALS, settle, TERRITORY_SIZE } from './territory.ts';

/** Begins in the middle of a memory, with neighbours that must stay as they are. */
const BASE = 3;
const open = (): Float64Array => {
  const memory = new Float64Array(TERRITORY_SIZE + 2 * BASE).fill(-7);
  memory.fill(0, BASE, BASE + TERRITORY_SIZE);
  return memory;
};

const intervalsOf = (memory: Float64Array): readonly (readonly [number, number])[] =>
  Array.from({ length: memory[BASE] ?? 0 }, (_, index) => {
    const place = BASE + 1 + 2 * index;
    return [memory[place] ?? Number.NaN, memory[place + 1] ?? Number.NaN] as const;
  });

const values = fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 60 });

test('whatever comes, in whatever order: everything given is inside, intervals are few, apart and in order', () => {
  fc.assert(
    fc.property(values, (given) => {
      const memory = open();
      for (const value of given) settle(memory, BASE, value);
      for (const value of given) assert.equal(distanceTo(memory, BASE, value), 0);
      const intervals = intervalsOf(memory);
      assert.ok(intervals.length >= 1 && intervals.length <= INTERVALS);
      intervals.forEach(([low, high], index) => {
        assert.ok(low <= high);
        assert.ok(index === 0 || (intervals[index - 1]?.[1] ?? Infinity) < low);
      });
      assert.equal(intervals[0]?.[0], Math.min(...given));
      assert.equal(intervals.at(-1)?.[1], Math.max(...given));
      assert.ok(memory.subarray(0, BASE).every((it) => it === -7) && memory.subarray(-BASE).every((it) => it === -7));
    }),
  );
});

test('few values are known one by one; a distance is to the nearest of them', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.integer(), { minLength: 1, maxLength: INTERVALS }), fc.integer(), (given, asked) => {
      const memory = open();
      for (const value of given) settle(memory, BASE, value);
      assert.equal(distanceTo(memory, BASE, asked), Math.min(...given.map((value) => Math.abs(value - asked))));
    }),
  );
});

test('the smallest gap is the one that is given up', () => {
  const memory = open();
  const given = Array.from({ length: INTERVALS - 1 }, (_, index) => 100 * index);
  for (const value of [...given, 203, 450]) settle(memory, BASE, value);
  assert.equal(distanceTo(memory, BASE, 201), 0, '200 to 203 became one');
  assert.equal(distanceTo(memory, BASE, 430), 20);
});

test('nothing known is nothing to be far from', () => {
  const memory = open();
  assert.equal(distanceTo(memory, BASE, 5), 0);
  settle(memory, BASE, 5);
  forget(memory, BASE);
  assert.equal(distanceTo(memory, BASE, 500), 0);
});

// The fit: what is flat is called flat, and what leaks is called a leak.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { floorsOf, judge, type Point } from './fit.ts';

/** Half an hour, every five seconds: 200 MB, a saw tooth of 40 MB a minute, a spike, and a leak of so much an hour. */
const curve = (leakPerHour: number): readonly Point[] =>
  Array.from({ length: 360 }, (_, index) => {
    const atS = index * 5;
    const tooth = ((atS % 60) / 60) * 40;
    const spike = index === 300 ? 500 : 0;
    return { atS, value: 200 + tooth + spike + (leakPerHour * atS) / 3_600 };
  });

test('the fit calls a saw tooth with a spike flat, and a leak of 60 MB an hour a leak', () => {
  const calm = judge(floorsOf(curve(0), 60), 4);
  assert.deepEqual([calm.isFlat, Math.round(calm.median)], [true, 200]);
  const leak = judge(floorsOf(curve(60), 60), 4);
  assert.deepEqual([leak.isFlat, Math.round(leak.perHour)], [false, 60]);
  assert.equal(judge(curve(60), 4).isFlat, false);
  assert.equal(judge(curve(0), 4).isFlat, true);
});

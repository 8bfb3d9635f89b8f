// The tally: two counters become events, whatever becomes of the counters.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { serviceId } from '#kernel/id.ts';
import type { Site } from '#kernel/site.ts';
import { targetMetric } from '#kernel/source.ts';
import { targetId, type Indicator } from '#kernel/target.ts';
import { instant, later, minutes } from '#kernel/time.ts';
import type { Reading } from '#ports/source.ts';
import { Tally } from './tally.ts';

const START = instant(1_800_000_000_000);
const API = serviceId('api');
const ID = targetId(API, 'errors');
const SOURCE = 'prometheus';

type Part = 'good' | 'total' | 'value';
const reading = (part: Part, at: number, value: number): Reading => ({
  kind: 'gauge',
  metric: targetMetric(ID, part),
  labels: {},
  unit: '',
  at: later(START, minutes(at)),
  value,
});

const ratio = (isCounter: boolean): Indicator => ({ kind: 'ratio', source: SOURCE, good: 'g', total: 't', isCounter });
const VALUE: Indicator = { kind: 'value', source: SOURCE, query: 'q', comparator: 'at-most', limit: 5 };

/** What the judge was told, as [good, bad] each; the clock of the watchman shows `now` minutes. */
const tallied = (indicator: Indicator, feeds: readonly (readonly Reading[])[], now = 1_000, source = SOURCE) => {
  const counted: (readonly [number, number])[] = [];
  const site = { services: [{ id: API, targets: [{ id: ID, service: API, indicator }] }] } as unknown as Site; // decoder: only targets are read
  const tally = new Tally(site, {
    sawEvents: (_id, at, { good, bad }) => {
      if (at > later(START, minutes(now))) return 'ahead';
      counted.push([good, bad]);
      return 'taken';
    },
  });
  for (const readings of feeds) tally.feed(source, readings);
  return counted;
};

const pair = (at: number, good: number, total: number): readonly Reading[] => [
  reading('good', at, good),
  reading('total', at, total),
];

const CASES: readonly (readonly [string, readonly (readonly Reading[])[], readonly (readonly [number, number])[]])[] = [
  ['the first only says where they stand', [pair(0, 90, 100)], []],
  ['what they grew by', [pair(0, 90, 100), pair(1, 180, 200)], [[90, 10]]],
  ['nothing new', [pair(0, 90, 100), pair(1, 90, 100)], [[0, 0]]],
  ['both began anew', [pair(0, 90, 100), pair(1, 8, 10)], [[8, 2]]],
  ['one of them has grown past its old value', [pair(0, 90, 100), pair(1, 50, 150)], [[50, 100]]],
  ['one that was overtaken', [pair(0, 90, 100), pair(2, 110, 120), pair(1, 100, 110)], [[20, 0]]],
  ['the same once more', [pair(0, 90, 100), pair(1, 100, 110), pair(1, 100, 110)], [[10, 0]]],
  ['a clock that is fast, and right again', [pair(0, 0, 0), pair(2_000, 5, 5), pair(1, 9, 10)], [[9, 1]]],
  ['a clock that was set back', [pair(60, 0, 0), pair(1, 9, 10)], [[9, 1]]],
  ['halves of two moments', [[reading('good', 0, 1)], [reading('total', 1, 2)]], []],
  ['more good ones than there are', [pair(0, 0, 0), pair(1, 12, 10)], [[10, 0]]],
];

for (const [name, feeds, expected] of CASES) {
  test(`counters: ${name}`, () => assert.deepEqual(tallied(ratio(true), feeds), expected));
}

test('amounts count as they are, and a value is one event', () => {
  assert.deepEqual(tallied(ratio(false), [pair(0, 90, 100), pair(1, 90, 100)]), [
    [90, 10],
    [90, 10],
  ]);
  assert.deepEqual(tallied(VALUE, [[reading('value', 0, 5)], [reading('value', 1, 6)]]), [
    [1, 0],
    [0, 1],
  ]);
});

test('another source is not asked', () => {
  assert.deepEqual(tallied(ratio(false), [pair(0, 90, 100)], 1_000, 'other'), []);
});

test('however often the counters begin anew between looks, no more is counted than there was', () => {
  const step = fc.record({ good: fc.nat(50), bad: fc.nat(50), isRestarted: fc.boolean() });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      let [good, total] = [0, 0];
      const feeds = steps.map((it, at) => {
        if (it.isRestarted) [good, total] = [0, 0];
        good += it.good;
        total += it.good + it.bad;
        return pair(at, good, total);
      });
      const counted = tallied(ratio(true), feeds);
      const was = steps.slice(1).reduce((sum, it) => sum + it.good + it.bad, 0);
      assert.ok(counted.reduce((sum, [ok, bad]) => sum + ok + bad, 0) <= was);
    }),
  );
});

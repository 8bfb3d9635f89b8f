// Tests of the strip: what is a gap, and where the bars stand.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sampleSchema } from '#api/view.ts';
import { BARS_MAX, drawStrip, findGaps, sayStrip, SLOT } from './strip.ts';

const samples = (...ats: readonly number[]) =>
  ats.map((at) => sampleSchema.parse({ at: at * 1_000, state: 'healthy', latencyMs: 1 }));

const checkGaps = (ats: readonly number[], expected: readonly number[]): void => {
  const found = findGaps(samples(...ats)).flatMap((isGap, index) => (isGap ? [index] : []));
  assert.deepEqual(found, expected);
};

test('a pace that slows down to a minute has no gaps', () => checkGaps([0, 1, 3, 10, 40, 100, 160], []));
test('a silence far beyond the pace is a gap', () => checkGaps([0, 10, 20, 320, 330], [3]));
test('a slow check has a slow pace', () => checkGaps([0, 300, 600, 900], []));
test('nothing and one have no gap', () => {
  checkGaps([], []);
  checkGaps([5], []);
});

test('each state has its own path, and the newest is at the right edge', () => {
  const mixed = [
    sampleSchema.parse({ at: 0, state: 'healthy', latencyMs: 1 }),
    sampleSchema.parse({ at: 1_000, state: 'unknown', latencyMs: 0 }),
  ];
  const { paths, width } = drawStrip(mixed);
  assert.match(paths.healthy, new RegExp(`^M${width - 2 * SLOT} `));
  assert.match(paths.unknown, new RegExp(`^M${width - SLOT} `));
  assert.equal(paths.unhealthy + paths.degraded, '');
});

test('a gap takes room and is drawn', () => {
  const { gaps, paths, width } = drawStrip(samples(0, 10, 20, 320));
  assert.notEqual(gaps, '');
  assert.match(paths.healthy, new RegExp(`^M${width - 6 * SLOT} `));
});

test('only the last bars are drawn', () => {
  const { paths } = drawStrip(samples(...Array.from({ length: 200 }, (_, index) => index)));
  assert.equal(paths.healthy.split('M').length - 1, BARS_MAX);
});

test('the strip in words', () => {
  assert.equal(sayStrip([]), 'not looked at yet');
  assert.equal(sayStrip(samples(1, 2)), '2 looks: 2 healthy');
});

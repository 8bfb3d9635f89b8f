// The band: it holds what comes next, follows where the series goes, and asking for it changes nothing.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Band } from '#kernel/anomaly.ts';
import { meet } from './band.ts';
import { Detector } from './detector.ts';

const EVERY_MS = 60_000;
const PER_DAY = 1_440;

/** Sums of twelve are near enough to normal; seeded, so that a failure comes again. */
const makeNoise = (seed: number): (() => number) => {
  let state = seed;
  const chance = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
  return () => Array.from({ length: 12 }, chance).reduce((sum, each) => sum + each, -6);
};

type Run = { readonly bands: readonly (Band | null)[]; readonly values: readonly number[] };

const watch = (rows: number, valueAt: (row: number) => number): Run => {
  const detector = new Detector();
  const bands: (Band | null)[] = [];
  const values: number[] = [];
  for (let row = 0; row < rows; row += 1) {
    const value = valueAt(row);
    bands.push(detector.band(row * EVERY_MS));
    values.push(value);
    detector.score(row * EVERY_MS, value);
  }
  return { bands, values };
};

const insideShare = ({ bands, values }: Run, from: number): number => {
  const inside = values.slice(from).filter((value, index) => {
    const band = bands[from + index];
    return band !== null && band !== undefined && value >= band.low && value <= band.high;
  });
  return inside.length / (values.length - from);
};

test('of noise nearly all that comes next is inside, and nothing is known before the first trend of values', () => {
  const noise = makeNoise(1);
  const run = watch(4_000, () => 100 + noise());
  assert.ok(insideShare(run, 500) > 0.99, `${insideShare(run, 500)}`);
  assert.ok(run.bands.slice(0, 24).every((band) => band === null));
  const last = run.bands.at(-1);
  assert.ok(last !== null && last !== undefined && last.high - last.low < 14, JSON.stringify(last));
});

test('one spike does not widen it, a new level is where it is after two trends', () => {
  const noise = makeNoise(2);
  const run = watch(2_000, (row) => (row === 1_000 ? 500 : row >= 1_500 ? 300 : 100) + noise());
  const after = run.bands[1_100];
  assert.ok(after !== null && after !== undefined && after.high < 110, JSON.stringify(after));
  const moved = run.bands[1_550];
  assert.ok(moved !== null && moved !== undefined && moved.low > 280 && moved.high < 320, JSON.stringify(moved));
});

test('a wave of the day is expected at its time: the night band is not that of the day', () => {
  const noise = makeNoise(3);
  const run = watch(6 * PER_DAY, (row) => 50 * Math.sin((2 * Math.PI * row) / PER_DAY) + noise());
  assert.ok(insideShare(run, 3 * PER_DAY) > 0.97, `${insideShare(run, 3 * PER_DAY)}`);
  const [day, night] = [run.bands[5 * PER_DAY + 360], run.bands[5 * PER_DAY + 1_080]];
  assert.ok(day && night && day.low > 20 && night.high < -20, JSON.stringify({ day, night }));
});

test('asking changes nothing, and a snapshot gives the same band', () => {
  const values = fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 30, maxLength: 200 });
  fc.assert(
    fc.property(values, (series) => {
      const [asked, quiet] = [new Detector(), new Detector()];
      series.forEach((value, row) => {
        const band = asked.band(row * EVERY_MS);
        assert.ok(band === null || band.low <= band.high);
        assert.equal(asked.score(row * EVERY_MS, value), quiet.score(row * EVERY_MS, value));
      });
      const at = series.length * EVERY_MS;
      assert.deepEqual(new Detector(quiet.snapshot()).band(at), asked.band(at));
    }),
  );
});

test('two bands that exclude each other: the series is where it is', () => {
  assert.deepEqual(meet({ low: 0, high: 4 }, { low: 2, high: 9 }), { low: 2, high: 4 });
  assert.deepEqual(meet({ low: 0, high: 1 }, { low: 2, high: 9 }), { low: 0, high: 1 });
});

// The detector: what must be seen is seen, what is usual is not, and it neither looks ahead nor grows.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { AlarmBudget } from './alarmBudget.ts';
import { Detector, DETECTOR_BYTES, type View } from './detector.ts';

const EVERY_MS = 300_000;
const PER_DAY = 288;
const DAYS = 21;
const ROWS = DAYS * PER_DAY;
/** The event of each story: a Tuesday, two weeks in. */
const EVENT = 15 * PER_DAY + 100;

type Chance = () => number;

/** mulberry32: seeded, so that a failure comes again. */
const makeChance = (seed: number): Chance => {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
};

/** A normal deviate, by Box and Muller. */
const normal = (chance: Chance): number => Math.sqrt(-2 * Math.log(1 - chance())) * Math.cos(2 * Math.PI * chance());

const day = (row: number): number => Math.sin((2 * Math.PI * row) / PER_DAY);

/** `days`: by when its top must have come. */
type Story = {
  readonly name: string;
  readonly view: View | null;
  readonly days?: number;
  readonly make: (row: number, noise: number) => number;
};

const after = (row: number, value: number): number => (row >= EVENT ? value : 0);
const within = (row: number, rows: number): boolean => row >= EVENT && row < EVENT + rows;

/** Each is a usual series with one event in it. */
const STORIES: readonly Story[] = [
  { name: 'a spike', view: null, make: (row, noise) => 50 + noise + (row === EVENT ? 60 : 0) },
  { name: 'a new level', view: null, make: (row, noise) => 50 + noise + after(row, 12) },
  { name: 'a slow drift', view: 'trend', days: 4, make: (row, noise) => 50 + noise + after(row, (row - EVENT) * 0.02) },
  { name: 'a flat line', view: 'spread', make: (row, noise) => (within(row, 100) ? 50 : 50 + noise) },
  { name: 'unrest', view: null, make: (row, noise) => 50 + noise * (within(row, 60) ? 6 : 1) },
  {
    name: 'night load by day',
    view: null,
    make: (row, noise) => 50 + 20 * day(within(row, 60) ? row + 144 : row) + noise,
  },
  {
    name: 'a day without its wave',
    view: null,
    make: (row, noise) => 50 + (within(row, 200) ? 0 : 20 * day(row)) + noise,
  },
];

const scoresOf = (make: Story['make'], seed: number): readonly { readonly score: number; readonly view: View }[] => {
  const chance = makeChance(seed);
  const detector = new Detector();
  return Array.from({ length: ROWS }, (_, row) => {
    const score = detector.score(row * EVERY_MS, make(row, normal(chance)));
    return { score, view: detector.explain().view };
  });
};

for (const story of STORIES) {
  test(`${story.name} is the most surprising thing of three weeks`, () => {
    for (const seed of [1, 2, 3]) {
      const scores = scoresOf(story.make, seed).map((it, row) => ({ ...it, row }));
      const settled = scores.slice(2 * PER_DAY); // the first days of any series are new
      const top = settled.reduce((best, it) => (it.score > best.score ? it : best));
      assert.ok(
        top.row >= EVENT && top.row < EVENT + (story.days ?? 2) * PER_DAY,
        `seed ${seed}: ${JSON.stringify(top)}`,
      );
      if (story.view !== null && top.row < EVENT + PER_DAY) assert.equal(top.view, story.view, `seed ${seed}`);
    }
  });
}

test('a constant is never news, and neither is what is not a number', () => {
  const detector = new Detector();
  for (let row = 0; row < 5_000; row += 1) {
    assert.equal(detector.score(row * EVERY_MS, 7), 0);
    assert.equal(detector.score(row * EVERY_MS, Number.NaN), 0);
    assert.equal(detector.score(row * EVERY_MS, Infinity), 0);
  }
});

test('it does not look ahead: the scores of a beginning are those of the whole', () => {
  const whole = scoresOf(STORIES[1]?.make ?? day, 5);
  const chance = makeChance(5);
  const detector = new Detector();
  for (let row = 0; row < EVENT + 10; row += 1) {
    assert.equal(detector.score(row * EVERY_MS, STORIES[1]?.make(row, normal(chance)) ?? 0), whole[row]?.score);
  }
});

test('it goes on from a snapshot as if it had never stopped, and takes no more memory for it', () => {
  const series = fc.array(fc.double({ min: -1e9, max: 1e9, noNaN: true }), { minLength: 2, maxLength: 300 });
  fc.assert(
    fc.property(series, fc.nat(299), (values, cut) => {
      const straight = new Detector();
      let resumed = new Detector();
      values.forEach((value, row) => {
        if (row === cut) resumed = new Detector(resumed.snapshot());
        assert.equal(resumed.score(row * EVERY_MS, value), straight.score(row * EVERY_MS, value));
      });
      assert.equal(resumed.snapshot().byteLength, DETECTOR_BYTES);
    }),
  );
  assert.ok(DETECTOR_BYTES <= 4_096);
});

test('scores stay between 0 and 1 for any finite values, late and repeated instants', () => {
  const point = fc.record({
    at: fc.integer({ min: 0, max: 4e12 }),
    value: fc.double({ noNaN: true, noDefaultInfinity: true }),
  });
  fc.assert(
    fc.property(fc.array(point, { maxLength: 100 }), (points) => {
      const detector = new Detector();
      for (const { at, value } of points) {
        const score = detector.score(at, value);
        assert.ok(score >= 0 && score <= 1, `${score}`);
      }
    }),
  );
});

/** Series in which nothing ever happens: every alarm on them is false. */
const QUIET: Readonly<Record<string, (chance: Chance) => (row: number) => number>> = {
  'white noise': (chance) => () => normal(chance),
  'noise with a memory': (chance) => {
    let value = 0;
    return () => (value = 0.95 * value + normal(chance));
  },
  'a daily wave': (chance) => (row) => 10 * day(row) + normal(chance),
  'heavy tails': (chance) => () => normal(chance) / Math.sqrt((normal(chance) ** 2 + normal(chance) ** 2) / 2 + 0.01),
  'rare ones': (chance) => () => (chance() < 0.02 ? 1 : 0),
};

for (const [name, make] of Object.entries(QUIET)) {
  test(`the declared rate of alarms holds within a quarter: ${name}`, () => {
    const weeks = 26;
    for (const perWeek of [1, 3]) {
      const next = make(makeChance(11));
      const detector = new Detector();
      const budget = new AlarmBudget({ perWeek, least: 0 });
      let alarms = 0;
      for (let row = 0; row < weeks * 7 * PER_DAY; row += 1) {
        const at = row * EVERY_MS;
        if (budget.isAlarm(at, detector.score(at, next(row)))) alarms += 1;
      }
      const rate = alarms / weeks / perWeek;
      assert.ok(rate > 0.75 && rate < 1.25, `${perWeek} a week declared, ${alarms} in ${weeks} weeks`);
    }
  });
}

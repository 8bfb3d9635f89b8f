// The watch over live series: one event is told once and ends once, and all series together keep the declared rate.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { SERIES_WATCH_BYTES, SeriesWatch, type Seen } from './seriesWatch.ts';
import { FIRST_SITE_MEMORY, SiteBudget } from './siteBudget.ts';

const EVERY_MS = 300_000;
const WEEK_MS = 7 * 86_400_000;
const PER_DAY = 288;

type Chance = () => number;

const makeChance = (seed: number): Chance => {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
};

const normal = (chance: Chance): number =>
  Math.sqrt(-2 * Math.log(chance() || 1e-12)) * Math.cos(2 * Math.PI * chance());

/** Watches one series as a new site does. */
const storyOf = (rows: number, valueAt: (row: number) => number): readonly (Seen & { readonly row: number })[] => {
  const watch = new SeriesWatch(1);
  const site = new SiteBudget(1);
  const told: (Seen & { readonly row: number })[] = [];
  for (let row = 0; row < rows; row += 1) {
    const seen = watch.take(row * EVERY_MS, valueAt(row));
    if (seen.kind === 'surprise' && !site.isTold(row * EVERY_MS, seen.times)) continue;
    if (seen.kind === 'surprise') watch.open(seen.band);
    if (seen.kind !== 'usual') told.push({ ...seen, row });
  }
  return told;
};

test('a spike opens one anomaly and closes it: it returned to its band', () => {
  const chance = makeChance(1);
  const told = storyOf(1_500, (row) => (row >= 1_000 && row < 1_003 ? 900 : 10 + normal(chance)));
  assert.deepEqual(
    told.map(({ kind }) => kind),
    ['surprise', 'over'],
  );
  const [opened, over] = told;
  assert.ok(opened?.kind === 'surprise' && opened.row === 1_000 && opened.times > 1 && opened.band.high < 20);
  assert.ok(over?.kind === 'over' && over.end === 'returned' && over.row < 1_060);
});

test('a new level opens one anomaly, and ends as usual', () => {
  const chance = makeChance(2);
  const told = storyOf(2_000, (row) => (row >= 1_000 ? 80 : 10) + normal(chance));
  assert.deepEqual(
    told.map((each) => (each.kind === 'over' ? each.end : each.kind)),
    ['surprise', 'usual'],
  );
});

test('nothing is told of the first values, however wild they are', () => {
  const chance = makeChance(3);
  assert.deepEqual(
    storyOf(400, () => Math.exp(6 * normal(chance))),
    [],
  );
});

test('it goes on from a snapshot as if it had never stopped, an open anomaly included', () => {
  const chance = makeChance(4);
  const values = Array.from({ length: 900 }, (_, row) => (row >= 700 && row < 705 ? 500 : 10 + normal(chance)));
  for (const cut of [0, 300, 702, 720, 740]) {
    let watch = new SeriesWatch(1);
    const straight = new SeriesWatch(1);
    values.forEach((value, row) => {
      if (row === cut) watch = new SeriesWatch(1, watch.snapshot());
      const [one, other] = [watch.take(row * EVERY_MS, value), straight.take(row * EVERY_MS, value)];
      assert.deepEqual(one, other);
      if (one.kind === 'surprise') watch.open(one.band);
      if (other.kind === 'surprise') straight.open(other.band);
    });
    assert.equal(watch.snapshot().byteLength, SERIES_WATCH_BYTES);
  }
});

test('whatever the series do: told in a time T are at most rate · T + log2(X) + 1', () => {
  const event = fc.record({
    afterMs: fc.integer({ min: 0, max: WEEK_MS }),
    times: fc.double({ min: 1, max: 1_000, noNaN: true }),
  });
  fc.assert(
    fc.property(fc.array(event, { maxLength: 200 }), fc.constantFrom(0.5, 1, 7), (events, perWeek) => {
      const budget = new SiteBudget(perWeek, { ...FIRST_SITE_MEMORY, logThreshold: 0 });
      let at = 0;
      let told = 0;
      let greatest = 1;
      for (const { afterMs, times } of events) {
        at += afterMs;
        greatest = Math.max(greatest, times);
        if (budget.isTold(at, times)) told += 1;
      }
      const firstAt = events[0]?.afterMs ?? 0;
      assert.ok(told <= (perWeek * (at - firstAt)) / WEEK_MS + Math.log2(greatest) + 1 + 1e-9, `${told} told`);
    }),
  );
});

/** Series in which nothing ever happens: every alarm on them is false. */
const QUIET: readonly ((chance: Chance) => (row: number) => number)[] = [
  (chance) => () => normal(chance),
  (chance) => {
    let value = 0;
    return () => (value = 0.95 * value + normal(chance));
  },
  (chance) => (row) => 10 * Math.sin((2 * Math.PI * row) / PER_DAY) + normal(chance),
  (chance) => () => normal(chance) / Math.sqrt((normal(chance) ** 2 + normal(chance) ** 2) / 2 + 0.01),
  (chance) => () => (chance() < 0.02 ? 1 : 0),
  (chance) => () => Math.exp(0.5 * normal(chance)) * 10,
];

test('thirty series in which nothing happens keep the declared rate together, from the first hour on', () => {
  const weeks = 5;
  const series = Array.from({ length: 30 }, (_, index) => ({
    watch: new SeriesWatch(1),
    next: QUIET[index % QUIET.length]?.(makeChance(100 + index)) ?? (() => 0),
  }));
  const site = new SiteBudget(1);
  let [told, surprises] = [0, 0];
  for (let row = 0; row < weeks * 7 * PER_DAY; row += 1) {
    for (const { watch, next } of series) {
      const seen = watch.take(row * EVERY_MS, next(row));
      if (seen.kind !== 'surprise') continue;
      surprises += 1;
      if (!site.isTold(row * EVERY_MS, seen.times)) continue;
      told += 1;
      watch.open(seen.band);
    }
  }
  assert.ok(told <= weeks, `${told} told in ${weeks} weeks`);
  assert.ok(surprises > 3 * weeks, `the budget of all had something to hold back: ${surprises}`);
});

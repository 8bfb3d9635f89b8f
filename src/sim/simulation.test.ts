// The simulator tested: same seed, same bytes; a calm town stays calm; kept seeds stay good.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DAY, NO_FAULTS, STORM } from './faults.ts';
import { readOrder } from './order.ts';
import { readBook } from './seedbook.ts';
import { simulate, traceOf } from './simulation.ts';
import { weatherOf } from './worker.ts';

const HOUR_MS = 3_600_000;

test('the same seed gives the same bytes, another seed gives others', () => {
  const world = { serviceCount: 8, stormMs: 8 * HOUR_MS, faults: STORM };
  const first = simulate({ ...world, seed: 11 });
  assert.deepEqual(simulate({ ...world, seed: 11 }), first);
  assert.notEqual(simulate({ ...world, seed: 12 }).root, first.root);
  assert.ok(first.runs > 1, 'the watchman died at least once');
  assert.ok(first.records > 100);
});

test('watching does not change what is watched: a trace leaves the root as it is', () => {
  const world = { serviceCount: 6, stormMs: HOUR_MS, faults: STORM, seed: 5 };
  const lines = traceOf(world, 10);
  assert.equal(simulate({ ...world, onTrace: () => undefined }).root, simulate(world).root);
  assert.equal(lines.length, 10);
});

test('without faults nothing breaks, nobody is paged after the start, and everything is started once', () => {
  const report = simulate({ seed: 3, serviceCount: 12, stormMs: 6 * HOUR_MS, faults: NO_FAULTS });
  assert.equal(report.violation, null);
  assert.equal(report.operations, 12);
  assert.equal(report.runs, 1);
});

test('a few bad days and a storm break nothing', () => {
  for (const [seed, faults] of [
    [101, DAY],
    [102, DAY],
    [103, STORM],
  ] as const) {
    const { violation } = simulate({ seed, serviceCount: 10, stormMs: 2 * HOUR_MS, faults });
    assert.equal(violation, null, `seed ${seed}: ${violation?.invariant}: ${violation?.detail}`);
  }
});

test('seeds that once found something stay good', (t) => {
  const book = readBook();
  if (book.length === 0) t.diagnostic('the book is empty: no failing seed is known');
  for (const { seed, stormMs, serviceCount, invariant } of book) {
    const { violation } = simulate({ seed, stormMs, serviceCount, faults: weatherOf(seed) });
    assert.equal(violation, null, `seed ${seed} (once ${invariant}): ${violation?.detail}`);
  }
});

test('the command line is decoded, and nonsense is refused in words', () => {
  const check = (argv: readonly string[], expected: object): void => assert.deepEqual(readOrder(argv), expected);
  check(['--seed', '7', '--hours', '2', '--services', '5', '--trace'], {
    kind: 'one',
    seed: 7,
    stormMs: 2 * HOUR_MS,
    serviceCount: 5,
    isTraced: true,
  });
  check(['--seeds', '10', '--days', '1'], {
    kind: 'many',
    seeds: 10,
    from: 1,
    stormMs: 24 * HOUR_MS,
    serviceCount: 20,
    workers: 2,
  });
  check(['--mutants'], { kind: 'mutants', workers: 2, isWritten: false });
  assert.equal(readOrder(['--seed', 'x']).kind, 'bad');
  assert.equal(readOrder(['--nonsense']).kind, 'bad');
  assert.equal(readOrder(['--seed', '1', '--services', '0']).kind, 'bad');
});

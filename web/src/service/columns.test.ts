// Columns and marks: gaps stay gaps, shares are of the looks there were, and a release has its last name.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AnswerOf } from '#api/routes.ts';
import { seriesRangeSchema } from '#api/series.ts';
import { columnsOf, countLooks, marksOf } from './columns.ts';

type Range = AnswerOf<'seriesRange'>;
type Counts = { readonly healthy?: number; readonly unhealthy?: number; readonly unknown?: number };

const step = (at: number, counts: Counts, band: { readonly low: number; readonly high: number } | null = null) => {
  const outcomes = { healthy: 0, degraded: 0, unhealthy: 0, unknown: 0, ...counts };
  const count = Object.values(outcomes).reduce((sum, each) => sum + each, 0);
  const took = outcomes.healthy > 0 ? 4 : null;
  return {
    at,
    count,
    value: took,
    min: took,
    max: took,
    p50: took,
    p95: took,
    p99: took,
    increase: null,
    outcomes,
    band,
  };
};

const rangeOf = (steps: readonly ReturnType<typeof step>[]): Range =>
  seriesRangeSchema.parse({
    series: {
      key: 'k',
      metric: 'm',
      labels: {},
      kind: 'check',
      unit: 'ms',
      source: 'checks',
      everyMs: 1_000,
      lastAt: null,
      lastValue: null,
      isStale: false,
    },
    from: 0,
    to: 100_000,
    stepMs: 10_000,
    steps,
  });

test('steps in a row are joined, and where nobody looked is a gap', () => {
  const columns = columnsOf(
    rangeOf([step(0, { healthy: 5 }), step(10_000, { healthy: 5 }), step(50_000, { healthy: 5 })]),
  );
  assert.deepEqual(columns.at, [0, 10, 20, 50]);
  assert.deepEqual(columns.mean, [4, 4, null, 4]);
  assert.deepEqual(columns.notGood, [0, 0, null, 0]);
});

test('what could not look is no failure, and is not good either', () => {
  const columns = columnsOf(rangeOf([step(0, { healthy: 6, unhealthy: 3, unknown: 1 })]));
  assert.deepEqual([columns.failed, columns.notGood], [[30], [40]]);
  assert.deepEqual(countLooks(rangeOf([step(0, { healthy: 6, unhealthy: 3, unknown: 1 })])), {
    looks: 10,
    failed: 3,
    unknown: 1,
  });
});

test('no good answer has no latency, and nothing stands for it; a band never goes below nothing', () => {
  const columns = columnsOf(rangeOf([step(0, { unhealthy: 2 }), step(10_000, { healthy: 2 }, { low: -3, high: 9 })]));
  assert.deepEqual(
    [columns.mean, columns.p99],
    [
      [null, 4],
      [null, 4],
    ],
  );
  assert.deepEqual(
    [columns.low, columns.high],
    [
      [null, 0],
      [null, 9],
    ],
  );
});

test('all columns are of one length, whatever the steps', () => {
  const columns = columnsOf(
    rangeOf([step(0, { unknown: 1 }), step(70_000, { healthy: 1 }), step(90_000, { healthy: 1 })]),
  );
  assert.deepEqual(new Set(Object.values(columns).map((column) => column.length)), new Set([5]));
});

const told = (at: number, type: string, refs: Readonly<Record<string, unknown>>) => ({
  at,
  type,
  actor: { name: 'ana' },
  refs,
});

test('a release is marked where it began, with the name it was given last; others are not', () => {
  const newestFirst = [
    told(9, 'release.closed', { release: 'api@1', service: 'api', version: 'v2', source: 'cli' }),
    told(3, 'release.named', { release: 'api@1', service: 'api', version: 'v2', source: 'cli' }),
    told(2, 'release.opened', { release: 'web@2', service: 'web', version: 'v9', source: 'cli' }),
    told(1, 'release.opened', { release: 'api@1', service: 'api', version: 'f7b5', source: 'process' }),
    told(0, 'release.opened', { service: 'api' }),
  ];
  assert.deepEqual(marksOf(newestFirst, 'api'), [{ at: 1, version: 'v2', source: 'cli', by: 'ana' }]);
});

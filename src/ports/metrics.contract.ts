// The conformance suite of the metrics port: run by the fake in memory and by SQLite.
//
// An implementation hands in how to make an empty store with a clock of the test. `settle` brings what waits in memory
// to wherever it is kept; `reopen` closes and opens the same medium, or is null where there is none.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { Histogram } from '#kernel/histogram.ts';
import type { HealthState } from '#kernel/health.ts';
import { checkId } from '#kernel/id.ts';
import { checkSeries, isStale, seriesKey, type MetricKind, type Series } from '#kernel/series.ts';
import { durationMs, hours, instant, later, minutes, seconds, type Instant } from '#kernel/time.ts';
import { keptLatencyMs, RANGE_STEPS_MAX, type Range, type Sample, type SeriesStore } from './metrics.ts';

export type MetricsUnderTest = {
  readonly store: SeriesStore;
  readonly settle: () => void;
  readonly reopen: (() => MetricsUnderTest) | null;
  readonly close: () => void;
};

export type TestClock = { now: Instant };

/** 20 November 2026, a whole hour of a whole day. */
const START = instant(Math.floor(1_795_239_865_804 / 86_400_000) * 86_400_000);
const EVERY = seconds(10);
const CHECK = checkId('api/http');
const CHECK_KEY = seriesKey('sereno_check_duration_milliseconds', { check: CHECK });

const seriesOf = (metric: string, kind: MetricKind): Series => ({
  metric,
  labels: { service: 'api' },
  kind,
  unit: '1',
  source: 'test',
  everyMs: EVERY,
});

const at = (second: number): Instant => later(START, second * 1_000);
const span = (from: number, to: number): { from: Instant; to: Instant } => ({ from: at(from), to: at(to) });

type Run = (test: MetricsUnderTest, clock: TestClock) => void;

const write = (store: SeriesStore, series: Series, points: readonly (readonly [number, number])[]): void => {
  const writer = store.writer(series);
  assert.ok(writer !== null);
  for (const [second, value] of points) writer.append(at(second), value);
};

/** What a range says, without the parts that differ in their last digit with the order of adding. */
const shape = (range: Range): unknown =>
  range.steps.map(({ at: when, count, min, max, mean, last, increase, outcomes, histogram }) => ({
    when,
    count,
    min,
    max,
    mean: mean === null ? null : Math.round(mean * 1e6) / 1e6,
    last,
    increase: increase === null ? null : Math.round(increase * 1e6) / 1e6,
    outcomes,
    p99: histogram.quantile(0.99),
  }));

const samplesOf = (store: SeriesStore): readonly Sample[] => {
  const seen: Sample[] = [];
  store.eachSample(CHECK, span(-100_000, 1_000_000), (sample) => seen.push(sample));
  return seen;
};

const STATES: readonly HealthState[] = ['unknown', 'healthy', 'degraded', 'unhealthy'];

const CASES: Readonly<Record<string, Run>> = {
  'keeps the newest sixty samples of a check, oldest first': ({ store, settle }, clock) => {
    for (let index = 0; index < 130; index += 1) {
      clock.now = at(index * 10);
      store.sample(CHECK, at(index * 10), STATES[index % 4] ?? 'unknown', index + 0.26);
      if (index % 17 === 0) settle();
    }
    const newest = store.recent(CHECK, 500);
    assert.equal(newest.length, 60);
    assert.deepEqual(newest.at(-1), { at: at(1_290), state: 'healthy', latencyMs: 129.3 });
    assert.equal(newest[0]?.at, at(700));
    assert.equal(store.recent(CHECK, 3).length, 3);
    assert.deepEqual(store.recent(checkId('nobody/tcp'), 5), []);
  },
  'reads every sample of a check back, as it was': ({ store, settle }, clock) => {
    const said = Array.from({ length: 500 }, (_, index) => ({
      at: at(index * 7),
      state: STATES[(index * 7) % 4] ?? 'unknown',
      latencyMs: keptLatencyMs(((index * 37) % 1_000) / 3),
    }));
    for (const { at: when, state, latencyMs } of said) {
      clock.now = when;
      store.sample(CHECK, when, state, latencyMs);
      if (when % 70_000 === 0) settle();
    }
    assert.deepEqual(samplesOf(store), said);
  },
  'answers a range of a gauge: least, greatest, mean, last, count, quantile': ({ store, settle }, clock) => {
    clock.now = at(3_600);
    const series = seriesOf('room', 'gauge');
    write(store, series, [
      [60, 1],
      [70, 5],
      [80, 3],
      [130, 0.25],
    ]);
    settle();
    const { stepMs, steps } = store.range(seriesKey('room', { service: 'api' }), span(60, 180), minutes(1));
    assert.equal(stepMs, 60_000);
    assert.deepEqual(
      steps.map(({ at: when, count, min, max, mean, last }) => ({ when, count, min, max, mean, last })),
      [
        { when: at(60), count: 3, min: 1, max: 5, mean: 3, last: 3 },
        { when: at(120), count: 1, min: 0.25, max: 0.25, mean: 0.25, last: 0.25 },
      ],
    );
    assert.ok(Math.abs((steps[0]?.histogram.quantile(0.5) ?? 0) - 3) < 0.033);
  },
  'a counter rises over the edges of steps and through restarts': ({ store, settle }, clock) => {
    clock.now = at(3_600);
    const series = seriesOf('requests_total', 'counter');
    write(store, series, [
      [0, 100],
      [50, 130],
      [70, 150],
      [110, 10],
      [115, 30],
      [190, 31],
    ]);
    settle();
    const range = store.range(seriesKey('requests_total', { service: 'api' }), span(60, 240), minutes(1));
    assert.deepEqual(
      range.steps.map(({ at: when, increase, count }) => [when, increase, count]),
      [
        [at(60), 20 + 10 + 20, 3],
        [at(180), 1, 1],
      ],
    );
  },
  'a late point goes where its own time says, and the newest stays the newest': ({ store, settle }, clock) => {
    clock.now = at(20_000);
    const series = seriesOf('room', 'gauge');
    write(store, series, [
      [10_000, 2],
      [10_010, 4],
    ]);
    settle();
    write(store, series, [
      [10_005, 9],
      [60, 7],
    ]);
    settle();
    const key = seriesKey('room', { service: 'api' });
    assert.deepEqual(
      store.points(key, span(0, 20_000)).map(({ value }) => value),
      [7, 2, 9, 4],
    );
    const hour = store.range(key, span(7_200, 10_800), hours(1)).steps[0];
    assert.deepEqual([hour?.count, hour?.max, hour?.last], [3, 9, 4]);
    assert.equal(store.status(key)?.lastValue, 4);
  },
  'a late point of a counter before a restart changes no rise after it': ({ store, settle }, clock) => {
    clock.now = at(20_000);
    const series = seriesOf('requests_total', 'counter');
    write(store, series, [
      [60, 5],
      [80, 11],
    ]);
    settle();
    write(store, series, [[70, 8]]);
    settle();
    const { steps } = store.range(seriesKey('requests_total', { service: 'api' }), span(60, 120), minutes(1));
    assert.deepEqual([steps[0]?.increase, steps[0]?.count], [6, 3]);
  },
  'percentiles of histogram points come from their merged counts': ({ store, settle }, clock) => {
    clock.now = at(3_600);
    const writer = store.writer(seriesOf('duration', 'histogram'));
    const whole = new Histogram();
    for (let minute = 0; minute < 60; minute += 1) {
      const part = new Histogram();
      // A slow minute with few values: a mean of percentiles would be far off.
      const many = minute === 30 ? 3 : 400;
      for (let index = 0; index < many; index += 1) part.record(minute === 30 ? 5_000 : 10 + (index % 20));
      whole.merge(part);
      writer?.appendHistogram(at(minute * 60), part);
      if (minute % 7 === 0) settle();
    }
    const { steps } = store.range(seriesKey('duration', { service: 'api' }), span(0, 3_600), hours(1));
    assert.equal(steps.length, 1);
    assert.equal(steps[0]?.count, whole.count);
    for (const q of [0.5, 0.9, 0.99, 0.9999, 1]) assert.equal(steps[0]?.histogram.quantile(q), whole.quantile(q));
  },
  'a check has outcomes, and latencies of the looks that were answered rightly': ({ store, settle }, clock) => {
    clock.now = at(300);
    for (const [second, state, ms] of [
      [0, 'healthy', 10],
      [10, 'unhealthy', 2_000],
      [20, 'degraded', 30],
      [30, 'unknown', 7_000],
    ] as const) {
      store.sample(CHECK, at(second), state, ms);
    }
    settle();
    const [step] = store.range(CHECK_KEY, span(0, 60), minutes(1)).steps;
    assert.deepEqual(step?.outcomes, { healthy: 1, degraded: 1, unhealthy: 1, unknown: 1 });
    assert.deepEqual([step?.count, step?.min, step?.max, step?.mean, step?.histogram.count], [4, 10, 30, 20, 2]);
  },
  'a range is the same whether the points are in memory or kept, by seconds, minutes or hours': (test, clock) => {
    const { store, settle } = test;
    const key = seriesKey('load', { service: 'api' });
    const counter = seriesKey('all_total', { service: 'api' });
    const [load, all] = [store.writer(seriesOf('load', 'gauge')), store.writer(seriesOf('all_total', 'counter'))];
    let total = 0;
    for (let index = 0; index < 1_500; index += 1) {
      clock.now = at(index * 10);
      total = index % 400 === 399 ? 0 : total + (index % 13);
      load?.append(at(index * 10 + (index % 3)), Math.round(100 * Math.sin(index / 50)) / 100);
      all?.append(at(index * 10), total);
    }
    const asked = [seconds(10), minutes(1), minutes(7), hours(1), hours(24)];
    const before = asked.flatMap((step) => [key, counter].map((it) => shape(store.range(it, span(100, 15_000), step))));
    settle();
    const after = asked.flatMap((step) => [key, counter].map((it) => shape(store.range(it, span(100, 15_000), step))));
    assert.deepEqual(after, before);
  },
  'numbers come back as they were sent, whatever they are': ({ store, settle }, clock) => {
    clock.now = at(0);
    let round = 0;
    fc.assert(
      fc.property(fc.array(fc.double({ noNaN: true, noDefaultInfinity: true }), { maxLength: 90 }), (values) => {
        const series = seriesOf(`odd_${(round += 1)}`, 'gauge');
        write(
          store,
          series,
          values.map((value, index) => [-1_000 + index, value]),
        );
        settle();
        const read = store.points(seriesKey(series.metric, series.labels), span(-2_000, 0)).map(({ value }) => value);
        assert.deepEqual(
          read.map((value) => value + 0),
          values.map((value) => value + 0),
        );
      }),
      { numRuns: 40 },
    );
  },
  'leaves out what is not a number, what is older than two years, and what is ahead of the clock': (test, clock) => {
    const { store } = test;
    clock.now = at(1_000);
    const writer = store.writer(seriesOf('room', 'gauge'));
    writer?.append(at(0), NaN);
    writer?.append(at(0), Infinity);
    writer?.append(later(at(0), -hours(24 * 731)), 1);
    writer?.append(at(1_000 + 3_600), 1);
    writer?.append(at(1), 5);
    assert.deepEqual(
      store.points(seriesKey('room', { service: 'api' }), span(-1e8, 1e6)).map(({ value }) => value),
      [5],
    );
    assert.equal(store.room().left.byTime, 2);
  },
  'says which series there are, what they said last, and so which are stale': ({ store }, clock) => {
    clock.now = at(100);
    write(store, seriesOf('room', 'gauge'), [
      [90, 3],
      [80, 2],
    ]);
    store.expect([{ id: CHECK, everyMs: seconds(5) }]);
    assert.deepEqual(
      store
        .list()
        .map(({ key }) => key)
        .toSorted(),
      ['room{service="api"}', CHECK_KEY],
    );
    const status = store.status(seriesKey('room', { service: 'api' }));
    assert.deepEqual([status?.lastAt, status?.lastValue], [at(90), 3]);
    assert.equal(isStale(status?.series ?? seriesOf('', 'gauge'), status?.lastAt ?? null, at(110)), false);
    assert.equal(isStale(status?.series ?? seriesOf('', 'gauge'), status?.lastAt ?? null, at(111)), true);
    assert.deepEqual(store.status(CHECK_KEY)?.series, checkSeries(CHECK, seconds(5)));
    assert.equal(store.status(CHECK_KEY)?.lastAt, null);
    assert.equal(store.status(seriesKey('nobody', {})), null);
  },
  'never answers with more steps than it says': ({ store }, clock) => {
    clock.now = at(40_000_000);
    const writer = store.writer(seriesOf('room', 'gauge'));
    for (let index = 0; index < 40_000; index += 100) writer?.append(at(index * 1_000), index);
    const { stepMs, steps } = store.range(seriesKey('room', { service: 'api' }), span(0, 40_000_000), durationMs(1));
    assert.ok(stepMs % 10_000 === 0 && steps.length <= RANGE_STEPS_MAX);
    assert.deepEqual(store.range(seriesKey('nobody', {}), span(0, 60), minutes(1)).steps, []);
  },
};

export const metricsContract = (name: string, make: (clock: TestClock) => MetricsUnderTest): void => {
  describe(`metrics port: ${name}`, () => {
    for (const [title, run] of Object.entries(CASES)) {
      it(title, () => {
        const clock: TestClock = { now: START };
        const test = make(clock);
        try {
          run(test, clock);
        } finally {
          test.close();
        }
      });
    }

    it('what was settled or closed in order is there after a new start', (context) => {
      const clock: TestClock = { now: START };
      const first = make(clock);
      if (first.reopen === null) return context.skip('it keeps nothing');
      for (let index = 0; index < 100; index += 1) {
        clock.now = at(index * 10);
        first.store.sample(CHECK, clock.now, index === 50 ? 'unhealthy' : 'healthy', 12.5);
        if (index === 30 || index === 80) first.settle();
      }
      const before = [samplesOf(first.store), shape(first.store.range(CHECK_KEY, span(0, 1_000), minutes(1)))];
      const second = first.reopen();
      assert.deepEqual(
        [samplesOf(second.store), shape(second.store.range(CHECK_KEY, span(0, 1_000), minutes(1)))],
        before,
      );
      assert.equal(second.store.recent(CHECK, 60).length, 60);
      assert.deepEqual(second.store.recent(CHECK, 60).at(-1), { at: at(990), state: 'healthy', latencyMs: 12.5 });
      assert.equal(second.store.status(CHECK_KEY)?.lastAt, at(990));
      second.close();
    });
  });
};

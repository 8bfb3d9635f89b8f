// The chart: slices make up the span, the answer is that of one long question, and bands come from the past alone.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { seriesKey, type Series } from '#kernel/series.ts';
import type { SeriesRangeView } from '#kernel/seriesView.ts';
import { durationMs, instant, minutes, seconds, type DurationMs } from '#kernel/time.ts';
import { lookBackMs, Steps } from '#ports/steps.ts';
import type { Range, SeriesStore, Span } from '#ports/metrics.ts';
import { chartOf, slicesOf } from './chart.ts';

const EVERY_MS = 10_000;
const POINTS = 9_000;

/** A store of one series, with a point every ten seconds, that answers as the real ones do. */
const storeOf = (kind: 'gauge' | 'counter', valueAt: (row: number) => number) => {
  const series: Series = { metric: 'm', labels: {}, kind, unit: '', source: 's', everyMs: seconds(10) };
  const key = seriesKey('m', {});
  const asked: Span[] = [];
  const range = (_key: string, span: Span, stepMs: DurationMs): Range => {
    asked.push(span);
    const steps = new Steps(kind, stepMs);
    const begin = Math.floor(span.from / stepMs) * stepMs - lookBackMs(kind, stepMs, EVERY_MS);
    for (let row = 0; row < POINTS; row += 1) {
      const at = row * EVERY_MS;
      if (at >= begin && at < span.to) steps.take(at, valueAt(row), null);
    }
    return steps.answer(span.from);
  };
  const status = () => ({ key, series, lastAt: instant(POINTS * EVERY_MS), lastValue: 0 });
  return { store: { range, status } satisfies Pick<SeriesStore, 'range' | 'status'>, key, asked, range };
};

const whole = (work: Generator<undefined, SeriesRangeView | null>): SeriesRangeView => {
  for (;;) {
    const step = work.next();
    if (step.done !== true) continue;
    assert.ok(step.value !== null);
    return step.value;
  }
};

test('slices make up the span without a gap, end where steps end, and are bounded', () => {
  const spans = fc.record({
    from: fc.integer({ min: 0, max: 1e12 }),
    lengthMs: fc.integer({ min: 1, max: 40 * 86_400_000 }),
    stepMs: fc.constantFrom(10_000, 30_000, 60_000, 90_000, 300_000, 3_600_000, 7_200_000, 86_400_000),
  });
  fc.assert(
    fc.property(spans, ({ from, lengthMs, stepMs }) => {
      const to = from + lengthMs;
      const slices = slicesOf({ from: instant(from), to: instant(to) }, stepMs);
      assert.equal(slices[0]?.from, from);
      assert.equal(slices.at(-1)?.to, to);
      slices.forEach((slice, index) => {
        assert.ok(slice.from < slice.to);
        if (index > 0) assert.equal(slice.from, slices[index - 1]?.to);
        if (index > 0) assert.equal(slice.from % stepMs, 0);
        assert.ok(slice.to - slice.from <= Math.max(stepMs, 720 * 3_600_000));
      });
    }),
    { numRuns: 60 },
  );
});

for (const kind of ['gauge', 'counter'] as const) {
  test(`a ${kind} read in slices is as it is read at once`, () => {
    const { store, key, asked, range } = storeOf(kind, (row) => (kind === 'counter' ? 3 * row : 10 + (row % 7)));
    const span = { from: instant(20_005_000), to: instant(POINTS * EVERY_MS) };
    const chart = whole(chartOf(store, { key, span, stepMs: minutes(1) }, span.to));
    assert.ok(asked.length > 2, `${asked.length} slices`);
    const once = range(key, span, minutes(1)).steps;
    assert.deepEqual(
      chart.steps.map(({ at, count, min, increase }) => ({ at, count, min, increase })),
      once.map(({ at, count, min, increase }) => ({ at, count, min, increase })),
    );
    if (kind === 'counter') assert.equal(chart.steps.at(-1)?.value, 0.3);
  });
}

test('a band comes from the steps before: what follows changes none of it', () => {
  const span = { from: instant(minutes(600)), to: instant(minutes(1_400)) };
  const calm = storeOf('gauge', (row) => 10 + ((row * 7_919) % 41) / 10);
  const jump = storeOf('gauge', (row) => (row >= 7_200 ? 500 : 10 + ((row * 7_919) % 41) / 10));
  const asked = { key: calm.key, span, stepMs: durationMs(60_000) };
  const [one, other] = [whole(chartOf(calm.store, asked, span.to)), whole(chartOf(jump.store, asked, span.to))];
  const before = (it: SeriesRangeView) => it.steps.filter(({ at }) => at <= minutes(1_200)).map(({ band }) => band);
  assert.ok(before(one).every((band) => band !== null));
  assert.deepEqual(before(one), before(other));
});

test('a series that nobody knows has no chart', () => {
  const { store, key } = storeOf('gauge', () => 1);
  const span = { from: instant(0), to: instant(1_000) };
  const work = chartOf({ ...store, status: () => null }, { key, span, stepMs: seconds(10) }, span.to);
  assert.deepEqual(work.next(), { done: true, value: null });
});

// Feeding: what sources say becomes events of targets: selected, added up, counters as increases, silence as nothing.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { serviceId } from '#kernel/id.ts';
import type { Labels } from '#kernel/series.ts';
import type { Site } from '#kernel/site.ts';
import { splitSelector, type MetricSource } from '#kernel/source.ts';
import { targetId, type Indicator } from '#kernel/target.ts';
import { instant, later, seconds } from '#kernel/time.ts';
import type { NumberReading, Reading } from '#ports/source.ts';
import { Feeding } from './feeding.ts';

const ID = targetId(serviceId('api'), 'errors');
const START = instant(1_800_000_000_000);

const SOURCE: MetricSource = {
  name: 'source',
  origin: { kind: 'scrape', url: '', headers: {} },
  everyMs: seconds(15),
  timeoutMs: seconds(10),
  labels: {},
  seriesMax: 10,
  cannotLook: null,
};

const RATIO: Indicator = {
  kind: 'ratio',
  source: 'source',
  good: 'http_requests_total{code=~"2.."}',
  total: 'http_requests_total',
  isCounter: true,
};

/** One target, fed look by look, 15 s apart unless said otherwise. */
class Table {
  readonly seen: (readonly [good: number, bad: number])[] = [];
  readonly feeding: Feeding;
  at = START;

  constructor(indicator: Indicator) {
    const services = [{ targets: [{ id: ID, indicator }] }];
    const site = { services, sources: [SOURCE] } as unknown as Site; // decoder: nothing else is read
    this.feeding = new Feeding(site, { sawEvents: (_id, _at, { good, bad }) => this.seen.push([good, bad]) });
  }

  reading(metric: string, value: number, labels: Labels = {}, kind: 'gauge' | 'counter' = 'counter'): NumberReading {
    return { metric, labels, unit: '', kind, at: this.at, value };
  }

  /** Counters by status code, as one page. */
  page(codes: Readonly<Record<string, number>>, pauseMs: number = seconds(15)): void {
    const readings = Object.entries(codes).map(([code, value]) => this.reading('http_requests_total', value, { code }));
    this.take(readings, pauseMs);
  }

  take(readings: readonly Reading[], pauseMs: number = seconds(15)): void {
    this.feeding.take(SOURCE, readings);
    this.at = later(this.at, pauseMs);
  }
}

test('counters of a page are told as increases, each series by itself', () => {
  const table = new Table(RATIO);
  table.page({ 200: 1_000, 500: 7 });
  assert.deepEqual(table.seen, [], 'of a first look nothing is known');
  table.page({ 200: 1_090, 204: 5, 500: 17 });
  assert.deepEqual(table.seen, [[95, 10]]);
  table.take([table.reading('other_total', 99)]);
  assert.equal(table.seen.length, 1);
});

test('a program that starts anew counts from 0, and is no fall of the others', () => {
  const table = new Table(RATIO);
  table.page({ 200: 1_000, 201: 500, 500: 7 });
  table.page({ 200: 3, 201: 600, 500: 0 });
  assert.deepEqual(table.seen, [[103, 0]]);
});

test('nothing is counted over a silence of more than two intervals', () => {
  const table = new Table(RATIO);
  table.page({ 200: 10, 500: 0 }, seconds(31));
  table.page({ 200: 9_010, 500: 900 });
  assert.deepEqual(table.seen, []);
  table.page({ 200: 9_020, 500: 900 });
  assert.deepEqual(table.seen, [[10, 0]]);
});

test('a value is one event a look, and the worst of several counts', () => {
  const value: Indicator = { kind: 'value', source: 'source', query: 'depth', comparator: 'at-most', limit: 10 };
  const table = new Table(value);
  const depths = (...all: readonly number[]): void =>
    table.take(all.map((depth, queue) => table.reading('depth', depth, { queue: String(queue) }, 'gauge')));
  depths(10, 3);
  depths(2, 11);
  assert.deepEqual(table.seen, [
    [1, 0],
    [0, 1],
  ]);
});

test('a target that is declared as before keeps its counters', () => {
  const table = new Table(RATIO);
  table.page({ 200: 10 });
  const declare = (indicator: Indicator): void =>
    table.feeding.setSite({
      services: [{ targets: [{ id: ID, indicator }] }],
      sources: [SOURCE],
    } as unknown as Site); // decoder: nothing else is read
  declare(RATIO);
  table.page({ 200: 15 });
  assert.deepEqual(table.seen, [[5, 0]]);
  declare({ ...RATIO, good: 'http_requests_total{code="204"}' });
  table.page({ 200: 20 });
  assert.equal(table.seen.length, 1);
});

test('whatever the counters do, what is counted is what they rose by, counted by hand', () => {
  const counter = fc.array(fc.nat(1_000), { minLength: 2, maxLength: 30 });
  fc.assert(
    fc.property(fc.array(counter, { minLength: 1, maxLength: 4 }), (series) => {
      const table = new Table({ ...RATIO, good: 'http_requests_total{code="0"}' });
      const length = Math.min(...series.map((values) => values.length));
      for (let turn = 0; turn < length; turn += 1)
        table.page(Object.fromEntries(series.map((values, code) => [String(code), values[turn] ?? 0])));
      const rises = series.map((values) =>
        values
          .slice(1, length)
          .reduce((sum, now, at) => sum + (now >= (values[at] ?? 0) ? now - (values[at] ?? 0) : now), 0),
      );
      const told = table.seen.reduce(([good, bad], [more, less]) => [good + more, bad + less], [0, 0] as const);
      assert.deepEqual(told, [rises[0], rises.slice(1).reduce((sum, rise) => sum + rise, 0)]);
    }),
  );
});

test('selectors are read as Prometheus writes them; what must be computed is none', () => {
  assert.deepEqual(splitSelector('up'), { metric: 'up', matchers: [] });
  assert.deepEqual(splitSelector('a:b{code=~"2..|3\\"..", x!="y,z}"}'), {
    metric: 'a:b',
    matchers: ['code=~"2..|3\\".."', 'x!="y,z}"'],
  });
  for (const text of ['sum(up)', 'up{', 'up{code}', 'up{code=2}', 'rate(up[1m])', 'up offset 5m', ''])
    assert.equal(splitSelector(text), null, text);
});

// The log-histogram against exact quantiles, and against itself in another order.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ByteReader } from './bytes.ts';
import { Histogram, relativeError } from './histogram.ts';

const QUANTILES = [0, 0.01, 0.25, 0.5, 0.9, 0.99, 0.999, 1];

const of = (values: readonly number[]): Histogram => {
  const histogram = new Histogram();
  for (const value of values) histogram.record(value);
  return histogram;
};

/** Everything that can be asked, without the sum: adding doubles in another order gives another last digit. */
const counts = (it: Histogram): unknown => [
  it.scale,
  it.count,
  it.min,
  it.max,
  QUANTILES.map((q) => it.quantile(q)),
  [...it.buckets()].map(({ upper, count }) => [upper, count]),
];

const whole = (it: Histogram): unknown => [counts(it), it.sum];

const read = (bytes: Uint8Array): Histogram => {
  const histogram = new Histogram();
  const reader = new ByteReader(bytes);
  histogram.mergeFrom(reader);
  assert.ok(reader.isAtEnd(), 'every byte was read');
  return histogram;
};

const latencies = fc.array(fc.double({ min: 1e-3, max: 1e5, noNaN: true }), { minLength: 1, maxLength: 300 });
const anything = fc.array(
  fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.integer({ min: -50, max: 50 })),
  { maxLength: 200 },
);

test('a quantile is off by at most the declared relative error', () => {
  fc.assert(
    fc.property(fc.oneof(latencies, anything), (values) => {
      const histogram = of(values);
      const sorted = values.toSorted((a, b) => a - b);
      const bound = relativeError(histogram.scale) * (1 + 1e-9);
      for (const q of QUANTILES) {
        const exact = sorted[Math.max(1, Math.ceil(q * sorted.length)) - 1] ?? NaN;
        const told = histogram.quantile(q);
        if (Number.isNaN(exact)) assert.ok(Number.isNaN(told));
        // Below 2e-308 doubles have fewer digits than the buckets are narrow.
        else assert.ok(Math.abs(told - exact) <= bound * Math.abs(exact) + 1e-307, `${q}: ${told} for ${exact}`);
      }
    }),
  );
});

test('latencies of ordinary spread keep scale 5, so 1.09 %', () => {
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: 0.5, max: 500, noNaN: true }), { maxLength: 1_000 }),
      (values) => of(values).scale === 5,
    ),
  );
  assert.ok(relativeError(5) < 0.0109);
});

test('merging loses nothing, whatever the order: the parts are the whole', () => {
  fc.assert(
    fc.property(anything, anything, anything, (a, b, c) => {
      const together = of([...a, ...b, ...c]);
      const [left, right] = [of(a), of(b)];
      left.merge(of(b));
      left.merge(of(c));
      right.merge(of(c));
      right.merge(of(a));
      assert.deepEqual(counts(left), counts(together));
      assert.deepEqual(counts(right), counts(together));
    }),
  );
});

test('bytes bring back the same histogram, and can be merged as they are', () => {
  fc.assert(
    fc.property(anything, anything, (a, b) => {
      assert.deepEqual(whole(read(of(a).toBytes())), whole(of(a)));
      const merged = read(of(a).toBytes());
      merged.mergeFrom(new ByteReader(of(b).toBytes()));
      assert.deepEqual(counts(merged), counts(of([...a, ...b])));
    }),
  );
});

test('zero has no sign', () => {
  assert.deepEqual(whole(read(of([0, -0]).toBytes())), whole(of([0, -0])));
  assert.deepEqual(whole(of([-0])), whole(of([0])));
});

test('one value many times is a few bytes; a minute of latencies is about twenty', () => {
  assert.equal(of([0.3, 0.3, 0.3, 0.3].map(() => 1.2)).toBytes().length <= 5, true);
  assert.ok(of([12.1, 13.4, 11.9, 15, 12.2, 40.7]).toBytes().length <= 24);
});

test('damaged bytes are refused, and never hang', () => {
  fc.assert(
    fc.property(anything, fc.nat(), (values, cut) => {
      const bytes = of(values).toBytes();
      const short = bytes.subarray(0, cut % bytes.length);
      assert.throws(
        () => new Histogram().mergeFrom(new ByteReader(short)),
        /too early|too many|fewer bytes than things/,
      );
    }),
  );
});

test('what OTLP sends at a finer scale is taken in as if each value had been recorded', () => {
  const offset = Math.ceil(Math.log2(100) * 2 ** 8) - 1;
  const sent = new Histogram();
  const isTaken = sent.takeExponential({
    scale: 8,
    zeros: 2,
    positive: { offset, counts: [1, 0, 3] },
    negative: { offset: 0, counts: [] },
    sum: 401,
    min: null,
    max: null,
  });
  assert.ok(isTaken);
  assert.equal(sent.count, 6);
  assert.equal(sent.sum, 401);
  assert.equal(sent.scale, 5);
  assert.ok(Math.abs(sent.quantile(1) - 100) < 1.2);
  assert.equal(sent.quantile(0.3), 0);
});

test('what cannot be a histogram is refused as a whole', () => {
  const histogram = new Histogram();
  const none = { offset: 0, counts: [] };
  const base = { scale: 3, zeros: 0, positive: none, negative: none, sum: 0, min: null, max: null };
  assert.equal(histogram.takeExponential({ ...base, scale: -11 }), false);
  assert.equal(histogram.takeExponential({ ...base, positive: { offset: 0, counts: [-1] } }), false);
  assert.equal(histogram.takeExponential({ ...base, sum: NaN }), false);
  assert.equal(histogram.takeExplicit({ bounds: [1, 2], counts: [1, 1], sum: 1 }), false);
  assert.equal(histogram.takeExplicit({ bounds: [2, 1], counts: [1, 1, 1], sum: 1 }), false);
  histogram.record(NaN);
  histogram.record(Infinity);
  assert.equal(histogram.count, 0);
  assert.ok(Number.isNaN(histogram.quantile(0.5)));
});

test('counts between bounds are put in the middle of their bucket', () => {
  const histogram = new Histogram();
  assert.ok(histogram.takeExplicit({ bounds: [10, 20], counts: [0, 4, 1], sum: 83 }));
  assert.equal(histogram.count, 5);
  assert.equal(histogram.sum, 83);
  assert.ok(Math.abs(histogram.quantile(0.5) - 15) < 0.2);
  assert.equal(histogram.quantile(1), 20);
});

test('how many are within a limit is exact but for the bucket of the limit', () => {
  fc.assert(
    fc.property(latencies, fc.double({ min: 1e-3, max: 1e5, noNaN: true }), (values, limit) => {
      const histogram = of(values);
      const reach = 1 + 2.1 * relativeError(histogram.scale);
      const told = histogram.countUpTo(limit);
      assert.ok(told >= values.filter((value) => value <= limit).length);
      assert.ok(told <= values.filter((value) => value <= limit * reach).length);
    }),
  );
});

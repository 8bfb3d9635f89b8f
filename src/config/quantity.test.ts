// Quantities as data: what people write, and what it is.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  DURATION_PATTERN,
  PERCENT_PATTERN,
  RATE_PATTERN,
  readDuration,
  readMultiple,
  readPercent,
  readRate,
  readSize,
  SIZE_PATTERN,
  writeDuration,
} from './quantity.ts';

const check = (actual: unknown, expected: unknown): void => assert.deepEqual(actual, expected);

test('durations', () => {
  const cases = {
    '500ms': 500,
    '2s': 2_000,
    '5m': 300_000,
    '1h': 3_600_000,
    '30d': 2_592_000_000,
    '1.5h': 5_400_000,
    '1h30m': 5_400_000,
    '0s': 0,
    '2w': 1_209_600_000,
  };
  for (const [text, ms] of Object.entries(cases)) {
    assert.match(text, DURATION_PATTERN);
    check(readDuration(text), ms);
  }
  for (const text of ['5', '5 s', '-5s', 's', '', '5sec', '1h 30m', '1e3s', '٣s'])
    assert.doesNotMatch(text, DURATION_PATTERN);
});

test('a duration that is written is read back the same', () => {
  fc.assert(fc.property(fc.integer({ min: 0, max: 1e12 }), (ms) => readDuration(writeDuration(ms)) === ms));
});

test('percentages, sizes, rates, multiples', () => {
  for (const text of ['60%', '99.95%', '60 %']) assert.match(text, PERCENT_PATTERN);
  for (const text of ['60', '%', '-1%', '1.%']) assert.doesNotMatch(text, PERCENT_PATTERN);
  check(readPercent('99.95%'), 99.95);
  const sizes = {
    '4Gi': 4_294_967_296,
    '512Mi': 536_870_912,
    '1500M': 1_500_000_000,
    '4096': 4_096,
    '1KiB': 1_024,
    '2GB': 2e9,
    '10B': 10,
  };
  for (const [text, bytes] of Object.entries(sizes)) {
    assert.match(text, SIZE_PATTERN);
    check(readSize(text), bytes);
  }
  for (const text of ['4X', 'Gi', '-1', '4 Gi B']) assert.doesNotMatch(text, SIZE_PATTERN);
  assert.match('3 per 1h', RATE_PATTERN);
  check(readRate('3 per 1h'), { count: 3, windowMs: 3_600_000 });
  check(readRate('3 per 1h per service'), { count: 3, windowMs: 3_600_000 });
  check(readMultiple('14.4x'), 14.4);
});

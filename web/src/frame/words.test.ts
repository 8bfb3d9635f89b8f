// Tests of the words for times and amounts on the page.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sayAge, sayAgo, sayCount, sayExact, sayLatency, sayUntil } from './words.ts';

const check = (said: string, expected: string): void => assert.equal(said, expected);

test('ages', () => {
  check(sayAge(-5_000), 'now');
  check(sayAge(999), 'now');
  check(sayAge(42_900), '42 s');
  check(sayAge(4_980_000), '1 h 23 min');
  check(sayAgo(0, 180_000), '3 min ago');
  check(sayAgo(10, 20), 'just now');
});

test('what is to come, and what is late', () => {
  check(sayUntil(12_001, 1, 15_000), 'in 12 s');
  check(sayUntil(1_500, 1_000, 15_000), 'in 1 s');
  check(sayUntil(1_000, 16_000, 15_000), 'now');
  check(sayUntil(1_000, 16_001, 15_000), '15 s late');
});

test('latencies', () => {
  check(sayLatency(0.42), '0.4 ms');
  check(sayLatency(12.3), '12 ms');
  check(sayLatency(1_250), '1.25 s');
});

test('an exact moment ends with UTC', () => {
  assert.match(sayExact(Date.UTC(2026, 10, 21, 5, 3, 11)), / — 2026-11-21T05:03:11\.000Z$/);
});

test('one and many', () => {
  check(sayCount(1, 'service'), '1 service');
  check(sayCount(2, 'service'), '2 services');
});

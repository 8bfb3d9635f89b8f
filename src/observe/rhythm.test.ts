// Rhythms as data: where the beats of many checks lie.

import assert from 'node:assert/strict';
import test from 'node:test';
import type { Check } from '#kernel/check.ts';
import { checkId, serviceId } from '#kernel/id.ts';
import { durationMs, instant } from '#kernel/time.ts';
import { firstLookAt, gridOf, nextBeat, pauseInCrowd } from './rhythm.ts';

const NOW = instant(1_795_239_865_804);

const every = (everyMs: number): Check => ({
  id: checkId('api/http'),
  service: serviceId('api'),
  probe: { kind: 'tcp', host: '127.0.0.1', port: 1 },
  everyMs: durationMs(everyMs),
  slowestMs: durationMs(everyMs),
  timeoutMs: durationMs(500),
  rise: 2,
  fall: 3,
  retries: 0,
});

/** Instants counted in pieces of an interval: the fewest and the most in one. */
const spread = (instants: readonly number[], pieces: number, everyMs: number): readonly [number, number] => {
  const counts = Array.from({ length: pieces }, () => 0);
  for (const at of instants) {
    const piece = Math.floor(((at - NOW - 1) * pieces) / everyMs);
    counts[piece] = (counts[piece] ?? 0) + 1;
  }
  return [Math.min(...counts), Math.max(...counts)];
};

test('a beat follows a beat by the interval, whenever it is asked for', () => {
  const check = every(10_000);
  for (const slot of [0, 1, 2, 77, 9_999]) {
    const place = { slot, gridMs: durationMs(100) };
    const first = nextBeat(check, place, NOW);
    assert.ok(first > NOW && first <= NOW + 10_000, `slot ${slot}`);
    assert.equal(nextBeat(check, place, first), first + 10_000, 'on the beat itself');
    assert.equal(nextBeat(check, place, instant(first + 9_999)), first + 10_000, 'a late answer moves nothing');
  }
});

test('ten thousand checks lie evenly in their interval, and so does a handful', () => {
  const check = every(10_000);
  const beats = (count: number): readonly number[] => {
    const gridMs = gridOf(Array.from({ length: count }, () => check));
    return Array.from({ length: count }, (_, slot) => nextBeat(check, { slot, gridMs }, NOW));
  };
  const [few, many] = spread(beats(10_000), 100, 10_000);
  assert.ok(few >= 85 && many <= 115, `${few} to ${many} in 100 ms`);
  const [fewest, most] = spread(beats(10), 5, 10_000);
  assert.ok(fewest >= 1 && most <= 3, `${fewest} to ${most} of ten in a fifth`);
});

test('about ten checks share a moment, and moments are at most a tenth of a second apart', () => {
  const many = (count: number, everyMs: number): readonly Check[] =>
    Array.from({ length: count }, () => every(everyMs));
  assert.equal(gridOf(many(100, 1_000)), 100);
  assert.equal(gridOf(many(10_000, 10_000)), 10);
  assert.equal(gridOf(many(30_000, 1_000)), 1);
  assert.equal(gridOf(many(3, 10_000)), 100);
  assert.equal(gridOf([]), 100);
  const gridMs = gridOf(many(100, 1_000));
  const moments = new Map<number, number>();
  many(100, 1_000).forEach((check, slot) => {
    const at = nextBeat(check, { slot, gridMs }, NOW);
    moments.set(at, (moments.get(at) ?? 0) + 1);
  });
  assert.equal(moments.size, 10);
  assert.ok(
    [...moments.values()].every((count) => count >= 8 && count <= 12),
    [...moments.values()].join(' '),
  );
});

test('a small town is looked at at once, a large one on its beats', () => {
  const last = (total: number): number =>
    firstLookAt(every(10_000), { index: total - 1, total, slot: total - 1, gridMs: durationMs(10) }, NOW) - NOW;
  assert.ok(last(100) < 160, `${last(100)} ms`);
  const all = Array.from({ length: 10_000 }, (_, index) =>
    firstLookAt(every(10_000), { index, total: 10_000, slot: index, gridMs: durationMs(10) }, NOW),
  );
  const [few, many] = spread(all, 100, 10_000);
  assert.ok(few >= 95 && many <= 105, `${few} to ${many} in 100 ms`);
});

test('a few failing checks are looked at as often as they want, thousands share a rate', () => {
  const pause = (failing: number): number => pauseInCrowd(every(10_000), durationMs(1_000), failing);
  assert.deepEqual([1, 200, 1_000, 3_000].map(pause), [1_000, 1_000, 5_000, 10_000]);
});

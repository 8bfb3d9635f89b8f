// The real clock: it goes on after what the store remembers, and does not follow a store from the far future.

import assert from 'node:assert/strict';
import test from 'node:test';
import { instant } from '#kernel/time.ts';
import { makeClock } from './clock.ts';

const HOUR_MS = 3_600_000;

test('a wall clock that was set back between two runs: time goes on after the newest record', () => {
  const clock = makeClock();
  const newest = instant(Date.now() + HOUR_MS);
  clock.goOnAfter(newest);
  assert.ok(clock.now() > newest && clock.now() < newest + 1_000);
});

test('a record of the past, or of years ahead, moves nothing', () => {
  for (const awayMs of [-HOUR_MS, 3_000 * 24 * HOUR_MS]) {
    const clock = makeClock();
    clock.goOnAfter(instant(Date.now() + awayMs));
    assert.ok(Math.abs(clock.now() - Date.now()) < 1_000);
  }
});

test('tasks run once, not before their time, never inside the call; a cancelled one never', async () => {
  const clock = makeClock();
  const ran: string[] = [];
  const wanted = clock.now();
  clock.at(instant(wanted - 5), () => ran.push('past'));
  const cancel = clock.at(instant(wanted + 10), () => ran.push('cancelled'));
  assert.deepEqual(ran, []);
  cancel();
  await new Promise<void>((resolve) => {
    clock.at(instant(wanted + 30), () => {
      assert.ok(clock.now() >= wanted + 29);
      resolve();
    });
  });
  assert.deepEqual(ran, ['past']);
});

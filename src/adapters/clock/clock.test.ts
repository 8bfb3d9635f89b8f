// The real clock: even time whatever the wall clock does, a night's sleep counted, and no following of a store from the
// far future.

import assert from 'node:assert/strict';
import test from 'node:test';
import { instant } from '#kernel/time.ts';
import { makeClock, type TimeSource } from './clock.ts';

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
  // After a stall of the whole loop its timers come first: what was due at once has its turn in the same round.
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(ran, ['past']);
});

/** A machine whose three clocks the test moves. */
const makeMachine = () => {
  const clocks = { wallMs: Date.UTC(2026, 9, 25, 0, 30), monotonicMs: 5_000, uptimeMs: 90_000 };
  const source: TimeSource = {
    wallMs: () => clocks.wallMs,
    monotonicMs: () => clocks.monotonicMs,
    uptimeMs: () => clocks.uptimeMs,
  };
  const pass = (ms: number, rate = 1): void => {
    clocks.wallMs += ms * rate;
    clocks.monotonicMs += ms;
    clocks.uptimeMs += ms;
  };
  const sleep = (ms: number): void => {
    clocks.wallMs += ms;
    clocks.uptimeMs += ms;
  };
  const setWall = (byMs: number): void => {
    clocks.wallMs += byMs;
  };
  return { source, pass, sleep, setWall };
};

for (const jumpMs of [HOUR_MS, -HOUR_MS, 20 * 365 * 24 * HOUR_MS]) {
  test(`a wall clock that is set by ${jumpMs} ms moves nothing, and is told`, () => {
    const machine = makeMachine();
    const clock = makeClock(machine.source);
    const before = clock.now();
    machine.setWall(jumpMs);
    assert.equal(clock.now() - before, 0);
    machine.pass(1_234);
    assert.equal(clock.now() - before, 1_234);
    assert.equal(clock.wallAheadMs(), jumpMs);
  });
}

test('a night asleep did pass, once, whatever is done to the wall clock before and after', () => {
  const machine = makeMachine();
  const clock = makeClock(machine.source);
  const before = clock.now();
  machine.pass(60_000);
  machine.setWall(-HOUR_MS);
  machine.pass(60_000);
  assert.equal(clock.now() - before, 120_000);
  machine.sleep(8 * HOUR_MS);
  assert.equal(clock.now() - before, 120_000 + 8 * HOUR_MS);
  machine.setWall(HOUR_MS / 2);
  machine.pass(500);
  assert.equal(clock.now() - before, 120_500 + 8 * HOUR_MS);
  assert.equal(clock.wallAheadMs(), -HOUR_MS / 2);
});

test('a smeared leap second, and a wall clock that runs away at a tenth, leave time even', () => {
  const machine = makeMachine();
  const clock = makeClock(machine.source);
  const before = clock.now();
  for (let minute = 0; minute < 24 * 60; minute += 1) machine.pass(60_000, 1 - 1 / 86_400);
  assert.equal(clock.now() - before, 24 * HOUR_MS);
  assert.equal(clock.wallAheadMs(), -1_000);
  for (let minute = 0; minute < 60; minute += 1) {
    machine.pass(60_000, 1.1);
    assert.equal(clock.now() - before, 24 * HOUR_MS + (minute + 1) * 60_000);
  }
});

test('where no clock counts sleep, a leap of the wall clock is only a leap of the wall clock', () => {
  const machine = makeMachine();
  const clock = makeClock({ ...machine.source, uptimeMs: () => null });
  const before = clock.now();
  machine.sleep(8 * HOUR_MS);
  assert.equal(clock.now() - before, 0);
  assert.equal(clock.wallAheadMs(), 8 * HOUR_MS);
});

// Gaps: a program that did not run notices it once, before anything else; one that was only idle notices nothing. After
// a gap everything is looked at anew, evenly spread, and what was under way says nothing.

import assert from 'node:assert/strict';
import test from 'node:test';
import type { Check } from '#kernel/check.ts';
import { checkId, serviceId } from '#kernel/id.ts';
import type { Belief } from '#kernel/observation.ts';
import { durationMs, instant, later, seconds, type Instant } from '#kernel/time.ts';
import type { Clock } from '#ports/clock.ts';
import type { Sensor } from '#ports/sensor.ts';
import { GapClock } from './gapClock.ts';
import { Round } from './round.ts';

type Task = { readonly at: Instant; readonly task: () => void };

/** Timers in their order; `stop` lets time pass without them. */
const makeMachine = () => {
  let now = instant(1_000_000);
  let tasks: Task[] = [];
  const clock: Clock = {
    now: () => now,
    at: (when, task) => {
      const entry = { at: when, task };
      tasks.push(entry);
      return () => (tasks = tasks.filter((it) => it !== entry));
    },
    chance: () => 0.5,
  };
  const run = (ms: number): void => {
    const end = later(now, ms);
    for (;;) {
      const next = tasks.toSorted((a, b) => a.at - b.at)[0];
      if (next === undefined || next.at > end) break;
      tasks = tasks.filter((it) => it !== next);
      if (next.at > now) now = next.at;
      next.task();
    }
    now = end;
  };
  const stop = (ms: number): void => {
    now = later(now, ms);
  };
  return { clock, run, stop };
};

test('a gap is told once, before the first late task runs, with the last moment of life', () => {
  const { clock, run, stop } = makeMachine();
  const told: string[] = [];
  const gaps = new GapClock(clock, (since) => told.push(`gap since ${since - 1_000_000}`));
  gaps.at(later(clock.now(), 4_000), () => told.push('ran'));
  for (const ms of [5_000, 9_000, 70_000]) gaps.at(later(clock.now(), ms), () => told.push(`late ${ms}`));
  run(4_500);
  stop(60_000);
  run(0);
  assert.deepEqual(told, ['ran', 'gap since 4000', 'late 5000', 'late 9000']);
  run(20_000);
  assert.deepEqual(told.slice(4), ['late 70000']);
});

test('an idle hour, a stall of nine seconds, and what was cancelled are no gaps', () => {
  const { clock, run, stop } = makeMachine();
  let gapCount = 0;
  const gaps = new GapClock(clock, () => (gapCount += 1));
  gaps.at(later(clock.now(), 3_600_000), () => {});
  run(3_600_000);
  gaps.at(later(clock.now(), 1_000), () => {});
  stop(10_000);
  run(0);
  const cancel = gaps.at(later(clock.now(), 1_000), () => {});
  cancel();
  stop(100_000);
  gaps.feel();
  assert.equal(gapCount, 0);
});

const checkOf = (index: number): Check => ({
  id: checkId(`s${index}/tcp`),
  service: serviceId(`s${index}`),
  probe: { kind: 'tcp', host: '127.0.0.1', port: 1 },
  everyMs: seconds(10),
  slowestMs: seconds(10),
  timeoutMs: durationMs(500),
  rise: 2,
  fall: 1,
  retries: 0,
});

test('after a night nothing of the evening counts: no late failure is believed, and the looks come evenly spread', () => {
  const { clock, run, stop } = makeMachine();
  const checks = Array.from({ length: 1_000 }, (_, index) => checkOf(index));
  const looks: Instant[] = [];
  const changes: Belief[] = [];
  /** Reports that the night held up: each would be a failure, and one failure is enough for these checks. */
  const held: (() => void)[] = [];
  let isEvening = false;
  const sensor: Sensor = {
    probe: (check, report) => {
      looks.push(clock.now());
      const seen = { check: check.id, latencyMs: durationMs(1), message: '' };
      if (isEvening) held.push(() => report({ ...seen, at: clock.now(), state: 'unhealthy', symptom: 'timeout' }));
      else report({ ...seen, at: clock.now(), state: 'healthy', symptom: 'none' });
    },
  };
  const metrics = { sample: () => {}, recent: () => [] };
  const round = new Round({ clock, sensor, metrics, onChange: (_, belief) => changes.push(belief) });
  round.setChecks(checks);
  run(19_000);
  isEvening = true;
  run(800);
  assert.ok(held.length > 10);
  stop(8 * 3_600_000);
  isEvening = false;
  round.resume();
  for (const report of held) report();
  looks.length = 0;
  changes.length = 0;
  assert.equal(round.belief(checkId('s1/tcp'))?.state, 'unknown');
  const morning = clock.now();
  run(12_000);
  assert.ok(changes.every((belief) => belief.state === 'healthy') && changes.length === 1_000);
  const most = Math.max(...Array.from({ length: 100 }, (_, slot) => inSlot(looks, later(morning, slot * 10))));
  assert.ok(most <= 31, `${most} looks within 10 ms: at most 3,000 a second`);
});

const inSlot = (looks: readonly Instant[], from: Instant): number =>
  looks.filter((at) => at >= from && at < later(from, 10)).length;

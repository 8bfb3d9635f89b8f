// The round over a world where half of the targets hang: it changes nothing for the others, and those that hang are unknown.

import assert from 'node:assert/strict';
import test from 'node:test';
import type { Check } from '#kernel/check.ts';
import { checkId, serviceId } from '#kernel/id.ts';
import { durationMs, instant, seconds, type Instant } from '#kernel/time.ts';
import type { Clock } from '#ports/clock.ts';
import type { Sensor } from '#ports/sensor.ts';
import { Round } from './round.ts';

/** Runs timers in their order, in no time. */
const makeVirtualClock = () => {
  let now = 0;
  let tasks: { readonly at: Instant; readonly task: () => void }[] = [];
  const clock: Clock = {
    now: () => instant(now),
    at: (when, task) => {
      const entry = { at: when, task };
      tasks.push(entry);
      return () => (tasks = tasks.filter((it) => it !== entry));
    },
    chance: () => 0.5,
  };
  const runUntil = (end: number): void => {
    for (;;) {
      const next = tasks.toSorted((a, b) => a.at - b.at)[0];
      if (next === undefined || next.at > end) break;
      tasks = tasks.filter((it) => it !== next);
      now = Math.max(now, next.at);
      next.task();
    }
    now = end;
  };
  return { clock, runUntil };
};

const checkOf = (index: number): Check => ({
  id: checkId(`s${index}/tcp`),
  service: serviceId(`s${index}`),
  probe: { kind: 'tcp', host: '127.0.0.1', port: 1 },
  everyMs: seconds(1),
  slowestMs: seconds(1),
  timeoutMs: durationMs(500),
  rise: 2,
  fall: 3,
  retries: 0,
});

/** Ten minutes of ten checks, the first `hanging` of which never report; counts the looks at each. */
const looksWith = (
  hanging: number,
): { readonly looks: readonly number[]; readonly round: Round; readonly checks: readonly Check[] } => {
  const { clock, runUntil } = makeVirtualClock();
  const checks = Array.from({ length: 10 }, (_, index) => checkOf(index));
  const looks = checks.map(() => 0);
  const sensor: Sensor = {
    probe: (check, report) => {
      const index = checks.findIndex((it) => it.id === check.id);
      looks[index] = (looks[index] ?? 0) + 1;
      if (index < hanging) return;
      const at = instant(clock.now() + 5);
      clock.at(at, () =>
        report({ check: check.id, at, state: 'healthy', symptom: 'none', latencyMs: durationMs(5), message: '' }),
      );
    },
  };
  const round = new Round({ clock, sensor, metrics: { sample: () => {}, recent: () => [] }, onChange: () => {} });
  round.setChecks(checks);
  runUntil(600_000);
  return { looks, round, checks };
};

test('half of the targets hanging changes nothing for the rest', () => {
  const calm = looksWith(0);
  const stuck = looksWith(5);
  assert.deepEqual(stuck.looks.slice(5), calm.looks.slice(5));
  assert.ok(
    calm.looks.every((count) => count > 550),
    calm.looks.join(' '),
  );
});

test('a probe that never reports is unknown, and is tried again', () => {
  const { looks, round, checks } = looksWith(5);
  for (const check of checks.slice(0, 5)) assert.equal(round.belief(check.id)?.state, 'unknown');
  for (const check of checks.slice(5)) assert.equal(round.belief(check.id)?.state, 'healthy');
  assert.ok(looks.slice(0, 5).every((count) => count > 100));
});

/** One check that was well at once and is hung from `hungAt` on; returns when it was believed unhealthy, and its looks. */
const foundAfter = (
  over: Partial<Check>,
  askEveryMs = 0,
): { readonly afterMs: number; readonly overlapMost: number } => {
  const { clock, runUntil } = makeVirtualClock();
  const check: Check = { ...checkOf(0), ...over };
  const hungAt = 60_001;
  let [foundAt, open, overlapMost] = [Number.NaN, 0, 0];
  const sensor: Sensor = {
    probe: ({ id, timeoutMs }, report) => {
      const isHung = clock.now() >= hungAt;
      const latencyMs = durationMs(isHung ? timeoutMs : 1);
      const at = instant(clock.now() + latencyMs);
      open += 1;
      overlapMost = Math.max(overlapMost, open);
      const state = isHung ? 'unhealthy' : 'healthy';
      clock.at(at, () => {
        open -= 1;
        report({ check: id, at, state, symptom: isHung ? 'timeout' : 'none', latencyMs, message: '' });
      });
    },
  };
  const onChange = (_check: Check, belief: { state: string; since: Instant }): void => {
    if (belief.state === 'unhealthy') foundAt = belief.since;
  };
  const round = new Round({ clock, sensor, metrics: { sample: () => {}, recent: () => [] }, onChange });
  round.setChecks([check]);
  const ask = (): void => {
    round.confirm([check.id], 'settled', instant(clock.now() + 3_000), () => {});
    clock.at(instant(clock.now() + askEveryMs), ask);
  };
  if (askEveryMs > 0) clock.at(instant(hungAt), ask);
  runUntil(hungAt + 120_000);
  round.stop();
  return { afterMs: foundAt - hungAt, overlapMost };
};

test('a hang is decided after one period and two timeouts, however many failures are asked for', () => {
  const cases: readonly (readonly [Partial<Check>, number])[] = [
    [{ everyMs: seconds(1), timeoutMs: durationMs(500) }, 2_500],
    [{ everyMs: seconds(10), slowestMs: seconds(10), timeoutMs: durationMs(300) }, 11_000],
    [{ everyMs: seconds(10), slowestMs: seconds(10), timeoutMs: seconds(5) }, 20_500],
    [{ everyMs: seconds(1), timeoutMs: seconds(5), fall: 5 }, 12_000],
  ];
  for (const [over, atMost] of cases) {
    const { afterMs } = foundAfter(over);
    assert.ok(afterMs <= atMost, `${afterMs} ms for ${JSON.stringify(over)}`);
  }
});

test('who is asked after all the time is seen to hang all the same', () => {
  const patient = { timeoutMs: seconds(10) };
  const [left, asked] = [foundAfter(patient), foundAfter(patient, 700)];
  assert.ok(asked.afterMs <= left.afterMs, `${asked.afterMs} ms, left alone ${left.afterMs} ms`);
  // Four of the burst that was decided may still be out.
  assert.ok(asked.overlapMost <= 8, `${asked.overlapMost} looks at once`);
});

test('a burst presses a target with at most four looks at once, and a steady check with one', () => {
  assert.equal(foundAfter({ timeoutMs: seconds(5), fall: 30 }).overlapMost, 4);
  assert.equal(foundAfter({ timeoutMs: seconds(5), fall: 1 }).overlapMost, 1);
});

test('what is still out of a burst that is decided counts for nothing', () => {
  const { clock, runUntil } = makeVirtualClock();
  const check: Check = { ...checkOf(0), timeoutMs: seconds(5) };
  const taken: string[] = [];
  let looks = 0;
  const sensor: Sensor = {
    probe: ({ id }, report) => {
      looks += 1;
      // The third look fails at once, the fourth hangs, the fifth passes while the fourth is still out.
      const state = looks === 3 || looks === 4 ? 'unhealthy' : 'healthy';
      const latencyMs = durationMs(looks === 4 ? 4_000 : 1);
      const at = instant(clock.now() + latencyMs);
      clock.at(at, () => report({ check: id, at, state, symptom: 'none', latencyMs, message: '' }));
    },
  };
  const sample = (_id: Check['id'], _at: Instant, state: string): void => void taken.push(state);
  const round = new Round({ clock, sensor, metrics: { sample, recent: () => [] }, onChange: () => {} });
  round.setChecks([check]);
  runUntil(20_500);
  assert.equal(taken.filter((state) => state === 'unhealthy').length, 1, taken.join(' '));
  assert.equal(round.figures().inFlight, 0);
});

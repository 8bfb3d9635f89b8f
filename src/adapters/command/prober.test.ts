// The command prober on real programs: what ends well, badly, late, never, and what cannot run at all.

import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import test from 'node:test';
import type { Check } from '#kernel/check.ts';
import { checkId, serviceId } from '#kernel/id.ts';
import type { Observation } from '#kernel/observation.ts';
import { durationMs, instant, seconds } from '#kernel/time.ts';
import type { Clock } from '#ports/clock.ts';
import type { Prober, Question } from '#ports/sensor.ts';
import { makeCommandProber } from './prober.ts';

const clock: Clock = {
  now: () => instant(Date.now()),
  at: (when, task) => {
    const timer = setTimeout(task, Math.max(0, when - Date.now()));
    return () => clearTimeout(timer);
  },
  chance: () => 0.5,
};

type Wish = { readonly argv: readonly string[]; readonly contains?: string; readonly timeoutMs?: number };

const probe = (wish: Wish, prober: Prober<'command'> = makeCommandProber(clock)): Promise<Observation> => {
  const { timeoutMs = 3_000, ...question } = wish;
  const whole: Question<'command'> = { kind: 'command', exitCode: 0, ...question };
  const check: Check = {
    id: checkId('a/command'),
    service: serviceId('a'),
    probe: whole,
    everyMs: seconds(1),
    slowestMs: seconds(1),
    timeoutMs: durationMs(timeoutMs),
    rise: 1,
    fall: 1,
    retries: 0,
  };
  return new Promise((resolve) => prober.probe(check, whole, resolve));
};

const check = async (wish: Wish, expected: string, message: RegExp): Promise<void> => {
  const seen = await probe(wish);
  assert.equal(`${seen.state} ${seen.symptom}`, expected, seen.message);
  assert.match(seen.message, message);
};

test('exit code and output are judged', async () => {
  await check({ argv: ['true'] }, 'healthy none', /exited with 0/);
  await check(
    { argv: ['sh', '-c', 'echo disk full; exit 3'] },
    'unhealthy failed',
    /exited with 3, expected 0.*disk full/,
  );
  await check({ argv: ['echo', 'all well'], contains: 'well' }, 'healthy none', /exited/);
  await check({ argv: ['echo', 'all well'], contains: 'bad' }, 'unhealthy wrong-answer', /did not say "bad"/);
  await check({ argv: ['sh', '-c', 'kill -9 $$'] }, 'unhealthy failed', /SIGKILL/);
});

test('what cannot run is unknown', async () => {
  await check({ argv: ['/no/such/program'] }, 'unknown cannot-run', /was not found/);
  await check({ argv: ['echo', 'a\u0000b'] }, 'unknown cannot-run', /echo/);
  await check({ argv: ['sh', '-c', '/no/such/program'] }, 'unknown cannot-run', /127 \(command not found\)/);
  await check({ argv: ['/proc/version'] }, 'unknown cannot-run', /may not be executed/);
});

test('there is no shell: nothing is expanded', async () => {
  await check({ argv: ['echo', '$HOME;true'], contains: '$HOME;true' }, 'healthy none', /exited/);
});

test('secrets of our own environment are not passed on', async () => {
  process.env['SERENO_TEST_SECRET'] = 'hunter2hunter2';
  await check({ argv: ['env'], contains: 'hunter2' }, 'unhealthy wrong-answer', /did not say/);
  delete process.env['SERENO_TEST_SECRET'];
});

test('at the deadline the whole group is killed', async () => {
  const seen = await probe({ argv: ['sh', '-c', 'sleep 60 & echo $! ; wait'], timeoutMs: 300 });
  assert.equal(seen.symptom, 'timeout', seen.message);
  const pid = /said "(\d+)"/.exec(seen.message)?.[1] ?? '';
  assert.notEqual(pid, '');
  const deadline = Date.now() + 2_000;
  // An orphan stays in the table as a zombie until init has taken note of its end: dead all the same.
  const isGone = (): boolean =>
    !existsSync(`/proc/${pid}`) || /\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'latin1'));
  while (!isGone() && Date.now() < deadline) await new Promise((resolve) => setImmediate(resolve));
  assert.ok(isGone(), `process ${pid} is still there`);
});

test('a flood of output is bounded and does not block the program', async () => {
  await check({ argv: ['sh', '-c', 'head -c 3000000 /dev/zero | tr "\\0" x'] }, 'healthy none', /exited/);
});

test('a slot whose program could not even be started is given back', async () => {
  const prober = makeCommandProber(clock, 1);
  assert.equal((await probe({ argv: ['echo', 'a\u0000b'] }, prober)).state, 'unknown');
  assert.equal((await probe({ argv: ['true'] }, prober)).state, 'healthy');
});

test('sixteen at once: those whose turn does not come are unknown, and none is lost', async () => {
  const prober = makeCommandProber(clock);
  const all = await Promise.all(
    Array.from({ length: 20 }, () => probe({ argv: ['sleep', '1'], timeoutMs: 500 }, prober)),
  );
  const timedOut = all.filter((seen) => seen.symptom === 'timeout').length;
  const unknown = all.filter((seen) => seen.symptom === 'cannot-run').length;
  // A stall of the test's own process makes more of them unknown, never fewer.
  assert.ok(timedOut <= 16 && unknown >= 4, `${timedOut} timed out, ${unknown} could not run`);
  assert.equal(timedOut + unknown, 20);
});

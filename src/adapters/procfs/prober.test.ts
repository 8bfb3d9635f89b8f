// The process prober on real processes: alive, stopped, zombie, listening, robbed of its port.

import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import type { Check } from '#kernel/check.ts';
import { checkId, serviceId } from '#kernel/id.ts';
import type { Observation } from '#kernel/observation.ts';
import { durationMs, instant, seconds } from '#kernel/time.ts';
import type { Clock } from '#ports/clock.ts';
import type { Question } from '#ports/sensor.ts';
import { makeProcessProber } from './prober.ts';

const clock: Clock = {
  now: () => instant(Date.now()),
  at: (when, task) => {
    const timer = setTimeout(task, Math.max(0, when - Date.now()));
    return () => clearTimeout(timer);
  },
  chance: () => 0.5,
};

const LISTENER = `const s=require('net').createServer().listen(0,'127.0.0.1',()=>console.log(s.address().port))`;

const start = async (code: string): Promise<{ child: ChildProcess; pid: number; line: string }> => {
  const child = spawn(process.execPath, ['-e', code], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line]: unknown[] = await once(child.stdout, 'data');
  return { child, pid: child.pid ?? 0, line: String(line).trim() };
};

const probe = (question: Omit<Question<'process'>, 'kind'>, pid: number | null): Promise<Observation> => {
  const whole: Question<'process'> = { kind: 'process', ...question };
  const check: Check = {
    id: checkId('api/process'),
    service: serviceId('api'),
    probe: whole,
    everyMs: seconds(1),
    slowestMs: seconds(1),
    timeoutMs: durationMs(1_000),
    rise: 1,
    fall: 1,
    retries: 0,
  };
  return new Promise((resolve) => makeProcessProber(clock, () => pid).probe(check, whole, resolve));
};

const end = async (child: ChildProcess): Promise<void> => {
  child.kill('SIGKILL');
  await once(child, 'exit');
};

test('alive and listening on its port', async () => {
  const { child, pid, line } = await start(LISTENER);
  const seen = await probe({ port: Number(line) }, pid);
  assert.equal(seen.state, 'healthy', seen.message);
  await end(child);
  const gone = await probe({ port: Number(line) }, pid);
  assert.deepEqual([gone.state, gone.symptom], ['unhealthy', 'not-running']);
});

test('alive, but nothing listens', async () => {
  const { child, pid } = await start(`console.log('up'); setInterval(()=>{}, 1000)`);
  const seen = await probe({ port: 1 }, pid);
  assert.deepEqual([seen.state, seen.symptom], ['unhealthy', 'not-listening'], seen.message);
  await end(child);
});

test('the port is in other hands: the holder is named', async () => {
  const thief = await start(LISTENER);
  const { child, pid } = await start(`console.log('up'); setInterval(()=>{}, 1000)`);
  for (const own of [pid, null]) {
    const seen = await probe({ port: Number(thief.line) }, own);
    assert.deepEqual([seen.state, seen.symptom], ['unhealthy', 'port-taken'], seen.message);
    assert.ok(seen.message.includes(`process ${thief.pid}`), seen.message);
  }
  await end(child);
  await end(thief.child);
});

test('stopped is not alive', async () => {
  const { child, pid } = await start(`console.log('up'); setInterval(()=>{}, 1000)`);
  child.kill('SIGSTOP');
  const deadline = Date.now() + 2_000;
  let seen = await probe({}, pid);
  while (seen.state === 'healthy' && Date.now() < deadline) seen = await probe({}, pid);
  assert.deepEqual([seen.state, seen.symptom], ['unhealthy', 'frozen']);
  assert.match(seen.message, /stopped by a signal/);
  await end(child);
});

test('a zombie is not alive', async () => {
  // The shell becomes another program, which never waits for the child; only then the child may end. Its input has a number
  // of its own: a shell gives what runs in the background nothing to read, and the child would end at once.
  const parent = spawn('sh', ['-c', 'exec 3<&0; cat <&3 & echo $!; exec sleep 30'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const [line]: unknown[] = await once(parent.stdout, 'data');
  const deadline = Date.now() + 5_000;
  const isAnother = (): boolean => readFileSync(`/proc/${parent.pid ?? 0}/comm`, 'utf8').trim() === 'sleep';
  while (!isAnother() && Date.now() < deadline) await new Promise((resolve) => setImmediate(resolve));
  parent.stdin.end();
  let seen = await probe({}, Number(String(line)));
  while (seen.state === 'healthy' && Date.now() < deadline) seen = await probe({}, Number(String(line)));
  assert.equal(seen.symptom, 'zombie');
  assert.match(seen.message, /zombie/);
  await end(parent);
});

test('found by its command line', async () => {
  const mark = `sereno-mark-${process.pid}`;
  const { child } = await start(`console.log('up'); setInterval(()=>{}, 1000) // ${mark}`);
  const seen = await probe({ pattern: mark }, null);
  assert.equal(seen.state, 'healthy', seen.message);
  await end(child);
  const gone = await probe({ pattern: mark }, null);
  assert.deepEqual([gone.state, gone.symptom], ['unhealthy', 'not-running']);
});

test('a process found by its command line that is frozen is not taken for a thief', async () => {
  const mark = `mark-${process.pid}-${Date.now()}`;
  const { child, pid, line } = await start(`/* ${mark} */ ${LISTENER}`);
  const question = { pattern: mark, port: Number(line) };
  assert.equal((await probe(question, null)).state, 'healthy');
  process.kill(pid, 'SIGSTOP');
  const deadline = Date.now() + 5_000;
  let seen = await probe(question, null);
  while (seen.state === 'healthy' && Date.now() < deadline) seen = await probe(question, null);
  assert.deepEqual([seen.state, seen.symptom], ['unhealthy', 'frozen'], seen.message);
  assert.match(seen.message, /stopped by a signal/);
  await end(child);
});

test('what a group has left behind still belongs to its leader', async () => {
  const inner = `const c=require('child_process').spawn(process.execPath,['-e',${JSON.stringify(LISTENER)}],{stdio:['ignore','inherit','inherit']});`;
  const middle = `const c=require('child_process').spawn(process.execPath,['-e',${JSON.stringify(`${inner}setTimeout(()=>process.exit(),50)`)}],{stdio:['ignore','inherit','inherit']});setInterval(()=>{},1e6)`;
  const leader = spawn(process.execPath, ['-e', middle], { stdio: ['ignore', 'pipe', 'inherit'], detached: true });
  const [line]: unknown[] = await once(leader.stdout, 'data');
  const pid = leader.pid ?? 0;
  const seen = await probe({ port: Number(String(line)) }, pid);
  process.kill(-pid, 'SIGKILL');
  await once(leader, 'exit');
  assert.equal(seen.state, 'healthy', seen.message);
});

test("a thief's secrets are not told", async () => {
  const { child, pid, line } = await start(`/* --password=hunter2 postgres://u:s3cret@db token: abcdef */ ${LISTENER}`);
  // Not this process: the listener was started below it and would be its own.
  const other = spawn('sleep', ['60']);
  const robbed = await probe({ port: Number(line) }, other.pid ?? 0);
  assert.equal(robbed.symptom, 'port-taken', robbed.message);
  assert.ok(robbed.message.includes(String(pid)));
  assert.doesNotMatch(robbed.message, /hunter2|s3cret|abcdef/);
  await end(other);
  await end(child);
});

// A warm standby on real processes: it takes over, is renewed, never counts as a second copy, and never outlives its use.

import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { after, test } from 'node:test';
import { examine, find, Ground, isRunning, operate, pidOf, startsIn, until } from './ground.ts';

const ground = new Ground();
after(() => ground.close());

/** Writes its pid when it serves. As a standby it says `ready`, waits for `go`, and ends when nobody is there to say it. */
const PROGRAM = `
served="$1"
if [ -n "$SERENO_STANDBY_FD" ]; then
  echo ready >&3
  read -r word <&3 || exit 0
  [ "$word" = go ] || exit 9
fi
echo $$ >> "$served"
exec sleep 600
`;
const STUBBORN = `echo $$ >> "$1"; [ -n "$SERENO_STANDBY_FD" ] && exit 3; exec sleep 600`;

const shell = (name: string, program: string): { readonly served: string; readonly command: readonly string[] } => {
  const script = ground.path(`${name}.sh`);
  writeFileSync(script, program);
  const served = ground.path(`${name}.served`);
  return { served, command: ['/bin/bash', script, served] };
};

const readyPid = (said: string | null): number | null =>
  Number(/^ready, pid (\d+)$/.exec(said ?? '')?.[1] ?? 0) || null;

test('a standby takes over after SIGKILL, and another one warms up', async () => {
  const { served, command } = shell('warm', PROGRAM);
  const driver = ground.open();
  const service = ground.service('warm', command, { standby: 'warm' });
  const first = pidOf(await operate(driver, 'start', service));
  await until('it serves', () => startsIn(served).includes(first));
  const spare = await until('a standby', () => readyPid(driver.standbyOf(service.id)));
  assert.deepEqual(startsIn(served), [first], 'a standby does not serve');
  const ended = new Promise<number>((resolve) => {
    driver.onExit((_service, exit) => resolve(exit.pid));
  });
  process.kill(first, 'SIGKILL');
  assert.equal(await ended, first);
  const outcome = await operate(driver, 'restart', service);
  assert.equal(pidOf(outcome), spare, 'the very process that waited');
  assert.match(outcome.detail, /the standby took over/);
  await until('the standby serves', () => startsIn(served).includes(spare));
  const next = await until('another standby', () => readyPid(driver.standbyOf(service.id)));
  assert.notEqual(next, spare);
  await operate(driver, 'stop', service);
  await until('nothing is left', () => !isRunning(spare) && !isRunning(next));
  assert.deepEqual(startsIn(served), [first, spare]);
});

test('after the death of Sereno its standby is ended, and the one that took over is adopted', async () => {
  const { command, served } = shell('later', PROGRAM);
  const service = ground.service('later', command, { standby: 'warm' });
  const before = ground.open();
  const first = pidOf(await operate(before, 'start', service));
  const spare = await until('a standby', () => readyPid(before.standbyOf(service.id)));
  process.kill(first, 'SIGKILL');
  await until('its end', () => before.pidOf(service.id) === null);
  await operate(before, 'restart', service);
  const waiting = await until('another standby', () => readyPid(before.standbyOf(service.id)));
  const after = ground.open();
  const presence = await find(after, service);
  assert.deepEqual([presence.isRunning, presence.pid], [true, spare]);
  await until('the old standby is gone', () => !isRunning(waiting));
  assert.ok(isRunning(spare));
  assert.deepEqual(startsIn(served), [first, spare]);
  const own = await until('a standby of its own', () => readyPid(after.standbyOf(service.id)));
  const box = await examine(after, service);
  assert.equal(box.pid, spare);
  await operate(after, 'stop', service);
  await until('nothing is left', () => !isRunning(own) && !isRunning(spare));
});

test('a standby that cannot wait is said, is not tried without a pause, and changes nothing for the service', async () => {
  const { served, command } = shell('stubborn', STUBBORN);
  const driver = ground.open();
  const service = ground.service('stubborn', command, { standby: 'warm' });
  const first = pidOf(await operate(driver, 'start', service));
  const said = await until('its failure', () => {
    const sentence = driver.standbyOf(service.id);
    return sentence?.startsWith('failed') === true && sentence;
  });
  assert.equal(said, 'failed: it ended (code 3) before it was ready; tried again after 1 s');
  process.kill(first, 'SIGKILL');
  await until('its end', () => driver.pidOf(service.id) === null);
  const outcome = await operate(driver, 'restart', service);
  assert.match(outcome.detail, /started, pid/);
  assert.ok(existsSync(served) && readFileSync(served, 'utf8').length > 0);
  await operate(driver, 'stop', service);
});

test('none is declared: none is kept', async () => {
  const { command } = shell('plain', PROGRAM);
  const driver = ground.open();
  const service = ground.service('plain', command);
  await operate(driver, 'start', service);
  assert.equal(driver.standbyOf(service.id), null);
  await operate(driver, 'stop', service);
});

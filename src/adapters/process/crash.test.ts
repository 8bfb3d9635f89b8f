// Kill -9 of Sereno at any moment of its restarts: afterwards there is exactly one copy, and it is known.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';

import type { Service } from '#kernel/service.ts';
import { find, Ground, isRunning, operate, sleeper, startsIn, until } from './ground.ts';

const HOST = fileURLToPath(new URL('host.ts', import.meta.url));
const ROUNDS = 20;
/** One restart takes 3 to 10 ms: a moment in this range lies anywhere in one of the first dozens. */
const LATEST_MS = 120;

/** Runs a host, kills it this long after its first word, and gives the key that it was at. */
const runAndKill = async (ground: Ground, service: Service, firstKey: number, afterMs: number): Promise<number> => {
  const arguments_ = [HOST, ground.directory, String(firstKey), JSON.stringify(service)];
  const host = spawn(process.execPath, arguments_, { stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  host.stdout.setEncoding('utf8').on('data', (text: string) => {
    if (said === '') setTimeout(() => host.kill('SIGKILL'), afterMs);
    said += text;
  });
  await new Promise((resolve) => {
    host.once('close', resolve);
  });
  const last = Number(said.trim().split('\n').at(-1));
  assert.ok(last >= firstKey, `the host asked for something: ${said}`);
  return last;
};

test(`${ROUNDS} random kills: one copy, adopted, and the interrupted key ends as it should`, async (context) => {
  const ground = new Ground();
  context.after(() => ground.close());
  const file = ground.path('starts');
  const service = ground.service('sleeper', sleeper(file));
  let key = 1;
  for (let round = 0; round < ROUNDS; round += 1) {
    const afterMs = randomInt(0, LATEST_MS);
    key = await runAndKill(ground, service, key, afterMs);
    const told = `round ${round}, killed after ${afterMs} ms at key ${key}`;
    const driver = ground.open();
    const presence = await find(driver, service);
    // The outbox repeats what was not settled: the very key at which it died.
    const outcome = await operate(driver, 'restart', service, { key, epoch: key });
    assert.equal(outcome.kind, 'applied', `${told}: ${outcome.detail}`);
    const { pid, isRunning: isFound } = await find(driver, service);
    await until(`the copy to say its pid (${told})`, () => pid !== null && startsIn(file).includes(pid));
    const alive = startsIn(file).filter(isRunning);
    assert.deepEqual(alive, [pid], `${told}: found ${JSON.stringify(presence)}, then ${outcome.detail}`);
    // In the middle of an exec a process shows no environment: looked for until it does.
    await until(`one and no other (${told})`, () => isDeepStrictEqual(ground.living(), [pid]));
    assert.ok(isFound, told);
    key += 1;
  }
});

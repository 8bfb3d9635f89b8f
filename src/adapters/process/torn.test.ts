// Torn files: whatever a crash or a full disk left of the ledger and of the birth record, a child that lives is neither
// lost nor doubled. The files are cut while the child runs on.

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import type { Service } from '#kernel/service.ts';
import { find, Ground, isRunning, operate, pidOf, sleeper, startsIn, until } from './ground.ts';

type Files = { readonly ledger: string; readonly birth: string };

/** A service that was started and restarted once, and the files that tell of it. */
const prepare = async (
  context: TestContext,
): Promise<{ ground: Ground; service: Service; files: Files; pid: number }> => {
  const ground = new Ground();
  context.after(() => ground.close());
  const service = ground.service('sleeper', sleeper(ground.path('starts')));
  const driver = ground.open();
  await operate(driver, 'start', service, { key: 1, epoch: 1 });
  const pid = pidOf(await operate(driver, 'restart', service, { key: 2, epoch: 2 }));
  await until('the child to write its pid', () => startsIn(ground.path('starts')).includes(pid));
  const folder = join(ground.run, service.id);
  return {
    ground,
    service,
    files: { ledger: join(folder, 'operations.jsonl'), birth: join(folder, 'birth.jsonl') },
    pid,
  };
};

/** Opens a driver over what is left, as a new Sereno would, and looks. */
const look = async (ground: Ground, service: Service, pid: number, told: string): Promise<void> => {
  const driver = ground.open();
  const presence = await find(driver, service);
  assert.equal(presence.pid, pid, `${told}: ${JSON.stringify(presence)}`);
  const again = await operate(driver, 'start', service, { key: 3, epoch: 3 });
  assert.equal(pidOf(again), pid, `${told}: a start beside the living child: ${again.detail}`);
  assert.deepEqual(startsIn(ground.path('starts')).filter(isRunning), [pid], told);
};

/** Each look takes some milliseconds; a prime, so that the cuts fall everywhere in lines of any length. */
const STEP = 7;

test('a ledger cut anywhere loses no child and doubles none', async (context) => {
  const { ground, service, files, pid } = await prepare(context);
  const whole = readFileSync(files.ledger);
  assert.ok(whole.length > 200, `${whole.length} bytes`);
  for (let size = 0; size < whole.length; size += STEP) {
    writeFileSync(files.ledger, whole.subarray(0, size));
    await look(ground, service, pid, `cut to ${size} of ${whole.length} bytes`);
  }
});

test('a birth record whose second half is torn loses no child and doubles none', async (context) => {
  const { ground, service, files, pid } = await prepare(context);
  const whole = readFileSync(files.birth);
  // The first half is written before there is a child: a crash can tear it only while there is none.
  const spawned = whole.lastIndexOf('{"token"');
  assert.ok(spawned > 200, `${spawned} bytes`);
  for (let size = spawned; size < whole.length; size += 1) {
    writeFileSync(files.birth, whole.subarray(0, size));
    await look(ground, service, pid, `cut to ${size} of ${whole.length} bytes`);
  }
});

test('the restart whose outcome was torn off is finished without a third copy', async (context) => {
  const { ground, service, files, pid } = await prepare(context);
  const ledger = readFileSync(files.ledger);
  // The last line is the outcome of key 2; cut anywhere inside it, the key has begun and not ended.
  const begun = ledger.lastIndexOf('\n', ledger.length - 2) + 1;
  for (let size = begun; size < ledger.length; size += 1) {
    writeFileSync(files.ledger, ledger.subarray(0, size));
    const driver = ground.open();
    const outcome = await operate(driver, 'restart', service, { key: 2, epoch: 2 });
    assert.equal(pidOf(outcome), pid, `cut to ${size}: ${outcome.detail}`);
    assert.deepEqual(startsIn(ground.path('starts')).filter(isRunning), [pid]);
  }
});

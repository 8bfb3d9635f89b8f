// The process driver against workloads that do not behave, with real processes.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { chmodSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';

import { durationMs } from '#kernel/time.ts';
import { type Birth, readBirth as readRecord } from './birth.ts';
import { collectExits, find, Ground, isRunning, operate, pidOf, sleeper, startsIn, until } from './ground.ts';
import { listGroup, readArguments, readStat } from './procfs.ts';

const withGround = (says: string, check: (ground: Ground) => Promise<void>): void => {
  it(says, async () => {
    const ground = new Ground();
    try {
      await check(ground);
    } finally {
      await ground.close();
    }
  });
};

const birthPath = (ground: Ground, name: string): string => join(ground.run, name, 'birth.jsonl');
const readBirth = (ground: Ground, name: string): Birth => {
  const birth = readRecord(birthPath(ground, name));
  if (birth === null) throw new Error('there is no birth record');
  return birth;
};

const stateOf = (pid: number): string => readStat(pid)?.state ?? 'gone';

type Stopping = {
  readonly says: string;
  /** A shell script that writes `ready` when it is set up. */
  readonly script: string;
  readonly isFrozen?: true;
  readonly stopTimeoutMs?: number;
  readonly detail: RegExp;
};
const STOPPING: readonly Stopping[] = [
  {
    says: 'one that ends at the signal',
    script: 'echo ready > $READY; exec sleep 600',
    detail: /^pid \d+ stopped by SIGTERM in \d+ ms$/,
  },
  {
    says: 'one that ignores the signal is killed after its time',
    script: "trap '' TERM; echo ready > $READY; while :; do sleep 0.02; done",
    stopTimeoutMs: 150,
    detail: /^pid \d+ did not end within \d+ ms of SIGTERM; pid \d+( \([\d, ]+\))? killed$/,
  },
  {
    says: 'one that is frozen hears the signal',
    script: 'echo ready > $READY; exec sleep 600',
    isFrozen: true,
    detail: /^pid \d+ stopped by SIGTERM in \d+ ms$/,
  },
  {
    says: 'one that is frozen and deaf is killed',
    script: "trap '' TERM; echo ready > $READY; while :; do sleep 0.02; done",
    isFrozen: true,
    stopTimeoutMs: 100,
    detail: /killed$/,
  },
  {
    says: 'children that the leader forked end with it',
    script: 'sleep 600 & sleep 600 & echo ready > $READY; wait',
    detail: /^pid \d+ stopped by SIGTERM in \d+ ms$/,
  },
  {
    says: 'a leader that goes at once while its child ignores the signal: the child is killed after the time',
    script: `(trap '' TERM; echo ready > $READY; while :; do sleep 0.02; done) & exec sleep 600`,
    stopTimeoutMs: 150,
    detail: /did not end within \d+ ms of SIGTERM; leftovers of its group \([\d, ]+\) killed$/,
  },
];
for (const { says, script, isFrozen, stopTimeoutMs = 2_000, detail } of STOPPING) {
  withGround(`stopping: ${says}`, async (ground) => {
    const READY = ground.path('ready');
    const service = ground.service('unit', ['/bin/sh', '-c', script], {
      env: { READY },
      stopTimeoutMs: durationMs(stopTimeoutMs),
    });
    const driver = ground.open();
    const exits = collectExits(driver);
    const pid = pidOf(await operate(driver, 'start', service));
    await until('the script to be ready', () => readStat(pid) !== null && exists(READY));
    if (isFrozen === true) process.kill(-pid, 'SIGSTOP');
    const outcome = await operate(driver, 'stop', service);
    assert.equal(outcome.kind, 'applied', outcome.detail);
    assert.match(outcome.detail, detail);
    assert.deepEqual([listGroup(pid), ground.living(), exits], [[], [], []]);
  });
}
const exists = (path: string): boolean => {
  try {
    return readFileSync(path, 'utf8') !== '';
  } catch {
    return false;
  }
};

type Starting = {
  readonly says: string;
  readonly command: readonly string[];
  readonly cwd?: string;
  readonly detail: RegExp;
};
const STARTING: readonly Starting[] = [
  {
    says: 'no such program',
    command: ['no-such-program'],
    detail: /^'no-such-program' was not started: there is no such program \[ENOENT\]$/,
  },
  {
    says: 'not executable',
    command: ['/etc/passwd'],
    detail: /may not be executed \(permission denied\) \[EACCES\]$/,
  },
  {
    says: 'no such directory',
    command: ['true'],
    cwd: '/no/such/place',
    detail: /^the working directory '\/no\/such\/place' is not there$/,
  },
  {
    says: 'a file as directory',
    command: ['true'],
    cwd: '/etc/passwd',
    detail: /^the working directory '\/etc\/passwd' is not there$/,
  },
  { says: 'an empty command', command: [], detail: /^the command is empty$/ },
  {
    says: 'an argument too long for the kernel',
    command: ['true', 'x'.repeat(200_000)],
    detail: /too long \[E2BIG\]$/,
  },
  { says: 'a NUL in an argument', command: ['true', 'a\0b'], detail: /was not started: .*null bytes/ },
];
for (const { says, command, cwd = null, detail } of STARTING) {
  withGround(`starting fails clearly: ${says}`, async (ground) => {
    const outcome = await operate(ground.open(), 'start', ground.service('unit', command, { cwd }));
    assert.equal(outcome.kind, 'failed');
    assert.match(outcome.detail, detail);
  });
}

withGround('starting: a program that becomes runnable later is started by the next operation', async (ground) => {
  const program = ground.path('program');
  writeFileSync(program, '#!/bin/sh\nexec sleep 600\n', { mode: 0o644 });
  const service = ground.service('unit', [program]);
  const driver = ground.open();
  assert.equal((await operate(driver, 'start', service)).kind, 'failed');
  chmodSync(program, 0o755);
  assert.ok(isRunning(pidOf(await operate(driver, 'start', service))));
});

withGround('starting: an exit is told once, with code, signal and life span', async (ground) => {
  const driver = ground.open();
  const exits = collectExits(driver);
  const bySelf = ground.service('self', ['/bin/sh', '-c', 'exit 7']);
  const bySignal = ground.service('signal', ['sleep', '600']);
  await operate(driver, 'start', bySelf);
  await until('the first exit', () => exits.length === 1);
  const pid = pidOf(await operate(driver, 'start', bySignal));
  process.kill(pid, 'SIGKILL');
  await until('the second exit', () => exits.length === 2);
  assert.deepEqual(
    exits.map(({ code, signal, isOutOfMemory }) => [code, signal, isOutOfMemory]),
    [
      [7, null, false],
      [null, 'SIGKILL', false],
    ],
  );
  for (const exit of exits) assert.ok(exit.ranMs >= 0 && exit.ranMs < 5_000, String(exit.ranMs));
  assert.equal(exits[1]?.pid, pid);
});

withGround('starting: orphans of a crashed leader are cleared away before the next start', async (ground) => {
  const READY = ground.path('ready');
  const script = '(echo ready > $READY; exec sleep 600) & sleep 600';
  const service = ground.service('unit', ['/bin/sh', '-c', script], { env: { READY } });
  const driver = ground.open();
  const exits = collectExits(driver);
  const pid = pidOf(await operate(driver, 'start', service));
  await until('two processes besides the leader', () => exists(READY) && listGroup(pid).length === 3);
  process.kill(pid, 'SIGKILL');
  await until('the exit', () => exits.length === 1);
  assert.equal(listGroup(pid).length, 2, 'the orphans live on');
  const outcome = await operate(driver, 'restart', service);
  assert.match(
    outcome.detail,
    /^the run before had ended; leftovers of its group \([\d, ]+\) killed; did not run; started/,
  );
  assert.deepEqual(listGroup(pid), []);
});
withGround('recognising: a pid that was given to another program is not ours: nothing is signalled', async (ground) => {
  const stranger = spawn('sleep', ['600'], { detached: true });
  try {
    const file = ground.path('starts');
    const service = ground.service('unit', sleeper(file));
    pidOf(await operate(ground.open(), 'start', service));
    await operate(ground.open(), 'stop', service);
    const birth = readBirth(ground, 'unit');
    // Both started within one tick of the kernel's clock: as a pid that was given away they are a second apart.
    const earlier = { ...birth, pid: stranger.pid, startTicks: (birth.startTicks ?? 0) - 100 };
    writeFileSync(birthPath(ground, 'unit'), JSON.stringify(earlier));
    const driver = ground.open();
    assert.deepEqual(await find(driver, service), { isRunning: false, pid: null });
    const pid = pidOf(await operate(driver, 'restart', service));
    assert.notEqual(pid, stranger.pid);
    assert.equal(stateOf(stranger.pid ?? 0), 'S', 'the stranger lives');
  } finally {
    stranger.kill('SIGKILL');
  }
});

withGround('recognising: the same pid and ticks of another boot are not ours', async (ground) => {
  const service = ground.service('unit', ['sleep', '600']);
  const pid = pidOf(await operate(ground.open(), 'start', service));
  writeFileSync(birthPath(ground, 'unit'), JSON.stringify({ ...readBirth(ground, 'unit'), bootId: 'another' }));
  // It is found all the same, by its mark.
  assert.deepEqual(await find(ground.open(), service), { isRunning: true, pid });
});

withGround(
  'recognising: a child without any record is adopted by its mark, its record is written anew, its end is told',
  async (ground) => {
    const file = ground.path('starts');
    const service = ground.service('unit', sleeper(file));
    const pid = pidOf(await operate(ground.open(), 'start', service));
    await until('the exec', () => readArguments(pid)[0] === 'sleep');
    rmSync(birthPath(ground, 'unit'));
    const driver = ground.open();
    const exits = collectExits(driver);
    assert.deepEqual(await find(driver, service), { isRunning: true, pid });
    assert.equal(readBirth(ground, 'unit').pid, pid);
    process.kill(pid, 'SIGKILL');
    await until('the exit', () => exits.length === 1, 1_000);
    assert.deepEqual([exits[0]?.pid, exits[0]?.code, exits[0]?.signal], [pid, null, null]);
  },
);

withGround('recognising: a second copy is stopped and reported; the recorded one stays', async (ground) => {
  const service = ground.service('unit', ['sleep', '600']);
  const first = pidOf(await operate(ground.open(), 'start', service));
  rmSync(birthPath(ground, 'unit'));
  const environment = readFileSync(`/proc/${first}/environ`, 'utf8').split('\0').filter(Boolean);
  const marks = Object.fromEntries(environment.map((line) => line.split(/=(.*)/s).slice(0, 2)));
  const copy = spawn('sleep', ['600'], {
    detached: true,
    env: { ...marks, SERENO_TOKEN_OF_BIRTH: 'another', SERENO_EPOCH: '0' },
  });
  const driver = ground.open();
  const presence = await find(driver, service);
  assert.deepEqual([presence.isRunning, presence.pid], [true, first]);
  assert.match(presence.detail ?? '', new RegExp(`a second copy was found: pid ${copy.pid} stopped by SIGTERM`));
  assert.equal(isRunning(copy.pid ?? 0), false);
});

withGround('recognising: a daemon that the workload left in a session of its own is not a copy', async (ground) => {
  const READY = ground.path('ready');
  // The very command line of the workload: only the token of its birth tells that it is a descendant.
  const script = 'setsid sleep 600 & echo $! > $READY; exec sleep 600';
  const service = ground.service('unit', ['/bin/sh', '-c', script], { env: { READY } });
  const pid = pidOf(await operate(ground.open(), 'start', service));
  const daemon = await until('the daemon', () => exists(READY) && Number(readFileSync(READY, 'utf8')));
  await until('its session', () => readStat(daemon)?.session === daemon);
  rmSync(birthPath(ground, 'unit'));
  const driver = ground.open();
  assert.deepEqual(await find(driver, service), { isRunning: true, pid });
  assert.ok(isRunning(daemon));
});

withGround('recognising: a child that became a zombie, because its parent does not look, has ended', async (ground) => {
  const file = ground.path('starts');
  const service = ground.service('unit', sleeper(file));
  const text = `
      const { spawn } = require('node:child_process');
      spawn(process.argv[1], process.argv.slice(2), { detached: true, stdio: 'ignore' });
      process.kill(process.pid, 'SIGSTOP');`;
  const first = ground.open();
  pidOf(await operate(first, 'start', service));
  await until('the exec', () => readArguments(startsIn(file)[0] ?? 0)[0] === 'sleep');
  const marks = readFileSync(`/proc/${startsIn(file)[0]}/environ`, 'utf8')
    .split('\0')
    .filter(Boolean);
  await operate(first, 'stop', service);
  rmSync(birthPath(ground, 'unit'));
  const env = Object.fromEntries(marks.map((line) => line.split(/=(.*)/s).slice(0, 2)));
  const parent = spawn(process.execPath, ['-e', text, ...sleeper(file)], { env, detached: false });
  try {
    const pid = await until('the child of a frozen parent', () => startsIn(file)[1] ?? null);
    await until('the frozen parent', () => stateOf(parent.pid ?? 0) === 'T');
    await until('its exec', () => readArguments(pid)[0] === 'sleep');
    const driver = ground.open();
    const exits = collectExits(driver);
    assert.deepEqual(await find(driver, service), { isRunning: true, pid });
    process.kill(pid, 'SIGKILL');
    await until('the exit', () => exits.length === 1, 1_000);
    assert.equal(stateOf(pid), 'Z');
    assert.equal((await operate(driver, 'stop', service)).kind, 'applied');
    assert.ok(pidOf(await operate(driver, 'start', service)) !== pid);
  } finally {
    parent.kill('SIGKILL');
  }
});
withGround('many: a hundred services are started, and found by the next driver, in about a second', async (ground) => {
  const services = Array.from({ length: 100 }, (_, index) => ground.service(`unit-${index}`, ['sleep', '600']));
  const beforeRaw = performance.now();
  const raw = services.map(() => spawn('sleep', ['600'], { detached: true, stdio: 'ignore' }));
  const rawMs = performance.now() - beforeRaw;
  for (const child of raw) child.kill('SIGKILL');
  const driver = ground.open();
  const beforeStart = performance.now();
  const started = await Promise.all(services.map((service) => operate(driver, 'start', service)));
  const startMs = performance.now() - beforeStart;
  const next = ground.open();
  const beforeFind = performance.now();
  const found = await Promise.all(services.map((service) => find(next, service)));
  const findMs = performance.now() - beforeFind;
  assert.deepEqual(
    found.map(({ pid }) => pid),
    started.map(pidOf),
  );
  assert.equal(ground.living().length, 100);
  // One second on a quiet machine; on a busy one, measured by what a hundred bare spawns cost it in the same run.
  const told = `started in ${startMs} ms, found in ${findMs} ms, bare spawns ${rawMs} ms`;
  assert.ok(startMs < 1_000 + 3 * rawMs && findMs < 1_000, told);
  const exits = collectExits(next);
  const [victim] = started;
  if (victim !== undefined) process.kill(pidOf(victim), 'SIGKILL');
  await until('the exit of an adopted one among a hundred', () => exits.length === 1, 1_000);
  await Promise.all(services.map((service) => operate(next, 'stop', service)));
  assert.equal(ground.living().length, 0);
});

withGround('many: Sereno itself may run under a Sereno: its own marks are not inherited', async (ground) => {
  process.env['SERENO_SERVICE'] = 'outer';
  process.env['SERENO_SOMETHING'] = 'outer';
  try {
    const pid = pidOf(await operate(ground.open(), 'start', ground.service('inner', ['sleep', '600'])));
    const environment = await until('the exec', () => {
      const text = readFileSync(`/proc/${pid}/environ`, 'utf8');
      return text.includes('SERENO_TOKEN_OF_BIRTH') && text;
    });
    assert.ok(environment.includes('SERENO_SERVICE=inner\0') && !environment.includes('outer'));
  } finally {
    delete process.env['SERENO_SERVICE'];
    delete process.env['SERENO_SOMETHING'];
  }
});

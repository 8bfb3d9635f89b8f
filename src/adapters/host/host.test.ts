// The surveys of the host: verdicts as data, and real leftovers in a real directory.

import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

import { spawnSync } from 'node:child_process';
import type { SurveyPhase } from '#kernel/effect.ts';
import type { SurveyReport } from '#kernel/event.ts';
import { instant } from '#kernel/time.ts';
import type { Clock } from '#ports/clock.ts';
import { makeHost } from './host.ts';
import { judgeRoom, readRoom, type Room } from './room.ts';

const clock: Clock = {
  now: () => instant(Date.now()),
  at: (when, task) => {
    const timer = setTimeout(task, Math.max(0, when - Date.now()));
    return () => clearTimeout(timer);
  },
  chance: () => 0.5,
};

const survey = (directory: string, phase: SurveyPhase): Promise<SurveyReport> =>
  new Promise((resolve) => {
    makeHost({ directory, clock }).survey(phase, resolve);
  });

const MB = 1_048_576;
const ROOMY: Room = {
  memoryFreeBytes: 1_000 * MB,
  memoryTotalBytes: 2_000 * MB,
  diskFreeBytes: 9_000 * MB,
  diskTotalBytes: 10_000 * MB,
  inodesFree: 1_000_000,
  isWritable: true,
  load: 0.5,
  cores: 2,
  descriptorsMax: 65_536,
};

test('room: too little stops, scarce is said first, unknown is never enough', () => {
  const cases: readonly (readonly [Partial<Room>, boolean, string])[] = [
    [{}, true, 'memory: 1000 MB of 2.0 GB free'],
    [{ memoryFreeBytes: 95 * MB }, false, 'memory: 95 MB of 2.0 GB free, 96 MB needed'],
    [{ memoryFreeBytes: 96 * MB }, true, 'memory: 96 MB of 2.0 GB free, which is little'],
    [{ memoryFreeBytes: null }, true, 'memory: it cannot be read how much is free'],
    [{ diskFreeBytes: 63 * MB }, false, 'disk: 63 MB of 9.8 GB free, 64 MB needed'],
    [{ inodesFree: 99 }, false, 'disk: 99 inodes free, 100 needed'],
    [{ inodesFree: null }, true, 'memory: 1000 MB of 2.0 GB free'],
    [{ isWritable: false }, false, 'disk: the state directory cannot be written'],
    [{ load: 8.1 }, true, 'processor: load 8.1 on 2 cores, starts will be slow'],
    [{ load: 8 }, true, 'memory: 1000 MB of 2.0 GB free'],
    [{ descriptorsMax: 256 }, true, 'descriptors: at most 256 open files, which is little'],
  ];
  for (const [change, isGood, first] of cases) {
    const verdict = judgeRoom({ ...ROOMY, ...change });
    assert.deepEqual([verdict.isGood, verdict.findings[0]], [isGood, first]);
  }
});

test('room: this machine is read, every figure of it', () => {
  const room = readRoom(tmpdir());
  for (const [name, value] of Object.entries(room)) assert.notEqual(value, null, name);
  assert.ok((room.memoryFreeBytes ?? 0) > 0 && (room.memoryFreeBytes ?? 0) <= (room.memoryTotalBytes ?? 0));
  assert.ok((room.diskFreeBytes ?? 0) <= (room.diskTotalBytes ?? 0));
});

test('guard: a directory that is not there cannot be written, and that is not good', async () => {
  const report = await survey(join(tmpdir(), 'sereno-nothing-here'), 'guard');
  assert.equal(report.isGood, false);
  assert.ok(report.findings.includes('disk: the state directory cannot be written'));
});

test('repair: drafts of the dead and dead sockets go, everything else stays', async (context) => {
  const directory = mkdtempSync(join(tmpdir(), 'sereno-host-'));
  mkdirSync(join(directory, 'run', 'api'), { recursive: true });
  const living = join(directory, 'living.sock');
  const dead = join(directory, 'dead.sock');
  const draft = join(directory, 'run', 'api', 'birth.json.tmp-999999');
  const own = join(directory, `heads.tmp-${process.pid}`);
  const kept = join(directory, 'run', 'api', 'birth.json');
  for (const path of [draft, own, kept]) writeFileSync(path, '{}');
  const server = createServer().listen(living);
  context.after(() => {
    server.close();
    rmSync(directory, { recursive: true, force: true });
  });
  const leaveSocket = `require('net').createServer().listen(${JSON.stringify(dead)}, () => process.kill(process.pid, 'SIGKILL'))`;
  spawnSync(process.execPath, ['-e', leaveSocket]);
  assert.ok(existsSync(dead), 'the test left a dead socket');

  const report = await survey(directory, 'repair');

  assert.deepEqual(report, {
    phase: 'repair',
    isGood: true,
    findings: ['removed the half-written file run/api/birth.json.tmp-999999', 'removed the dead socket dead.sock'],
  });
  assert.deepEqual(
    [draft, own, kept, living, dead].map((path) => existsSync(path)),
    [false, true, true, true, false],
  );
});

test('repair: nothing to do in a directory that does not exist', async () => {
  assert.deepEqual(await survey(join(tmpdir(), 'sereno-nothing-here'), 'repair'), {
    phase: 'repair',
    isGood: true,
    findings: [],
  });
});

// Logs: rotation loses nothing that a quiet writer wrote and stays bounded under a flood; the tail is what a person needs.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

import { Ground, operate, pause, pidOf, until } from './ground.ts';
import { LOG_BYTES_MAX, rotateIdleLog, rotateLog, tailLog } from './logs.ts';

const withLog = async (check: (path: string) => Promise<void> | void): Promise<void> => {
  const directory = mkdtempSync(join(tmpdir(), 'sereno-logs-'));
  try {
    await check(join(directory, 'out.log'));
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
};

const sizes = (path: string): readonly number[] =>
  [path, `${path}.1`, `${path}.2`, `${path}.3`, `${path}.4`].map((name) =>
    existsSync(name) ? statSync(name).size : -1,
  );

test('rotation: four files at most, the oldest goes', () =>
  withLog((path) => {
    for (const [round, text] of ['a', 'b', 'c', 'd', 'e'].entries()) {
      appendFileSync(path, text.repeat(round === 4 ? 300 : 101));
      assert.equal(rotateLog(path, 100), null);
    }
    assert.deepEqual(sizes(path), [0, 200, 101, 101, -1]);
    assert.equal(readFileSync(`${path}.1`, 'utf8'), 'e'.repeat(200), 'of a flood the newest part is kept');
    appendFileSync(path, 'x'.repeat(100));
    rotateLog(path, 100);
    assert.deepEqual(sizes(path).slice(0, 2), [100, 200], 'not due at the bound itself');
    appendFileSync(path, 'x');
    rotateIdleLog(path, 100);
    assert.deepEqual(sizes(path).slice(0, 2), [-1, 101], 'without a writer it is renamed whole');
  }));

test('rotation: what cannot be rotated is a sentence, not an exception', () =>
  withLog((path) => {
    writeFileSync(path, 'x'.repeat(200));
    mkdirSync(`${path}.3`);
    assert.match(rotateLog(path, 100) ?? '', /^the log could not be rotated: /);
    assert.equal(statSync(path).size, 200, 'it is left as it was');
  }));

test('rotation under a living writer: every line is there once, in order', () =>
  withLog(async (path) => {
    const LINES = 20_000;
    const LIMIT = 10_000;
    const log = openSync(path, 'a');
    const script = `
      const { writeSync } = require('node:fs');
      for (let line = 0; line < ${LINES}; line += 1) {
        writeSync(1, 'line ' + line + '\\n');
        if (line % 25 === 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
      }`;
    const writer = spawn(process.execPath, ['-e', script], { stdio: ['ignore', log, 'inherit'] });
    let isOver = false;
    writer.once('exit', () => (isOver = true));
    const seen: string[] = [];
    /** Two rotations at most leave three files: they are read and removed before the third would drop one. */
    const collect = (): void => {
      for (const name of [`${path}.3`, `${path}.2`, `${path}.1`].filter(existsSync)) {
        seen.push(...readFileSync(name, 'utf8').split('\n'));
        rmSync(name);
      }
    };
    let dropped = 0;
    while (!isOver) {
      // On a machine too busy to look in time, more than twice the limit was written: that part is dropped on purpose.
      dropped += Math.max(0, statSync(path).size - 2 * LIMIT + 1_000);
      assert.equal(rotateLog(path, LIMIT), null);
      collect();
      await pause(1);
    }
    seen.push(...readFileSync(path, 'utf8').split('\n'));
    const numbers = seen.filter(Boolean).map((line) => Number(line.slice(5)));
    const lost = LINES - numbers.length;
    // Promised: at most what is written in the moment before a truncation. On a quiet machine one or two lines of 20,000;
    // when the rotation is put to sleep just there, what the writer writes in that time: 25 lines a millisecond.
    assert.ok(lost <= LINES / 100 + dropped / 9, `${lost} lines lost in some hundred rotations`);
    assert.ok(
      numbers.every((number, index) => index === 0 || number > (numbers[index - 1] ?? 0)),
      'in order, none twice',
    );
  }));

test('a flood is bounded: each rotated file to 24 MB', async () => {
  const ground = new Ground();
  try {
    const driver = ground.open();
    const service = ground.service('flood', ['sh', '-c', 'while :; do head -c 4000000 /dev/zero; sleep 0.05; done']);
    pidOf(await operate(driver, 'start', service));
    const log = join(ground.run, 'flood', 'out.log');
    await until('two rotations', () => existsSync(`${log}.2`), 20_000);
    await operate(driver, 'stop', service);
    for (const size of sizes(log).slice(1)) assert.ok(size <= 2.4 * LOG_BYTES_MAX, String(size));
    assert.equal(existsSync(`${log}.4`), false);
  } finally {
    await ground.close();
  }
});

test('tail: the last 200 lines, cut, reaching back over a rotation', () =>
  withLog((path) => {
    assert.equal(tailLog(path), null, 'no log is not an empty log');
    writeFileSync(path, '');
    assert.deepEqual(tailLog(path), []);
    writeFileSync(`${path}.1`, 'old 1\nold 2\n');
    writeFileSync(path, 'new 1\nnew 2 without an end');
    assert.deepEqual(tailLog(path), ['old 1', 'old 2', 'new 1', 'new 2 without an end']);
    assert.deepEqual(tailLog(path, 3), ['old 2', 'new 1', 'new 2 without an end']);
    assert.deepEqual(tailLog(path, 2), ['new 1', 'new 2 without an end']);
    writeFileSync(path, Array.from({ length: 5_000 }, (_, line) => `line ${line}`).join('\n'));
    const lines = tailLog(path) ?? [];
    assert.deepEqual([lines.length, lines[0], lines.at(-1)], [200, 'line 4800', 'line 4999']);
    writeFileSync(path, `${'x'.repeat(300_000)}\n${'y'.repeat(2_001)}\nshort\n`);
    const cut = tailLog(path, 2) ?? [];
    assert.deepEqual([cut[0]?.slice(0, 3), cut[0]?.slice(-19), cut[1]], ['yyy', '… (2001 characters)', 'short']);
  }));

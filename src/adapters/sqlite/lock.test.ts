// One Sereno for each state directory, whatever happened to the one before.

import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { makeGround, NOON, type Ground } from './ground.ts';
import { isHeld, readHolder, takeLock } from './lock.ts';

const CHILD = fileURLToPath(new URL('./child.ts', import.meta.url));

/** Starts a child and waits for its first line. */
const start = async (ground: Ground): Promise<{ readonly child: ChildProcess; readonly line: string }> => {
  const child = spawn(process.execPath, [CHILD, ground.directory, 'lock'], { stdio: ['pipe', 'pipe', 'inherit'] });
  const [text] = await once(child.stdout.setEncoding('utf8'), 'data');
  return { child, line: String(text).trim() };
};

const kill = async (child: ChildProcess): Promise<void> => {
  child.kill('SIGKILL');
  await once(child, 'close');
};

const mustLock = (ground: Ground): (() => void) => {
  const locking = takeLock(ground.directory, NOON);
  if (locking.kind === 'refused') throw new Error(locking.problem.message);
  return locking.release;
};

describe('takeLock', () => {
  it('refuses a second process and names the first, until the first is killed', async () => {
    const ground = makeGround();
    const first = await start(ground);
    assert.equal(first.line, 'locked');
    const mine = takeLock(ground.directory, NOON);
    assert.equal(mine.kind === 'refused' && mine.problem.code, 'already-running');
    assert.equal(mine.kind === 'refused' && mine.holder?.pid, first.child.pid);
    assert.match(mine.kind === 'refused' ? mine.problem.message : '', new RegExp(`process ${first.child.pid} holds`));
    const second = await start(ground);
    assert.equal(second.line, `refused already-running ${first.child.pid}`);
    second.child.kill('SIGKILL');
    assert.equal(isHeld(ground.directory), true);
    await kill(first.child);
    assert.ok(existsSync(join(ground.directory, 'lock.holder')), 'the killed process left its name');
    assert.equal(isHeld(ground.directory), false);
    assert.equal(readHolder(ground.directory), null);
    mustLock(ground)();
    ground.clear();
  });

  it('is held until it is released, also when nobody keeps what it returned', async () => {
    const ground = makeGround();
    assert.equal(takeLock(ground.directory, NOON).kind, 'locked');
    setFlagsFromString('--expose-gc');
    runInNewContext('gc')();
    const other = await start(ground);
    assert.equal(other.line, `refused already-running ${process.pid}`);
    await kill(other.child);
    ground.clear();
  });

  it('gives way to exactly one of several that come at once', async () => {
    const ground = makeGround();
    const started = await Promise.all([1, 2, 3].map(() => start(ground)));
    assert.equal(started.filter(({ line }) => line === 'locked').length, 1);
    await Promise.all(started.filter(({ line }) => line === 'locked').map(({ child }) => kill(child)));
    ground.clear();
  });

  it('is not fooled by a living process that has the number of the dead holder', () => {
    const ground = makeGround();
    const release = mustLock(ground);
    const path = join(ground.directory, 'lock.holder');
    const written = JSON.parse(readFileSync(path, 'utf8'));
    assert.equal(written.pid, process.pid);
    assert.match(written.startTicks, /^\d+$/);
    assert.equal(readHolder(ground.directory)?.pid, process.pid);
    release();
    for (const change of [{ startTicks: '17' }, { bootId: 'another boot' }, { pid: 2 ** 22 + 1 }]) {
      writeFileSync(path, JSON.stringify({ ...written, ...change }));
      assert.equal(readHolder(ground.directory), null, JSON.stringify(change));
      mustLock(ground)();
    }
    ground.clear();
  });

  it('names nobody when the name cannot be read', async () => {
    const ground = makeGround();
    const first = await start(ground);
    writeFileSync(join(ground.directory, 'lock.holder'), '{"pid":');
    const mine = takeLock(ground.directory, NOON);
    assert.match(mine.kind === 'refused' ? mine.problem.message : '', /^another process holds/);
    await kill(first.child);
    ground.clear();
  });

  it('leaves nothing behind but the empty lock file, and can be taken again', () => {
    const ground = makeGround();
    for (let round = 0; round < 3; round += 1) {
      const release = mustLock(ground);
      assert.deepEqual(readdirSync(ground.directory).toSorted(), ['lock', 'lock.holder']);
      release();
      release();
      assert.deepEqual(readdirSync(ground.directory), ['lock']);
    }
    ground.clear();
  });

  it('is unusable where no directory can be', () => {
    const ground = makeGround();
    writeFileSync(join(ground.directory, 'file'), '');
    const locking = takeLock(join(ground.directory, 'file', 'state'), NOON);
    assert.equal(locking.kind === 'refused' && locking.problem.code, 'store-unusable');
    ground.clear();
  });
});

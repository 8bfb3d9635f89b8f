// Looking leaves no trace: after a read-only opening every file of the directory is as it was.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { grow, makeGround, mustOpen, mustRead, NOON, verifyGround, type Ground } from './ground.ts';
import { takeLock } from './lock.ts';
import { openReadOnly } from './read.ts';

const CHILD = fileURLToPath(new URL('./child.ts', import.meta.url));

/** Name, size, time of last change and hash of every file. */
const fingerprint = (directory: string): readonly string[] =>
  readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .toSorted()
    .map((name) => {
      const path = join(directory, name);
      const { size, mtimeMs } = statSync(path);
      if (statSync(path).isDirectory()) return `${name}/ ${mtimeMs}`;
      return `${name} ${size} ${mtimeMs} ${createHash('sha256').update(readFileSync(path)).digest('hex')}`;
    });

/** Everything that can be asked of a store that is only looked at. */
const lookAtAll = (ground: Ground): number => {
  const store = mustRead(ground);
  const { lastSeq } = store.load();
  store.evidence({ limit: 10, typePrefix: 'health' });
  store.checkpoints();
  store.readLastRun(NOON);
  store.close();
  assert.equal(verifyGround(ground).records, lastSeq);
  return lastSeq;
};

describe('openReadOnly', () => {
  it('changes nothing after a clean stop', () => {
    const ground = makeGround();
    const store = mustOpen(ground);
    grow(store, 60);
    store.close();
    const before = fingerprint(ground.directory);
    assert.ok(!before.some((line) => line.startsWith('sereno.db-wal')));
    assert.equal(lookAtAll(ground), 60);
    assert.deepEqual(fingerprint(ground.directory), before);
    ground.clear();
  });

  it('changes nothing after kill -9, and sees what lies only in the write-ahead log', async () => {
    const ground = makeGround();
    const child = spawn(process.execPath, [CHILD, ground.directory, 'commit'], { stdio: ['pipe', 'pipe', 'inherit'] });
    let told = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      told += text;
      if (told.length > 200) child.kill('SIGKILL');
    });
    await once(child, 'close');
    const acknowledged = Number(told.split('\n').at(-2));
    const before = fingerprint(ground.directory);
    assert.ok(
      before.some((line) => /^sereno\.db-wal [1-9]/.test(line)),
      before.join('\n'),
    );
    assert.ok(lookAtAll(ground) >= acknowledged);
    assert.deepEqual(fingerprint(ground.directory), before);
    ground.clear();
  });

  it('sees a running store, and does not disturb it', () => {
    const ground = makeGround();
    const locking = takeLock(ground.directory, NOON);
    assert.equal(locking.kind, 'locked');
    const store = mustOpen(ground);
    grow(store, 20);
    const names = readdirSync(ground.directory);
    assert.equal(lookAtAll(ground), 20);
    grow(store, 40);
    assert.equal(lookAtAll(ground), 40);
    assert.deepEqual(readdirSync(ground.directory), names);
    store.close();
    if (locking.kind === 'locked') locking.release();
    ground.clear();
  });

  it('says that there is nothing, and makes nothing', () => {
    const ground = makeGround();
    const reading = openReadOnly(ground.directory);
    assert.equal(reading.kind === 'refused' && reading.problem.code, 'not-found');
    assert.deepEqual(readdirSync(ground.directory), []);
    ground.clear();
  });
});

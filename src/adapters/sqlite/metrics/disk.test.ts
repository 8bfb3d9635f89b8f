// Bad disks: full, read-only, damaged, not there. The metrics go on in memory, say so once, and come back by themselves.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
  closeSync,
} from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { later, seconds } from '#kernel/time.ts';
import { roomFindings } from '#ports/room.ts';
import { CHECK, look, looksIn, makeGround, turnAll, upTo, type Ground } from './ground.ts';

/** A disk of 3 MB; null, with the reason of the skip, where nobody may mount one. */
const makeSmallDisk = (context: TestContext): Ground | null => {
  const ground = makeGround();
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=3m', 'tmpfs', ground.directory]);
  if (mounted.status === 0) {
    context.after(() => {
      spawnSync('umount', ['-l', ground.directory]);
      ground.clear();
    });
    return ground;
  }
  ground.clear();
  context.skip('mounting a tmpfs needs the rights of root');
  return null;
};

const fill = (directory: string): void => {
  const path = join(directory, 'filler');
  const file = openSync(path, 'w');
  try {
    for (;;) writeSync(file, Buffer.alloc(4_096));
  } catch (error) {
    assert.match(String(error), /ENOSPC/);
  } finally {
    closeSync(file);
  }
};

test('a full disk: metrics go on in memory, say why once, and are written when there is room again', (context) => {
  const ground = makeSmallDisk(context);
  if (ground === null) return;
  const { clock, notices } = ground;
  const store = ground.open();
  look(store, clock, [0, 100]);
  turnAll(store);
  fill(ground.directory);
  for (let from = 100; from < 2_000; from += 10) {
    look(store, clock, [from, from + 10]);
    store.turn();
  }
  assert.equal(notices.length, 1);
  assert.match(notices[0] ?? '', /^the metrics are not written: the disk is full .*they go on in memory$/);
  assert.equal(store.room().trouble, notices[0]);
  assert.deepEqual(
    roomFindings(store.room(), clock.now).map(({ key, kind }) => [key, kind]),
    [['room:metrics-disk', 'room']],
  );
  assert.deepEqual(looksIn(store), upTo(2_000), 'nothing is lost');
  rmSync(join(ground.directory, 'filler'));
  clock.now = later(clock.now, seconds(11));
  turnAll(store);
  assert.equal(notices[1], 'the metrics are written to the disk again');
  assert.equal(store.room().trouble, null);
  store.close();
  const again = ground.open();
  assert.deepEqual(looksIn(again), upTo(2_000));
  again.close();
});

test('a disk that became read-only: metrics go on in memory', (context) => {
  const ground = makeSmallDisk(context);
  if (ground === null) return;
  const store = ground.open();
  look(store, ground.clock, [0, 10]);
  turnAll(store);
  store.close();
  assert.equal(spawnSync('mount', ['-o', 'remount,ro', ground.directory]).status, 0);
  const again = ground.open();
  look(again, ground.clock, [10, 70]);
  turnAll(again);
  assert.equal(ground.notices.length, 1);
  assert.match(ground.notices[0] ?? '', /in memory/);
  assert.equal(again.recent(CHECK, 5).at(-1)?.latencyMs, 6.9);
  again.close();
});

test('no file can be made at all: memory, a clear word, and the newest hours are kept', () => {
  const ground = makeGround();
  mkdirSync(join(ground.directory, 'metrics.db'));
  const store = ground.open();
  look(store, ground.clock, [0, 1_000]);
  turnAll(store);
  assert.match(ground.notices[0] ?? '', /kept in memory only, until Sereno is started again: .*cannot be opened/);
  assert.deepEqual(looksIn(store), upTo(1_000));
  assert.equal(store.room().trouble, ground.notices[0]);
  store.close();
  ground.clear();
});

test('a damaged file is set aside at the start, told, and begun anew; only one is kept', () => {
  const ground = makeGround();
  for (let round = 0; round < 2; round += 1) {
    writeFileSync(join(ground.directory, 'metrics.db'), Buffer.alloc(8_192, `damage ${round}`));
    const store = ground.open();
    look(store, ground.clock, [0, 100]);
    turnAll(store);
    store.close();
    assert.match(
      ground.notices[round] ?? '',
      /was damaged: it is set aside as metrics.db.damaged, and metrics begin anew/,
    );
  }
  const again = ground.open();
  assert.deepEqual(looksIn(again), upTo(100));
  again.close();
  assert.deepEqual(
    readdirSync(ground.directory).filter((name) => name.includes('damaged')),
    ['metrics.db.damaged'],
  );
  ground.clear();
});

test('damage that is met while running sets the file aside, and what waits in memory goes into the new one', () => {
  const ground = makeGround();
  const first = ground.open();
  look(first, ground.clock, [0, 2_000]);
  first.settle();
  first.close();
  const path = join(ground.directory, 'metrics.db');
  const file = openSync(path, 'r+');
  // All pages but the first, which holds the schema: the opening does not read them.
  for (let at = 8 * 4_096; at < statSync(path).size; at += 4_096)
    writeSync(file, Buffer.alloc(4_096, 0x5a), 0, 4_096, at);
  closeSync(file);
  const store = ground.open();
  look(store, ground.clock, [2_000, 2_050]);
  turnAll(store);
  store.settle();
  turnAll(store);
  assert.equal(existsSync(`${path}.damaged`), true);
  assert.match(ground.notices[0] ?? '', /damaged: it is set aside/);
  store.close();
  const again = ground.open();
  assert.deepEqual(looksIn(again).slice(-50), upTo(2_050).slice(2_000));
  again.close();
  ground.clear();
});

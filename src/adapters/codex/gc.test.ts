// Collecting: what nobody names goes, and nothing that anybody names or is about to name.

import assert from 'node:assert/strict';
import { existsSync, readdirSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { collectable } from '#duties/codex/propose.ts';
import type { Digest } from '#kernel/codex.ts';
import { instant } from '#kernel/time.ts';
import { sha256 } from '#ports/codex.contract.ts';
import type { Disk } from './fileSystem.ts';
import { collectGarbage, planCollection, type Collecting } from './gc.ts';
import {
  BY,
  closureText,
  exportOnce,
  Killed,
  killedAt,
  listened,
  soundly,
  openProgram,
  QUICK,
  versionOf,
  withStand,
  type Program,
  type Stand,
} from './stand.contract.ts';

const HOUR_MS = 3_600_000;
const NONE: ReadonlySet<Digest> = new Set();

const collecting = (stand: Stand, program: Program, evidence = NONE, disk: Disk = QUICK): Collecting => ({
  directory: stand.directory,
  store: program.store,
  collectable: (present) => collectable(program.ledger, present, (digest) => evidence.has(digest)),
  by: BY,
  now: instant(Date.now()),
  disk,
});

const pathOf = (stand: Stand, digest: Digest): string =>
  join(stand.directory, 'objects', digest.slice(0, 2), digest.slice(2));

const age = (path: string): void => {
  const then = (Date.now() - 2 * HOUR_MS) / 1_000;
  utimesSync(path, then, then);
};

/** One exported version, and an object that was put and never named. Both lie there for two hours. */
const begin = (stand: Stand, disk: Disk = QUICK) => {
  const program = openProgram(stand.directory, disk);
  assert.equal(versionOf(exportOnce(program, 'named')), 1);
  const kept = program.store.put('forgotten');
  assert.ok(kept.kind === 'kept');
  for (const digest of [kept.digest, sha256(closureText('named'))]) age(pathOf(stand, digest));
  return { program, forgotten: kept.digest };
};

describe('collectGarbage', () => {
  it('removes what is old and nobody names, after the log says so', () =>
    withStand((stand) => {
      const { program, forgotten } = begin(stand);
      assert.deepEqual(planCollection(collecting(stand, program)), [forgotten]);
      const collected = collectGarbage(collecting(stand, program));
      assert.deepEqual(collected, { kind: 'collected', objects: [forgotten], temporaries: 0, bytes: 9 });
      assert.equal(existsSync(pathOf(stand, forgotten)), false);
      assert.equal(program.store.head().seq, 2);
      assert.deepEqual(readdirSync(join(stand.directory, 'tmp')), []);
      soundly(stand);
      assert.deepEqual(collectGarbage(collecting(stand, program)), {
        kind: 'collected',
        objects: [],
        temporaries: 0,
        bytes: 0,
      });
      assert.equal(program.store.head().seq, 2, 'nothing to say, so nothing is written');
    }));

  it('keeps what is young and what evidence names', () =>
    withStand((stand) => {
      const { program, forgotten } = begin(stand);
      assert.deepEqual(planCollection(collecting(stand, program, new Set([forgotten]))), []);
      assert.equal(program.store.put('forgotten').kind, 'kept'); // put again: somebody needs it
      const collected = collectGarbage(collecting(stand, program));
      assert.deepEqual(collected.kind === 'collected' && collected.objects, []);
      assert.equal(program.store.read(forgotten).kind, 'read');
    }));

  it('clears away what the killed left in the middle of a write', () =>
    withStand((stand) => {
      const { program } = begin(stand);
      for (let call = 1; call < 80; call += 1) {
        try {
          exportOnce(openProgram(stand.directory, killedAt(call)), 'named');
        } catch (error) {
          assert.ok(error instanceof Killed);
        }
      }
      const left = readdirSync(join(stand.directory, 'tmp'));
      assert.ok(left.length > 0);
      const young = collectGarbage(collecting(stand, program));
      assert.equal(young.kind === 'collected' && young.temporaries, 0, 'they may belong to somebody who lives');
      for (const name of left) age(join(stand.directory, 'tmp', name));
      const old = collectGarbage(collecting(stand, program));
      assert.equal(old.kind === 'collected' && old.temporaries, left.length);
      assert.deepEqual(readdirSync(join(stand.directory, 'tmp')), []);
      soundly(stand);
    }));

  it('loses nothing that is named while it collects, at whichever call', () => {
    const text = closureText('wanted');
    let lost = 0;
    for (let call = 1; ; call += 1) {
      let isOver = false;
      withStand((stand) => {
        const { program } = begin(stand);
        assert.equal(program.store.put(text).kind, 'kept');
        age(pathOf(stand, sha256(text)));
        let count = 0;
        const disk = listened(() => {
          count += 1;
          // Another program wants the very object that is about to go.
          if (count === call) assert.equal(exportOnce(openProgram(stand.directory), 'wanted').kind, 'appended');
        });
        const collector = openProgram(stand.directory, disk);
        const collected = collectGarbage(collecting(stand, collector, NONE, disk));
        assert.equal(collected.kind, 'collected');
        isOver = count < call;
        if (!isOver) soundly(stand);
        if (!isOver && collected.kind === 'collected') lost += collected.objects.length;
      });
      if (isOver) return assert.ok(call > 30 && lost > 0, `${call} calls, ${lost} collected`);
    }
  });

  it('is killed at any call, and what is named is there after the next run', () => {
    for (let call = 1; ; call += 1) {
      let isOver = false;
      withStand((stand) => {
        const { program } = begin(stand);
        const disk = killedAt(call);
        try {
          collectGarbage(collecting(stand, openProgram(stand.directory, disk), NONE, disk));
          isOver = true;
        } catch (error) {
          assert.ok(error instanceof Killed);
        }
        soundly(stand);
        assert.equal(exportOnce(program, 'named').kind, 'appended');
        assert.equal(collectGarbage(collecting(stand, program)).kind, 'collected');
        soundly(stand);
      });
      if (isOver) return assert.ok(call > 20, `${call}`);
    }
  });

  it('brings back what a killed collector put aside and somebody named meanwhile', () =>
    withStand((stand) => {
      const { program } = begin(stand);
      const named = sha256(closureText('named'));
      QUICK.renameSync(pathOf(stand, named), join(stand.directory, 'tmp', named));
      assert.equal(program.store.read(named).kind, 'missing');
      assert.equal(collectGarbage(collecting(stand, program)).kind, 'collected');
      assert.equal(program.store.read(named).kind, 'read');
      soundly(stand);
    }));
});

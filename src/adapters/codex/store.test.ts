// The codex on disk: killed at every call of an export, failing at every call, and written by many at once.

import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Disk } from './fileSystem.ts';
import {
  entryFile,
  exportOnce,
  failingAt,
  ITEM,
  Killed,
  killedAt,
  listened,
  openProgram,
  project,
  QUICK,
  soundly,
  syncedBeforeNamed,
  verifyStand,
  versionOf,
  withStand,
  type Stand,
  type Unsynced,
} from './stand.contract.ts';

const latest = (stand: Stand): number => {
  const program = openProgram(stand.directory);
  assert.equal(program.store.catchUp(), null);
  const revisions = program.ledger.item(ITEM)?.revisions ?? [];
  for (const { ref } of revisions) assert.equal(program.store.read(ref.digest).kind, 'read', `version ${ref.version}`);
  return revisions.length;
};

/** An export with its projection, on a disk that may end it; true when it came to its end. */
const exportTo = (stand: Stand, disk: Disk, prompt: string): boolean => {
  try {
    project(stand, disk, versionOf(exportOnce(openProgram(stand.directory, disk), prompt)), prompt);
    return true;
  } catch (error) {
    if (error instanceof Killed) return false;
    throw error;
  }
};

const projected = (stand: Stand): string => {
  const path = join(stand.projections, `${ITEM}.yaml`);
  return existsSync(path) ? readFileSync(path, 'utf8') : '';
};

describe('killed at any call of an export', () => {
  for (const before of [0, 1]) {
    it(`leaves the version before or the next one, never a mixture, with ${before} before it`, () => {
      let calls = 0;
      for (let number = 1; ; number += 1) {
        let isDone = false;
        withStand((stand) => {
          for (let version = 1; version <= before; version += 1) exportTo(stand, QUICK, 'old');
          isDone = exportTo(stand, killedAt(number), 'new');
          const version = latest(stand);
          assert.ok(version === before || version === before + 1, `killed at ${number}: version ${version}`);
          soundly(stand);
          const old = before === 0 ? '' : 'prompt: old\nversion: 1\n';
          const shown = projected(stand);
          assert.ok(shown === old || (version === before + 1 && shown === `prompt: new\nversion: ${version}\n`), shown);
          assert.equal(exportTo(stand, QUICK, 'next'), true);
          assert.equal(latest(stand), version + 1);
          assert.equal(projected(stand), `prompt: next\nversion: ${version + 1}\n`);
        });
        if (isDone) break;
        calls = number;
      }
      assert.ok(calls > 40, `only ${calls} calls were tried`);
    });
  }
});

describe('a disk that fails', () => {
  for (const [code, words] of [
    ['ENOSPC', /the disk is full/],
    ['EROFS', /read-only/],
    ['EIO', /the disk failed/],
    ['EACCES', /permission was denied/],
    ['EMFILE', /too many open files/],
  ] as const) {
    it(`${code} at any call is told, and nothing is half done`, () => {
      for (let number = 1; ; number += 1) {
        let isDone = false;
        withStand((stand) => {
          assert.equal(exportTo(stand, QUICK, 'old'), true);
          const appended = exportOnce(openProgram(stand.directory, failingAt(number, code, true)), 'new');
          isDone = appended.kind === 'appended';
          if (appended.kind === 'failed') {
            assert.equal(appended.problem.code, 'store-unusable');
            assert.match(appended.problem.message, words);
          } else assert.equal(appended.kind, 'appended', `call ${number}`);
          const version = latest(stand);
          assert.ok(version === 1 || version === 2);
          soundly(stand);
          assert.equal(versionOf(exportOnce(openProgram(stand.directory), 'new')), version + 1);
        });
        if (isDone) break;
        assert.ok(number < 200);
      }
    });
  }

  it('goes on with the same program when the disk is well again', () =>
    withStand((stand) => {
      let isFull = false;
      const disk = listened((call) => {
        if (isFull && call === 'writeSync')
          throw Object.assign(new Error('ENOSPC'), { code: 'ENOSPC', syscall: 'write' });
      });
      const program = openProgram(stand.directory, disk);
      assert.equal(versionOf(exportOnce(program, 'a')), 1);
      isFull = true;
      assert.equal(exportOnce(program, 'b').kind, 'failed');
      assert.deepEqual(readdirSync(join(stand.directory, 'tmp')), [], 'half a file was left');
      isFull = false;
      assert.equal(versionOf(exportOnce(program, 'b')), 2);
    }));
});

describe('what is on the disk before an entry has its number', () => {
  const nothing = (): Unsynced => ({ files: new Set(), folders: new Set() });

  it('is its own bytes and all that it names, and their names', () =>
    withStand((stand) => {
      const unsynced = nothing();
      const disk = listened(syncedBeforeNamed(unsynced));
      for (const prompt of ['a', 'b', 'a']) {
        assert.equal(exportOnce(openProgram(stand.directory, disk), prompt).kind, 'appended');
        assert.deepEqual([[...unsynced.files], [...unsynced.folders]], [[], []], 'after the export');
      }
    }));

  it('is also what another program wrote and was killed before it could sync', () => {
    for (let number = 1, isOver = false; !isOver; number += 1) {
      withStand((stand) => {
        const unsynced = nothing();
        isOver = exportTo(stand, killedAt(number, syncedBeforeNamed(unsynced)), 'a');
        unsynced.files.clear(); // half a file in tmp/ is nobody's
        for (const path of unsynced.folders) if (!path.startsWith(stand.directory)) unsynced.folders.delete(path);
        const next = openProgram(stand.directory, listened(syncedBeforeNamed(unsynced)));
        assert.equal(exportOnce(next, 'a').kind, 'appended', `killed at ${number}`);
      });
    }
  });

  it('is the entry before it, in the folder before', () =>
    withStand((stand) => {
      const unsynced = nothing();
      const quick = openProgram(stand.directory);
      for (let version = 1; version <= 999; version += 1) assert.equal(versionOf(exportOnce(quick, 'a')), version);
      unsynced.folders.add(dirname(entryFile(stand, 999)));
      const next = openProgram(stand.directory, listened(syncedBeforeNamed(unsynced)));
      assert.equal(versionOf(exportOnce(next, 'a')), 1_000);
    }));
});

describe('many programs on one codex', () => {
  it('give consecutive versions, however their exports interleave', () =>
    withStand((stand) => {
      const programs = Array.from({ length: 5 }, () => openProgram(stand.directory));
      const versions: number[] = [];
      fc.assert(
        fc.property(fc.array(fc.nat(4), { minLength: 1, maxLength: 20 }), (order) => {
          for (const index of order) {
            const program = programs[index];
            assert.ok(program !== undefined);
            versions.push(versionOf(exportOnce(program, `p${index}`)));
          }
        }),
        { numRuns: 20 },
      );
      assert.deepEqual(
        versions,
        versions.map((_, index) => index + 1),
      );
      assert.equal(latest(stand), versions.length);
    }));

  it('goes on over the end of a folder of the log', () =>
    withStand((stand) => {
      const program = openProgram(stand.directory);
      for (let version = 1; version <= 1_002; version += 1) assert.equal(versionOf(exportOnce(program, 'p')), version);
      assert.equal(readdirSync(join(stand.directory, 'log', '000')).length, 999);
      assert.deepEqual(readdirSync(join(stand.directory, 'log', '001')).toSorted()[0], '001000.json');
      assert.equal(latest(stand), 1_002);
      rmSync(entryFile(stand, 999));
      assert.match(verifyStand(stand).problems[0]?.message ?? '', /000999\.json: it is missing/);
    }));
});

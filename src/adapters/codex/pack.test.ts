// Packs: copies of finished folders of the log, read as the entries themselves, and believed in nothing.

import assert from 'node:assert/strict';
import { chmodSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { Ledger } from '#duties/codex/ledger.ts';
import { collectGarbage } from './gc.ts';
import { entryPath, packFinished } from './pack.ts';
import { groundAt } from './ground.ts';
import { openCodex } from './store.ts';
import {
  AT,
  BY,
  entryFile,
  exportOnce,
  ITEM,
  openProgram,
  QUICK,
  soundly,
  verifyStand,
  versionOf,
  withStand,
  type Stand,
} from './stand.contract.ts';

/** One more than fills two folders: 999 entries and 1,000. */
const ENTRIES = 2_000;

const fill = (stand: Stand, entries = ENTRIES): void => {
  const program = openProgram(stand.directory);
  for (let seq = 1; seq <= entries; seq += 1) assert.equal(versionOf(exportOnce(program, 'p')), seq);
};

const packOf = (stand: Stand, name = '000'): string => join(stand.directory, 'packs', `${name}.jsonl`);

const spoil = (path: string, bytes: Uint8Array): void => {
  chmodSync(path, 0o644);
  writeFileSync(path, bytes);
};

/** What a new program says that reads all of it; null when all is well. */
const readAgain = (stand: Stand): string | null => openProgram(stand.directory).store.catchUp()?.message ?? null;

/** How many files of entries a new program opens. */
const filesOpened = (stand: Stand): number => {
  let opened = 0;
  const openSync: typeof QUICK.openSync = (path, ...more) => {
    if (/\d{6}\.json$/.test(String(path))) opened += 1;
    return QUICK.openSync(path, ...more);
  };
  const store = openCodex({ directory: stand.directory, fold: new Ledger(), disk: { ...QUICK, openSync } });
  assert.equal(store.catchUp(), null);
  assert.equal(store.head().seq, ENTRIES);
  return opened;
};

describe('packs of the log', () => {
  it('are written by whoever finishes a folder, are copies, and are read in the place of a thousand files', () =>
    withStand((stand) => {
      fill(stand);
      assert.deepEqual(readdirSync(join(stand.directory, 'packs')), ['000.jsonl', '001.jsonl']);
      const second = Array.from({ length: 1_000 }, (_, at) => readFileSync(entryFile(stand, 1_000 + at), 'utf8'));
      assert.equal(readFileSync(packOf(stand, '001'), 'utf8'), second.join(''));
      assert.ok(filesOpened(stand) < 10);
      soundly(stand);
      rmSync(packOf(stand));
      assert.ok(filesOpened(stand) >= 999, 'without the pack each entry comes from its own file');
      soundly(stand);
    }));

  it('are refused when any byte of them is another, and found by verify; without them all is well', () =>
    withStand((stand) => {
      fill(stand, 1_000);
      const whole = readFileSync(packOf(stand));
      fc.assert(
        fc.property(
          fc.nat({ max: whole.length - 1 }),
          fc.integer({ min: 1, max: 255 }),
          fc.constantFrom('flip', 'cut', 'grow'),
          (at, value, how) => {
            const flipped = Buffer.from(whole);
            flipped[at] = (whole[at] ?? 0) ^ value;
            const grown = Buffer.concat([whole, Buffer.from([value])]);
            spoil(packOf(stand), how === 'flip' ? flipped : how === 'cut' ? whole.subarray(0, at) : grown);
            assert.match(readAgain(stand) ?? '', /packs\/000\.jsonl: /);
          },
        ),
        { numRuns: 40 },
      );
      assert.match(verifyStand(stand).problems[0]?.message ?? '', /000\.jsonl: it is no copy of log\/000/);
      rmSync(packOf(stand));
      assert.equal(readAgain(stand), null);
      soundly(stand);
    }));

  it('hide nothing from verify: an entry that was changed behind a pack is found', () =>
    withStand((stand) => {
      fill(stand, 1_000);
      const path = entryFile(stand, 500);
      spoil(path, Buffer.from(readFileSync(path, 'utf8').replace('ann', 'eve')));
      assert.match(verifyStand(stand).problems[0]?.message ?? '', /000500\.json: .* it was changed/);
    }));

  it('with lines of another log are refused', () =>
    withStand((stand) => {
      fill(stand, 1_000);
      withStand((other) => {
        const program = openProgram(other.directory);
        for (let seq = 1; seq <= 1_000; seq += 1) exportOnce(program, 'other');
        const lines = readFileSync(packOf(stand), 'utf8').split('\n');
        const foreign = readFileSync(packOf(other), 'utf8').split('\n');
        spoil(packOf(stand), Buffer.from(lines.with(400, foreign[400] ?? '').join('\n')));
      });
      assert.match(readAgain(stand) ?? '', /000\.jsonl: its entry 401: it does not continue the entry 400/);
    }));

  it('are made by gc where they are missing, never of a folder that is not finished', () =>
    withStand((stand) => {
      fill(stand, 1_500);
      rmSync(join(stand.directory, 'packs'), { recursive: true });
      const { store } = openProgram(stand.directory);
      const nothing = (): readonly [] => [];
      const collected = collectGarbage({
        directory: stand.directory,
        store,
        collectable: nothing,
        by: BY,
        now: AT,
        disk: QUICK,
      });
      assert.equal(collected.kind, 'collected');
      assert.deepEqual(readdirSync(join(stand.directory, 'packs')), ['000.jsonl']);
      soundly(stand);
    }));

  it('are left for later when the disk refuses, and the export is done all the same', () =>
    withStand((stand) => {
      fill(stand, 999);
      const renameSync: typeof QUICK.renameSync = (from, to) => {
        if (String(to).endsWith('.jsonl'))
          throw Object.assign(new Error('ENOSPC'), { code: 'ENOSPC', syscall: 'rename' });
        QUICK.renameSync(from, to);
      };
      const program = openProgram(stand.directory, { ...QUICK, renameSync });
      assert.equal(versionOf(exportOnce(program, 'p')), 1_000);
      assert.ok(!existsSync(packOf(stand)));
      packFinished(groundAt(QUICK, stand.directory), 1_000);
      assert.ok(existsSync(packOf(stand)));
      assert.equal(entryPath(1_000), join('001', '001000.json'));
      assert.equal(openProgram(stand.directory).ledger.item(ITEM), null);
      soundly(stand);
    }));
});

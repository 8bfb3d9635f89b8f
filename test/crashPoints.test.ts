// Crash points of the real store on real files: its writes and syncs are recorded, and after every one of them the
// directory is made as a crash could have left it, and opened with the real store.
//
// CI looks at a sample. All of them: npm run crash, or SERENO_CRASH_POINTS=all node --test test/crashPoints.test.ts

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { before, describe, it } from 'node:test';
import { openReadOnly } from '#adapters/sqlite/read.ts';
import { openStore } from '#adapters/sqlite/store.ts';
import { verifyEvidence } from '#adapters/sqlite/verify.ts';
import { Disk, ENDINGS, type Ending, type Remains } from './crash/disk.ts';
import { record, type Change } from './crash/recording.ts';
import { recordsAfter } from './crash/writer.ts';

const WRITER = join(import.meta.dirname, 'crash', 'writer.ts');
/** Enough for the log to be checkpointed into the database on the way, once; and a second opening. */
const FIRST_COMMITS = 130;
const SECOND_COMMITS = 20;
/** A prime, so that the sample meets every kind of write. */
const SAMPLE_STRIDE = 61;
const IS_ALL = process.env['SERENO_CRASH_POINTS'] === 'all';

/** mulberry32: small, seeded, good enough to choose sectors. */
const makeChance = (seed: number) => {
  let state = seed >>> 0;
  return (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
};

const lay = (directory: string, remains: Remains): void => {
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { mode: 0o700 });
  for (const [path, content] of remains) {
    mkdirSync(dirname(join(directory, path)), { recursive: true });
    writeFileSync(join(directory, path), content, { mode: 0o600 });
  }
};

const verify = (directory: string): void => {
  const reading = openReadOnly(directory);
  assert.ok(reading.kind === 'opened', JSON.stringify(reading));
  const { store } = reading;
  const verification = verifyEvidence({ source: store.source, heads: store.heads, publicKey: store.publicKey ?? '' });
  store.close();
  assert.ok(verification.isIntact, verification.detail);
};

type Promised = { readonly version: number; readonly lastSeq: number };

/** Everything of one commit, nothing of the next, and never less than was promised. */
const examine = (directory: string, promised: Promised): void => {
  const opening = openStore({ directory });
  assert.ok(opening.kind === 'opened', JSON.stringify(opening));
  const { snapshots, wakes, fences, lastSeq } = opening.store.load();
  opening.store.close();
  const version = snapshots[0]?.version ?? 0;
  assert.ok(version >= promised.version, `promised version ${promised.version}, found ${version}`);
  assert.ok(version <= promised.version + 1, `promised version ${promised.version}, found ${version}`);
  assert.equal(lastSeq, recordsAfter(version), 'evidence and snapshot are of the same commit');
  assert.deepEqual(snapshots[0]?.state ?? null, version === 0 ? null : { version });
  assert.equal(wakes[0]?.at ?? 0, version);
  assert.equal(fences[0]?.epoch ?? 0, version);
  verify(directory);
};

const say = (change: Change | undefined): string => {
  if (change === undefined || change.kind === 'ack') return 'ack';
  const size = change.kind === 'write' ? ` ${change.bytes.length} bytes at ${change.offset}` : '';
  return `${change.kind} ${change.path}${size}`;
};

let changes: readonly Change[] = [];
let folder = '';

before(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'sereno-crash-')));
  const state = join(folder, 'recorded');
  mkdirSync(state);
  const writer = `'${process.execPath}' '${WRITER}' '${state}'`;
  changes = record(`${writer} ${FIRST_COMMITS} && ${writer} ${SECOND_COMMITS}`, state);
  return () => rmSync(folder, { recursive: true, force: true });
});

/** Every ending that differs from the others here. */
const endingsOf = (disk: Disk): readonly Ending[] => (disk.isDirty() ? ENDINGS : ['killed']);

describe('the store after a crash', () => {
  it('recorded what a store does: it promised, synced, and moved its log into the database on the way', () => {
    const count = (kind: Change['kind'], path: string): number =>
      changes.filter((change) => change.kind === kind && 'path' in change && change.path === path).length;
    assert.equal(changes.filter(({ kind }) => kind === 'ack').length, FIRST_COMMITS + SECOND_COMMITS);
    assert.ok(count('sync', 'sereno.db-wal') >= FIRST_COMMITS, 'every commit syncs the log');
    assert.ok(count('sync', 'sereno.db') > 3, 'more than making it and closing it twice');
    assert.equal(count('remove', 'sereno.db-wal'), 2);
  });

  it(
    `loses nothing that was promised, at ${IS_ALL ? 'every write' : 'a sample of its writes'}`,
    { timeout: 3_600_000 },
    (context) => {
      const disk = new Disk();
      const directory = join(folder, 'remains');
      let promised: Promised = { version: 0, lastSeq: 0 };
      let looks = 0;
      for (const [index, change] of changes.entries()) {
        disk.take(change);
        if (change.kind === 'ack') promised = change;
        if (!IS_ALL && index % SAMPLE_STRIDE !== 0) continue;
        for (const ending of endingsOf(disk)) {
          lay(directory, disk.remains(ending, makeChance(index)));
          try {
            examine(directory, promised);
          } catch (error) {
            throw new Error(
              `${error instanceof Error ? error.message : ''}: ${ending} after change ${index} (${say(change)})`,
              { cause: error },
            );
          }
          looks += 1;
        }
      }
      context.diagnostic(`${changes.length} changes recorded, ${looks} crashes looked at`);
      assert.ok(looks > changes.length / SAMPLE_STRIDE, `only ${looks}`);
    },
  );
});

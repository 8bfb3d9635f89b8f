// Opening, refusing, failing and forgetting: what the store does when the world is not as it should be.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, it } from 'node:test';
import { machineId } from '#kernel/id.ts';
import type { ProblemCode } from '#kernel/problem.ts';
import { hours, instant, later, minutes } from '#kernel/time.ts';
import { EMPTY_TAIL } from './chain.ts';
import { makeWriter } from './commit.ts';
import {
  commitNow,
  draftOf,
  EMPTY,
  grow,
  makeGround,
  mustOpen,
  NOON,
  tamper,
  verifyGround,
  type Ground,
} from './ground.ts';
import { openReadOnly } from './read.ts';
import { migrate, readMigrations } from './schema.ts';
import { openStore } from './store.ts';

const API = machineId('watch', 'api');

/** Both ways of opening refuse with the code, and the file stays as it was. */
const checkRefused = (ground: Ground, code: ProblemCode, message: RegExp): void => {
  const before = readFileSync(ground.path);
  for (const opening of [openStore({ directory: ground.directory }), openReadOnly(ground.directory)]) {
    if (opening.kind === 'opened') throw new Error(`opened, and should be ${code}`);
    assert.equal(opening.problem.code, code, opening.problem.message);
    assert.match(opening.problem.message, message);
  }
  assert.deepEqual(readFileSync(ground.path), before);
};

const made = (): Ground => {
  const ground = makeGround();
  const store = mustOpen(ground);
  grow(store, 40);
  store.close();
  return ground;
};

describe('openStore', () => {
  it('refuses a store of a newer program, and leaves it alone', () => {
    const ground = made();
    tamper(ground, (db) => db.exec('PRAGMA user_version = 4711'));
    checkRefused(ground, 'store-newer', /newer Sereno \(schema 4711\)/);
    ground.clear();
  });

  it('refuses a store that another text of a migration made', () => {
    const ground = made();
    tamper(ground, (db) => db.exec("UPDATE migrations SET digest = 'other'"));
    checkRefused(ground, 'store-unusable', /another text of migration 1/);
    ground.clear();
  });

  it('refuses a database that is not its own', () => {
    const ground = makeGround();
    const other = new DatabaseSync(ground.path);
    other.exec('CREATE TABLE something (a)');
    other.close();
    checkRefused(ground, 'store-unusable', /not one of Sereno's/);
    ground.clear();
  });

  it('refuses a damaged file', () => {
    const ground = made();
    writeFileSync(ground.path, Buffer.from('this is no database '.repeat(400)));
    checkRefused(ground, 'store-corrupt', /not a database/);
    const half = made();
    const bytes = readFileSync(half.path);
    writeFileSync(half.path, Buffer.concat([bytes.subarray(0, 4_096), Buffer.alloc(bytes.length - 4_096, 7)]));
    checkRefused(half, 'store-corrupt', /damaged/);
    ground.clear();
    half.clear();
  });

  it('refuses a directory that cannot be', () => {
    const ground = makeGround();
    writeFileSync(join(ground.directory, 'file'), '');
    const opening = openStore({ directory: join(ground.directory, 'file', 'state') });
    assert.equal(opening.kind === 'refused' && opening.problem.code, 'store-unusable');
    ground.clear();
  });

  it('keeps the private key to its owner, and the same key for ever', () => {
    const ground = makeGround();
    const first = mustOpen(ground);
    const { publicKey } = first;
    first.close();
    assert.equal(statSync(join(ground.directory, 'keys', 'evidence-private.pem')).mode & 0o777, 0o600);
    const second = mustOpen(ground);
    assert.equal(second.publicKey, publicKey);
    assert.equal(readFileSync(join(ground.directory, 'keys', 'evidence-public.pem'), 'utf8'), publicKey);
    second.close();
    ground.clear();
  });

  it('names a state that does not parse, and loads the rest', () => {
    const ground = makeGround();
    const store = mustOpen(ground);
    const redis = machineId('watch', 'redis');
    commitNow(store, {
      snapshots: [
        { machine: API, version: 1, expectedVersion: 0, state: { a: 1 } },
        { machine: redis, version: 1, expectedVersion: 0, state: { b: 2 } },
      ],
    });
    store.close();
    tamper(ground, (db) => db.exec(`UPDATE machines SET state = '{"a":' WHERE machine = 'watch:api'`));
    const again = mustOpen(ground);
    const { snapshots, damaged } = again.load();
    assert.deepEqual(snapshots, [{ machine: redis, version: 1, state: { b: 2 } }]);
    assert.deepEqual(damaged, [{ machine: API, version: 1, detail: 'column state holds no JSON' }]);
    const mended = commitNow(again, { snapshots: [{ machine: API, version: 2, expectedVersion: 1, state: {} }] });
    assert.equal(mended.kind, 'committed');
    again.close();
    ground.clear();
  });
});

describe('a commit that cannot be', () => {
  /** A writer on a connection of its own, so that the limit of pages can be set. */
  const makeBare = (ground: Ground) => {
    const db = new DatabaseSync(ground.path);
    migrate(db, readMigrations(), NOON);
    return { db, writer: makeWriter(db, () => null) };
  };
  const drafts = (count: number) => Array.from({ length: count }, (_, index) => draftOf(index));

  it('fails on a full disk, writes nothing, and goes on when there is room', () => {
    const ground = makeGround();
    const { db, writer } = makeBare(ground);
    db.exec('PRAGMA max_page_count = 30');
    assert.equal(writer.write({ ...EMPTY, evidence: drafts(5) }).outcome.kind, 'committed');
    const { outcome } = writer.write({
      ...EMPTY,
      snapshots: [{ machine: API, version: 1, expectedVersion: 0, state: {} }],
      evidence: drafts(5_000),
    });
    assert.equal(outcome.kind, 'failed');
    assert.match(outcome.kind === 'failed' ? outcome.detail : '', /the disk is full/);
    assert.equal(db.prepare('SELECT count(*) AS rows FROM machines').get()?.['rows'], 0);
    db.exec('PRAGMA max_page_count = 100000');
    const next = writer.write({ ...EMPTY, evidence: drafts(1) }).outcome;
    assert.equal(next.kind === 'committed' && next.records[0]?.seq, 6);
    db.close();
    ground.clear();
  });

  it('fails on a real full disk', (t) => {
    const ground = makeGround();
    const disk = join(ground.directory, 'disk');
    mkdirSync(disk);
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', disk], { stdio: 'pipe' });
    } catch {
      ground.clear();
      return t.skip('mounting a tmpfs is not allowed here');
    }
    try {
      const opening = openStore({ directory: disk });
      assert.ok(opening.kind === 'opened');
      const { store } = opening;
      let outcome = commitNow(store, { evidence: drafts(100) });
      for (let round = 0; round < 100 && outcome.kind === 'committed'; round += 1) {
        outcome = commitNow(store, { evidence: drafts(100) });
      }
      assert.equal(outcome.kind, 'failed');
      assert.match(outcome.kind === 'failed' ? outcome.detail : '', /disk is full|reading or writing the disk failed/);
      const { lastSeq } = store.load();
      assert.equal(lastSeq % 100, 0, 'a batch is whole or not there');
      store.close();
    } finally {
      execFileSync('umount', [disk]);
      ground.clear();
    }
    return undefined;
  });

  it('fails on a read-only store', () => {
    const ground = makeGround();
    const { db, writer } = makeBare(ground);
    db.exec('PRAGMA query_only = 1');
    const { outcome } = writer.write({ ...EMPTY, evidence: drafts(1) });
    assert.match(outcome.kind === 'failed' ? outcome.detail : outcome.kind, /read-only|readonly/);
    assert.deepEqual(writer.tail(), EMPTY_TAIL);
    db.close();
    ground.clear();
  });

  it('is busy while another process writes, and may be tried again', () => {
    const ground = makeGround();
    const store = mustOpen(ground);
    const other = new DatabaseSync(ground.path);
    other.exec('BEGIN IMMEDIATE');
    assert.equal(commitNow(store, { evidence: drafts(1) }).kind, 'busy');
    other.exec('ROLLBACK');
    assert.equal(commitNow(store, { evidence: drafts(1) }).kind, 'committed');
    other.close();
    store.close();
    ground.clear();
  });

  it('is a conflict when another process has added evidence, and never overwrites it', () => {
    const ground = makeGround();
    const store = mustOpen(ground);
    const rival = mustOpen(ground);
    assert.equal(commitNow(store, { evidence: drafts(2) }).kind, 'committed');
    assert.equal(commitNow(rival, { evidence: drafts(1) }).kind, 'conflict');
    assert.equal(store.load().lastSeq, 2);
    rival.close();
    store.close();
    ground.clear();
  });

  it('fails on what is over the limits', () => {
    const ground = makeGround();
    const store = mustOpen(ground);
    const huge = { ...draftOf(1), refs: { log: 'x'.repeat(1_100_000) } };
    const snapshot = { machine: API, version: 1, expectedVersion: 0, state: 'x'.repeat(17_000_000) };
    assert.equal(commitNow(store, { evidence: [draftOf(1), huge] }).kind, 'failed');
    assert.equal(commitNow(store, { snapshots: [snapshot] }).kind, 'failed');
    assert.equal(commitNow(store, { settled: Array.from({ length: 100_001 }, () => 'k' as never) }).kind, 'failed'); // brand
    assert.equal(store.load().lastSeq, 0);
    store.close();
    ground.clear();
  });
});

describe('checkpoints', () => {
  it('are made after 1,000 records, after 60 s, and at the close, never twice for the same record', () => {
    const ground = makeGround();
    let now = NOON;
    const store = mustOpen(ground, () => now);
    const signed = (): readonly number[] => store.checkpoints().map(({ seq }) => seq);
    grow(store, 1_980);
    assert.deepEqual(signed(), [1_000]);
    assert.equal(store.checkpointIfDue(later(now, 59_999)), null);
    assert.deepEqual(signed(), [1_000]);
    now = later(now, minutes(1));
    store.checkpointIfDue(now);
    store.checkpointIfDue(later(now, minutes(5)));
    assert.deepEqual(signed(), [1_000, 1_980]);
    grow(store, 1_990);
    assert.deepEqual(signed(), [1_000, 1_980]);
    now = instant(now - hours(5));
    grow(store, 2_000);
    assert.deepEqual(signed(), [1_000, 1_980, 2_000], 'a clock that was set back does not put it off');
    grow(store, 2_010);
    store.close();
    assert.match(verifyGround(ground).detail, /^2010 records and 8 signatures hold$/);
    ground.clear();
  });
});

describe('the journal', () => {
  it('forgets what is older than 90 days, in bites, and nothing else', () => {
    const ground = makeGround();
    const store = mustOpen(ground);
    const entry = (at: number) =>
      ({ machine: API, version: 1, event: { kind: 'woke', name: 'look', at: instant(at) } }) as const;
    const now = later(NOON, hours(24 * 90));
    const old = Array.from({ length: 6_000 }, (_, index) => entry(NOON - 1 - index));
    commitNow(store, { journal: [...old, entry(NOON), entry(now)], evidence: [draftOf(1)] });
    assert.deepEqual(store.pruneJournal(now), { entries: 5_000, trouble: null });
    assert.deepEqual(store.pruneJournal(now), { entries: 1_000, trouble: null });
    assert.deepEqual(store.pruneJournal(now), { entries: 0, trouble: null });
    store.close();
    tamper(ground, (db) => assert.equal(db.prepare('SELECT count(*) AS rows FROM journal').get()?.['rows'], 2));
    assert.equal(verifyGround(ground).records, 1);
    ground.clear();
  });
});

describe('runs', () => {
  it('tell how the last one ended and how many ended badly within the hour', () => {
    const ground = makeGround();
    const store = mustOpen(ground);
    const at = (minute: number) => later(NOON, minutes(minute));
    assert.deepEqual(store.readLastRun(at(0)), { isClean: true, uncleanStops: 0 });
    store.markRunning(at(0));
    store.markClean(at(1));
    assert.deepEqual(store.readLastRun(at(2)), { isClean: true, uncleanStops: 0 });
    store.markRunning(at(2));
    assert.deepEqual(store.readLastRun(at(3)), { isClean: false, uncleanStops: 1 });
    assert.deepEqual(store.readLastRun(at(3)), { isClean: false, uncleanStops: 1 }, 'looking changes nothing');
    store.markRunning(at(3));
    assert.deepEqual(store.readLastRun(at(4)), { isClean: false, uncleanStops: 2 });
    store.markRunning(at(4));
    store.markClean(at(5));
    assert.deepEqual(store.readLastRun(at(6)), { isClean: true, uncleanStops: 2 });
    assert.deepEqual(store.readLastRun(at(63.5)), { isClean: true, uncleanStops: 1 });
    assert.deepEqual(store.readLastRun(at(90)), { isClean: true, uncleanStops: 0 });
    store.close();
    ground.clear();
  });
});

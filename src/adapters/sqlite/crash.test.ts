// Kill -9 at a random moment of a stream of commits: nothing acknowledged is lost, nothing is half there.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { describe, it } from 'node:test';
import { instant } from '#kernel/time.ts';
import { makeGround, mustOpen, mustRead, verifyGround, type Ground } from './ground.ts';

const CHILD = fileURLToPath(new URL('./child.ts', import.meta.url));

/** 20 take about 5 s; set SERENO_CRASHES for a longer run. */
const CRASHES = Number(process.env['SERENO_CRASHES'] ?? 20);

/** The most acknowledged commits that one child is let make: about 20 ms of work. */
const COMMITS_MAX = 400;

/** Runs a child and kills it some microseconds after it has acknowledged `commits`. Returns the last number it told. */
const crash = async (ground: Ground, commits: number, spins: number): Promise<number> => {
  const child = spawn(process.execPath, [CHILD, ground.directory, 'commit'], { stdio: ['pipe', 'pipe', 'inherit'] });
  let told = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    told += text;
    if (told.split('\n').length <= commits + 1) return;
    // Busy, so that the moment falls anywhere inside a commit and not only where the event loop turns.
    for (let spin = 0; spin < spins; spin += 1) Math.sqrt(spin);
    child.kill('SIGKILL');
  });
  await once(child, 'close');
  const lines = told.split('\n').slice(0, -1);
  assert.equal(lines[0], 'locked');
  // Killed before its first commit: nothing was acknowledged.
  return lines.length === 1 ? 0 : Number(lines.at(-1));
};

/** Records after so many commits of the child: 1 + 2 + … + 7 for each seven of them. */
const recordsAfter = (version: number): number => {
  const rest = version % 7;
  return Math.floor(version / 7) * 28 + (rest * (rest + 1)) / 2;
};

const checkSurvivor = (ground: Ground, acknowledged: number): void => {
  // First without opening for writing, as `sereno evidence verify` would: SQLite has not recovered anything yet.
  const before = verifyGround(ground);
  assert.ok(before.isIntact, before.detail);
  const store = mustOpen(ground);
  const { lastSeq, snapshots, wakes } = store.load();
  const version = snapshots[0]?.version ?? 0;
  assert.ok(lastSeq >= acknowledged, `acknowledged ${acknowledged}, found ${lastSeq}`);
  assert.equal(lastSeq, recordsAfter(version), 'snapshot and evidence belong to the same batch');
  assert.deepEqual(snapshots[0]?.state, { version });
  assert.equal(wakes[0]?.at, version);
  assert.equal(store.readLastRun(instant(Date.now())).isClean, false);
  store.close();
  const after = verifyGround(ground);
  assert.ok(after.isIntact, after.detail);
  assert.equal(after.records, lastSeq);
};

describe('kill -9', () => {
  it(`loses no acknowledged record in ${CRASHES} crashes`, async () => {
    const ground = makeGround();
    for (let round = 0; round < CRASHES; round += 1) {
      const [commits, spins] = [Math.floor(Math.random() * COMMITS_MAX), Math.floor(Math.random() * 200_000)];
      const acknowledged = await crash(ground, commits, spins);
      try {
        checkSurvivor(ground, acknowledged);
      } catch (error) {
        throw new Error(`round ${round}, ${commits} commits, ${spins} spins`, { cause: error });
      }
    }
    const store = mustRead(ground);
    const { uncleanStops } = store.readLastRun(instant(Date.now()));
    store.close();
    assert.equal(uncleanStops, CRASHES);
    ground.clear();
  });
});

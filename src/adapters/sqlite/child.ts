// A child process for tests: takes the lock, opens the store, and commits until it is killed.
//
// Run as `node child.ts <directory> <lock|commit>`. It writes `locked` or `refused <code> <pid>`, and after each commit
// that was acknowledged a line with the last sequence number, straight to the descriptor: what is told has been told.

import { writeSync } from 'node:fs';
import { machineId } from '#kernel/id.ts';
import { instant } from '#kernel/time.ts';
import { commitNow, draftOf } from './ground.ts';
import { takeLock } from './lock.ts';
import { openStore, type SqliteStore } from './store.ts';

const tell = (line: string): void => {
  writeSync(1, `${line}\n`);
};

const API = machineId('watch', 'api');

/** Each batch moves one machine on by one version and adds that many records modulo 7, plus one. */
const commitForEver = (store: SqliteStore): void => {
  let version = store.load().snapshots.find(({ machine }) => machine === API)?.version ?? 0;
  for (;;) {
    const evidence = Array.from({ length: (version % 7) + 1 }, (_, index) => draftOf(index));
    const wakes = [{ machine: API, name: 'look', at: instant(version + 1) }];
    const snapshots = [
      { machine: API, version: version + 1, expectedVersion: version, state: { version: version + 1 } },
    ];
    const outcome = commitNow(store, { evidence, snapshots, wakes });
    if (outcome.kind !== 'committed') throw new Error(outcome.detail);
    version += 1;
    tell(String(outcome.records.at(-1)?.seq ?? 0));
  }
};

const run = (directory: string, mode: string): void => {
  const locking = takeLock(directory, instant(Date.now()));
  if (locking.kind === 'refused') return tell(`refused ${locking.problem.code} ${locking.holder?.pid ?? 'unknown'}`);
  const opening = openStore({ directory });
  if (opening.kind === 'refused') throw new Error(opening.problem.message);
  opening.store.markRunning(instant(Date.now()));
  tell('locked');
  if (mode === 'commit') commitForEver(opening.store);
  // Ends when its input does, so that a test that fails leaves no process behind.
  process.stdin.on('end', () => process.exit(0)).resume();
  return undefined;
};

const [directory = '', mode = ''] = process.argv.slice(2);
run(directory, mode);

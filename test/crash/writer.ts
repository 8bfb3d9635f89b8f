// Writer: opens the real store on a directory, commits so many batches, and closes it; run under strace by recording.ts.
//
//   node test/crash/writer.ts <directory> <commits>
//
// After each commit that was acknowledged it writes `ack <version> <lastSeq>` to descriptor 1, in one write: the trace
// then holds what was promised between what was written. Batch n moves one machine to version n and adds n % 7 + 1
// records, some of them long, so that the write-ahead log is checkpointed into the database on the way.

import { writeSync } from 'node:fs';
import { machineId } from '#kernel/id.ts';
import { instant } from '#kernel/time.ts';
import type { EvidenceDraft } from '#kernel/evidence.ts';
import { openStore } from '#adapters/sqlite/store.ts';

export const MACHINE = machineId('watch', 'api');
const LONG_CHARACTERS = 9_000;
/** The clock of the writer: 10 s a commit, so that every sixth one signs the end of the chain. */
const STEP_MS = 10_000;
const BEGAN = 1_795_239_865_804;

const draftOf = (version: number, index: number): EvidenceDraft => ({
  at: instant(BEGAN + version * STEP_MS + index),
  actor: { kind: 'system', name: 'sereno' },
  machine: MACHINE,
  type: 'health.changed',
  trigger: `commit ${version}, record ${index}`,
  action: null,
  outcome: null,
  refs: index === 0 ? { padding: String(version % 10).repeat(LONG_CHARACTERS) } : {},
});

/** Records after so many commits: 2 + 3 + … + 7 + 1 for each seven of them. */
export const recordsAfter = (version: number): number =>
  Array.from({ length: version }, (_, index) => ((index + 1) % 7) + 1).reduce((sum, count) => sum + count, 0);

const write = (directory: string, commits: number): void => {
  let now = BEGAN;
  const opening = openStore({ directory, clock: { now: () => instant(now) } });
  if (opening.kind === 'refused') throw new Error(opening.problem.message);
  const { store } = opening;
  const before = store.load().snapshots[0]?.version ?? 0;
  for (let version = before + 1; version <= before + commits; version += 1) {
    now = BEGAN + version * STEP_MS;
    const batch = {
      journal: [],
      evidence: Array.from({ length: (version % 7) + 1 }, (_, index) => draftOf(version, index)),
      snapshots: [{ machine: MACHINE, version, expectedVersion: version - 1, state: { version } }],
      outbox: [],
      settled: [],
      wakes: [{ machine: MACHINE, name: 'look', at: instant(version) }],
      unwakes: [],
      fences: [{ subject: 'api', epoch: version }],
    };
    store.commit(batch, (outcome) => {
      if (outcome.kind !== 'committed') throw new Error(outcome.detail);
      writeSync(1, `ack ${version} ${outcome.records.at(-1)?.seq ?? 0}\n`);
    });
  }
  store.close();
};

const [directory, commits] = process.argv.slice(2);
if (directory !== undefined) write(directory, Number(commits));

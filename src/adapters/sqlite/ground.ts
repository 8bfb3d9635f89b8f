// Ground for tests: stores in temporary directories, with a clock that is set by hand.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { EvidenceDraft } from '#kernel/evidence.ts';
import { machineId } from '#kernel/id.ts';
import { instant, type Instant } from '#kernel/time.ts';
import type { Verification } from '#ports/desk.ts';
import type { Batch, CommitOutcome } from '#ports/store.ts';
import { openReadOnly, type ReadOnlyStore } from './read.ts';
import { openStore, STORE_FILE, type SqliteStore } from './store.ts';
import { verifyEvidence } from './verify.ts';

export const NOON: Instant = instant(1_795_239_865_804);

export const EMPTY: Batch = {
  journal: [],
  evidence: [],
  snapshots: [],
  outbox: [],
  settled: [],
  wakes: [],
  unwakes: [],
  fences: [],
};

export type Ground = { readonly directory: string; readonly path: string; readonly clear: () => void };

export const makeGround = (): Ground => {
  const directory = mkdtempSync(join(tmpdir(), 'sereno-store-'));
  return {
    directory,
    path: join(directory, STORE_FILE),
    clear: () => rmSync(directory, { recursive: true, force: true }),
  };
};

/** Opens a store that must open. The clock stands at `NOON` unless given. */
export const mustOpen = (ground: Ground, now: () => Instant = () => NOON): SqliteStore => {
  const opening = openStore({ directory: ground.directory, clock: { now } });
  if (opening.kind === 'refused') throw new Error(`${opening.problem.code}: ${opening.problem.message}`);
  return opening.store;
};

export const mustRead = (ground: Ground): ReadOnlyStore => {
  const reading = openReadOnly(ground.directory);
  if (reading.kind === 'refused') throw new Error(`${reading.problem.code}: ${reading.problem.message}`);
  return reading.store;
};

/** Commits and returns the outcome; SQLite answers at once. */
export const commitNow = (store: SqliteStore, parts: Partial<Batch>): CommitOutcome => {
  const outcomes: CommitOutcome[] = [];
  store.commit({ ...EMPTY, ...parts }, (outcome) => outcomes.push(outcome));
  const [outcome] = outcomes;
  if (outcome === undefined || outcomes.length !== 1) throw new Error('a commit was not answered once, at once');
  return outcome;
};

export const draftOf = (index: number): EvidenceDraft => ({
  at: instant(NOON + index),
  actor: { kind: 'system', name: 'sereno' },
  machine: machineId('watch', index % 3 === 0 ? 'redis' : 'api'),
  type: 'health.changed',
  trigger: `check ${index}, "seq":7,"prevHash":"x" \uFFFD ü`,
  action: null,
  outcome: index % 2 === 0 ? null : 'healthy after 230 ms',
  refs: { index, nested: { seq: index, prevHash: 'not the one', list: [1, 2.5, null] } },
});

/** Appends records up to `count` in batches of 20. Another `story` gives other records with the same numbers. */
export const grow = (store: SqliteStore, count: number, story = 0): void => {
  for (let from = store.load().lastSeq; from < count; from += 20) {
    const drafts = Array.from({ length: Math.min(20, count - from) }, (_, index) => draftOf(story + from + index + 1));
    const outcome = commitNow(store, { evidence: drafts });
    if (outcome.kind !== 'committed') throw new Error(outcome.detail);
  }
};

/** Verifies what lies in the directory, without a running store. */
export const verifyGround = (ground: Ground, from = 1, publicKey: string | null = null): Verification => {
  const store = mustRead(ground);
  try {
    const key = publicKey ?? store.publicKey ?? '';
    return verifyEvidence({ source: store.source, heads: store.heads, publicKey: key, from });
  } finally {
    store.close();
  }
};

/** Changes the database as somebody with the file in hands can: the triggers that stop accidents are dropped first. */
export const tamper = (ground: Ground, change: (db: DatabaseSync) => void): void => {
  const db = new DatabaseSync(ground.path);
  try {
    db.exec('DROP TRIGGER IF EXISTS evidence_is_never_changed; DROP TRIGGER IF EXISTS evidence_is_never_deleted');
    change(db);
  } finally {
    db.close();
  }
};

// Our log in D10: the real store, attacked with SQL by somebody who has its file in hands and knows the format.

import { hash } from 'node:crypto';
import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { openReadOnly } from '#adapters/sqlite/read.ts';
import { openStore, STORE_FILE, type SqliteStore } from '#adapters/sqlite/store.ts';
import { verifyEvidence } from '#adapters/sqlite/verify.ts';
import { evidenceText, type EvidenceDraft } from '#kernel/evidence.ts';
import { machineId } from '#kernel/id.ts';
import { instant } from '#kernel/time.ts';
import type { Batch } from '#ports/store.ts';
import { quantile } from '../measure.ts';
import { OURS } from './contender.ts';
import { textOf, type Attack, type Found, type Log } from './log.ts';

const MACHINE = machineId('watch', 'api');
const BEGAN = 1_795_239_865_804;
const GROUP = 500;

const draftOf = (index: number, more = ''): EvidenceDraft => ({
  at: instant(BEGAN + index),
  actor: { kind: 'system', name: 'sereno' },
  machine: MACHINE,
  type: 'action.outcome',
  trigger: `${textOf(index)}${more}`,
  action: 'restart',
  outcome: 'effective',
  refs: { key: `watch:api/${index}/0` },
});

const batchOf = (parts: Partial<Batch>): Batch => ({
  journal: [],
  evidence: [],
  snapshots: [],
  outbox: [],
  settled: [],
  wakes: [],
  unwakes: [],
  fences: [],
  ...parts,
});

const open = (directory: string): SqliteStore => {
  const opening = openStore({ directory });
  if (opening.kind === 'refused') throw new Error(opening.problem.message);
  return opening.store;
};

const commit = (store: SqliteStore, parts: Partial<Batch>): void =>
  store.commit(batchOf(parts), (outcome) => {
    if (outcome.kind !== 'committed') throw new Error(outcome.detail);
  });

const append = (directory: string, from: number, to: number): void => {
  const store = open(directory);
  for (let index = from; index < to; index += GROUP) {
    const count = Math.min(GROUP, to - index);
    commit(store, { evidence: Array.from({ length: count }, (_, step) => draftOf(index + step)) });
  }
  store.close();
};

/** Moves all records from `from` on by one place, through negative numbers so that none is in the way of another. */
const shift = (db: DatabaseSync, from: number): void =>
  db.exec(`UPDATE evidence SET seq = -seq WHERE seq >= ${from}; UPDATE evidence SET seq = 1 - seq WHERE seq < 0`);

const put = (db: DatabaseSync, seq: number, index: number, more: string): string => {
  const before = db.prepare('SELECT hash FROM evidence WHERE seq = ?').get(seq - 1)?.['hash'];
  const text = evidenceText(draftOf(index, more), seq, String(before));
  const digest = hash('sha256', text);
  db.prepare('INSERT OR REPLACE INTO evidence (seq, hash, text) VALUES (?, ?, ?)').run(seq, digest, text);
  return digest;
};

/** Writes all records from `from` to `last` anew, with right hashes, the first one changed. */
const hashAnew = (db: DatabaseSync, from: number, last: number): void => {
  db.exec('BEGIN');
  for (let seq = from; seq <= last; seq += 1) put(db, seq, seq - 1, seq === from ? ' (not)' : '');
  db.exec('COMMIT');
};

/** Changes the database and gives the lowest record that is bad then. */
const spoil = (db: DatabaseSync, attack: Attack, at: number, last: number): number => {
  switch (attack) {
    case 'flip':
      db.exec(`UPDATE evidence SET text = replace(text, 'healthy', 'heblthy') WHERE seq = ${at}`);
      return at;
    case 'delete':
      db.exec(`DELETE FROM evidence WHERE seq = ${at}`);
      return at;
    case 'insert':
      shift(db, at);
      put(db, at, at, ' (never happened)');
      return at;
    case 'reorder':
      db.exec(`UPDATE evidence SET seq = -1 WHERE seq = ${at}; UPDATE evidence SET seq = ${at} WHERE seq = ${at + 1};
               UPDATE evidence SET seq = ${at + 1} WHERE seq = -1`);
      return at;
    case 'cut off':
      db.exec(`DELETE FROM evidence WHERE seq >= ${at}; DELETE FROM checkpoints WHERE seq >= ${at}`);
      return at;
    case 'hashed anew':
      hashAnew(db, at, last);
      return at;
    case 'rolled back':
      throw new Error('a roll-back changes no row');
  }
};

/** `room` is an empty folder. */
export const ourLog = (room: string): Log => {
  const [whole, older, attacked] = ['whole', 'older', 'attacked'].map((name) => join(room, name));
  if (whole === undefined || older === undefined || attacked === undefined) throw new Error('no room');
  let count = 0;
  let looked = whole;
  const verify = (): Found => {
    const reading = openReadOnly(looked);
    if (reading.kind === 'refused') return { isIntact: false, badSeq: null };
    const { source, heads, publicKey } = reading.store;
    const { isIntact, badSeq } = verifyEvidence({ source, heads, publicKey: publicKey ?? '' });
    reading.store.close();
    return { isIntact, badSeq };
  };
  const attack: Log['attack'] = (kind, at) => {
    rmSync(attacked, { recursive: true, force: true });
    cpSync(whole, attacked, { recursive: true });
    looked = attacked;
    if (kind === 'rolled back') {
      cpSync(join(older, STORE_FILE), join(attacked, STORE_FILE));
      return Math.floor(count * 0.9) + 1;
    }
    const db = new DatabaseSync(join(attacked, STORE_FILE));
    db.exec('DROP TRIGGER evidence_is_never_changed; DROP TRIGGER evidence_is_never_deleted');
    const bad = spoil(db, kind, at, count);
    db.close();
    return bad;
  };
  return {
    contender: OURS.contender,
    version: OURS.version,
    settings: 'SQLite, synced at each commit; a signature every 1,000 records, each once more in a second place',
    write: (wanted) => {
      count = wanted;
      append(whole, 0, Math.floor(wanted * 0.9));
      cpSync(whole, older, { recursive: true });
      append(whole, Math.floor(wanted * 0.9), wanted);
    },
    attack,
    verify,
    get proofBytes() {
      const store = open(whole);
      const proving = store.prove(Math.floor(count / 2));
      store.close();
      return proving.kind === 'proven' ? Buffer.byteLength(JSON.stringify(proving.proven.proof)) : null;
    },
    addedP99Ms: (times) => addedP99Ms(join(room, 'latency'), times),
  };
};

/** What evidence adds to a commit: the same change of state, in turn with and without its record, and how the two differ. */
const addedP99Ms = (directory: string, times: number): number => {
  const store = open(directory);
  const timed = (version: number, evidence: readonly EvidenceDraft[]): number => {
    const began = performance.now();
    const snapshot = { machine: MACHINE, version, expectedVersion: version - 1, state: { version } };
    commit(store, { evidence, snapshots: [snapshot] });
    return performance.now() - began;
  };
  const pairs = Array.from({ length: times }, (_, index) => {
    const without = timed(2 * index + 1, []);
    return { without, with: timed(2 * index + 2, [draftOf(index)]) };
  });
  store.close();
  const p99 = (values: readonly number[]): number => quantile(values, 0.99);
  return p99(pairs.map((pair) => pair.with)) - p99(pairs.map((pair) => pair.without));
};

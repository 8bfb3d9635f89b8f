// Ways of falsifying evidence, for tests: what somebody with the file in hands, and knowledge of the format, can do.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import { evidenceText } from '#kernel/evidence.ts';
import { instant } from '#kernel/time.ts';
import type { Verification } from '#ports/desk.ts';
import { draftOf, grow, makeGround, mustOpen, NOON, type Ground } from './ground.ts';

export const COUNT = 240;

/** A closed store; its clock jumps a minute after every 60 records, so 80, 140, 200 and the last one are signed. */
export const makeChain = (count = COUNT): Ground => {
  const ground = makeGround();
  let now = NOON;
  const store = mustOpen(ground, () => now);
  for (let reached = 60; reached <= count; reached += 60) {
    grow(store, reached);
    now = instant(now + 60_000);
  }
  grow(store, count);
  store.close();
  return ground;
};

export const textOf = (db: DatabaseSync, seq: number): Buffer => {
  const row = db.prepare('SELECT CAST(text AS BLOB) AS text FROM evidence WHERE seq = ?').get(seq);
  const text = row?.['text'];
  assert.ok(text instanceof Uint8Array);
  return Buffer.from(text);
};

export const setText = (db: DatabaseSync, seq: number, text: Uint8Array): void => {
  db.prepare('UPDATE evidence SET text = CAST(? AS TEXT) WHERE seq = ?').run(text, seq);
};

export const hashAt = (db: DatabaseSync, seq: number): string =>
  String(db.prepare('SELECT hash FROM evidence WHERE seq = ?').get(seq)?.['hash']);

export const setHash = (db: DatabaseSync, seq: number, hash: string): void => {
  db.prepare('UPDATE evidence SET hash = ? WHERE seq = ?').run(hash, seq);
};

export const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex');

export const swap = (db: DatabaseSync, a: number, b: number): void => {
  db.exec(`UPDATE evidence SET seq = -1 WHERE seq = ${a}; UPDATE evidence SET seq = ${a} WHERE seq = ${b};
           UPDATE evidence SET seq = ${b} WHERE seq = -1`);
};

/** Moves every record from `from` on by `by` places. */
export const shift = (db: DatabaseSync, from: number, by: number): void => {
  db.exec(`UPDATE evidence SET seq = -seq WHERE seq >= ${from}; UPDATE evidence SET seq = -seq + ${by} WHERE seq < 0`);
};

/** Writes a whole new, self-consistent history from `from` on, as someone who knows the format can. */
export const rewrite = (db: DatabaseSync, from: number, to: number): void => {
  let prevHash = hashAt(db, from - 1);
  for (let seq = from; seq <= to; seq += 1) {
    const text = evidenceText({ ...draftOf(seq), outcome: 'all was well' }, seq, prevHash);
    prevHash = hashOf(text);
    db.prepare('INSERT OR REPLACE INTO evidence (seq, hash, text) VALUES (?, ?, ?)').run(seq, prevHash, text);
  }
};

export const checkVerification = (verification: Verification, badSeq: number | null, detail: RegExp): void => {
  assert.equal(verification.badSeq, badSeq, verification.detail);
  assert.equal(verification.isIntact, badSeq === null);
  assert.match(verification.detail, detail);
};

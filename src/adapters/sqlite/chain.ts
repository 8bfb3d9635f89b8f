// The end of the evidence chain, and how records are added to it inside an open transaction.

import { hash } from 'node:crypto';
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { evidenceText, GENESIS_HASH, type EvidenceDraft, type EvidenceRecord } from '#kernel/evidence.ts';
import { readNumber, readText } from './row.ts';

/** The last record: what the next one is chained to. */
export type Tail = { readonly seq: number; readonly hash: string };

export const EMPTY_TAIL: Tail = { seq: 0, hash: GENESIS_HASH };

/** One record may hold a black box with its log tail (64 KB); this is sixteen times that, and SQLite's page cache holds it. */
export const EVIDENCE_TEXT_MAX_BYTES = 1_048_576;

/** A refusal of what was handed over; nothing has been written when it is thrown. Stays inside this folder. */
export class Unwritable extends Error {}

export const readTail = (db: DatabaseSync): Tail => {
  const row = db.prepare('SELECT seq, hash FROM evidence ORDER BY seq DESC LIMIT 1').get();
  return row === undefined ? EMPTY_TAIL : { seq: readNumber(row, 'seq'), hash: readText(row, 'hash') };
};

/** Chains one draft to the tail. The record that comes back equals what a reader will find. */
const chain = (draft: EvidenceDraft, tail: Tail): { readonly record: EvidenceRecord; readonly text: string } => {
  const seq = tail.seq + 1;
  const text = evidenceText(draft, seq, tail.hash);
  const record: EvidenceRecord = {
    at: draft.at,
    actor: { kind: draft.actor.kind, name: draft.actor.name },
    machine: draft.machine,
    type: draft.type,
    trigger: draft.trigger,
    action: draft.action,
    outcome: draft.outcome,
    refs: draft.refs,
    seq,
    prevHash: tail.hash,
    hash: hash('sha256', text),
  };
  return { record, text };
};

/** `INSERT INTO evidence (seq, hash, text)`: the only statement that ever writes evidence. */
export const prepareAppend = (db: DatabaseSync): StatementSync =>
  db.prepare('INSERT INTO evidence (seq, hash, text) VALUES (?, ?, ?)');

/** Appends the drafts in order and returns the records. Throws Unwritable when a record is over the limit. */
export const appendEvidence = (
  append: StatementSync,
  drafts: readonly EvidenceDraft[],
  from: Tail,
): readonly EvidenceRecord[] => {
  const records: EvidenceRecord[] = [];
  let tail = from;
  for (const draft of drafts) {
    const { record, text } = chain(draft, tail);
    if (text.length > EVIDENCE_TEXT_MAX_BYTES) {
      throw new Unwritable(`evidence ${draft.type} of ${draft.machine} is over ${EVIDENCE_TEXT_MAX_BYTES} characters`);
    }
    append.run(record.seq, record.hash, text);
    records.push(record);
    tail = record;
  }
  return records;
};

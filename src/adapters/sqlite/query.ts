// Questions to the evidence: newest first or oldest first, by machine and by type, always with a limit.

import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import type { EvidenceCheckpoint, EvidenceDraft, EvidenceRecord } from '#kernel/evidence.ts';
import { instant } from '#kernel/time.ts';
import type { EvidenceQuery } from '#ports/store.ts';
import { DamagedRow, readJson, readNumber, readText, type Row } from './row.ts';

/** More than this is an export, not a question: about 5 MB of records, 20 ms. */
export const QUERY_LIMIT_MAX = 10_000;

/** Reads a record back from the canonical text that was hashed. Throws DamagedRow. */
export const readRecord = (row: Row): EvidenceRecord => {
  const said = readJson<EvidenceDraft & { readonly seq: number; readonly prevHash: string }>(row, 'text');
  if (typeof said !== 'object' || said === null) throw new DamagedRow('the evidence text holds no object');
  return {
    at: said.at,
    actor: said.actor,
    machine: said.machine,
    type: said.type,
    trigger: said.trigger,
    action: said.action,
    outcome: said.outcome,
    refs: said.refs,
    seq: readNumber(row, 'seq'),
    prevHash: said.prevHash,
    hash: readText(row, 'hash'),
  };
};

/** What `readCheckpoint` reads. A store that is only looked at may be from before there were trees (migration 2). */
export const checkpointColumns = (db: DatabaseSync): string => {
  const known = db.prepare("SELECT 1 FROM pragma_table_info('checkpoints') WHERE name = 'tree_root'").get();
  const tree = known === undefined ? 'NULL AS tree_size, NULL AS tree_root' : 'tree_size, tree_root';
  return `seq, hash, at, ${tree}, signature, key_id`;
};

export const readCheckpoint = (row: Row): EvidenceCheckpoint => ({
  seq: readNumber(row, 'seq'),
  hash: readText(row, 'hash'),
  at: instant(readNumber(row, 'at')),
  tree: row['tree_root'] === null ? null : { size: readNumber(row, 'tree_size'), root: readText(row, 'tree_root') },
  signature: readText(row, 'signature'),
  keyId: readText(row, 'key_id'),
});

/** Rows that cannot be read are left out here: naming them is the verification's work, not the reader's. */
const readable = <T>(rows: readonly Row[], read: (row: Row) => T): readonly T[] =>
  rows.flatMap((row) => {
    try {
      return [read(row)];
    } catch (error) {
      if (error instanceof DamagedRow) return [];
      throw error;
    }
  });

// A loose scan of the index: one step for each type there is (some dozens), however many records there are.
const TYPES_SQL = `
  WITH RECURSIVE types (type) AS (
    SELECT min(type) FROM evidence
    UNION ALL
    SELECT (SELECT min(evidence.type) FROM evidence WHERE evidence.type > types.type) FROM types
    WHERE types.type IS NOT NULL
  )
  SELECT type FROM types WHERE type IS NOT NULL LIMIT 1000`;

export type EvidenceReader = {
  readonly query: (query: EvidenceQuery) => readonly EvidenceRecord[];
  readonly checkpoints: () => readonly EvidenceCheckpoint[];
};

/** The reading half of the store, over a connection that may be read-only. SQLite's errors pass through. */
export const makeReader = (db: DatabaseSync): EvidenceReader => {
  const statements = new Map<string, StatementSync>();
  const prepare = (sql: string): StatementSync => {
    const known = statements.get(sql) ?? db.prepare(sql);
    statements.set(sql, known);
    return known;
  };

  const select = (query: EvidenceQuery, type: string | null): readonly EvidenceRecord[] => {
    const clauses: string[] = [];
    const values: SQLInputValue[] = [];
    const where = (clause: string, value: SQLInputValue | undefined | null): void => {
      if (value === undefined || value === null) return;
      clauses.push(clause);
      values.push(value);
    };
    where('seq > ?', query.after);
    where('seq < ?', query.before);
    where('machine = ?', query.machine);
    where('type = ?', type);
    const filter = clauses.length === 0 ? '' : `WHERE ${clauses.join(' AND ')}`;
    const order = query.order === 'oldest-first' ? 'ASC' : 'DESC';
    const limit = Math.max(0, Math.min(QUERY_LIMIT_MAX, Math.trunc(query.limit)));
    const rows = prepare(`SELECT seq, hash, text FROM evidence ${filter} ORDER BY seq ${order} LIMIT ?`);
    return readable(rows.all(...values, limit), readRecord);
  };

  const query = (asked: EvidenceQuery): readonly EvidenceRecord[] => {
    const prefix = asked.typePrefix;
    if (prefix === undefined || prefix === '') return select(asked, null);
    const types = readable(prepare(TYPES_SQL).all(), (row) => readText(row, 'type'));
    const sign = asked.order === 'oldest-first' ? 1 : -1;
    return types
      .filter((type) => type.startsWith(prefix))
      .flatMap((type) => select(asked, type))
      .toSorted((a, b) => sign * (a.seq - b.seq))
      .slice(0, Math.max(0, Math.trunc(asked.limit)));
  };

  const checkpoints = (): readonly EvidenceCheckpoint[] =>
    readable(prepare(`SELECT ${checkpointColumns(db)} FROM checkpoints ORDER BY seq`).all(), readCheckpoint);

  return { query, checkpoints };
};

// What others have seen of the log: the evidence, in which every entry stands once, and files that somebody kept elsewhere.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { STORE_FILE } from '#adapters/sqlite/store.ts';
import { digest } from '#kernel/codex.ts';
import type { EvidenceRecord, Json } from '#kernel/evidence.ts';
import { problem, ProblemError } from '#kernel/problem.ts';
import { CODEX } from '#kernel/site.ts';
import type { CodexHead } from '#ports/codex.ts';
import { offlineEvidence } from '../offline.ts';

const PAGE = 1_000;

const headIn = ({ refs }: Pick<EvidenceRecord, 'refs'>): CodexHead | null => {
  const { entry, hash } = refs;
  return typeof entry === 'number' && typeof hash === 'string' ? { seq: entry, hash: digest(hash) } : null;
};

/** Every end of the log that stands in the evidence; null: there is no evidence here. What was given up by a signed word is left out. */
export const witnessedIn = (stateDirectory: string): readonly CodexHead[] | null => {
  if (!existsSync(join(stateDirectory, STORE_FILE))) return null;
  const evidence = offlineEvidence(stateDirectory);
  try {
    const seen = new Map<number, CodexHead>();
    let after = 0;
    for (;;) {
      const page = evidence.evidence({
        machine: CODEX,
        typePrefix: 'codex.',
        after,
        limit: PAGE,
        order: 'oldest-first',
      });
      for (const record of page) take(seen, record);
      if (page.length < PAGE) return [...seen.values()];
      after = page.at(-1)?.seq ?? after;
    }
  } finally {
    evidence.close();
  }
};

const take = (seen: Map<number, CodexHead>, record: EvidenceRecord): void => {
  const head = headIn(record);
  if (head === null) return;
  if (record.type === 'codex.loss-accepted') for (const seq of seen.keys()) if (seq > head.seq) seen.delete(seq);
  seen.set(head.seq, head);
};

/** A file that `sereno codex head --format json` has printed. Throws ProblemError: `not-found`, `bad-input`. */
export const readSeen = (file: string): CodexHead => {
  if (!existsSync(file)) throw new ProblemError([problem('not-found', `there is no file ${file}`)]);
  const log = logIn(readFileSync(file, 'utf8'));
  if (log !== null) return log;
  const expected = 'what `sereno codex head --format json` prints';
  throw new ProblemError([problem('bad-input', `${file} is no head of a log`, { expected })]);
};

const logIn = (text: string): CodexHead | null => {
  try {
    const value = JSON.parse(text) as { readonly log?: { readonly seq?: Json; readonly hash?: Json } } | null; // decoder: looked at below
    const { seq, hash } = value?.log ?? {};
    const isWhole = Number.isSafeInteger(seq) && typeof hash === 'string' && /^[0-9a-f]{64}$/.test(hash);
    return isWhole ? { seq: Number(seq), hash: digest(hash) } : null;
  } catch {
    return null;
  }
};

// A codex in memory, for tests and for trying things out: the same rules, and nothing is left when the program ends.

import { hash } from 'node:crypto';
import { canonical } from '#kernel/canonical.ts';
import {
  digest,
  GENESIS_DIGEST,
  objectsOf,
  type CodexDraft,
  type CodexEntry,
  type CodexRecord,
  type Digest,
} from '#kernel/codex.ts';
import type { Json } from '#kernel/evidence.ts';
import { problem } from '#kernel/problem.ts';
import type { Appended, CodexFold, CodexHead, CodexStore } from '#ports/codex.ts';

/** What several stores look at together, as programs look at one disk. */
export type CodexMedium = { readonly objects: Map<Digest, string>; readonly log: CodexRecord[] };

export const makeMedium = (): CodexMedium => ({ objects: new Map(), log: [] });

/** As on disk. */
const TEXT_MAX = 4_000;
/** In memory only a proposal itself can be faster than its own entry. */
const TRIES_MAX = 1_000;

const seal = (entry: CodexEntry): CodexRecord => ({
  ...entry,
  hash: digest(hash('sha256', canonical(entry as unknown as Json))), // decoder: an entry is JSON
});

const isKeepable = (value: unknown): boolean => {
  if (typeof value === 'string') return value.length <= TEXT_MAX && value.isWellFormed();
  return typeof value !== 'object' || value === null || Object.values(value).every(isKeepable);
};

const unwritable = (medium: CodexMedium, entry: CodexEntry): string | null => {
  if (!isKeepable(entry)) return 'an entry that could not be read again';
  const missing = objectsOf(entry.deed).find((it) => !medium.objects.has(it));
  return missing === undefined ? null : `the object ${missing}, which the entry names, is not in the codex`;
};

/** Opens a store on a medium. It never fails; `codex-damaged` only when the fold calls an entry impossible. */
export const openMemoryCodex = (medium: CodexMedium, fold: CodexFold): CodexStore => {
  let head: CodexHead = { seq: 0, hash: GENESIS_DIGEST };

  const take = (record: CodexRecord): void => {
    fold.take(record);
    head = { seq: record.seq, hash: record.hash };
  };

  const catchUp: CodexStore['catchUp'] = (entriesMax = Number.POSITIVE_INFINITY) => {
    for (const record of medium.log.slice(head.seq, head.seq + entriesMax)) {
      const why = fold.refusal(record);
      if (why !== null)
        return problem('codex-damaged', `entry ${record.seq}: it cannot come after the one before: ${why}`);
      take(record);
    }
    return null;
  };

  /** Null: somebody was faster, look again. */
  const attempt = ({ at, by, deed }: CodexDraft): Appended | null => {
    if (medium.log.length > head.seq) return null;
    const entry = { format: 1, seq: head.seq + 1, prev: head.hash, at, by, deed } as const;
    const why = fold.refusal(entry) ?? unwritable(medium, entry);
    if (why !== null) return { kind: 'refused', problem: problem('codex-refused', why) };
    const record = seal(entry);
    medium.log.push(record);
    take(record);
    return { kind: 'appended', record };
  };

  const append = (propose: () => CodexDraft | null): Appended => {
    for (let tries = 0; tries < TRIES_MAX; tries += 1) {
      const trouble = catchUp();
      if (trouble !== null) return { kind: 'failed', problem: trouble };
      const draft = propose();
      const appended: Appended | null = draft === null ? { kind: 'withheld' } : attempt(draft);
      if (appended !== null) return appended;
    }
    throw new Error('the proposal adds to the log itself each time that it is asked');
  };

  return {
    put: (text) => {
      if (!text.isWellFormed()) {
        return { kind: 'failed', problem: problem('codex-refused', 'a text with half a character') };
      }
      const name = digest(hash('sha256', text));
      const isNew = !medium.objects.has(name);
      medium.objects.set(name, text);
      return { kind: 'kept', digest: name, isNew };
    },
    read: (name) => {
      const text = medium.objects.get(name);
      return text === undefined ? { kind: 'missing' } : { kind: 'read', text };
    },
    catchUp,
    append,
    head: () => head,
  };
};

// The codex's memory: objects that are named by what they are, and one log to which is only added.
//
// Nobody holds a lock. Whoever adds to the log takes the next number, and only one can have it; the others read what it
// says and decide again. So any number of programs may write, and each of them may be killed at any moment.

import type { CodexDraft, CodexEntry, CodexRecord, Digest } from '#kernel/codex.ts';
import type { Problem } from '#kernel/problem.ts';

/** Where a log ends. Whoever keeps it elsewhere can prove later that nothing was cut off. */
export type CodexHead = { readonly seq: number; readonly hash: Digest };

/** What follows from the log. It is asked before an entry is added, and told of every entry in order, once. */
export interface CodexFold {
  /** Why this entry cannot come next, in a sentence without the full stop; null when it can. Changes nothing. */
  refusal(entry: CodexEntry): string | null;
  take(record: CodexRecord): void;
}

export type Kept =
  /** Durable. `isNew`: it was not there before, or what was there was damaged and is whole again. */
  | { readonly kind: 'kept'; readonly digest: Digest; readonly isNew: boolean }
  /** `store-unusable`, `codex-damaged`, `store-newer`; `codex-refused` when it is no text that could be read again. */
  | { readonly kind: 'failed'; readonly problem: Problem };

export type ObjectRead =
  | { readonly kind: 'read'; readonly text: string }
  | { readonly kind: 'missing' }
  /** It is there and is not what its name says (`codex-damaged`), or cannot be read (`store-unusable`). */
  | { readonly kind: 'failed'; readonly problem: Problem };

export type Appended =
  /** Durable, and the fold was told. */
  | { readonly kind: 'appended'; readonly record: CodexRecord }
  /** The proposal was null: nothing was written. */
  | { readonly kind: 'withheld' }
  /** The fold refused it, or an object that it names is not there (`codex-refused`). Nothing was written. */
  | { readonly kind: 'refused'; readonly problem: Problem }
  /** The medium failed (`store-unusable`) or is damaged (`codex-damaged`, `store-newer`). */
  | { readonly kind: 'failed'; readonly problem: Problem };

export interface CodexStore {
  /** Keeps a text under its SHA-256. The same text again changes nothing. */
  put(text: string): Kept;
  /** Reads a text and hashes it again: what was changed is never returned. */
  read(digest: Digest): ObjectRead;
  /** Reads the entries that were added since the last call, at most so many, and tells the fold. Null when all went well. */
  catchUp(entriesMax?: number): Problem | null;
  /**
   * Adds one entry. `propose` is asked after the fold has seen the whole log, and once more each time that somebody else
   * was faster; null withdraws. Every object that the entry names must have been put before.
   */
  append(propose: () => CodexDraft | null): Appended;
  /** The end of what the fold has seen; seq 0 before the first entry. */
  head(): CodexHead;
}

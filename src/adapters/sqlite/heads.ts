// The second place: what the chain's end was, written outside the database, so that a cut-off tail and an older copy
// of the whole file are found. // decoder
//
//   evidence.heads   every checkpoint as a line of JSON, appended and synced (every 1,000 records or 60 s)
//   evidence.head    the last record of the last commit: 160 bytes, overwritten in place, not synced
//
// evidence.head costs 3 µs a commit. One write of 160 bytes inside one sector survives kill -9 whole, and after a loss
// of power it is at worst older, never ahead: it is written after the commit was synced.

import { closeSync, constants, fstatSync, fsyncSync, openSync, readFileSync, readSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { EvidenceCheckpoint, EvidenceTree } from '#kernel/evidence.ts';
import { instant, type Instant } from '#kernel/time.ts';
import type { Tail } from './chain.ts';

export const HEADS_FILE = 'evidence.heads';
export const HEAD_FILE = 'evidence.head';

/** Fixed, so that a shorter text never leaves the end of a longer one behind. */
const HEAD_BYTES = 160;
/** A line is 370 bytes; this many are read at once. */
const BLOCK_BYTES = 65_536;
/** Longer than any line that Sereno writes: what follows is not a heads file. */
const LINE_MAX_CHARACTERS = 4_096;

export type HeadEntry =
  | { readonly kind: 'signed'; readonly checkpoint: EvidenceCheckpoint }
  /** The end of the chain as it was seen, without a signature. */
  | { readonly kind: 'seen'; readonly tail: Tail }
  | { readonly kind: 'unreadable'; readonly place: string };

/** The second place as a verification reads it. Every call of `entries` reads anew, in constant memory. */
export type Heads = { readonly entries: () => Iterable<HeadEntry> };

/** Nothing is known beyond the database. */
export const NO_HEADS: Heads = { entries: () => [] };

/** SHA-256 in lower-case hex. */
export const HASH = /^[0-9a-f]{64}$/;

/** Undefined: there is one, but it cannot be understood. Lines from before there were trees have none. */
const readTree = (value: unknown): EvidenceTree | null | undefined => {
  if (value === undefined || value === null) return null;
  if (typeof value !== 'object' || !('size' in value) || !('root' in value)) return undefined;
  const { size, root } = value;
  if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 1) return undefined;
  return typeof root === 'string' && HASH.test(root) ? { size, root } : undefined;
};

/** Decodes one line of evidence.heads or the text of evidence.head. */
export const readHeadLine = (text: string, place: string): HeadEntry => {
  try {
    const it = JSON.parse(text) as Partial<Record<keyof EvidenceCheckpoint, unknown>>; // decoder: looked at below
    const { seq, hash, at, signature, keyId } = it;
    if (!Number.isSafeInteger(seq) || typeof seq !== 'number' || typeof hash !== 'string' || !HASH.test(hash)) {
      return { kind: 'unreadable', place };
    }
    if (signature === undefined && keyId === undefined) return { kind: 'seen', tail: { seq, hash } };
    const tree = readTree(it.tree);
    if (typeof signature !== 'string' || typeof keyId !== 'string' || typeof at !== 'number' || tree === undefined) {
      return { kind: 'unreadable', place };
    }
    return { kind: 'signed', checkpoint: { seq, hash, at: instant(at), tree, signature, keyId } };
  } catch {
    return { kind: 'unreadable', place };
  }
};

const openIfThere = (path: string): number | null => {
  try {
    return openSync(path, 'r');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
};

/** The whole lines of a file, without a last one that lacks its end: a crash cut it off while it was appended. */
export function* readLines(path: string, lineMaxCharacters: number = LINE_MAX_CHARACTERS): Generator<string> {
  const descriptor = openIfThere(path);
  if (descriptor === null) return;
  const block = Buffer.allocUnsafe(BLOCK_BYTES);
  const decoder = new TextDecoder();
  let rest = '';
  try {
    for (let read = readSync(descriptor, block); read > 0; read = readSync(descriptor, block)) {
      const parts = (rest + decoder.decode(block.subarray(0, read), { stream: true })).split('\n');
      rest = parts.pop() ?? '';
      yield* parts;
      if (rest.length > lineMaxCharacters) return yield rest;
    }
  } finally {
    closeSync(descriptor);
  }
}

function* readEntries(directory: string): Generator<HeadEntry> {
  // First, so that it is never older than what the caller reads from the database afterwards.
  const head = readHead(directory);
  let line = 0;
  for (const text of readLines(join(directory, HEADS_FILE))) {
    line += 1;
    if (text !== '') yield readHeadLine(text, `${HEADS_FILE}:${line}`);
  }
  if (head !== null) yield head;
}

/** The second place in a directory: the state directory, or wherever a copy is kept. Missing files have no entries. */
export const readHeads = (directory: string): Heads => ({ entries: () => readEntries(directory) });

/** Reads evidence.head; null when there is none or nothing was ever written to it. */
export const readHead = (directory: string): HeadEntry | null => {
  const descriptor = openIfThere(join(directory, HEAD_FILE));
  if (descriptor === null) return null;
  try {
    const text = readFileSync(descriptor, 'utf8').trim();
    return text === '' ? null : readHeadLine(text, HEAD_FILE);
  } finally {
    closeSync(descriptor);
  }
};

export type HeadsWriter = {
  /** Overwrites evidence.head. */
  readonly note: (tail: Tail, at: Instant) => void;
  /** Appends lines to evidence.heads and syncs once. */
  readonly append: (entries: readonly (EvidenceCheckpoint | Tail)[]) => void;
  readonly close: () => void;
};

/** Ends a last line that a crash cut off, so that the next one stands alone. */
const endLastLine = (descriptor: number): void => {
  const { size } = fstatSync(descriptor);
  const last = Buffer.alloc(1);
  if (size > 0 && readSync(descriptor, last, 0, 1, size - 1) === 1 && last.toString() !== '\n') {
    writeSync(descriptor, '\n');
  }
};

/** Opens both files for writing, making them. Errors of the file system pass through, here and in every call. */
export const openHeadsWriter = (directory: string): HeadsWriter => {
  const heads = openSync(join(directory, HEADS_FILE), 'a+', 0o644);
  endLastLine(heads);
  const head = openSync(join(directory, HEAD_FILE), constants.O_RDWR | constants.O_CREAT, 0o644);
  return {
    note: ({ seq, hash }, at) => {
      const text = JSON.stringify({ seq, hash, at });
      writeSync(head, `${text.padEnd(HEAD_BYTES - 1)}\n`, 0);
    },
    append: (entries) => {
      if (entries.length === 0) return;
      writeSync(heads, entries.map((entry) => `${JSON.stringify(entry)}\n`).join(''));
      fsyncSync(heads);
    },
    close: () => {
      fsyncSync(head);
      closeSync(head);
      closeSync(heads);
    },
  };
};

// The log: one file an entry, numbered without gaps. The next number belongs to whoever links it first.
//
// No lock is needed, and none can be left behind. An entry has its name only when all its bytes are on the disk, and it
// names the hash of the one before it, so a log is always some first part of one story, whoever was killed and when.

import { join } from 'node:path';
import { GENESIS_DIGEST, type CodexEntry, type CodexRecord } from '#kernel/codex.ts';
import { problem, type Problem } from '#kernel/problem.ts';
import type { CodexFold, CodexHead } from '#ports/codex.ts';
import { damaged } from './fileSystem.ts';
import {
  damagedLine,
  entryPath,
  fileName,
  FOLDER_SIZE,
  folderName,
  folderNumber,
  isFirstOfFolder,
  packFolder,
  readPack,
  type Pack,
} from './pack.ts';
import { ensureDurableFolder, listFolder, publishNew, readWhole, syncFolder, writeTemporary } from './durable.ts';
import type { Ground } from './ground.ts';
import { decodeRecord, encodeRecord, RECORD_BYTES_MAX, sealEntry } from './record.ts';

const folderOf = (seq: number): string => folderName(folderNumber(seq));

export type EntryRead =
  | { readonly kind: 'record'; readonly record: CodexRecord }
  | { readonly kind: 'end' }
  | { readonly kind: 'failed'; readonly problem: Problem };

/** Reads the entry behind a head. Throws what the disk throws. */
export const readEntry = ({ disk, log }: Ground, head: CodexHead): EntryRead => {
  const seq = head.seq + 1;
  const path = join(log, entryPath(seq));
  const read = readWhole(disk, path, RECORD_BYTES_MAX);
  if (read.kind === 'missing') return { kind: 'end' };
  if (read.kind === 'foreign') return { kind: 'failed', problem: damaged(path, read.why) };
  const decoded = decodeRecord(read.bytes, seq, head.hash);
  if (decoded.kind === 'record') return decoded;
  return { kind: 'failed', problem: decoded.isNewer === true ? newer(path) : damaged(path, decoded.why) };
};

const newer = (path: string): Problem =>
  problem('store-newer', `${path} was written by a newer Sereno`, { mend: 'update Sereno' });

const numbersIn = (names: readonly string[], form: RegExp): readonly number[] =>
  names.flatMap((name) => {
    const digits = form.exec(name)?.[1];
    return digits === undefined ? [] : [Number(digits)];
  });

/** The highest number that any entry has; 0 when there is none. */
const highestSeq = ({ disk, log }: Ground): number => {
  const folders = numbersIn(listFolder(disk, log), /^(\d{3,})$/).toSorted((a, b) => b - a);
  for (const folder of folders) {
    const names = listFolder(disk, join(log, folderName(folder)));
    const highest = Math.max(0, ...numbersIn(names, /^(\d{6,})\.json$/));
    if (highest > 0) return highest; // the newest folder may have been made by somebody who did not come further
  }
  return 0;
};

const START: CodexHead = { seq: 0, hash: GENESIS_DIGEST };

export class Log {
  readonly #ground: Ground;
  readonly #fold: CodexFold;
  #head: CodexHead = START;
  /** The one before the head: what the head's own entry is read with. */
  #before: CodexHead = START;
  /** The last entry that is known to survive a power cut. */
  #durableSeq = 0;
  #hasListed = false;
  readonly #usesPacks: boolean;
  /** The folder that is being read, when it has a pack. */
  #pack: Pack | null = null;

  /** `usesPacks`: whoever verifies reads each entry from its own file. */
  constructor(ground: Ground, fold: CodexFold, usesPacks = true) {
    this.#ground = ground;
    this.#fold = fold;
    this.#usesPacks = usesPacks;
  }

  head(): CodexHead {
    return this.#head;
  }

  /**
   * Reads what is new, in order, and tells the fold; at most so many entries. What is damaged, impossible or missing stops
   * it where it is.
   */
  catchUp(entriesMax = Number.POSITIVE_INFINITY): Problem | null {
    const until = this.#head.seq + entriesMax;
    for (;;) {
      const trouble = this.#readOn(until);
      if (trouble !== null || this.#head.seq >= until) return trouble;
      const exchanged = this.#exchanged();
      if (exchanged !== null || !this.#mayGoOn()) return exchanged;
      const highest = highestSeq(this.#ground);
      if (highest <= this.#head.seq) return null;
      // Somebody added it between the two looks, or an entry before it is missing.
      if (readEntry(this.#ground, this.#head).kind === 'end') return this.#missing(highest);
    }
  }

  #readOn(until: number): Problem | null {
    while (this.#head.seq < until) {
      const read = this.#readNext();
      if (read.kind === 'end') return null;
      if (read.kind === 'failed') return read.problem;
      const why = this.#fold.refusal(read.record);
      if (why !== null) return damaged(this.#pathOf(read.record.seq), `it cannot come after the one before: ${why}`);
      this.#take(read.record);
    }
    return null;
  }

  /** The next entry: from the pack, when its folder is read from the beginning and has one; else from its own file. */
  #readNext(): EntryRead {
    const seq = this.#head.seq + 1;
    if (this.#usesPacks && isFirstOfFolder(seq)) {
      const read = readPack(this.#ground, folderNumber(seq));
      if (read.kind === 'failed') return read;
      this.#pack = read.kind === 'pack' ? read.pack : null;
    }
    const line = this.#pack?.lines[seq - this.#pack.from];
    if (line === undefined) {
      this.#pack = null;
      return readEntry(this.#ground, this.#head);
    }
    const decoded = decodeRecord(line, seq, this.#head.hash);
    if (decoded.kind === 'record') return decoded;
    if (decoded.isNewer === true) return { kind: 'failed', problem: newer(this.#pathOf(seq)) };
    return { kind: 'failed', problem: damagedLine(this.#ground, seq, decoded.why) };
  }

  /**
   * Whether there may be entries behind one that is missing. The first time, the folders are listed; later the one behind
   * the next is looked for, because listing a thousand names takes longer than all the rest.
   */
  #mayGoOn(): boolean {
    const hasListed = this.#hasListed;
    this.#hasListed = true;
    const { disk, log } = this.#ground;
    return !hasListed || readWhole(disk, join(log, entryPath(this.#head.seq + 2)), RECORD_BYTES_MAX).kind !== 'missing';
  }

  /** Links an entry as the next; null when somebody else was faster. Throws what the disk throws. */
  add(entry: CodexEntry): CodexRecord | null {
    const { seq } = entry;
    const record = sealEntry(entry);
    const { disk, log, temporary } = this.#ground;
    this.#settleBefore();
    if (seq === 1 || seq % FOLDER_SIZE === 0) ensureDurableFolder(disk, log, folderOf(seq));
    const written = writeTemporary(disk, temporary, encodeRecord(record));
    if (!publishNew(disk, written, join(log, folderOf(seq)), fileName(seq))) return null;
    this.#take(record);
    this.#durableSeq = seq;
    if (seq % FOLDER_SIZE === 0) packFolder(this.#ground, folderNumber(seq) - 1);
    return record;
  }

  /**
   * Whoever wrote what we have read may have been killed before its name was on the disk. It must be there before the next
   * one: a power cut would leave a gap, which is damage. Where nobody else wrote, there is nothing to wait for.
   */
  #settleBefore(): void {
    const { disk, directory, log } = this.#ground;
    const { seq } = this.#head;
    if (seq > this.#durableSeq) syncFolder(disk, join(log, folderOf(seq)));
    else if (seq === 0) syncFolder(disk, directory);
    this.#durableSeq = seq;
  }

  #take(record: CodexRecord): void {
    this.#fold.take(record);
    this.#before = this.#head;
    this.#head = { seq: record.seq, hash: record.hash };
  }

  #pathOf(seq: number): string {
    return join(this.#ground.log, entryPath(seq));
  }

  /** Whoever cuts the end off and writes on leaves a log that is sound for those who never saw the other one. */
  #exchanged(): Problem | null {
    if (this.#head.seq === 0) return null;
    const read = readEntry(this.#ground, this.#before);
    if (read.kind === 'failed') return read.problem;
    if (read.kind === 'end') return this.#cutOff(highestSeq(this.#ground));
    if (read.record.hash === this.#head.hash) return null;
    return damaged(this.#pathOf(this.#head.seq), 'it is not the entry that this program has read there');
  }

  #missing(highest: number): Problem {
    return damaged(this.#pathOf(this.#head.seq + 1), `it is missing, and the log goes on to the entry ${highest}`);
  }

  #cutOff(highest: number): Problem {
    const what = highest === 0 ? 'the log is empty now' : `the log ends at the entry ${highest} now`;
    return damaged(this.#pathOf(highest + 1), `${what}, and this program has read ${this.#head.seq}`);
  }
}

// Logs of a workload: written by the child itself, rotated by copy and truncate, read from the end.

import {
  closeSync,
  constants,
  fstatSync,
  ftruncateSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { strangeness } from './kept.ts';

/** The current file may grow to this before it is rotated: some hours of a talkative service, seconds of a flood. */
export const LOG_BYTES_MAX = 10 * 1_024 * 1_024;
/** Rotated files kept: `.1` is the newest. With the current one at most 82 MB, and what one second of a flood adds. */
const KEPT = 3;
/** A rotated file may be this many times the limit: up to 10 MB a second nothing is dropped between two looks. */
const OVERSHOOT_FACTOR = 2;
/** What the black box may hold. */
const TAIL_LINES = 200;
const LINE_LENGTH_MAX = 2_000;
/** 200 lines of usual length fit several times; reading it takes 0.1 ms. */
const TAIL_BYTES_MAX = 256 * 1_024;
/** Copied at a time while rotating. */
const CHUNK_BYTES = 1_024 * 1_024;
/** Copying 20 MB takes about 20 ms: of what a flood adds meanwhile, this much is kept. */
const MEANWHILE_BYTES_MAX = 4 * CHUNK_BYTES;

const sizeOf = (path: string): number => {
  try {
    return statSync(path).size;
  } catch {
    return 0;
  }
};

const shift = (path: string): void => {
  rmSync(`${path}.${KEPT}`, { force: true });
  for (let index = KEPT - 1; index >= 1; index -= 1) {
    if (statSync(`${path}.${index}`, { throwIfNoEntry: false }) !== undefined)
      renameSync(`${path}.${index}`, `${path}.${index + 1}`);
  }
};

/** Copies [from, to) of `source` to the end of `target`. */
const copyRange = (source: number, target: number, from: number, to: number): void => {
  const buffer = Buffer.alloc(Math.min(CHUNK_BYTES, Math.max(1, to - from)));
  for (let at = from; at < to;) {
    const length = readSync(source, buffer, 0, Math.min(buffer.length, to - at), at);
    if (length === 0) return;
    writeSync(target, buffer, 0, length);
    at += length;
  }
};

const copyAndTruncate = (path: string, keepMax: number): void => {
  const source = openSync(path, 'r+');
  const target = openSync(`${path}.1`, 'wx', 0o600); // shift() has moved the one before away; a link is not followed
  try {
    const first = fstatSync(source).size;
    copyRange(source, target, Math.max(0, first - keepMax), first);
    const second = fstatSync(source).size; // what came while copying: small, unless it is a flood
    copyRange(source, target, Math.max(first, second - MEANWHILE_BYTES_MAX), second);
    ftruncateSync(source, 0);
  } finally {
    closeSync(source);
    closeSync(target);
  }
};

/**
 * Rotates a log that its writer holds open for appending, when it is due. After the truncation the kernel appends at
 * the new end. What is written between the last look at the size and the truncation (microseconds) is lost; of a flood
 * that wrote more than twice the limit since the last look, the newest part is kept. Returns why it failed, or null.
 */
export const rotateLog = (path: string, bytesMax: number = LOG_BYTES_MAX): string | null => {
  if (sizeOf(path) <= bytesMax) return null;
  try {
    const strange = strangeness(path);
    if (strange !== null) return `the log could not be rotated: ${strange}`;
    shift(path);
    copyAndTruncate(path, bytesMax * OVERSHOOT_FACTOR);
    return null;
  } catch (error) {
    return `the log could not be rotated: ${error instanceof Error ? error.message : String(error)}`;
  }
};

/** Before a spawn nobody writes: the file is renamed and nothing can be lost. */
export const rotateIdleLog = (path: string, bytesMax: number = LOG_BYTES_MAX): void => {
  if (sizeOf(path) <= bytesMax) return;
  try {
    shift(path);
    renameSync(path, `${path}.1`);
  } catch {
    // The launch appends to it instead, and the next round of housekeeping says why.
  }
};

const readEnd = (path: string): string | null => {
  let file: number;
  try {
    if (strangeness(path) !== null) return null;
    file = openSync(path, constants.O_RDONLY);
  } catch {
    return null;
  }
  try {
    const size = fstatSync(file).size;
    const length = Math.min(size, TAIL_BYTES_MAX);
    const buffer = Buffer.alloc(length);
    const read = readSync(file, buffer, 0, length, size - length);
    const text = buffer.toString('utf8', 0, read);
    return length < size ? text.slice(text.indexOf('\n') + 1) : text;
  } finally {
    closeSync(file);
  }
};

const shorten = (line: string): string =>
  line.length <= LINE_LENGTH_MAX ? line : `${line.slice(0, LINE_LENGTH_MAX)} … (${line.length} characters)`;

/** The last lines of a log, oldest first; reaches back into the rotated file when the current one is young. Null: no log. */
export const tailLog = (path: string, linesMax: number = TAIL_LINES): readonly string[] | null => {
  const current = readEnd(path);
  if (current === null) return null;
  const lines = current.split('\n');
  if (lines.at(-1) === '') lines.pop();
  const missing = linesMax - lines.length;
  const before = missing > 0 ? (readEnd(`${path}.1`)?.trimEnd().split('\n') ?? []) : [];
  return [...before.slice(-Math.max(1, missing)), ...lines].slice(-linesMax).map(shorten);
};

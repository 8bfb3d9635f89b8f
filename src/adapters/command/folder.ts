// The folder of one service in the state directory: the record of a start line that stayed, ledger, log.

import {
  appendFileSync,
  closeSync,
  fstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';

import type { LedgerFile } from '#ports/ledger.ts';
import { strangeness } from './kept.ts';

/** A start line that was begun. Pid, start ticks and boot id name it for ever. */
export type Birth = {
  readonly pid: number;
  readonly startTicks: number;
  readonly bootId: string;
  /** ms since 1970. */
  readonly startedAt: number;
  /** True when the line ended well and what it started runs by itself. */
  readonly isDetached: boolean;
};

export type Folder = {
  readonly log: string;
  readonly ledger: LedgerFile;
  readonly readBirth: () => Birth | null;
  readonly writeBirth: (birth: Birth) => string | null;
};

/** What the black box may hold. */
const TAIL_LINES = 200;
const LINE_LENGTH_MAX = 2_000;
const TAIL_BYTES_MAX = 256 * 1_024;
/** The ledger rewrites itself beyond 512 lines of some kilobytes; a record is a hundred bytes. */
const KEPT_BYTES_MAX = 16_777_216;

const tryWrite = (write: () => void): string | null => {
  try {
    write();
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
};

/** In one piece: a reader sees the old content or the new. */
const replaceFile = (path: string, text: string): string | null =>
  tryWrite(() => {
    const draft = `${path}.tmp-${process.pid}`;
    writeFileSync(draft, text, { mode: 0o600 });
    renameSync(draft, path);
  });

const readLines = (path: string): readonly string[] | null => {
  try {
    if (strangeness(path, KEPT_BYTES_MAX) !== null) return null;
    // A file that does not end in a line's end gives its torn last line and an empty one: both are seen as torn.
    const text = readFileSync(path, 'utf8');
    return text.endsWith('\n') || text === '' ? text.split('\n').slice(0, -1) : [...text.split('\n'), ''];
  } catch (error) {
    const isAbsent = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    return isAbsent ? [] : null;
  }
};

const readRecord = (path: string): Birth | null => {
  try {
    if (strangeness(path, KEPT_BYTES_MAX) !== null) return null;
    const birth = JSON.parse(readFileSync(path, 'utf8')) as Birth; // decoder
    const isWhole = Number.isInteger(birth.pid) && Number.isInteger(birth.startTicks);
    return isWhole && typeof birth.bootId === 'string' && typeof birth.isDetached === 'boolean' ? birth : null;
  } catch {
    return null;
  }
};

/** The last lines of the log, oldest first; null when there is none. */
export const tailLog = (path: string): readonly string[] | null => {
  try {
    if (strangeness(path) !== null) return null;
    const file = openSync(path, 'r');
    const size = fstatSync(file).size;
    const buffer = Buffer.alloc(Math.min(size, TAIL_BYTES_MAX));
    const length = readSync(file, buffer, 0, buffer.length, size - buffer.length);
    closeSync(file);
    const lines = buffer.toString('utf8', 0, length).trimEnd().split('\n');
    return lines.slice(-TAIL_LINES).map((line) => line.slice(0, LINE_LENGTH_MAX));
  } catch {
    return null;
  }
};

/** Makes the folder when it is not there; when that fails, every write in it says why. */
export const openFolder = (directory: string, service: string): Folder => {
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(service)) throw new Error(`not a folder name: ${service}`);
  const path = join(directory, service);
  tryWrite(() => mkdirSync(path, { recursive: true, mode: 0o700 }));
  const ledgerPath = join(path, 'operations.jsonl');
  // Not birth.json: that is the process driver's, and a service may change its kind of workload.
  const birthPath = join(path, 'line.json');
  return {
    log: join(path, 'out.log'),
    ledger: {
      read: () => readLines(ledgerPath),
      append: (line) => tryWrite(() => appendFileSync(ledgerPath, `${line}\n`, { mode: 0o600 })),
      replace: (lines) => replaceFile(ledgerPath, lines.map((line) => `${line}\n`).join('')),
    },
    readBirth: () => readRecord(birthPath),
    writeBirth: (birth) => replaceFile(birthPath, JSON.stringify(birth)),
  };
};

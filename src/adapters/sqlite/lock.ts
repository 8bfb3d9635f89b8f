// The lock: one Sereno for each state directory, known to the kernel, so that a killed holder never leaves it behind.
//
// `<state>/lock` is an empty SQLite file on which the holder keeps an exclusive transaction open: that is a POSIX record
// lock, which the kernel drops at the instant the process ends, by kill -9 or otherwise, and which holds across
// containers that share the directory. A file with a process number could do neither: numbers are used again, and in
// another container they mean another process. `<state>/lock.holder` only names the holder to people.
//
// Trap: a POSIX lock is dropped when the same process opens and closes the file in any other way. Nothing else in
// Sereno touches `lock`; a child process does not inherit it.

import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import { problem, type Problem } from '#kernel/problem.ts';
import type { Instant } from '#kernel/time.ts';
import { isBusy, openProblem } from './failure.ts';

const LOCK_FILE = 'lock';
const HOLDER_FILE = 'lock.holder';

/** Locks of this process. Without it, a lock whose `release` nobody keeps would go with the next garbage collection. */
const HELD = new Set<DatabaseSync>();

/** A holder that is just ending (its supervisor starts the next one at once) is waited for this long. */
const PATIENCE_MS = 250;

/** Who holds the lock. The start time tells a process from a later one with the same number. */
export type Holder = {
  readonly pid: number;
  /** Field 22 of /proc/<pid>/stat, in clock ticks since the machine started; null where there is no /proc. */
  readonly startTicks: string | null;
  /** /proc/sys/kernel/random/boot_id: ticks of another boot mean nothing. */
  readonly bootId: string | null;
  readonly since: Instant;
};

export type Locking =
  | { readonly kind: 'locked'; readonly release: () => void }
  | { readonly kind: 'refused'; readonly problem: Problem; readonly holder: Holder | null };

const readOrNull = (path: string): string | null => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
};

const startTicksOf = (pid: number): string | null => {
  const stat = readOrNull(`/proc/${pid}/stat`);
  // The name in brackets may hold spaces and brackets itself; after its end, field 22 is the twentieth.
  return stat === null ? null : (stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null);
};

const bootId = (): string | null => readOrNull('/proc/sys/kernel/random/boot_id')?.trim() ?? null;

const decodeHolder = (text: string): Holder | null => {
  try {
    const it: unknown = JSON.parse(text);
    if (typeof it !== 'object' || it === null) return null;
    return 'pid' in it && typeof it.pid === 'number' && 'since' in it ? (it as Holder) : null; // decoder
  } catch {
    return null;
  }
};

const isAlive = (holder: Holder): boolean => {
  if (holder.startTicks === null) return true;
  return holder.bootId === bootId() && startTicksOf(holder.pid) === holder.startTicks;
};

/** Names the process that wrote lock.holder, if that very process still runs. Reads only; null: nobody, or not known. */
export const readHolder = (directory: string): Holder | null => {
  const text = readOrNull(join(directory, HOLDER_FILE));
  const holder = text === null ? null : decodeHolder(text);
  return holder !== null && isAlive(holder) ? holder : null;
};

/** Asks the kernel whether somebody holds the lock. Reads only, and changes no byte of the directory. */
export const isHeld = (directory: string): boolean => {
  const url = pathToFileURL(join(directory, LOCK_FILE));
  url.searchParams.set('mode', 'ro');
  let db: DatabaseSync | null = null;
  try {
    db = new DatabaseSync(url);
    db.prepare('SELECT count(*) FROM sqlite_schema').get();
    return false;
  } catch (error) {
    return isBusy(error);
  } finally {
    db?.close();
  }
};

const writeHolder = (directory: string, since: Instant): void => {
  const holder: Holder = { pid: process.pid, startTicks: startTicksOf(process.pid), bootId: bootId(), since };
  const path = join(directory, HOLDER_FILE);
  writeFileSync(`${path}.new`, `${JSON.stringify(holder)}\n`);
  renameSync(`${path}.new`, path);
};

const refusal = (directory: string): Locking => {
  const holder = readHolder(directory);
  const who = holder === null ? 'another process' : `process ${holder.pid}`;
  const mend = holder === null ? 'stop it' : `stop it (kill ${holder.pid})`;
  return {
    kind: 'refused',
    holder,
    problem: problem('already-running', `${who} holds ${directory}`, {
      mend: `${mend}, or choose another directory with --state`,
    }),
  };
};

/**
 * Takes the lock of a state directory, making the directory when it is missing. Refused with `already-running` and
 * the holder's process number where it is known, or with `store-unusable`. Held until `release` or the process's end.
 */
export const takeLock = (directory: string, now: Instant): Locking => {
  const path = join(directory, LOCK_FILE);
  let db: DatabaseSync | null = null;
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    db = new DatabaseSync(path, { timeout: PATIENCE_MS });
    // The journal in memory: the transaction never writes, and no file may appear beside the lock.
    db.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
    writeHolder(directory, now);
  } catch (error) {
    db?.close();
    return isBusy(error) ? refusal(directory) : { kind: 'refused', holder: null, problem: openProblem(path, error) };
  }
  const held = db;
  HELD.add(held);
  return {
    kind: 'locked',
    release: () => {
      if (!held.isOpen) return;
      rmSync(join(directory, HOLDER_FILE), { force: true });
      HELD.delete(held);
      held.close();
    },
  };
};

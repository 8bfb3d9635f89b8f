// Supervisor: a peer that keeps programs running. All of them are started on a room of their own, and killed like ours.

import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { isAlive, until } from '../../measure.ts';
import type { Peer } from './peer.ts';

/** What is to be kept running. */
export type Program = {
  readonly name: string;
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Where it serves HTTP; null when it does not. Only peers that look at ports have a use for it. */
  readonly port: number | null;
  /** What its answer holds while it is right, for peers that can look for it. */
  readonly expects?: string;
  /** A file that it writes, and that is never older than two seconds while it is right. */
  readonly result?: string;
};

export type Supervisor = Peer & {
  /** The settings it can be started with, in words for the table. Each has `default`. */
  readonly settings: Readonly<Record<string, string>>;
  /** Starts it on the programs, in a folder of its own, and returns as soon as it runs. */
  readonly start: (folder: string, programs: readonly Program[], setting: string) => Promise<Supervising>;
};

/** A supervisor that runs. */
export type Supervising = {
  /** The process that would restart this program. */
  readonly watcherOf: (program: string) => number | null;
  /** Its own words on a program: `RUNNING`, `errored`, `down`. */
  readonly says: (program: string) => Promise<string>;
  /** After its watcher was killed: what its manual says to do, when it is not done by itself. */
  readonly again: () => Promise<void>;
  /** Ends it and all that it started. */
  readonly stop: () => Promise<void>;
};

/** Every process of a room carries this variable, so that nothing of it can be left behind. */
export const MARK = 'SERENO_DUEL';

export const marked = (folder: string, env: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv => ({
  ...process.env,
  ...env,
  [MARK]: folder,
});

/** Starts a daemon in the foreground as our child. */
export const launch = (
  folder: string,
  words: readonly string[],
  env: Readonly<Record<string, string>> = {},
): ChildProcess => {
  const [program = '', ...rest] = words;
  return spawn(program, rest, { cwd: folder, env: marked(folder, env), stdio: 'ignore' });
};

/** Runs one of its commands to the end, and gives what it printed on both streams. */
export const tell = (
  folder: string,
  words: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<string> => {
  const [program = '', ...rest] = words;
  const options = { cwd: folder, env: marked(folder, env), timeout: 60_000, maxBuffer: 16_000_000 };
  return new Promise((resolve) => {
    execFile(program, rest, options, (_error, out, error) => resolve(`${out}${error}`.trim()));
  });
};

/** Every living process that was started in this room, directly or not. */
export const processesOf = (folder: string): readonly number[] =>
  readdirSync('/proc')
    .map(Number)
    .filter((pid) => Number.isInteger(pid) && pid !== process.pid && carries(pid, folder) && isAlive(pid));

const carries = (pid: number, folder: string): boolean => {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').includes(`${MARK}=${folder}`);
  } catch {
    return false;
  }
};

/** Kills what is left of a room. Again and again: a watcher may have started one more in between. */
export const sweep = async (folder: string): Promise<void> => {
  await until(`the processes of ${folder} to end`, () => {
    const left = processesOf(folder);
    for (const pid of left) signal(pid, 'SIGKILL');
    return left.length === 0 ? true : null;
  });
};

/** One that has just ended is no error. */
export const signal = (pid: number, name: NodeJS.Signals): void => {
  try {
    process.kill(pid, name);
  } catch {
    // It is gone already, which is what was wanted.
  }
};

/** A word for a shell. */
export const quoted = (word: string): string => `'${word.replaceAll("'", "'\\''")}'`;

/** `exec env A=1 program words`, for a run script. */
export const execLine = (folder: string, program: Program): string => {
  const env = Object.entries({ ...program.env, [MARK]: folder }).map(([key, value]) => quoted(`${key}=${value}`));
  return `exec env ${env.join(' ')} ${program.command.map(quoted).join(' ')}`;
};

/** The direct parent of a process; null when it is gone. */
export const parentOf = (pid: number): number | null => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
  } catch {
    return null;
  }
};

/** The command line of a process, its program without its folder; empty when it is gone. */
export const wordsOf = (pid: number): readonly string[] => {
  try {
    const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').slice(0, -1);
    return words.map((word, index) => (index === 0 ? (word.split('/').at(-1) ?? word) : word));
  } catch {
    return [];
  }
};

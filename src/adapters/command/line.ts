// Shell lines: one that is waited for, with a timeout and bounded output; and one that may stay.

import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

import { later } from '#kernel/time.ts';
import type { Clock } from '#ports/clock.ts';
import { strangeness } from './kept.ts';

export type Ran = {
  /** `not-run`: the shell itself could not be started; `timed-out`: its group was killed. */
  readonly kind: 'exited' | 'timed-out' | 'not-run';
  readonly code: number | null;
  /** The end of what it wrote, in one line, or why it was not run. */
  readonly said: string;
};

/** Enough for the last complaint of a program; the evidence keeps it for years. */
const SAID_BYTES_MAX = 2_048;
const SAID_LENGTH_MAX = 1_000;
/** After the exit the pipes close at once, unless something that it left behind still holds them. */
const LAST_WORDS_MS = 100;

const oneLine = (text: string): string =>
  text
    .trim()
    .replaceAll(/\s*\n\s*/g, ' | ')
    .slice(-SAID_LENGTH_MAX);

/** Kills the group of a line; nobody there is as good. */
export const killGroup = (pid: number, signal: NodeJS.Signals): void => {
  try {
    process.kill(-pid, signal);
  } catch {
    // The group is empty.
  }
};

/** The end of a stream of output, whatever its length. */
class Tail {
  #kept = Buffer.alloc(0);

  take(chunk: Buffer): void {
    this.#kept = Buffer.concat([this.#kept, chunk.subarray(-SAID_BYTES_MAX)]).subarray(-SAID_BYTES_MAX);
  }

  say(): string {
    return oneLine(this.#kept.toString('utf8'));
  }
}

/**
 * Runs a line by `sh -c` in a group of its own and waits for it. At the timeout the whole group gets SIGKILL. What it
 * starts in the background is left alone.
 */
export const runLine = (clock: Clock, line: string, timeoutMs: number): Promise<Ran> =>
  new Promise((settle) => {
    const tail = new Tail();
    const child = spawn('/bin/sh', ['-c', line], { detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    child.stdout.on('data', (chunk: Buffer) => tail.take(chunk));
    child.stderr.on('data', (chunk: Buffer) => tail.take(chunk));
    const end = (kind: Ran['kind'], code: number | null, said: string): void => {
      cancel();
      child.stdout.destroy();
      child.stderr.destroy();
      child.unref();
      settle({ kind, code, said });
    };
    const cancel = clock.at(later(clock.now(), timeoutMs), () => {
      if (child.pid !== undefined) killGroup(child.pid, 'SIGKILL');
      end('timed-out', null, tail.say());
    });
    child.once('error', (error) => end('not-run', null, error.message));
    child.once('exit', (code) => {
      const finish = (): void => end('exited', code, tail.say());
      const cancelWait = clock.at(later(clock.now(), LAST_WORDS_MS), finish);
      child.once('close', () => {
        cancelWait();
        finish();
      });
    });
  });

/** A line that was begun and may stay; `said` reads what it has written to the log since. */
export type Begun =
  | { readonly kind: 'begun'; readonly child: ChildProcess; readonly pid: number; readonly said: () => string }
  | { readonly kind: 'failed'; readonly detail: string };

const readSince = (path: string, from: number): string => {
  try {
    if (strangeness(path) !== null) return '';
    const file = openSync(path, 'r');
    const size = fstatSync(file).size;
    const start = Math.max(from > size ? 0 : from, size - SAID_BYTES_MAX);
    const buffer = Buffer.alloc(Math.max(0, size - start));
    const length = readSync(file, buffer, 0, buffer.length, start);
    closeSync(file);
    return oneLine(buffer.toString('utf8', 0, length));
  } catch {
    return '';
  }
};

/** Begins a line by `sh -c`, its output going straight to the log: it outlives Sereno, and its output is not lost. */
export const beginLine = (line: string, logPath: string): Begun => {
  const strange = strangeness(logPath);
  if (strange !== null) return { kind: 'failed', detail: `the log cannot be opened: ${strange}` };
  let log: number;
  try {
    log = openSync(logPath, 'a', 0o600);
  } catch (error) {
    return { kind: 'failed', detail: `the log '${logPath}' cannot be opened: ${String(error)}` };
  }
  try {
    const from = fstatSync(log).size;
    const child = spawn('/bin/sh', ['-c', line], { detached: true, stdio: ['ignore', log, log] });
    child.unref();
    child.on('error', () => undefined); // without a pid it is the failed spawn, which is told below
    const { pid } = child;
    if (pid === undefined) return { kind: 'failed', detail: '/bin/sh could not be started' };
    return { kind: 'begun', child, pid, said: () => readSince(logPath, from) };
  } catch (error) {
    return { kind: 'failed', detail: `/bin/sh could not be started: ${String(error)}` };
  } finally {
    closeSync(log);
  }
};

// Launching: one spawn, in its own session and process group, marked, with its output going straight to a file.

import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync, statSync } from 'node:fs';

import type { ProcessWorkload } from './birth.ts';
import { strangeness } from './kept.ts';

/** What a child carries in its environment, so that it is found even when nobody wrote down its pid. */
export type Mark = {
  readonly service: string;
  readonly site: string;
  /** Names the state directory: two Serenos on one machine never take each other's children. */
  readonly state: string;
  readonly epoch: number;
  /** One for each spawn: descendants share it, another copy does not. */
  readonly token: string;
  /** A copy that waits for its word (standby.ts) is told apart from one that serves. */
  readonly isStandby: boolean;
};

/** The descriptor on which a standby says that it is ready, and hears that it is needed (standby.ts). */
export const STANDBY_FD = 3;

export type Launched =
  | { readonly kind: 'spawned'; readonly child: ChildProcess; readonly pid: number }
  | { readonly kind: 'failed'; readonly detail: string };

/** What Node and the kernel say when a spawn fails, for a person. */
const SENTENCES: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such program',
  EACCES: 'the program may not be executed (permission denied)',
  EPERM: 'the program may not be executed (operation not permitted)',
  ENOEXEC: 'the file is not a program of this machine',
  EMFILE: 'Sereno has no file descriptor left',
  ENFILE: 'the machine has no file descriptor left',
  EAGAIN: 'the machine allows no further process',
  ENOMEM: 'the machine has no memory for a further process',
  E2BIG: 'command line and environment are too long',
  ENOTDIR: 'a part of the path is not a directory',
  ETXTBSY: 'the program file is being written',
};

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';

/** One sentence for an error of the operating system. */
export const sayError = (error: unknown): string => {
  const code = codeOf(error);
  const text = error instanceof Error ? error.message : String(error);
  return code === '' ? text : `${SENTENCES[code] ?? text} [${code}]`;
};

/** Sereno's own environment without its own names (a nested Sereno must not mark as its parent), then the declared, then the mark. */
const environmentOf = (workload: ProcessWorkload, mark: Mark): NodeJS.ProcessEnv => {
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('SERENO_'));
  return {
    ...Object.fromEntries(inherited),
    ...workload.env,
    SERENO_SERVICE: mark.service,
    SERENO_SITE: mark.site,
    SERENO_STATE: mark.state,
    SERENO_EPOCH: String(mark.epoch),
    SERENO_TOKEN_OF_BIRTH: mark.token,
    ...(mark.isStandby ? { SERENO_STANDBY_FD: String(STANDBY_FD) } : {}),
  };
};

const isDirectory = (path: string): boolean => {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
};

/** Node tells why a spawn failed by an event in the next turn of its loop, never later. */
const failure = (child: ChildProcess, program: string): Promise<Launched> =>
  new Promise((settle) => {
    child.once('error', (error) => {
      settle({ kind: 'failed', detail: `'${program}' was not started: ${sayError(error)}` });
    });
  });

const attempt = (workload: ProcessWorkload, mark: Mark, output: number): Launched | Promise<Launched> => {
  const [program, ...rest] = workload.command;
  if (program === undefined || program === '') return { kind: 'failed', detail: 'the command is empty' };
  try {
    const child = spawn(program, rest, {
      ...(workload.cwd === null ? {} : { cwd: workload.cwd }),
      env: environmentOf(workload, mark),
      detached: true, // setsid: signals to Sereno's terminal or group do not reach it, and the group is ours to end
      stdio: ['ignore', output, output, ...(mark.isStandby ? (['pipe'] as const) : [])],
    });
    child.unref();
    const pid = child.pid;
    return pid === undefined ? failure(child, program) : { kind: 'spawned', child, pid };
  } catch (error) {
    return { kind: 'failed', detail: `'${program}' was not started: ${sayError(error)}` };
  }
};

/**
 * Starts the workload. Its output is appended to `logPath` by the kernel itself: no pipe through Sereno, so the child
 * never gets SIGPIPE and loses nothing when Sereno dies.
 */
export const launch = (workload: ProcessWorkload, mark: Mark, logPath: string): Launched | Promise<Launched> => {
  if (workload.cwd !== null && !isDirectory(workload.cwd)) {
    return { kind: 'failed', detail: `the working directory '${workload.cwd}' is not there` };
  }
  const strange = strangeness(logPath);
  if (strange !== null) return { kind: 'failed', detail: `the log cannot be opened: ${strange}` };
  let output: number;
  try {
    output = openSync(logPath, 'a', 0o600);
  } catch (error) {
    return { kind: 'failed', detail: `the log '${logPath}' cannot be opened: ${sayError(error)}` };
  }
  try {
    return attempt(workload, mark, output);
  } finally {
    closeSync(output);
  }
};

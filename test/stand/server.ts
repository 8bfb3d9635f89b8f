// Server: a real program started privately for a test, in a temporary folder, and stopped by its own pid.

import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A private server: where it is, and how it comes and goes. */
export type Stand = {
  readonly url: string;
  readonly port: number;
  readonly folder: string;
  /** The process that runs now; 0 while it is stopped. */
  readonly pid: () => number;
  /** Stops it and waits until it is gone; its folder stays, so that it can come back. Harmless when it has ended. */
  readonly stop: () => Promise<void>;
  /** Brings it back on the same port with what it had stored. */
  readonly start: () => Promise<void>;
};

/** Shared machines start servers slowly at times; one that has not come by then will not. */
const START_MS_MAX = 30_000;

/** A folder that is removed when the test program ends, however it ends. */
export const temporaryFolder = (name: string): string => {
  const folder = mkdtempSync(join(tmpdir(), `sereno-${name}-`));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  return folder;
};

const hasEnded = (child: ChildProcess): boolean => child.exitCode !== null || child.signalCode !== null;

const end = async (child: ChildProcess): Promise<void> => {
  if (hasEnded(child)) return;
  const gone = new Promise((resolve) => child.on('exit', resolve));
  child.kill('SIGINT'); // PostgreSQL: fast shutdown; Redis: an orderly end.
  child.kill('SIGCONT'); // A test may have frozen it.
  const hard = setTimeout(() => child.kill('SIGKILL'), 5_000);
  await gone;
  clearTimeout(hard);
};

export type Program = {
  readonly argv: readonly string[];
  /** What it says when it takes commands: it accepts connections before that. */
  readonly ready: string;
  readonly url: string;
  readonly port: number;
  readonly folder: string;
};

/** Resolves with the first sign of readiness, or with what was said when it ended or never came so far. */
const whenReady = (child: ChildProcess, ready: string): Promise<string | null> =>
  new Promise((resolve) => {
    let said = '';
    const hear = (chunk: Buffer): void => {
      said = `${said}${chunk.toString()}`.slice(-4_000);
      if (said.includes(ready)) settle(null);
    };
    const late = setTimeout(() => settle(`not ready after ${START_MS_MAX} ms: ${said}`), START_MS_MAX);
    const settle = (outcome: string | null): void => {
      clearTimeout(late);
      resolve(outcome);
    };
    child.stdout?.on('data', hear);
    child.stderr?.on('data', hear);
    child.on('error', (error) => settle(error.message));
    child.on('exit', () => settle(`it ended: ${said}`));
  });

const launch = async ({ argv, folder, ready }: Program): Promise<ChildProcess> => {
  const [program = '', ...args] = argv;
  const child = spawn(program, args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
  // A test program that is stopped in the middle must not leave its servers behind.
  const kill = (): boolean => child.kill('SIGKILL');
  process.once('exit', kill);
  child.once('exit', () => process.removeListener('exit', kill));
  const trouble = await whenReady(child, ready);
  if (trouble === null) return child;
  if (child.pid !== undefined) await end(child);
  throw new Error(`${program} could not be started: ${trouble}`);
};

/** Starts the program and waits until it says that it is ready; a program that ends before that throws with what it said. */
export const startServer = async (program: Program): Promise<Stand> => {
  let child = await launch(program);
  return {
    url: program.url,
    port: program.port,
    folder: program.folder,
    pid: () => (hasEnded(child) ? 0 : (child.pid ?? 0)),
    stop: () => end(child),
    start: async () => {
      if (hasEnded(child)) child = await launch(program);
    },
  };
};

// Server: a real program started privately for a test, in a temporary folder, and stopped by its own pid.

import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
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

const accepts = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    const settle = (isUp: boolean): void => {
      socket.destroy();
      resolve(isUp);
    };
    socket.on('connect', () => settle(true));
    socket.on('error', () => settle(false));
  });

const hasEnded = (child: ChildProcess): boolean => child.exitCode !== null || child.signalCode !== null;

const whenAccepting = async (child: ChildProcess, port: number, said: () => string): Promise<void> => {
  const until = Date.now() + START_MS_MAX;
  while (!(await accepts(port))) {
    if (hasEnded(child)) throw new Error(`the server ended while it started: ${said()}`);
    if (Date.now() > until) throw new Error(`the server does not accept connections: ${said()}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
};

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
  readonly url: string;
  readonly port: number;
  readonly folder: string;
};

const launch = async ({ argv, folder, port }: Program): Promise<ChildProcess> => {
  const [program = '', ...args] = argv;
  const child = spawn(program, args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  const hear = (chunk: Buffer): void => {
    said = `${said}${chunk.toString()}`.slice(-2_000);
  };
  child.stdout.on('data', hear);
  child.stderr.on('data', hear);
  child.on('error', hear.bind(null, Buffer.from(`${program} cannot be started`)));
  // A test program that is stopped in the middle must not leave its servers behind.
  const kill = (): boolean => child.kill('SIGKILL');
  process.once('exit', kill);
  child.once('exit', () => process.removeListener('exit', kill));
  try {
    await whenAccepting(child, port, () => said);
    return child;
  } catch (error) {
    await end(child);
    throw error;
  }
};

/** Starts the program and waits until its port accepts; a program that ends before that throws with what it said. */
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

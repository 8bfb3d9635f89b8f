// A real Sereno to measure: the built binary on a folder of its own.
// decoder: answers of the API are read as the views that the wire contract promises

import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { until } from './measure.ts';

/** Ten thousand services on a crowded machine. */
const PATIENCE_MS = 180_000;
const BIN = join(import.meta.dirname, '..', 'bin', 'sereno.js');

export type Watchman = {
  readonly pid: number;
  readonly url: string;
  readonly folder: string;
  /** From the start of the program to the first answer of its API. */
  readonly upMs: number;
  readonly get: <T>(path: string) => Promise<T>;
  /** SIGKILL, as the machine would: no word of farewell, and the services live on. */
  readonly kill: () => Promise<void>;
  /** In good order: the services are stopped. */
  readonly end: () => Promise<void>;
};

/** Writes `config` to `folder`, and starts Sereno on it. */
export const startWatchman = (folder: string, config: string): Promise<Watchman> => {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'sereno.yaml'), config);
  return againWatchman(folder);
};

/** Starts Sereno on a folder where one was before: what it remembers is still there. */
export const againWatchman = async (folder: string): Promise<Watchman> => {
  const state = join(folder, 'state');
  const began = performance.now();
  const words = [BIN, 'up', '--config', join(folder, 'sereno.yaml'), '--state', state, '--port', '0'];
  const child = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  child.stdout.on('data', (part) => (said = `${said}${String(part)}`.slice(-4_000)));
  child.stderr.on('data', (part) => (said = `${said}${String(part)}`.slice(-4_000)));
  const url = await until(
    'Sereno to answer',
    async () => {
      if (child.exitCode !== null) return 'ended';
      const address = readFileSync(join(state, 'address'), 'utf8').trim();
      const isOurs = new RegExp(`"pid":\\s*${child.pid}\\b`).test(readFileSync(join(state, 'lock.holder'), 'utf8'));
      return isOurs && (await fetch(`${address}/livez`)).ok ? address : null;
    },
    PATIENCE_MS,
  );
  if (url === 'ended') throw new Error(`Sereno ended with ${child.exitCode}: ${said}`);
  return {
    pid: child.pid ?? 0,
    url,
    folder,
    upMs: performance.now() - began,
    get: async <T>(path: string) => (await (await fetch(`${url}${path}`)).json()) as T,
    kill: () => leave(child, 'SIGKILL'),
    end: () => leave(child, 'SIGTERM'),
  };
};

const leave = async (child: ChildProcess, signal: NodeJS.Signals): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill(signal);
  await gone;
};

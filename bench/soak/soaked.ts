// Soaked: the Sereno that is measured, with everything that can be read of it from outside while it works.
// decoder: answers of the API and lines of the tell file are read as what their writers write

import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { join } from 'node:path';
import type { EvidenceRecord } from '#kernel/evidence.ts';
import type { OwnFigures } from '#kernel/view.ts';
import { cpuMs, rssMb, until } from '../measure.ts';

const BIN = join(import.meta.dirname, '..', '..', 'bin', 'sereno.js');
const TELL = join(import.meta.dirname, 'tell.ts');

/** As plain JavaScript: stripping types inside the measured process would cost it forty megabytes. */
const plainTell = (folder: string): string => {
  const file = join(folder, 'tell.mjs');
  writeFileSync(file, stripTypeScriptTypes(readFileSync(TELL, 'utf8')));
  return file;
};

export type Soaked = {
  readonly pid: number;
  readonly url: string;
  readonly folder: string;
  readonly get: <T>(path: string) => Promise<T>;
  readonly isRunning: () => boolean;
  /** In good order: the services are stopped. The exit code. */
  readonly end: () => Promise<number | null>;
};

/** Starts Sereno on a folder that has a sereno.yaml. */
export const startSoaked = async (folder: string): Promise<Soaked> => {
  const state = join(folder, 'state');
  const words = [
    '--import',
    plainTell(folder),
    BIN,
    'up',
    '--config',
    join(folder, 'sereno.yaml'),
    '--state',
    state,
    '--port',
    '0',
  ];
  const env = { ...process.env, SOAK_TELL: join(folder, 'tell') };
  const child = spawn(process.execPath, words, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (part) => (said = `${said}${String(part)}`.slice(-4_000)));
  child.on('exit', (code, signal) => {
    if (code !== 0) console.error(`Sereno ended with ${signal ?? code}; its last words:\n${said}`);
  });
  const url = await until('Sereno to answer', async () => {
    const address = readFileSync(join(state, 'address'), 'utf8').trim();
    return (await fetch(`${address}/livez`)).ok ? address : null;
  });
  return {
    pid: child.pid ?? 0,
    url,
    folder,
    get: async <T>(path: string) => (await (await fetch(`${url}${path}`)).json()) as T,
    isRunning: () => child.exitCode === null && child.signalCode === null,
    end: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
      const gone = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGTERM');
      await gone;
      return child.exitCode;
    },
  };
};

export type Sample = {
  readonly atS: number;
  readonly rssMb: number;
  readonly heapMb: number;
  readonly descriptors: number;
  readonly lagMs: number;
  readonly storeMb: number;
  readonly records: number;
  readonly cpuMs: number;
};

const sizeMb = (path: string): number => (existsSync(path) ? statSync(path).size / 1_048_576 : 0);

/** Number of open descriptors of a process. */
export const descriptorsOf = (pid: number): number => readdirSync(`/proc/${pid}/fd`).length;

/** Reads everything once. `toldBefore`: how many lines of the tell file are known. */
export const readSample = async (
  soaked: Soaked,
  beganMs: number,
  toldBefore: number,
): Promise<{ readonly sample: Sample; readonly told: number }> => {
  const lines = readFileSync(join(soaked.folder, 'tell'), 'utf8').trimEnd().split('\n');
  const fresh = lines.slice(toldBefore).map((line) => JSON.parse(line) as { heapUsed: number; lagMs: number });
  const figures = await soaked.get<OwnFigures>('/api/figures');
  const { records } = await soaked.get<{ readonly records: readonly EvidenceRecord[] }>('/api/evidence?limit=1');
  const state = join(soaked.folder, 'state');
  const sample: Sample = {
    atS: (performance.now() - beganMs) / 1_000,
    rssMb: rssMb(soaked.pid),
    heapMb:
      fresh.length === 0 ? figures.memoryBytes / 1_048_576 : Math.min(...fresh.map((it) => it.heapUsed)) / 1_048_576,
    descriptors: descriptorsOf(soaked.pid),
    lagMs: Math.max(0, ...fresh.map((it) => it.lagMs)),
    storeMb: sizeMb(join(state, 'sereno.db')) + sizeMb(join(state, 'sereno.db-wal')),
    records: records[0]?.seq ?? 0,
    cpuMs: cpuMs(soaked.pid),
  };
  return { sample, told: lines.length };
};

/** Processes with this text in their command line: every one that this soak has to answer for. */
export const livingWith = (text: string): readonly number[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        return pid !== process.pid && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(text);
      } catch {
        return false; // It ended while we looked.
      }
    });

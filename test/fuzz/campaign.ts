// Campaign: so many inputs for each target, each target in a thread that is watched: for hanging, for its memory, for
// its end. What breaks something is made small, kept in a file, and tried first from then on.

import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { HEADER_BYTES, MEMORY_BYTES, type Job, type Told } from './told.ts';

export const CORPUS = join(import.meta.dirname, 'corpus');

/** No input takes this long on a machine that works; the thread is ended and the input kept. */
const HANG_MS = 20_000;
/** How often it is looked whether the thread goes on, and how much memory the process has. */
const LOOK_MS = 100;
/** Far above what a target needs; below what would make the machine swap. */
const HEAP_MB_MAX = 1_024;

/** A stack, or the beginning of a text that should not have been said. */
const TROUBLE_LENGTH_MAX = 1_500;

export type Result = {
  readonly target: string;
  readonly inputs: number;
  readonly seconds: number;
  readonly slowestMs: number;
  readonly slowest: Uint8Array;
  /** Of the whole process, at its highest during this target. */
  readonly peakMemoryMb: number;
  readonly broken: { readonly file: string; readonly trouble: string } | null;
};

/** The kept inputs of a target: files called `<target>-<hash>.bin`. */
export const keptOf = (target: string, folder = CORPUS): readonly Uint8Array[] =>
  readdirSync(folder)
    .filter((name) => name.startsWith(`${target}-`))
    .toSorted()
    .map((name) => readFileSync(join(folder, name)));

const keep = (target: string, input: Uint8Array, folder: string): string => {
  const name = `${target}-${createHash('sha256').update(input).digest('hex').slice(0, 12)}.bin`;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, name), input);
  return join(folder, name);
};

export type Order = {
  readonly target: string;
  readonly inputs: number;
  readonly seed: number;
  readonly kept: readonly Uint8Array[];
  /** Where a new failing input is put. */
  readonly folder: string;
};

type Watched = { readonly told: readonly Told[]; readonly end: string | null; readonly peakMb: number };

/** Runs the thread to its end, and ends it when it hangs. `end`: why it did not end by itself; null when it did. */
const watch = (worker: Worker, counters: Int32Array): Promise<Watched> =>
  new Promise((resolve) => {
    const told: Told[] = [];
    let end: string | null = null;
    let peakMb = 0;
    let seen = -1;
    let movedAt = performance.now();
    const look = setInterval(() => {
      peakMb = Math.max(peakMb, process.memoryUsage.rss() / 1e6);
      const count = Atomics.load(counters, 0);
      if (count !== seen) movedAt = performance.now();
      seen = count;
      if (performance.now() - movedAt < HANG_MS) return;
      end = `it hung: no end within ${HANG_MS} ms`;
      void worker.terminate();
    }, LOOK_MS);
    worker.on('message', (message: Told) => told.push(message));
    worker.on('error', (error) => (end = `it ended the thread: ${String(error)}`));
    worker.on('exit', () => {
      clearInterval(look);
      resolve({ told, end, peakMb });
    });
  });

/** Tries the inputs of one order. */
export const runOrder = async ({ folder, ...order }: Order): Promise<Result> => {
  const memory = new SharedArrayBuffer(MEMORY_BYTES);
  const counters = new Int32Array(memory, 0, HEADER_BYTES / 4);
  const startedAt = performance.now();
  const workerData: Job = { ...order, memory };
  const worker = new Worker(new URL('./worker.ts', import.meta.url), {
    workerData,
    resourceLimits: { maxOldGenerationSizeMb: HEAP_MB_MAX },
  });
  const { told, end, peakMb } = await watch(worker, counters);
  const ended = told.find((it) => it.kind === 'ended');
  const found = told.find((it) => it.kind === 'broken');
  const underWay = new Uint8Array(memory, HEADER_BYTES, Atomics.load(counters, 1)).slice();
  const why = end ?? (ended === undefined && found === undefined ? 'it ended the thread without a word' : null);
  const broken = found ?? (why === null ? null : { input: underWay, trouble: why });
  return {
    target: order.target,
    inputs: Atomics.load(counters, 0),
    seconds: (performance.now() - startedAt) / 1_000,
    slowestMs: ended?.slowestMs ?? 0,
    slowest: ended?.slowest ?? new Uint8Array(),
    peakMemoryMb: Math.round(peakMb),
    broken:
      broken === null
        ? null
        : { file: keep(order.target, broken.input, folder), trouble: broken.trouble.slice(0, TROUBLE_LENGTH_MAX) },
  };
};

// Worker: tries inputs on one target, in a thread of its own, so that one that never returns can be ended from outside.
// The input under way lies in shared memory: it is there even when this thread is not any more.

import { parentPort, workerData } from 'node:worker_threads';
import { makeChance } from './chance.ts';
import { mutate } from './mutate.ts';
import { shrink } from './shrink.ts';
import type { Opened } from './target.ts';
import { findTarget } from './targets.ts';
import { HEADER_BYTES, type Job, type Told } from './told.ts';

const job = workerData as Job; // decoder: made by campaign.ts
const counters = new Int32Array(job.memory, 0, HEADER_BYTES / 4);
const underWay = new Uint8Array(job.memory, HEADER_BYTES);

const tell = (told: Told): void => parentPort?.postMessage(told);

/** An input that costs more processor time than this holds up everything else in a single-threaded program. */
const SLOW_MS = 2_000;

const spentMs = (): number => {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
};

const show = (input: Buffer): void => {
  const part = input.subarray(0, underWay.length);
  underWay.set(part);
  Atomics.store(counters, 1, part.length);
  Atomics.add(counters, 0, 1);
};

let slowest: { readonly tookMs: number; readonly input: Buffer } = { tookMs: 0, input: Buffer.alloc(0) };

/** One sentence when the input breaks something. */
const attempt = async (opened: Opened, input: Buffer): Promise<string | null> => {
  show(input);
  const before = spentMs();
  let trouble: string | null;
  try {
    trouble = await opened.attempt(input);
  } catch (error) {
    trouble = `thrown: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
  }
  const tookMs = spentMs() - before;
  if (tookMs > slowest.tookMs) slowest = { tookMs, input };
  return trouble ?? (tookMs > SLOW_MS ? `it took ${Math.round(tookMs)} ms of processor time` : null);
};

const run = async (): Promise<void> => {
  const target = findTarget(job.target);
  const chance = makeChance(job.seed);
  const seeds = target.seeds();
  const opened = await target.open();
  const kept = job.kept.map((input) => Buffer.from(input));
  for (let count = 0; count < job.inputs; count += 1) {
    // First what broke once, then the valid ones as they are, then mutations.
    const input = kept[count] ?? seeds[count - kept.length] ?? mutate(seeds, chance, target.words);
    const trouble = await attempt(opened, input);
    if (trouble === null) continue;
    const small = await shrink(input, async (smaller) => (await attempt(opened, smaller)) !== null);
    tell({ kind: 'broken', input: small, trouble });
    break; // A target that is broken may be broken for all that follows.
  }
  await opened.close();
  tell({ kind: 'ended', inputs: Atomics.load(counters, 0), slowestMs: slowest.tookMs, slowest: slowest.input });
};

await run();
process.exit(0);

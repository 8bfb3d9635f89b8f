// Benchmark of the codex in a running Sereno: what its log costs the watchman in memory and processor time.
//
//   node tools/build.ts && node bench/codexDaemon.ts [versions] [items] [other launcher …]     20,000 and 200
//
// A real `sereno up`, as shipped, on a codex of so many versions. Its first run writes every entry into the evidence and is
// not measured; the next ones begin with all of it known. Launchers of other builds (their `bin/sereno.js`) run in turn.

import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { DISK } from '#adapters/codex/fileSystem.ts';
import { groundAt } from '#adapters/codex/ground.ts';
import { packFinished } from '#adapters/codex/pack.ts';
import { makeTown } from './codexCommand.ts';
import { build } from './codexMany.ts';
import { cpuMs, pause, quantile, rssMb } from './measure.ts';

const [VERSIONS, ITEMS] = [Number(process.argv[2] ?? 20_000), Number(process.argv[3] ?? 200)];
const OURS = join(import.meta.dirname, '..', 'bin', 'sereno.js');
const LAUNCHERS = [OURS, ...process.argv.slice(4).map((path) => resolve(path))];
const ROUNDS = 3;
/** After it answers: signatures of all items are judged, and the processor is idle again. */
const SETTLE_MS = 10_000;
const IDLE_MS = 20_000;
/** Less than this share of a core: nothing is being caught up with. */
const IDLE_SHARE = 0.05;

type Run = { readonly child: ChildProcess; readonly pid: number };

const peakMb = (pid: number): number =>
  Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1_024;

const begin = async (launcher: string, folder: string): Promise<Run> => {
  const words = ['--config', join(folder, 'sereno.yaml'), '--state', join(folder, '.sereno'), '--port', '0'];
  const child = spawn(process.execPath, [launcher, 'up', ...words], { stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  child.stdout.on('data', (part) => (said += String(part)));
  for (;;) {
    if (child.exitCode !== null) throw new Error(`${launcher} ended: ${said}`);
    if (said.includes('dashboard: ') && child.pid !== undefined) return { child, pid: child.pid };
    await pause(20);
  }
};

const end = async ({ child }: Run): Promise<void> => {
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  await gone;
};

/** The first run writes the log into the evidence, some hundred entries a second; then the processor is idle. */
const untilIdle = async ({ pid }: Run): Promise<void> => {
  for (let before = Number.NEGATIVE_INFINITY; ;) {
    const now = cpuMs(pid);
    if (now - before < SETTLE_MS * IDLE_SHARE) return;
    before = now;
    await pause(SETTLE_MS);
  }
};

type Cost = { readonly startMs: number; readonly idleMs: number; readonly rssMb: number; readonly peakMb: number };

const measure = async (launcher: string, folder: string): Promise<Cost> => {
  const run = await begin(launcher, folder);
  await pause(SETTLE_MS);
  const startMs = cpuMs(run.pid);
  await pause(IDLE_MS);
  const idleMs = cpuMs(run.pid) - startMs;
  const cost = { startMs, idleMs, rssMb: rssMb(run.pid), peakMb: peakMb(run.pid) };
  await end(run);
  return cost;
};

const median = (costs: readonly Cost[], of: keyof Cost): number =>
  quantile(
    costs.map((it) => it[of]),
    0.5,
  );

const main = async (): Promise<void> => {
  const place = mkdtempSync(join(tmpdir(), 'sereno-bench-'));
  const all = new Map(LAUNCHERS.map((launcher): [string, Cost[]] => [launcher, []]));
  try {
    const { folder } = makeTown(join(place, 'town'));
    const directory = join(folder, '.sereno', 'codex');
    build(directory, VERSIONS, ITEMS);
    packFinished(groundAt(DISK, directory), VERSIONS);
    const first = await begin(OURS, folder);
    await untilIdle(first);
    await end(first);
    for (let round = 0; round < ROUNDS; round += 1)
      for (const [launcher, costs] of all) costs.push(await measure(launcher, folder));
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
  console.log(`${VERSIONS} versions of ${ITEMS} items, median of ${ROUNDS} starts, in turn\n`);
  console.log(`| build | processor time to the end of the start | …each minute after it | memory | at its highest |`);
  console.log('|---|---|---|---|---|');
  for (const [launcher, costs] of all) {
    const minute = (median(costs, 'idleMs') * 60_000) / IDLE_MS;
    const memory = `${median(costs, 'rssMb').toFixed(0)} MB | ${median(costs, 'peakMb').toFixed(0)} MB`;
    console.log(`| ${launcher} | ${median(costs, 'startMs')} ms | ${minute.toFixed(0)} ms | ${memory} |`);
  }
};

await main();

// Scale: ten thousand http checks, one live dashboard, and what that costs the watchman. `node bench/scale.ts` (build first).
//
//   cold start    spawn → API → each target asked once, and how evenly
//   steady        processor, memory, error of the schedule (at the target), missed rounds, decisions while checks fail and mend
//   dashboard     first data of the whole town
//   isolation     30 % of the targets hang, and the one notifier never answers: the schedule of the others
//   ceiling       the same town five times as often: checks per second of processor time
//   small         a hundred services at one probe a second
//
// SERVICES, EVERY_MS, STEADY_MS, HANG_MS, CEILING_MS, SMALL_MS shorten or lengthen it; PARTS=steady,small runs some of it.
// SERENO points to another bin/sereno.js: before and after in one sitting. Processor time is that of the watchman only.
// decoder: answers of the API are read as the views that the wire contract promises

import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { get as getHttp } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { OwnFigures } from '#kernel/view.ts';

const BIN = process.env['SERENO'] ?? join(import.meta.dirname, '..', 'bin', 'sereno.js');
const SERVICES = Number(process.env['SERVICES'] ?? 10_000);
const EVERY_MS = Number(process.env['EVERY_MS'] ?? 10_000);
const STEADY_MS = Number(process.env['STEADY_MS'] ?? 60_000);
/** The goal speaks of ten minutes; two show whether anything piles up. HANG_MS=600000 for the whole of it. */
const HANG_MS = Number(process.env['HANG_MS'] ?? 120_000);
const CEILING_MS = Number(process.env['CEILING_MS'] ?? 30_000);
const SMALL_MS = Number(process.env['SMALL_MS'] ?? 30_000);
const PARTS = (process.env['PARTS'] ?? 'cold,steady,dashboard,isolation,ceiling,small').split(',');

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

const until = async <T>(look: () => Promise<T | null>, withinMs = 300_000): Promise<T> => {
  const began = performance.now();
  while (performance.now() - began < withinMs) {
    const found = await look().catch(() => null);
    if (found !== null) return found;
    await pause(20);
  }
  throw new Error(`not reached in ${withinMs} ms`);
};

const row = (what: string, figure: string, goal: string): void => console.log(`| ${what} | ${figure} | ${goal} |`);

/** Processor milliseconds of a process so far, user and system. */
const cpuMs = (pid: number): number => {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10;
};

const rssMb = (pid: number): number =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024;

type Report = {
  readonly asked: number;
  readonly missed: number;
  readonly seen: number;
  readonly errorMs: { readonly p50: number; readonly p99: number; readonly max: number };
  readonly perPiece: { readonly mean: number; readonly max: number };
};

type Far = { readonly child: ChildProcess; readonly port: number; readonly control: (path: string) => Promise<Report> };

/** Whatever becomes of this run, nothing of it stays behind and takes the processor from others. */
const begun: ChildProcess[] = [];
process.on('exit', () => begun.forEach((child) => child.kill('SIGKILL')));

const startTargets = async (services: number, everyMs: number): Promise<Far> => {
  const script = join(import.meta.dirname, 'scaleTarget.ts');
  const child = spawn(process.execPath, [script, String(services), String(everyMs)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  begun.push(child);
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  const [port, control] = line.toString().trim().split(' ').map(Number);
  return {
    child,
    port: port ?? 0,
    control: async (path) => (await (await fetch(`http://127.0.0.1:${control}${path}`)).json()) as Report,
  };
};

/** Files of the configuration are at most a megabyte: 2,000 services are a quarter of that. */
const SERVICES_IN_A_FILE = 2_000;

const writeConfig = (folder: string, services: number, everyMs: number, port: number): string => {
  const config = join(folder, 'sereno.yaml');
  const service = (index: number): string =>
    `  s${index}: { owner: ana, checks: [ { http: "http://127.1.${Math.floor(index / 250)}.${index % 250}:${port}/health", every: ${everyMs}ms } ], targets: { availability: 99% over 7d } }`;
  const all = Array.from({ length: services }, (_, index) => service(index));
  mkdirSync(join(folder, 'sereno.d'));
  for (let from = 0; from < services; from += SERVICES_IN_A_FILE) {
    const file = join(folder, 'sereno.d', `services-${from}.yaml`);
    writeFileSync(file, `services:\n${all.slice(from, from + SERVICES_IN_A_FILE).join('\n')}\n`);
  }
  const desk = `desk: { webhook: { url: "http://127.0.0.1:${port}/hook" } }`;
  writeFileSync(
    config,
    `sereno: 1
site: scale
people: { ana: { roles: [operator] } }
notify: { ${desk}, route: { SEV1: [desk], SEV2: [desk], SEV3: [desk] } }
`,
  );
  return config;
};

type Watched = {
  readonly pid: number;
  readonly far: Far;
  readonly spawnedAt: number;
  readonly url: string;
  readonly upMs: number;
  readonly figures: () => Promise<OwnFigures>;
  readonly end: () => Promise<void>;
};

const watch = async (services: number, everyMs: number): Promise<Watched> => {
  const folder = mkdtempSync(join(tmpdir(), 'sereno-scale-'));
  const far = await startTargets(services, everyMs);
  const config = writeConfig(folder, services, everyMs, far.port);
  const state = join(folder, 'state');
  const spawnedAt = performance.now();
  const nodeFlags = (process.env['NODE_FLAGS'] ?? '').split(' ').filter((flag) => flag !== '');
  const child = spawn(
    process.execPath,
    [...nodeFlags, BIN, 'up', '--config', config, '--state', state, '--port', '0'],
    {
      stdio: ['ignore', process.env['LOUD'] === '1' ? 'inherit' : 'ignore', 'inherit'],
    },
  );
  begun.push(child);
  const url = await until(async () => {
    if (child.exitCode !== null) throw new Error('sereno ended; LOUD=1 shows why');
    const address = readFileSync(join(state, 'address'), 'utf8').trim();
    return (await fetch(`${address}/livez`)).ok ? address : null;
  });
  return {
    pid: child.pid ?? 0,
    far,
    spawnedAt,
    url,
    upMs: performance.now() - spawnedAt,
    // On a machine without processor time to spare the server answers 408 now and then: asked again.
    figures: () =>
      until(async () => {
        const answer = await fetch(`${url}/api/figures`);
        return answer.ok ? ((await answer.json()) as OwnFigures) : null;
      }),
    end: async () => {
      const gone = once(child, 'exit');
      child.kill('SIGTERM');
      const insist = setTimeout(() => child.kill('SIGKILL'), 20_000);
      await gone;
      clearTimeout(insist);
      far.child.kill('SIGKILL');
      rmSync(folder, { recursive: true, force: true });
    },
  };
};

/** One who looks at the dashboard: listens to the event stream and counts what comes. */
const look = (url: string): { readonly bytes: () => number; readonly close: () => void } => {
  let bytes = 0;
  const asked = getHttp(`${url}/api/events`, { agent: false, headers: { accept: 'text/event-stream' } }, (answer) =>
    answer.on('data', (chunk: Buffer) => (bytes += chunk.length)),
  );
  asked.on('error', () => {});
  return { bytes: () => bytes, close: () => asked.destroy() };
};

const sayError = ({ p50, p99, max }: Report['errorMs']): string =>
  `p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms, worst ${max.toFixed(0)} ms`;

const coldStart = async (it: Watched): Promise<void> => {
  const first = await until(async () => {
    const { asked } = await it.far.control('/report');
    return asked === 0 ? null : performance.now() - it.spawnedAt;
  });
  const whole = await until(async () => {
    const report = await it.far.control('/report');
    return report.seen >= SERVICES ? { report, ms: performance.now() - it.spawnedAt } : null;
  });
  row('start to the first answer of the API', `${it.upMs.toFixed(0)} ms`, '');
  row(
    'start to the first check / to a first full round',
    `${first.toFixed(0)} ms / ${whole.ms.toFixed(0)} ms`,
    `the round ≤ ${EVERY_MS} ms`,
  );
  const { mean, max } = whole.report.perPiece;
  row('asked in 100 ms of the first round, mean / most', `${mean.toFixed(0)} / ${max}`, 'evenly spread');
};

/** Runs for a while with one listener and says what it cost. */
const measure = async (it: Watched, ms: number, during: () => Promise<void>) => {
  await it.far.control('/reset');
  const [before, cpuBefore, began] = [await it.figures(), cpuMs(it.pid), performance.now()];
  const end = pause(ms);
  await during();
  await end;
  const [after, cpuAfter, tookMs] = [await it.figures(), cpuMs(it.pid), performance.now() - began];
  const checks = after.probesTotal - before.probesTotal;
  const report = await it.far.control('/report');
  return {
    perSecond: (checks / tookMs) * 1_000,
    cpuShare: (cpuAfter - cpuBefore) / tookMs,
    cpuMsEach: (cpuAfter - cpuBefore) / checks,
    rssMb: rssMb(it.pid),
    figures: after,
    report,
  };
};

/** Ten checks fail and mend again, every two seconds ten others: there is something to decide. */
const trouble = async (it: Watched, ms: number): Promise<void> => {
  const began = performance.now();
  for (let from = 0; performance.now() - began < ms - 12_000; from += 10) {
    await it.far.control(`/fail?from=${from % SERVICES}&count=10`);
    await pause(2_000);
  }
  await it.far.control('/fail?from=0&count=0');
};

const steady = async (it: Watched): Promise<void> => {
  const dashboard = look(it.url);
  await pause(EVERY_MS);
  const quiet = await measure(it, STEADY_MS, async () => {});
  row(`checks a second, ${SERVICES} loaded, one dashboard`, quiet.perSecond.toFixed(0), '');
  row('processor', `${(quiet.cpuShare * 100).toFixed(0)} % of a core`, '≤ 60 %');
  row('one check, whole pipeline and dashboard', `${quiet.cpuMsEach.toFixed(3)} CPU-ms`, '≤ 0.3');
  row('memory', `${quiet.rssMb.toFixed(0)} MB`, '≤ 400 MB');
  row('error of the schedule at the target', sayError(quiet.report.errorMs), 'p99 ≤ 10 ms');
  row('rounds missed', `${quiet.report.missed} of ${quiet.report.asked}`, '0');
  row(
    'sent to the dashboard',
    `${(dashboard.bytes() / 1e6 / ((STEADY_MS + EVERY_MS) / 1e3)).toFixed(2)} MB a second`,
    '',
  );
  const troubled = await measure(it, STEADY_MS, () => trouble(it, STEADY_MS));
  const { p50, p99, count } = troubled.figures.decisionLatencyMs;
  row(
    `event in → effects durable, ${count} decisions`,
    `p50 ${p50?.toFixed(2)} ms, p99 ${p99?.toFixed(2)} ms`,
    '< 1 ms, < 10 ms',
  );
  row('worst lag of the event loop in 10 s', `${troubled.figures.loopLagMs.toFixed(0)} ms`, '');
  dashboard.close();
};

const firstData = async (it: Watched): Promise<void> => {
  const times: number[] = [];
  let bytes = 0;
  for (let turn = 0; turn < 7; turn += 1) {
    const began = performance.now();
    bytes = (await (await fetch(`${it.url}/api/town`)).arrayBuffer()).byteLength;
    times.push(performance.now() - began);
    await pause(500);
  }
  const median = times.toSorted((a, b) => a - b)[3] ?? Number.NaN;
  row(
    'first data of the dashboard (GET /api/town)',
    `${median.toFixed(0)} ms, ${(bytes / 1e6).toFixed(1)} MB`,
    '≤ 300 ms',
  );
};

const isolation = async (it: Watched): Promise<void> => {
  await it.far.control('/hang?share=0.3');
  await pause(EVERY_MS * 1.5);
  const hung = await measure(it, HANG_MS, async () => {});
  row('30 % hang, the notifier never answers: error of the others', sayError(hung.report.errorMs), 'p99 ≤ 50 ms');
  row('… rounds missed by the others', `${hung.report.missed} of ${hung.report.asked}`, '0');
  row('… processor, memory', `${(hung.cpuShare * 100).toFixed(0)} %, ${hung.rssMb.toFixed(0)} MB`, '');
  await it.far.control('/hang?share=0');
};

const ceiling = async (): Promise<void> => {
  const everyMs = EVERY_MS / 5;
  const it = await watch(SERVICES, everyMs);
  await until(async () => ((await it.far.control('/report')).seen >= SERVICES ? true : null));
  await pause(5_000);
  const hot = await measure(it, CEILING_MS, async () => {});
  const perCore = hot.perSecond / hot.cpuShare;
  row(
    `ceiling: ${SERVICES} checks, each every ${everyMs / 1e3} s`,
    `${perCore.toFixed(0)} checks per CPU-second (${hot.perSecond.toFixed(0)}/s at ${(hot.cpuShare * 100).toFixed(0)} %), ${hot.cpuMsEach.toFixed(3)} CPU-ms each`,
    '≥ 3,000, ≤ 0.3',
  );
  row('… error of the schedule', sayError(hot.report.errorMs), '');
  await it.end();
};

const small = async (): Promise<void> => {
  const it = await watch(100, 1_000);
  await pause(10_000);
  const idle = await measure(it, SMALL_MS, async () => {});
  row('100 services, one probe a second each: processor', `${(idle.cpuShare * 100).toFixed(1)} % of a core`, '≤ 5 %');
  row('… memory', `${idle.rssMb.toFixed(0)} MB`, '≤ 80 MB');
  row('… error of the schedule', sayError(idle.report.errorMs), '');
  await it.end();
};

console.log('| what | Sereno | goal |\n|---|---|---|');
if (PARTS.some((part) => ['cold', 'steady', 'dashboard', 'isolation'].includes(part))) {
  const it = await watch(SERVICES, EVERY_MS);
  await coldStart(it);
  if (PARTS.includes('steady')) await steady(it);
  if (PARTS.includes('dashboard')) await firstData(it);
  if (PARTS.includes('isolation')) await isolation(it);
  await it.end();
}
if (PARTS.includes('ceiling')) await ceiling();
if (PARTS.includes('small')) await small();

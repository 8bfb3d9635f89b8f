// The whole watchman on real processes: time from SIGKILL to serving again, start-up, memory, processor per check,
// latency of decisions. Each beside a named peer in the same run. `node bench/watch.ts` (build first).
// decoder: a child that a callback replaces is read as what it is by then

import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { OwnFigures, ServiceView } from '#kernel/view.ts';
import { cpuMs, isServing, pause, quantile, rssMb, until, untilServing } from './measure.ts';
import { startWatchman, type Watchman } from './watchman.ts';

const KILLS = Number(process.env['KILLS'] ?? 20);
const TARGETS = Number(process.env['TARGETS'] ?? 200);
/** Long enough for a thousand checks a run at the slowest setting. */
const LOAD_MS = 15_000;
const UNIT = `import{createServer}from'node:http';createServer((q,s)=>s.end('ok')).listen(Number(process.env.PORT),'127.0.0.1');`;

const say = (values: readonly number[]): string =>
  `p50 ${quantile(values, 0.5).toFixed(0)} ms, p99 ${quantile(values, 0.99).toFixed(0)} ms`;

const watch = (folder: string, services: string): Promise<Watchman> =>
  startWatchman(folder, `sereno: 1\nsite: bench\nservices:\n${services}\npolicy: { autonomy: 3, allow: [restart] }\n`);

/** The floor: a parent that spawns again as soon as its child has ended, and does nothing else. */
const rawRestarts = async (folder: string, port: number): Promise<readonly number[]> => {
  let child: ChildProcess | null = null;
  let isOver = false;
  const start = (): void => {
    child = spawn(process.execPath, [join(folder, 'unit.mjs')], {
      env: { ...process.env, PORT: String(port) },
      stdio: 'ignore',
    });
    child.on('exit', () => isOver || start());
  };
  start();
  await untilServing(port);
  const times: number[] = [];
  for (let kill = 0; kill < KILLS; kill += 1) {
    await pause(300);
    (child as ChildProcess | null)?.kill('SIGKILL');
    while (await isServing(port)) await pause(1);
    times.push(await untilServing(port));
  }
  isOver = true;
  (child as ChildProcess | null)?.kill('SIGKILL');
  return times;
};

const serenoRestarts = async (it: Watchman, port: number): Promise<readonly number[]> => {
  const times: number[] = [];
  for (let kill = 0; kill < KILLS; kill += 1) {
    const view = await until('a healthy unit', async () => {
      const seen = await it.get<ServiceView>('/api/services/unit');
      return seen.health === 'healthy' && seen.phase === 'none' && seen.pid !== null ? seen : null;
    });
    process.kill(view.pid ?? 0, 'SIGKILL');
    while (await isServing(port)) await pause(1);
    times.push(await untilServing(port));
  }
  return times;
};

const recovery = async (folder: string): Promise<void> => {
  const raw = await rawRestarts(folder, 38_001);
  const service = `  unit: { run: { process: { command: [${process.execPath}, unit.mjs], env: { PORT: "38002" } } }, checks: [ { http: "http://127.0.0.1:38002/", every: 1s } ], targets: { availability: 99% over 7d }, restart: { budget: 1000 per 1h, stable_after: 1s } }`;
  const it = await watch(folder, service);
  const ours = await serenoRestarts(it, 38_002);
  const figures = await it.get<OwnFigures>('/api/figures');
  const [a, b] = [quantile(ours, 0.5), quantile(raw, 0.5)];
  console.log(
    `| SIGKILL → serving again, ${KILLS} kills | ${say(ours)} | raw spawn on exit: ${say(raw)} | ${(a / b).toFixed(2)} |`,
  );
  const { p50, p99, count } = figures.decisionLatencyMs;
  console.log(
    `| event in → effects durable, ${count} decisions | p50 ${p50?.toFixed(2)} ms, p99 ${p99?.toFixed(2)} ms | – | – |`,
  );
  console.log(
    `| start to first answer of the API | ${it.upMs.toFixed(0)} ms, ${rssMb(it.pid).toFixed(0)} MB | – | – |`,
  );
  await it.end();
};

const bareGet = async (port: number): Promise<number> => {
  const count = 3_000;
  const before = process.cpuUsage();
  for (let done = 0; done < count; done += 1) await isServing(port);
  const used = process.cpuUsage(before);
  return (used.user + used.system) / 1_000 / count;
};

const load = async (folder: string): Promise<void> => {
  const target = createServer((_question, answer) => answer.end('ok'));
  await new Promise<void>((resolve) => target.listen(38_003, '127.0.0.1', resolve));
  const services = Array.from(
    { length: TARGETS },
    (_, index) =>
      `  s${index}: { owner: ana, checks: [ { http: "http://127.0.0.1:38003/", every: 1s } ], targets: { availability: 99% over 7d } }`,
  );
  const it = await watch(folder, `${services.join('\n')}\npeople: { ana: { roles: [operator] } }`);
  await pause(5_000);
  const [before, cpuBefore] = [await it.get<OwnFigures>('/api/figures'), cpuMs(it.pid)];
  const began = performance.now();
  await pause(LOAD_MS);
  const [after, cpuAfter] = [await it.get<OwnFigures>('/api/figures'), cpuMs(it.pid)];
  const checks = after.probesTotal - before.probesTotal;
  const each = (cpuAfter - cpuBefore) / checks;
  const rate = checks / ((performance.now() - began) / 1_000);
  // The peer shares its process with the target, so its figure holds the target's half as well; ours does not.
  const bare = await bareGet(38_003);
  console.log(
    `| one http check, ${TARGETS} checks at one a second (${rate.toFixed(0)}/s) | ${each.toFixed(2)} CPU-ms | bare GET, target included: ${bare.toFixed(2)} CPU-ms | ${(each / bare).toFixed(2)} |`,
  );
  console.log(`| memory at ${TARGETS} checks | ${rssMb(it.pid).toFixed(0)} MB | – | – |`);
  console.log(
    `| processor at ${TARGETS} checks a second | ${(((cpuAfter - cpuBefore) / LOAD_MS) * 100).toFixed(0)} % of a core | – | – |`,
  );
  await it.end();
  target.close();
};

const folder = mkdtempSync(join(tmpdir(), 'sereno-bench-'));
writeFileSync(join(folder, 'unit.mjs'), UNIT);
console.log('| what | Sereno | peer, same run | ratio |\n|---|---|---|---|');
await recovery(folder);
rmSync(join(folder, 'state'), { recursive: true, force: true });
await load(folder);
rmSync(folder, { recursive: true, force: true });

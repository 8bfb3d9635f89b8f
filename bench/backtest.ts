// Benchmark: a backtest over recorded history, under two declarations at once, in a process of its own.
//
//   14 days of checks every 10 s are written as Sereno writes them: 48 hours look by look, before that in minutes
//   time     processor time of the whole replay, and for each look that stands behind it
//   memory   what is held at the end, after garbage was collected, and the most that the process ever took: for 1, 7, 14 days
//
// node bench/backtest.ts [checks]   Processor time (user and system), three rounds, medians.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openMetricsReadOnly } from '#adapters/sqlite/metrics/reading.ts';
import { openMetrics } from '#adapters/sqlite/metrics/store.ts';
import type { Check } from '#kernel/check.ts';
import { checkId, serviceId } from '#kernel/id.ts';
import type { Service } from '#kernel/service.ts';
import type { Site } from '#kernel/site.ts';
import { targetId, type Target } from '#kernel/target.ts';
import { hours, instant, later, minutes, seconds } from '#kernel/time.ts';
import { replay } from '#loop/replay.ts';
import { quantile } from './measure.ts';

const ROUNDS = 3;
const EVERY_MS = 10_000;
const START = instant(1_795_219_200_000);
const DAYS = 14;
const DAY_MS = 86_400_000;

const checkOf = (index: number): Check => ({
  id: checkId(`service-${index}/http`),
  service: serviceId(`service-${index}`),
  probe: { kind: 'http', url: 'http://127.0.0.1/', method: 'GET', headers: {}, expect: { status: [200] } },
  everyMs: seconds(10),
  slowestMs: seconds(10),
  timeoutMs: seconds(1),
  rise: 2,
  fall: 3,
  retries: 0,
});

const targetOf = (index: number, objectivePercent: number): Target => ({
  id: targetId(serviceId(`service-${index}`), 'availability'),
  service: serviceId(`service-${index}`),
  name: 'availability',
  indicator: { kind: 'availability' },
  objectivePercent,
  window: { kind: 'rolling', lengthMs: hours(30 * 24) },
  budgeting: { method: 'occurrences' },
  burn: [],
  said: `${objectivePercent}% over 30d`,
});

const siteOf = (count: number, objectivePercent: number): Site => {
  const services = Array.from({ length: count }, (_, index): Service => ({
    id: serviceId(`service-${index}`),
    tier: 'app',
    owner: null,
    needs: [],
    mustRun: false,
    trafficPercent: 0,
    replicas: 1,
    workload: { kind: 'none' },
    checks: [checkOf(index)],
    targets: [targetOf(index, objectivePercent)],
    restartBudget: { count: 3, windowMs: hours(1) },
    stableAfterMs: seconds(10),
    startTimeoutMs: seconds(30),
  }));
  return { services, maintenance: [], sources: [], anomaly: null } as unknown as Site; // decoder: what a replay reads of it
};

/** Each service fails for a quarter of an hour a day, each at another time. */
const isDown = (index: number, ms: number): boolean => {
  const minute = Math.floor((ms % DAY_MS) / 60_000);
  return minute >= (index * 61) % 1_400 && minute < ((index * 61) % 1_400) + 15;
};

const write = (directory: string, count: number): void => {
  const clock = { now: START };
  const store = openMetrics({
    directory,
    clock: { now: () => clock.now },
    stopwatch: () => performance.now(),
    onNotice: (line) => console.log(line),
  });
  const checks = Array.from({ length: count }, (_, index) => checkOf(index).id);
  for (let ms = 0; ms < DAYS * DAY_MS; ms += EVERY_MS) {
    clock.now = later(START, ms);
    checks.forEach((check, index) =>
      store.sample(check, clock.now, isDown(index, ms) ? 'unhealthy' : 'healthy', 8 + (ms % 13)),
    );
    for (let pauseMs = 0; pauseMs < 1_000;) pauseMs = store.turn();
  }
  store.settle();
  store.close();
};

type Told = { readonly cpuMs: number; readonly heldMb: number; readonly peakMb: number; readonly pages: number };

/** What the process of its own does. */
const replayOnce = (directory: string, count: number, days: number): Told => {
  const reading = openMetricsReadOnly(directory);
  if (reading.kind === 'refused') throw new Error(reading.problem.message);
  const to = later(START, DAYS * DAY_MS);
  const before = process.cpuUsage();
  const { sides } = replay({
    history: reading.metrics,
    span: { from: later(to, -days * DAY_MS), to },
    sites: [siteOf(count, 99.9), siteOf(count, 99)],
    incidents: [],
    canary: null,
    hasAnomalies: false,
  });
  const { user, system } = process.cpuUsage(before);
  const pages = sides[0]?.targets.reduce((sum, { score }) => sum + score.pages, 0) ?? 0;
  globalThis.gc?.();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  const heldMb = (heapUsed + arrayBuffers) / 2 ** 20;
  reading.metrics.close();
  return { cpuMs: (user + system) / 1_000, heldMb, peakMb: process.resourceUsage().maxRSS / 1_024, pages };
};

const inProcess = (directory: string, count: number, days: number): Told => {
  const words = ['--expose-gc', import.meta.filename, 'replay', directory, String(count), String(days)];
  const { stdout, stderr, status } = spawnSync(process.execPath, words, { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as Told; // decoder: what this file prints
};

const median = (told: readonly Told[], of: (told: Told) => number): number => quantile(told.map(of), 0.5);

const main = (): void => {
  const count = Number(process.argv[2] ?? 20);
  const directory = mkdtempSync(join(tmpdir(), 'sereno-backtest-bench-'));
  try {
    write(directory, count);
    console.log(`${count} checks every 10 s, two declarations of one target each; medians of ${ROUNDS} rounds`);
    for (const days of [1, DAYS / 2, DAYS]) {
      const told = Array.from({ length: ROUNDS }, () => inProcess(directory, count, days));
      const cpuMs = median(told, (it) => it.cpuMs);
      const looks = (count * days * DAY_MS) / EVERY_MS;
      const fine = (count * Math.min(days * DAY_MS, hours(48))) / EVERY_MS;
      const coarse = (count * Math.max(0, days * DAY_MS - hours(48))) / minutes(1);
      console.log(
        `${String(days).padStart(3)} d: ${looks} looks (${fine} of them whole, ${coarse} minutes), ${cpuMs.toFixed(0)} ms, ` +
          `${((1_000 * cpuMs) / (fine + coarse)).toFixed(1)} µs each, ${median(told, (it) => it.heldMb).toFixed(0)} MB held, at most ${median(told, (it) => it.peakMb).toFixed(0)} MB, ` +
          `${told[0]?.pages ?? 0} pages`,
      );
    }
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
};

const [, , verb, directory = '', count = '', days = ''] = process.argv;
if (verb === 'replay') console.log(JSON.stringify(replayOnce(directory, Number(count), Number(days))));
else main();

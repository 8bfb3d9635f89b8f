// Probers: thousands of http checks with a condition on status and JSON, side by side with Prometheus and its blackbox
// exporter. Processor and memory are those of the watchers alone; the schedule is judged where it is felt, at the targets.

import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { join } from 'node:path';
import type { TownView } from '#kernel/view.ts';
import { cpuMs, pause, quantile, rssMb, until } from '../measure.ts';
import type { Watchman } from '../watchman.ts';
import { OURS } from './contender.ts';
import type { Duel, Report, Row, Stand } from './duel.ts';
import { openFar, type Far, type Felt } from './far.ts';
import { versionOf } from './peers/peer.ts';
import { blackbox, prometheus } from './peers/prometheus.ts';

const BIN = join(import.meta.dirname, '..', '..', 'bin', 'sereno.js');
const GOAL = { share: 0.6, rssMb: 400, errorMs: 10, townMs: 300, perCore: 3_000, kbEach: 4 } as const;
/** From here on a schedule is no longer kept: a twentieth of a second at p99, or rounds left out. */
const GROWN_MS = 50;

/** How many, how often, for how long it is measured. */
type Load = { readonly count: number; readonly everyMs: number; readonly lastingMs: number };

/** A watcher at work: its processes, and how to end it. */
type Watching = { readonly pids: readonly number[]; readonly end: () => Promise<unknown> };

type Contender = { readonly name: string; readonly start: (far: Far, load: Load) => Promise<Watching> };

type Cost = { readonly share: number; readonly rssMb: number; readonly perSecond: number; readonly felt: Felt };
type Start = { readonly firstRoundMs: number; readonly evenness: number };

const sumOf = (pids: readonly number[], of: (pid: number) => number): number =>
  pids.reduce((sum, pid) => sum + of(pid), 0);

/** A file of a configuration may have a megabyte; ten thousand services with what they must answer are more. */
const PER_FILE = 2_500;

const lineOf = (far: Far, everyMs: number, index: number): string => {
  const expect = 'expect: { status: [200], json: { $.status: ok } }';
  const check = `{ http: "${far.urlOf(index)}", every: ${everyMs}ms, ${expect} }`;
  return `  t${index}: { owner: ana, checks: [ ${check} ], targets: { availability: 99% over 7d } }`;
};

/** Writes the services into the folder beside the configuration, which is returned. */
const writeSite = (room: string, far: Far, { count, everyMs }: Load): string => {
  mkdirSync(join(room, 'sereno.d'), { recursive: true });
  for (let from = 0; from < count; from += PER_FILE) {
    const services = Array.from({ length: Math.min(PER_FILE, count - from) }, (_, place) =>
      lineOf(far, everyMs, from + place),
    );
    writeFileSync(join(room, 'sereno.d', `from${from}.yaml`), `services:\n${services.join('\n')}\n`);
  }
  return 'sereno: 1\nsite: probes\npeople: { ana: { roles: [operator] } }\n';
};

/** One who looks at the dashboard: fetches the town and listens to the stream. Returns how to stop. */
const looker = ({ url }: Watchman): (() => void) => {
  const asked = get(`${url}/api/events`, { agent: false, headers: { accept: 'text/event-stream' } }, (answer) =>
    answer.resume(),
  );
  asked.on('error', () => undefined);
  return () => void asked.destroy();
};

let rooms = 0;

const sereno = (stand: Stand, onPost: (watchman: Watchman) => void): Contender => ({
  name: 'sereno',
  start: async (far, load) => {
    rooms += 1;
    const room = `sereno${rooms}`;
    const watchman = await stand.sereno(room, writeSite(stand.room(room), far, load));
    const leave = looker(watchman);
    onPost(watchman);
    return {
      pids: [watchman.pid],
      end: () => {
        leave();
        return watchman.end();
      },
    };
  },
});

const MODULE = `modules:
  judged:
    prober: http
    timeout: 1s
    http:
      valid_status_codes: [200]
      fail_if_body_not_matches_regexp: ['"status":"ok"']
`;

const scrape = (everyMs: number, exporter: number): string => `global:
  scrape_interval: ${everyMs}ms
  scrape_timeout: ${Math.min(everyMs, 2_000)}ms
scrape_configs:
  - job_name: probes
    metrics_path: /probe
    params: { module: [judged] }
    file_sd_configs: [{ files: [targets.json] }]
    relabel_configs:
      - { source_labels: [__address__], target_label: __param_target }
      - { source_labels: [__param_target], target_label: instance }
      - { target_label: __address__, replacement: '127.0.0.1:${exporter}' }
`;

const endOf = (child: ChildProcess): Promise<unknown> => {
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  return gone;
};

/** As their manuals say: one job, the targets in a file, each handed to the exporter as a parameter. */
const peers = (stand: Stand): Contender => ({
  name: 'prometheus',
  start: async (far, load) => {
    rooms += 1;
    const room = stand.room(`prometheus${rooms}`);
    const [exporter, own] = [await stand.freePort(), await stand.freePort()];
    const targets = Array.from({ length: load.count }, (_, index) => far.urlOf(index));
    writeFileSync(join(room, 'blackbox.yml'), MODULE);
    writeFileSync(join(room, 'targets.json'), JSON.stringify([{ targets }]));
    writeFileSync(join(room, 'prometheus.yml'), scrape(load.everyMs, exporter));
    const run = (program: string, words: readonly string[]): ChildProcess => {
      const child = spawn(program, words, { cwd: room, stdio: 'ignore' });
      stand.defer(() => child.kill('SIGKILL'));
      return child;
    };
    const prober = run(blackbox.program, ['--config.file=blackbox.yml', `--web.listen-address=127.0.0.1:${exporter}`]);
    const scraper = run(prometheus.program, [
      '--config.file=prometheus.yml',
      '--storage.tsdb.path=data',
      `--web.listen-address=127.0.0.1:${own}`,
    ]);
    return { pids: [prober.pid ?? 0, scraper.pid ?? 0], end: () => Promise.all([endOf(prober), endOf(scraper)]) };
  },
});

/** From the start of the program until each target was asked once, and how evenly: the busiest tenth of a second. */
const firstRound = async (far: Far, load: Load, began: number): Promise<Start> => {
  const felt = await until(
    'a first full round',
    async () => {
      const report = await far.tell('/report');
      return report.seen >= load.count ? report : null;
    },
    300_000,
  );
  const even = load.count / (load.everyMs / 100);
  return { firstRoundMs: performance.now() - began, evenness: felt.perPiece.max / even };
};

const measure = async (far: Far, load: Load, pids: readonly number[]): Promise<Cost> => {
  await far.tell('/reset');
  const [cpuBefore, began] = [sumOf(pids, cpuMs), performance.now()];
  await pause(load.lastingMs);
  const tookMs = performance.now() - began;
  const felt = await far.tell('/report');
  const share = (sumOf(pids, cpuMs) - cpuBefore) / tookMs;
  return { share, rssMb: sumOf(pids, rssMb), perSecond: (felt.asked / tookMs) * 1_000, felt };
};

/** One contender under one load, from nothing; `during` looks at it while it works. */
const trial = async (
  stand: Stand,
  contender: Contender,
  load: Load,
  during: () => Promise<void>,
): Promise<Start & Cost> => {
  stand.say(`${contender.name}: ${load.count} checks every ${load.everyMs / 1_000} s`);
  const far = await openFar(stand, load.count, load.everyMs);
  const began = performance.now();
  const watching = await contender.start(far, load);
  const start = await firstRound(far, load, began);
  // Rounds in which the machine warms up are nobody's.
  await pause(load.everyMs * 2);
  const cost = await measure(far, load, watching.pids);
  await during();
  await watching.end();
  far.end();
  return { ...start, ...cost };
};

const isKept = ({ felt }: Cost): boolean => felt.errorMs.p99 <= GROWN_MS && felt.missed === 0;

/** The rate is raised until the schedule is no longer kept. Returns the highest at which it was, and its cost. */
const ceiling = async (
  stand: Stand,
  contender: Contender,
  load: Load,
  rates: readonly number[],
): Promise<Cost | null> => {
  let best: Cost | null = null;
  for (const rate of rates) {
    const everyMs = Math.round((load.count / rate) * 1_000);
    const cost = await trial(stand, contender, { ...load, everyMs, lastingMs: 20_000 }, async () => undefined);
    if (!isKept(cost)) return best;
    best = cost;
  }
  return best;
};

type Command = { readonly ms: number; readonly rssMb: number };

/** `sereno status` as a person types it, against the town at work: the whole command, and its memory at most. */
const statusOf = async (stand: Stand, watchman: Watchman): Promise<Command> => {
  const times: number[] = [];
  const state = join(watchman.folder, 'state');
  for (let turn = 0; turn < (stand.isShort ? 1 : 7); turn += 1) {
    const began = performance.now();
    spawnSync(process.execPath, [BIN, 'status', '--state', state], { stdio: 'ignore' });
    times.push(performance.now() - began);
  }
  const peak = `process.on('exit',()=>require('fs').writeFileSync(${JSON.stringify(join(stand.folder, 'peak'))},String(process.resourceUsage().maxRSS)))`;
  writeFileSync(join(stand.folder, 'peak.cjs'), peak);
  spawnSync(process.execPath, ['-r', join(stand.folder, 'peak.cjs'), BIN, 'status', '--state', state], {
    stdio: 'ignore',
  });
  return { ms: quantile(times, 0.5), rssMb: Number(readFileSync(join(stand.folder, 'peak'), 'utf8')) / 1_024 };
};

const townMs = async (stand: Stand, watchman: Watchman, count: number): Promise<number> => {
  const times: number[] = [];
  for (let turn = 0; turn < (stand.isShort ? 1 : 7); turn += 1) {
    const began = performance.now();
    const { services } = await watchman.get<TownView>('/api/town');
    if (services.length !== count) return Number.NaN;
    times.push(performance.now() - began);
    await pause(300);
  }
  return quantile(times, 0.5);
};

const cellsOf = (it: Start & Cost, top: Cost | null): readonly string[] => [
  `${(it.share * 100).toFixed(0)} %`,
  `${it.rssMb.toFixed(0)} MB`,
  `${it.felt.errorMs.p50.toFixed(1)} / ${it.felt.errorMs.p99.toFixed(1)} / ${it.felt.errorMs.max.toFixed(0)} ms`,
  `${it.felt.missed} of ${it.felt.asked}`,
  `${(it.firstRoundMs / 1_000).toFixed(1)} s, × ${it.evenness.toFixed(1)}`,
  top === null
    ? '–'
    : `${top.perSecond.toFixed(0)}/s at ${(top.share * 100).toFixed(0)} % (${((top.share / top.perSecond) * 1_000).toFixed(2)} CPU-ms each)`,
];

const run = async (stand: Stand): Promise<Report> => {
  const load: Load = stand.isShort
    ? { count: 200, everyMs: 1_000, lastingMs: 5_000 }
    : { count: 10_000, everyMs: 10_000, lastingMs: 60_000 };
  const rates = stand.isShort ? [] : [2_000, 3_000, 4_000, 5_000];
  let watchman: Watchman | null = null;
  let [town, status]: [number, Command] = [Number.NaN, { ms: Number.NaN, rssMb: Number.NaN }];
  const ours = sereno(stand, (it) => (watchman = it));
  const own = await trial(stand, ours, load, async () => {
    if (watchman === null) return;
    town = await townMs(stand, watchman, load.count);
    status = await statusOf(stand, watchman);
  });
  // What one check costs in memory: against a town of a hundredth, which has the same program in it.
  const small = await trial(
    stand,
    ours,
    { ...load, count: load.count / 100, lastingMs: 10_000 },
    async () => undefined,
  );
  const kbEach = ((own.rssMb - small.rssMb) * 1_024) / (load.count * 0.99);
  const top = await ceiling(stand, ours, load, rates);
  const theirs = stand.isShort ? null : await trial(stand, peers(stand), load, async () => undefined);
  const theirTop = stand.isShort ? null : await ceiling(stand, peers(stand), load, rates);
  const isReached =
    own.share <= GOAL.share &&
    own.rssMb <= GOAL.rssMb &&
    own.felt.errorMs.p99 <= GOAL.errorMs &&
    own.felt.missed === 0 &&
    town <= GOAL.townMs;
  return {
    columns: [
      'of a core',
      'memory',
      'off the interval: p50 / p99 / most',
      'missed',
      'first full round, busiest tenth of a second against an even one',
      'highest rate kept',
    ],
    rows: [
      {
        ...OURS,
        settings: 'status and JSON judged, state, durable history, one live dashboard',
        cells: cellsOf(own, top),
      },
      ...(theirs === null ? [] : [peerRow(theirs, theirTop)]),
    ],
    claims: [
      { what: `all ${load.count} were asked`, isTrue: own.felt.seen === load.count },
      { what: 'the dashboard shows all of them', isTrue: Number.isFinite(town) },
    ],
    verdict: isReached ? 'reached' : 'missed',
    notes: [
      `${load.count} checks every ${load.everyMs / 1_000} s. A rate counts as kept with p99 within ${GROWN_MS} ms of the interval and nothing missed; ${GOAL.perCore} a second on one core are wanted, rates up to ${rates.at(-1) ?? 0} are tried.`,
      `First data of the dashboard with all of them: ${town.toFixed(0)} ms (≤ ${GOAL.townMs}). Memory for each check loaded, over a town of a hundredth: ${kbEach.toFixed(1)} KB (≤ ${GOAL.kbEach}).`,
      `\`sereno status\` against it, the whole command: ${status.ms.toFixed(0)} ms, ${status.rssMb.toFixed(0)} MB at most (< 100 ms, < 80 MB).`,
      'Prometheus keeps samples and has no state of a service, no live stream, and nothing that acts.',
    ],
  };
};

const peerRow = (it: Start & Cost, top: Cost | null): Row => ({
  contender: 'Prometheus + blackbox exporter',
  version: `${versionOf(prometheus)} + ${versionOf(blackbox)}`,
  settings: 'one job, targets in a file, status and body judged by the exporter',
  cells: cellsOf(it, top),
});

export const probes: Duel = {
  name: 'probes',
  title: 'ten thousand http checks',
  goal: `at most ${GOAL.share * 100} % of a core and ${GOAL.rssMb} MB, p99 within ${GOAL.errorMs} ms of the interval, none missed, first data of the dashboard within ${GOAL.townMs} ms`,
  peers: [prometheus, blackbox],
  run,
};

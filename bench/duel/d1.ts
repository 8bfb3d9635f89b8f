// D1: from the SIGKILL of a service to its next answer. All contenders run at once and are struck in turn, so that the
// machine's mood is the same for all, and no peer is struck within the second that it waits between two starts.

import type { EvidenceRecord } from '#kernel/evidence.ts';
import type { OwnFigures, ServiceView } from '#kernel/view.ts';
import { spawn, type ChildProcess } from 'node:child_process';
import { pause, quantile, spread, until } from '../measure.ts';
import type { Watchman } from '../watchman.ts';
import { enter, OURS } from './contender.ts';
import type { Claim, Duel, Report, Row, Stand } from './duel.ts';
import { monit } from './peers/monit.ts';
import { pm2 } from './peers/pm2.ts';
import { runit } from './peers/runit.ts';
import { s6 } from './peers/s6.ts';
import type { Supervisor } from './peers/supervisor.ts';
import { supervisord } from './peers/supervisord.ts';
import { sayStages, type Blow } from './stages.ts';
import { pidOn, service, site, unit, untilNext } from './workload.ts';

/** Peers in the field, each with the settings that matter for the speed of a restart. */
const FIELD: readonly (readonly [Supervisor, string])[] = [
  [runit, 'default'],
  [s6, 'default'],
  [supervisord, 'default'],
  [pm2, 'default'],
  [pm2, 'backoff'],
  [monit, 'quick'],
];
const PATIENCE_MS = 30_000;
/** Monit at Debian's cycle of two minutes needs minutes for a single kill: a few, side by side. */
const SLOW_UNITS = 6;
const GOAL = { p50: 20, p99: 60, warm: 15 } as const;

/** One that is struck: where it answers, what must be true before the next blow, and the times so far. */
type Struck = {
  readonly row: Omit<Row, 'cells'>;
  readonly port: number;
  readonly ready: () => Promise<void>;
  readonly times: (number | null)[];
  readonly blows: Blow[];
};

const strike = async (it: Struck): Promise<void> => {
  await it.ready();
  const before = await until(`${it.row.contender} to answer`, () => pidOn(it.port));
  const at = Date.now();
  process.kill(before, 'SIGKILL');
  it.times.push(await untilNext(it.port, before, PATIENCE_MS));
  it.blows.push({ pid: before, at, backAt: Date.now() });
};

/** The floor: a parent that spawns again as soon as its child has ended, and does nothing else. */
const bareSpawn = async (stand: Stand): Promise<Struck> => {
  const port = await stand.freePort();
  const { command, env } = unit('raw', { PORT: String(port) });
  const [program = '', ...words] = command;
  let isOver = false;
  let child: ChildProcess | null = null;
  const start = (): void => {
    child = spawn(program, words, { env: { ...process.env, ...env }, stdio: 'ignore' });
    child.on('exit', () => isOver || start());
  };
  start();
  stand.defer(() => {
    isOver = true;
    child?.kill('SIGKILL');
  });
  const row = {
    contender: 'bare `spawn` on exit',
    version: `Node ${process.version}`,
    settings: 'the floor: nothing else is done',
  };
  return { row, port, ready: async () => undefined, times: [], blows: [] };
};

type Standby = 'none' | 'warm';

const SETTINGS: Readonly<Record<Standby, string>> = {
  none: 'one check a second; black box, cause, gate and durable evidence on the way',
  warm: 'the same, with `standby: warm`: a second copy waits for its word',
};

const ours = async (stand: Stand, standby: Standby): Promise<Struck & { readonly watchman: Watchman }> => {
  const port = await stand.freePort();
  const program = unit('unit', { PORT: String(port) });
  const check = `checks: [ { http: "http://127.0.0.1:${port}/", every: 1s } ]`;
  const restart = 'restart: { budget: 1000 per 1h, stable_after: 1s }';
  const declared = service(program, `${check}, ${restart}`, standby);
  const watchman = await stand.sereno(`sereno-${standby}`, site([declared]));
  const ready = async (): Promise<void> => {
    await until('Sereno to be at rest', async () => {
      const view = await watchman.get<ServiceView>('/api/services/unit');
      const isSpared = standby === 'none' || view.standby?.startsWith('ready') === true;
      return view.health === 'healthy' && view.phase === 'none' && isSpared ? true : null;
    });
  };
  return { row: { ...OURS, settings: SETTINGS[standby] }, port, ready, times: [], blows: [], watchman };
};

const theirs = async (stand: Stand, peer: Supervisor, setting: string): Promise<Struck> => {
  const port = await stand.freePort();
  const it = await enter(stand, peer, setting, [unit('unit', { PORT: String(port) })]);
  // Each peer counts a program as started after a second: earlier it would be a failed start, which is another duel.
  const ready = (): Promise<void> => pause(1_100);
  return { row: { contender: it.name, version: it.version, settings: it.settings }, port, ready, times: [], blows: [] };
};

/** Monit as Debian sets it: its units are struck one after the other, ten seconds apart, and awaited together. */
const slowMonit = async (stand: Stand): Promise<Row> => {
  const ports = await Promise.all(Array.from({ length: SLOW_UNITS }, () => stand.freePort()));
  const programs = ports.map((port, index) => unit(`unit${index}`, { PORT: String(port) }));
  const it = await enter(stand, monit, 'default', programs);
  const pids = await Promise.all(ports.map((port) => until('monit to start', () => pidOn(port), 300_000)));
  const back = pids.map(async (pid, index) => {
    await pause(10_000 * (index + 1));
    process.kill(pid, 'SIGKILL');
    return untilNext(ports[index] ?? 0, pid, 600_000);
  });
  const times = await Promise.all(back);
  return { contender: it.name, version: it.version, settings: it.settings, cells: cellsOf(times) };
};

const cellsOf = (times: readonly (number | null)[]): readonly string[] => {
  const back = times.filter((it) => it !== null);
  const never = times.length - back.length;
  const p99 = `${quantile(back, 0.99).toFixed(0)} ms`;
  return [String(times.length), spread(back, 'ms'), never === 0 ? p99 : `${p99}, ${never} never`];
};

/** Nothing was cut short for the sake of speed: each blow left its whole trace. */
const traceOf = async (watchman: Watchman, kills: number): Promise<readonly Claim[]> => {
  const steps = ['workload.exited', 'blackbox.frozen', 'decision', 'gate.allowed', 'action.outcome'];
  const counts = await Promise.all(
    steps.map(async (type) => {
      const page = await watchman.get<{ records: readonly EvidenceRecord[] }>(`/api/evidence?limit=1000&type=${type}`);
      return page.records.length;
    }),
  );
  return steps.map((step, index) => ({
    what: `each of Sereno's ${kills} restarts left \`${step}\` in the evidence (${counts[index]})`,
    isTrue: (counts[index] ?? 0) >= kills,
  }));
};

const run = async (stand: Stand): Promise<Report> => {
  const raw = await bareSpawn(stand);
  const sereno = await ours(stand, 'none');
  const warm = await ours(stand, 'warm');
  const field: Struck[] = [];
  for (const [peer, setting] of stand.isShort ? FIELD.slice(0, 1) : FIELD)
    field.push(await theirs(stand, peer, setting));
  const rounds = stand.isShort ? { all: 3, pair: 3 } : { all: 30, pair: 100 };
  for (let round = 0; round < rounds.pair; round += 1) {
    if (round % 10 === 0) stand.say(`round ${round} of ${rounds.pair}`);
    for (const it of round < rounds.all ? [raw, sereno, warm, ...field] : [raw, sereno, warm]) await strike(it);
  }
  await sereno.ready();
  const figures = await sereno.watchman.get<OwnFigures>('/api/figures');
  const rows = [raw, sereno, warm, ...field].map((it) => ({ ...it.row, cells: cellsOf(it.times) }));
  if (!stand.isShort) stand.say('monit at its cycle of two minutes: five minutes more');
  const slow = stand.isShort ? [] : [await slowMonit(stand)];
  const over = (share: number): number => quantile(timesOf(sereno), share) - quantile(timesOf(raw), share);
  const warmMs = quantile(timesOf(warm), 0.5);
  const isReached = over(0.5) <= GOAL.p50 && over(0.99) <= GOAL.p99 && warmMs <= GOAL.warm;
  const { p50, p99 } = figures.decisionLatencyMs;
  return {
    columns: ['kills', 'back after: median (least–most)', 'p99'],
    rows: [...rows, ...slow],
    claims: [
      { what: 'Sereno brought its service back every time', isTrue: timesOf(sereno).length === rounds.pair },
      ...(await traceOf(sereno.watchman, rounds.pair)),
      ...(await traceOf(warm.watchman, rounds.pair)),
      { what: 'its warm standby took over every time', isTrue: timesOf(warm).length === rounds.pair },
    ],
    verdict: isReached ? 'reached' : 'missed',
    notes: [
      `Sereno is ${over(0.5).toFixed(0)} ms over the floor at the median and ${over(0.99).toFixed(0)} ms at p99. Event in to effects durable: p50 ${p50?.toFixed(1)} ms, p99 ${p99?.toFixed(1)} ms.`,
      await sayStages(sereno.watchman, sereno.blows),
      'The service is a Node server, and its own start is most of each time, but of the one with a warm standby.',
    ],
  };
};

const timesOf = (it: Struck): readonly number[] => it.times.filter((time) => time !== null);

export const d1: Duel = {
  name: 'd1',
  title: 'SIGKILL → serving again',
  goal: `bare spawn + ${GOAL.p50} ms at the median, + ${GOAL.p99} ms at p99; with a warm standby ${GOAL.warm} ms`,
  peers: [runit, s6, supervisord, pm2, monit],
  run,
};

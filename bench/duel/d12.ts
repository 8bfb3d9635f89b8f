// D12: what it costs to watch over a hundred services at rest, at one look a second each. Only the watchers are counted.
// Supervisors without looks of their own have less to do; the table says which.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { OwnFigures } from '#kernel/view.ts';
import { cpuMs, pause, rssMb, until } from '../measure.ts';
import { enter, OURS } from './contender.ts';
import type { Duel, Report, Row, Stand } from './duel.ts';
import { monit } from './peers/monit.ts';
import { pm2 } from './peers/pm2.ts';
import type { Program, Supervisor } from './peers/supervisor.ts';
import { supervisord } from './peers/supervisord.ts';
import { pidOn, service, site } from './workload.ts';

const NEIGHBOUR = join(import.meta.dirname, 'neighbour.mjs');
const GOAL = { rssMb: 80, share: 0.05 } as const;

const FIELD: readonly (readonly [Supervisor, string, string])[] = [
  [supervisord, 'default', 'no looks'],
  [pm2, 'default', 'no looks'],
  [monit, 'looking', 'one look a second'],
];

const hundred = (stand: Stand, count: number): Promise<Program[]> =>
  Promise.all(
    Array.from({ length: count }, async (_, index) => {
      const port = await stand.freePort();
      return { name: `n${index}`, command: [process.execPath, NEIGHBOUR], env: { PORT: String(port) }, port };
    }),
  );

const untilServing = (programs: readonly Program[]): Promise<unknown> =>
  until(
    'all to serve',
    async () => {
      for (const { port } of programs) if ((await pidOn(port ?? 0)) === null) return null;
      return true;
    },
    180_000,
  );

type Cost = { readonly share: number; readonly rssMb: number; readonly threads: number };

/** Memory at the end, processor over the whole time, of the watcher alone. */
const rest = async (pid: number, lastingMs: number): Promise<Cost> => {
  const [before, began] = [cpuMs(pid), performance.now()];
  await pause(lastingMs);
  const share = (cpuMs(pid) - before) / (performance.now() - began);
  return { share, rssMb: rssMb(pid), threads: readdirSync(`/proc/${pid}/task`).length };
};

const cells = (it: Cost, looks: string): readonly string[] => [
  `${it.rssMb.toFixed(0)} MB`,
  `${(it.share * 100).toFixed(1)} %`,
  looks,
];

const theirs = async (stand: Stand, [peer, setting, looks]: (typeof FIELD)[number], count: number): Promise<Row> => {
  stand.say(peer.name);
  const it = await enter(stand, peer, setting, await hundred(stand, count));
  await untilServing(it.programs);
  await pause(10_000);
  const pid = it.running.watcherOf('n0');
  if (pid === null) throw new Error(`${peer.name} has no watcher`);
  const cost = await rest(pid, 60_000);
  await it.running.stop();
  return { contender: it.name, version: it.version, settings: it.settings, cells: cells(cost, looks) };
};

type Ours = Cost & { readonly perSecond: number; readonly mapped: string };

/** Where the memory lies, by the kernel's word: what is shared with the file of the program is not ours alone. */
const mappedOf = (pid: number): string => {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  const mb = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(text)?.[1] ?? 0) / 1_024;
  return `${(mb('Private_Dirty') + mb('Private_Clean')).toFixed(0)} MB private, ${(mb('Shared_Clean') + mb('Shared_Dirty')).toFixed(0)} MB shared with other programs`;
};

const ours = async (stand: Stand, count: number, lastingMs: number): Promise<Ours> => {
  stand.say('Sereno');
  const programs = await hundred(stand, count);
  const lines = programs.map((it) => service(it, `checks: [ { http: "http://127.0.0.1:${it.port}/", every: 1s } ]`));
  const watchman = await stand.sereno('sereno', site(lines));
  await untilServing(programs);
  await pause(stand.isShort ? 1_000 : 15_000);
  const before = await watchman.get<OwnFigures>('/api/figures');
  const cost = await rest(watchman.pid, lastingMs);
  const after = await watchman.get<OwnFigures>('/api/figures');
  const mapped = mappedOf(watchman.pid);
  await watchman.end();
  return { ...cost, perSecond: ((after.probesTotal - before.probesTotal) / lastingMs) * 1_000, mapped };
};

const run = async (stand: Stand): Promise<Report> => {
  const [count, lastingMs] = stand.isShort ? [5, 5_000] : [100, 60_000];
  const own = await ours(stand, count, lastingMs);
  const rows: Row[] = [];
  for (const it of stand.isShort ? [] : FIELD) rows.push(await theirs(stand, it, count));
  const looks = `${own.perSecond.toFixed(0)} looks a second`;
  return {
    columns: ['memory', 'of a core', 'looks'],
    rows: [{ ...OURS, settings: `${count} services, one http check a second each`, cells: cells(own, looks) }, ...rows],
    claims: [
      {
        what: `all ${count} are looked at every second (${own.perSecond.toFixed(1)})`,
        isTrue: own.perSecond >= count * 0.8,
      },
    ],
    verdict: own.rssMb <= GOAL.rssMb && own.share <= GOAL.share ? 'reached' : 'missed',
    notes: [
      `Sereno's memory: ${own.mapped}; ${own.threads} threads.`,
      'supervisord and pm2 ask their programs nothing: they see an end, never a hang.',
    ],
  };
};

export const d12: Duel = {
  name: 'd12',
  title: 'at rest over a hundred services',
  goal: `at most ${GOAL.rssMb} MB and ${GOAL.share * 100} % of a core`,
  peers: [supervisord, pm2, monit],
  run,
};

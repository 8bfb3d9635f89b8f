// D6: half of the targets take every question and never answer. What becomes of the others: how soon one that is killed
// serves again, and whether the rest is still looked at in time, with every channel to people blocked besides.

import { spawn } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ServiceView, TownView } from '#kernel/view.ts';
import { pause, quantile, spread, until } from '../measure.ts';
import type { Watchman } from '../watchman.ts';
import { enter, OURS } from './contender.ts';
import type { Duel, Report, Stand } from './duel.ts';
import { openFar, type Felt } from './far.ts';
import { monit } from './peers/monit.ts';
import { versionOf } from './peers/peer.ts';
import type { Program } from './peers/supervisor.ts';
import { pidOn, service, site, unit, untilNext } from './workload.ts';

const NEIGHBOUR = join(import.meta.dirname, 'neighbour.mjs');
const TIMEOUT = 'timeout: 10s';
const PATIENCE_MS = 120_000;
const GOAL = { change: 1.1, errorMs: 50 } as const;

/** Kills in calm weather and with half of the targets hung, in milliseconds until the next answer. */
type Times = { readonly calm: number[]; readonly hung: number[] };

type Struck = { readonly port: number; readonly ready: () => Promise<unknown> };

const strike = async (it: Struck, times: number[]): Promise<void> => {
  await it.ready();
  const before = await until('the service to answer', () => pidOn(it.port), PATIENCE_MS);
  process.kill(before, 'SIGKILL');
  times.push((await untilNext(it.port, before, PATIENCE_MS)) ?? Number.POSITIVE_INFINITY);
};

/** One process that stands for many targets, on as many addresses of loopback; all of them hang while the file is there. */
const targets = async (stand: Stand, flag: string): Promise<number> => {
  const port = await stand.freePort();
  const env = { ...process.env, PORT: String(port), HOST: '0.0.0.0', HANG: flag };
  const child = spawn(process.execPath, [NEIGHBOUR], { env, stdio: 'ignore' });
  stand.defer(() => child.kill('SIGKILL'));
  await until('the targets to answer', () => pidOn(port));
  return port;
};

const target = (name: string, port: number, index: number): string =>
  `${name}: { owner: ana, checks: [ { http: "http://127.9.0.${index + 1}:${port}/", every: 1s, ${TIMEOUT} } ], targets: { availability: 99% over 7d } }`;

const untilHung = (watchman: Watchman, count: number): Promise<unknown> =>
  until('the hung ones to be seen', async () => {
    const { services } = await watchman.get<TownView>('/api/town');
    return services.filter((it) => it.health === 'unhealthy').length === count ? true : null;
  });

/** A hundred targets and one service; blocks of kills in turns, calm and hung, so that the machine's mood is shared. */
const ours = async (stand: Stand, blocks: number, kills: number): Promise<Times> => {
  const flag = join(stand.room('ours'), 'hang');
  const half = stand.isShort ? 10 : 50;
  const [well, hung] = [await targets(stand, join(stand.folder, 'never')), await targets(stand, flag)];
  const port = await stand.freePort();
  const all = Array.from({ length: half }, (_, index) => [
    target(`w${index}`, well, index),
    target(`h${index}`, hung, index),
  ]);
  const victim = service(
    unit('unit', { PORT: String(port) }),
    `checks: [ { http: "http://127.0.0.1:${port}/", every: 1s } ], restart: { budget: 1000 per 1h, stable_after: 1s }`,
  );
  const watchman = await stand.sereno(
    'sereno',
    site([victim, ...all.flat()], 'people: { ana: { roles: [operator] } }\n'),
  );
  const ready = (): Promise<unknown> =>
    until('Sereno to be at rest', async () => {
      const view = await watchman.get<ServiceView>('/api/services/unit');
      return view.health === 'healthy' && view.phase === 'none' ? true : null;
    });
  const times: Times = { calm: [], hung: [] };
  for (let block = 0; block < blocks; block += 1) {
    stand.say(`block ${block + 1} of ${blocks}`);
    rmSync(flag, { force: true });
    await untilHung(watchman, 0);
    for (let kill = 0; kill < kills; kill += 1) await strike({ port, ready }, times.calm);
    writeFileSync(flag, '');
    await untilHung(watchman, half);
    for (let kill = 0; kill < kills; kill += 1) await strike({ port, ready }, times.hung);
  }
  await watchman.end();
  return times;
};

/** Four programs, two of them hung: with more, one round of its serial loop takes minutes. */
const theirs = async (stand: Stand, kills: number): Promise<Times> => {
  const flag = join(stand.room('theirs'), 'hang');
  const named = async (name: string, env: Readonly<Record<string, string>>): Promise<Program> => {
    const port = await stand.freePort();
    return { name, command: [process.execPath, NEIGHBOUR], env: { PORT: String(port), ...env }, port };
  };
  const victim = await named('unit', {});
  const programs = [
    await named('h0', { HANG: flag }),
    await named('h1', { HANG: flag }),
    await named('w0', {}),
    victim,
  ];
  await enter(stand, monit, 'patient', programs);
  const times: Times = { calm: [], hung: [] };
  const it = { port: victim.port ?? 0, ready: () => pause(3_000) };
  for (let kill = 0; kill < kills; kill += 1) await strike(it, times.calm);
  writeFileSync(flag, '');
  await pause(5_000);
  for (let kill = 0; kill < kills; kill += 1) await strike(it, times.hung);
  return times;
};

/** A third of many targets hang, and the one channel to people takes each message and never answers. */
const isolation = async (stand: Stand): Promise<Felt & { readonly all: number; readonly of: number }> => {
  const [count, lastingMs] = stand.isShort ? [100, 6_000] : [1_000, 60_000];
  stand.say(`${count} targets, 30 % of them hung, the channel to people blocked`);
  const far = await openFar(stand, count, 1_000);
  const services = Array.from(
    { length: count },
    (_, index) =>
      `t${index}: { owner: ana, checks: [ { http: "${far.urlOf(index)}", every: 1s, ${TIMEOUT} } ], targets: { availability: 99% over 7d } }`,
  );
  const people = `people: { ana: { roles: [operator] } }\nnotify: { desk: { webhook: { url: "${far.hook}" } } }\n`;
  const watchman = await stand.sereno('isolation', site(services, people));
  await until('all to be looked at', async () => ((await far.tell('/report')).seen >= count ? true : null));
  await far.tell('/hang?share=0.3');
  await untilHung(watchman, Math.round(count * 0.3));
  await far.tell('/reset');
  await pause(lastingMs);
  const felt = await far.tell('/report');
  await watchman.end();
  return { ...felt, all: count, of: Math.round(count * 0.7) };
};

const cells = (times: Times): readonly string[] => [
  spread(times.calm, 'ms'),
  spread(times.hung, 'ms'),
  `× ${change(times).toFixed(2)}`,
];
const change = (times: Times): number => quantile(times.hung, 0.5) / quantile(times.calm, 0.5);
const isBackEachTime = (times: Times): boolean => [...times.calm, ...times.hung].every(Number.isFinite);

const run = async (stand: Stand): Promise<Report> => {
  const sereno = await (stand.isShort ? ours(stand, 1, 2) : ours(stand, 4, 10));
  const peer = stand.isShort ? null : await theirs(stand, 6);
  const felt = await isolation(stand);
  const settings = 'a check a second, timeout 10 s; 50 of 101 services hang';
  const isReached = change(sereno) <= GOAL.change && felt.errorMs.p99 <= GOAL.errorMs && felt.missed === 0;
  return {
    columns: ['calm: back after (least–most)', 'half hung: back after', 'change of the median'],
    rows: [
      { ...OURS, settings, cells: cells(sereno) },
      ...(peer === null
        ? []
        : [
            {
              contender: 'monit',
              version: versionOf(monit),
              settings: `${monit.settings['patient']}; 2 of 4 hang`,
              cells: cells(peer),
            },
          ]),
    ],
    claims: [
      { what: 'Sereno brought its service back every time', isTrue: isBackEachTime(sereno) },
      {
        what: `each of the ${felt.of} that do not hang is still looked at (${felt.seen})`,
        isTrue: felt.seen === felt.of,
      },
    ],
    verdict: isReached ? 'reached' : 'missed',
    notes: [
      `${felt.all} targets at one look a second, 30 % hung and the channel to people blocked: at the targets the looks at the others came at most ${felt.errorMs.p99.toFixed(0)} ms off the second at p99, ${felt.errorMs.max.toFixed(0)} ms at worst; ${felt.missed} were missed.`,
    ],
  };
};

export const d6: Duel = {
  name: 'd6',
  title: 'half of the targets hang',
  goal: `recovery of the others at most 10 % slower; 30 % hung and people unreachable: the others within ${GOAL.errorMs} ms of their time at p99, none missed`,
  peers: [monit],
  run,
};

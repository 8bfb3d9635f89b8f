// D5: the watchman is killed with SIGKILL, one of the programs as well while he is dead, and he is started again as his
// manual says. How many copies of each program run then, and how soon is the one that died brought back?

import type { TownView } from '#kernel/view.ts';
import { join } from 'node:path';
import { pause, quantile, spread, until } from '../measure.ts';
import { enter, OURS } from './contender.ts';
import type { Claim, Duel, Report, Row, Stand } from './duel.ts';
import { monit } from './peers/monit.ts';
import { pm2 } from './peers/pm2.ts';
import { runit } from './peers/runit.ts';
import { s6 } from './peers/s6.ts';
import { MARK, processesOf, signal, sweep, wordsOf, type Program, type Supervisor } from './peers/supervisor.ts';
import { supervisord } from './peers/supervisord.ts';
import { service, site, startsIn } from './workload.ts';

const FIELD: readonly (readonly [Supervisor, string])[] = [
  [runit, 'default'],
  [s6, 'default'],
  [supervisord, 'default'],
  [pm2, 'default'],
  [monit, 'quick'],
];
const SLEEPER = join(import.meta.dirname, 'sleeper.sh');
const FEW = 5;
const MANY = 100;
/** So many of a hundred die while nobody watches. */
const DEAD = 5;
/** After this long every peer has done what it will do: the slowest looks every 5 s. */
const SETTLE_MS = 8_000;
/** The copies that a watchman starts by mistake are there by then. */
const AFTERMATH_MS = 2_000;
const PATIENCE_MS = 30_000;
const GOAL_MS = 1_000;
const FIRST_LENGTH = 360_000;

const sleeper = (room: string, index: number): Program => ({
  name: `unit${index}`,
  command: ['/bin/sh', SLEEPER],
  env: { LOG: join(room, `unit${index}.starts`), LENGTH: String(FIRST_LENGTH + index) },
  port: null,
});

/** The living copies of each program, by its length of sleep. */
const copiesOf = (room: string, programs: readonly Program[]): readonly (readonly number[])[] => {
  const living = processesOf(room).map((pid) => ({ pid, words: wordsOf(pid).join(' ') }));
  return programs.map((program) =>
    living.filter((it) => it.words === `sleep ${program.env['LENGTH']}`).map((it) => it.pid),
  );
};

const allThere = (room: string, programs: readonly Program[]): Promise<true> =>
  until('all programs to run', () => (copiesOf(room, programs).every((it) => it.length > 0) ? true : null));

/** The first start of a program at or after a moment; null when there is none while it is waited for. */
const startAfter = async (program: Program, at: number): Promise<number | null> => {
  const find = (): number | null => startsIn(program.env['LOG'] ?? '').find((it) => it.at >= at)?.at ?? null;
  return until('the start', find, PATIENCE_MS).catch(() => null);
};

const most = (copies: readonly (readonly number[])[]): number => Math.max(...copies.map((it) => it.length));

const theirs = async (stand: Stand, peer: Supervisor, setting: string): Promise<Row> => {
  const room = stand.room(`${peer.name}-${setting}`);
  const programs = Array.from({ length: FEW }, (_, index) => sleeper(room, index));
  const { name, version, settings, running } = await enter(stand, peer, setting, programs);
  await allThere(room, programs);
  await pause(1_500); // each peer counts a program as started after a second
  const watchers = new Set(programs.flatMap((program) => running.watcherOf(program.name) ?? []));
  for (const pid of watchers) signal(pid, 'SIGKILL');
  const [victim] = copiesOf(room, programs);
  const killedAt = Date.now();
  for (const pid of victim ?? []) signal(pid, 'SIGKILL');
  await pause(500);
  const againAt = Date.now();
  await running.again();
  const first = programs[0] === undefined ? null : await startAfter(programs[0], killedAt);
  await pause(Math.max(0, SETTLE_MS - (Date.now() - againAt)));
  const copies = copiesOf(room, programs);
  const extra = copies.reduce((sum, it) => sum + Math.max(0, it.length - 1), 0);
  const back = first === null ? 'never' : `${Math.max(0, first - againAt)} ms`;
  return { contender: name, version, settings, cells: [String(FEW), String(most(copies)), String(extra), back] };
};

type Round = { readonly copies: number; readonly lost: number; readonly firstMs: number; readonly lastMs: number };
type Ours = { readonly row: Row; readonly rounds: readonly Round[]; readonly claims: readonly Claim[] };

const ours = async (stand: Stand, count: number, rounds: number): Promise<Ours> => {
  const name = `sereno-${count}`;
  const room = stand.room(name);
  const programs = Array.from({ length: count }, (_, index) => sleeper(room, index));
  const declared = 'checks: [ { process: {}, every: 1s } ], restart: { budget: 1000 per 1h, stable_after: 1s }';
  const marked = programs.map((program) => ({ ...program, env: { ...program.env, [MARK]: room } }));
  stand.defer(() => sweep(room));
  let watchman = await stand.sereno(name, site(marked.map((program) => service(program, declared))));
  await allThere(room, programs);
  const seen: Round[] = [];
  for (let round = 0; round < rounds; round += 1) {
    stand.say(`${count} services, round ${round + 1} of ${rounds}`);
    await atRest(watchman.get);
    await pause((round * 377) % 1_000); // another moment of its second each time
    await watchman.kill();
    const dead = programs.slice(0, Math.min(DEAD, count));
    for (const pid of copiesOf(room, dead).flat()) signal(pid, 'SIGKILL');
    const againAt = Date.now();
    watchman = await stand.serenoAgain(name);
    const starts = await Promise.all(dead.map((program) => startAfter(program, againAt)));
    const backMs = starts.map((at) => (at === null ? Infinity : at - againAt));
    await pause(AFTERMATH_MS);
    const copies = copiesOf(room, programs);
    const lost = copies.filter((it) => it.length === 0).length;
    seen.push({ copies: most(copies), lost, firstMs: Math.min(...backMs), lastMs: Math.max(...backMs) });
  }
  const adopted = await listed(watchman.get);
  const held = copiesOf(room, programs).flat();
  return { rounds: seen, ...told(count, seen, { adopted, held }) };
};

const atRest = (get: <T>(path: string) => Promise<T>): Promise<true> =>
  until('all to be healthy and at rest', async () => {
    const { services } = await get<TownView>('/api/town');
    return services.every((it) => it.health === 'healthy' && it.phase === 'none') ? true : null;
  });

/** The processes that Sereno says he watches. */
const listed = async (get: <T>(path: string) => Promise<T>): Promise<readonly number[]> => {
  await atRest(get);
  const { services } = await get<TownView>('/api/town');
  return services.flatMap((it) => it.pid ?? []);
};

const told = (
  count: number,
  seen: readonly Round[],
  pids: { readonly adopted: readonly number[]; readonly held: readonly number[] },
): Omit<Ours, 'rounds'> => {
  const orphans = pids.held.filter((pid) => !pids.adopted.includes(pid));
  const first = spread(
    seen.map((it) => it.firstMs),
    'ms',
  );
  const last = spread(
    seen.map((it) => it.lastMs),
    'ms',
  );
  const copies = Math.max(...seen.map((it) => it.copies));
  const claims: readonly Claim[] = [
    { what: `${count} services, ${seen.length} kills: never two copies (${copies})`, isTrue: copies === 1 },
    { what: `${count} services: none is missing`, isTrue: seen.every((it) => it.lost === 0) },
    {
      what: `${count} services: no orphan, every process is one that Sereno watches`,
      isTrue: orphans.length === 0 && pids.adopted.length === count,
    },
  ];
  const settings = `${seen.length} kills; ${Math.min(DEAD, count)} of its services die meanwhile`;
  return {
    claims,
    row: {
      ...OURS,
      settings,
      cells: [String(count), String(copies), String(orphans.length), `first ${first}, last ${last}`],
    },
  };
};

const run = async (stand: Stand): Promise<Report> => {
  const rounds = stand.isShort ? 2 : 10;
  const mine: Ours[] = [];
  for (const count of stand.isShort ? [FEW] : [FEW, MANY]) mine.push(await ours(stand, count, rounds));
  stand.say('the peers, side by side');
  const field = stand.isShort ? FIELD.slice(0, 2) : FIELD;
  const others = await Promise.all(field.map(([peer, setting]) => theirs(stand, peer, setting)));
  const firsts = mine.flatMap((it) => it.rounds.map((round) => round.firstMs));
  return {
    columns: [
      'services',
      'copies of one, at most',
      'copies that nobody watches',
      'the one that died meanwhile is back after',
    ],
    rows: [...mine.map((it) => it.row), ...others],
    claims: mine.flatMap((it) => it.claims),
    verdict: quantile(firsts, 1) <= GOAL_MS ? 'reached' : 'missed',
    notes: [
      'Times run from the start of the new watchman’s program. Of runit and s6 the process that watches the program was killed (`runsv`, `s6-supervise`), of pm2 the daemon, with `pm2 save` before and `pm2 resurrect` after.',
    ],
  };
};

export const d5: Duel = {
  name: 'd5',
  title: 'SIGKILL of the watchman',
  goal: '0 second copies, 0 orphans, acting again within 1 s at 100 services',
  peers: [runit, s6, supervisord, pm2, monit],
  run,
};

// D7: many fail at once and none of them is to blame. Something that they share is down, declared or not; or the way to
// them is cut, for real: they live in a network namespace whose link is taken down, while loopback stays well. And once
// all of them really end at once, to see how many are in hands together.

import { copyFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { EvidenceRecord } from '#kernel/evidence.ts';
import type { ServiceView, TownView } from '#kernel/view.ts';
import { pause, until } from '../measure.ts';
import type { Watchman } from '../watchman.ts';
import { enter, OURS } from './contender.ts';
import type { Claim, Duel, Report, Row, Stand } from './duel.ts';
import { openIsland } from './netns.ts';
import { pagedBy, pagerOn, type Pager } from './pager.ts';
import { monit } from './peers/monit.ts';
import { versionOf } from './peers/peer.ts';
import type { Program } from './peers/supervisor.ts';
import { pidOn, service, site, startsIn } from './workload.ts';

const NEIGHBOUR = join(import.meta.dirname, 'neighbour.mjs');
const FIVE = ['s0', 's1', 's2', 's3', 's4'];
const PERIOD_MS = 2_000;
const EVERY = `every: ${PERIOD_MS / 1_000}s`;
const PERIODS_MOST = 3;

/** Five that fail together, those around them, and how they are struck and mended. */
type Trouble = {
  readonly name: string;
  readonly struck: readonly Program[];
  readonly wells: readonly Program[];
  /** Of each of the struck, for the configuration. */
  readonly needs: (name: string) => readonly string[];
  /** Further lines of services. */
  readonly besides: readonly string[];
  /** What the one page must name. */
  readonly cause: RegExp;
  readonly strike: () => void;
  readonly mend: () => void;
};

type Seen = {
  readonly restarts: number;
  readonly pages: readonly string[];
  /** Periods from the blow until it was doubted, or the cause was named. */
  readonly periods: number | null;
  readonly isWellAgain: boolean;
};

type Manner = {
  readonly prefix?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly isChanged?: boolean;
};

/** A copy of an age of its own: a program that was written a moment ago, by a fresh checkout say, is a suspect itself. */
const copyOf = (room: string, isChanged: boolean): string => {
  const file = join(room, 'neighbour.mjs');
  copyFileSync(NEIGHBOUR, file);
  if (!isChanged) utimesSync(file, new Date(0), new Date(0));
  return file;
};

const programs = (stand: Stand, room: string, names: readonly string[], manner: Manner = {}): Promise<Program[]> =>
  Promise.all(
    names.map(async (name) => {
      const port = await stand.freePort();
      const env = { PORT: String(port), LOG: join(room, `${name}.starts`), ...manner.env };
      return {
        name,
        command: [...(manner.prefix ?? []), process.execPath, copyOf(room, manner.isChanged ?? false)],
        env,
        port,
      };
    }),
  );

const line = (program: Program, needs: readonly string[] = []): string => {
  const url = `http://${program.env['HOST'] ?? '127.0.0.1'}:${program.port}/`;
  return service(program, `needs: [${needs.join(', ')}], checks: [ { http: "${url}", ${EVERY} } ]`);
};

/** They answer 503 while a file is not there. Declared, the file is a service that they need, and that nobody can restart. */
const shared = async (
  stand: Stand,
  name: string,
  how: { isDeclared: boolean; isChanged: boolean; wells: number },
): Promise<Trouble> => {
  const room = stand.room(name);
  const store = join(room, 'store');
  writeFileSync(store, '');
  const wells = Array.from({ length: how.wells }, (_, index) => `w${index}`);
  const declared = `store: { owner: ana, checks: [ { file: "${store}", ${EVERY} } ], targets: { availability: 99% over 7d } }`;
  return {
    name,
    struck: await programs(stand, room, FIVE, { env: { USES: store }, isChanged: how.isChanged }),
    wells: await programs(stand, room, wells),
    needs: () => (how.isDeclared ? ['store'] : []),
    besides: how.isDeclared ? [declared] : [],
    cause: how.isDeclared ? /^(?:INC-\S+ SEV\d )?store/ : /shared.*s0.*s1.*s2.*s3.*s4/,
    strike: () => rmSync(store),
    mend: () => writeFileSync(store, ''),
  };
};

/** All of them need the first: a watchman who trusts his eyes would restart that one. His canary goes over loopback. */
const cutOff = async (stand: Stand): Promise<Trouble | null> => {
  const island = openIsland(stand);
  if (island === null) return null;
  const room = stand.room('cut');
  return {
    name: 'the link to them is cut',
    struck: await programs(stand, room, FIVE, { prefix: island.prefix, env: { HOST: island.host } }),
    wells: await programs(stand, room, ['w0', 'w1', 'w2', 'w3', 'w4']),
    needs: (name) => (name === 's0' ? [] : ['s0']),
    besides: [],
    cause: new RegExp(`over ${island.host}`),
    strike: island.cut,
    mend: island.join,
  };
};

const restartsOf = (all: readonly Program[]): number =>
  all.reduce((sum, { env }) => sum + Math.max(0, startsIn(env['LOG'] ?? '').length - 1), 0);

const untilAllWell = (watchman: Watchman, patienceMs = 60_000): Promise<boolean> =>
  until(
    'all to be well',
    async () => ((await watchman.get<TownView>('/api/town')).health === 'healthy' ? true : null),
    patienceMs,
  );

const outageMs = (stand: Stand): number => (stand.isShort ? 12_000 : 45_000);

/** Whether the watchman doubts, or has named what the first of them waits for. */
const isSeenThrough = async (watchman: Watchman): Promise<boolean> => {
  const { suspicion } = await watchman.get<TownView>('/api/town');
  const views = await Promise.all(FIVE.map((name) => watchman.get<ServiceView>(`/api/services/${name}`)));
  return suspicion.length > 0 || views.every((view) => view.impairedBy !== null);
};

const endure = async (stand: Stand, trouble: Trouble): Promise<Seen> => {
  stand.say(trouble.name);
  const pager = await pagerOn(stand);
  const lines = [
    ...trouble.struck.map((it) => line(it, trouble.needs(it.name))),
    ...trouble.wells.map((it) => line(it)),
  ];
  const watchman = await stand.sereno(`sereno ${trouble.name}`, site([...lines, ...trouble.besides], pagedBy(pager)));
  await untilAllWell(watchman);
  const began = performance.now();
  trouble.strike();
  let seenAfterMs: number | null = null;
  while (performance.now() - began < outageMs(stand)) {
    if (seenAfterMs === null && (await isSeenThrough(watchman))) seenAfterMs = performance.now() - began;
    await pause(50);
  }
  trouble.mend();
  const isWellAgain = await untilAllWell(watchman, 120_000).catch(() => false);
  await watchman.end();
  return {
    restarts: restartsOf(trouble.struck),
    pages: titlesOf(pager),
    periods: seenAfterMs === null ? null : seenAfterMs / PERIOD_MS,
    isWellAgain,
  };
};

const titlesOf = ({ calls }: Pager): readonly string[] =>
  calls.filter((call) => call.kind === 'page').map((call) => call.title);

/** The peer under the same trouble: how many of the five it restarts. */
const suffer = async (stand: Stand, trouble: Trouble): Promise<number> => {
  for (const { env } of trouble.struck) rmSync(env['LOG'] ?? '', { force: true });
  const it = await enter(stand, monit, 'looking', trouble.struck);
  const areUp = (): true | null =>
    trouble.struck.every(({ env }) => startsIn(env['LOG'] ?? '').length > 0) ? true : null;
  await until('monit to start them', areUp);
  await pause(5_000);
  const before = restartsOf(trouble.struck);
  trouble.strike();
  await pause(outageMs(stand));
  trouble.mend();
  const restarted = trouble.struck.filter(({ env }) => startsIn(env['LOG'] ?? '').length > 1).length;
  await it.running.stop();
  return before > 0 ? Number.NaN : restarted;
};

/** Ten that carry all the traffic are killed at once: how many are in hands together, in number and in traffic. */
const massacre = async (stand: Stand): Promise<{ most: number; back: number; of: number }> => {
  stand.say('ten are killed at once');
  const names = Array.from({ length: 10 }, (_, index) => `k${index}`);
  const killed = await programs(stand, stand.room('massacre'), names);
  const lines = killed.map((it) => line(it).replace('needs: []', 'traffic: 10%'));
  const watchman = await stand.sereno('sereno massacre', site(lines));
  await untilAllWell(watchman);
  for (const { port } of killed) process.kill((await pidOn(port ?? 0)) ?? 0, 'SIGKILL');
  await pause(1_000);
  await untilAllWell(watchman, 120_000);
  const { records } = await watchman.get<{ records: readonly EvidenceRecord[] }>('/api/evidence?limit=1000');
  await watchman.end();
  return { most: mostInHands(records), back: restartsOf(killed), of: killed.length };
};

const mostInHands = (records: readonly EvidenceRecord[]): number => {
  let [now, most] = [0, 0];
  for (const { type, action } of records.toSorted((a, b) => a.seq - b.seq)) {
    if (type === 'gate.allowed' && action === 'restart') now += 1;
    if (type === 'lease.returned' && now > 0) now -= 1;
    most = Math.max(most, now);
  }
  return most;
};

const claimsOf = (trouble: Trouble, seen: Seen): readonly Claim[] => [
  { what: `${trouble.name}: nothing was restarted (${seen.restarts})`, isTrue: seen.restarts === 0 },
  {
    what: `${trouble.name}: one page, which names the cause (${seen.pages.join(' / ')})`,
    isTrue: seen.pages.length === 1 && trouble.cause.test(seen.pages[0] ?? ''),
  },
  { what: `${trouble.name}: all were well again by themselves`, isTrue: seen.isWellAgain },
];

const run = async (stand: Stand): Promise<Report> => {
  const troubles = [
    await shared(stand, 'what five share is down, undeclared', { isDeclared: false, isChanged: false, wells: 0 }),
    await shared(stand, 'the same among 17, and right after a change', {
      isDeclared: false,
      isChanged: true,
      wells: 12,
    }),
    await shared(stand, 'the same, declared as a need', { isDeclared: true, isChanged: false, wells: 0 }),
  ];
  const cut = await cutOff(stand);
  const all = [...troubles, ...(cut === null ? [] : [cut])];
  const seen: Seen[] = [];
  for (const trouble of all) seen.push(await endure(stand, trouble));
  const theirs: number[] = [];
  for (const trouble of stand.isShort ? [] : [all[0], cut]) if (trouble) theirs.push(await suffer(stand, trouble));
  const hands = await massacre(stand);
  const claims: readonly Claim[] = [
    ...all.flatMap((trouble, index) => claimsOf(trouble, seen[index] ?? NOTHING)),
    { what: `at most 2 of 10 in hands at once (${hands.most})`, isTrue: hands.most <= 2 },
    {
      what: `all that were killed were brought back once (${hands.back} of ${hands.of})`,
      isTrue: hands.back === hands.of,
    },
  ];
  const slowest = Math.max(...seen.map((it) => it.periods ?? Number.POSITIVE_INFINITY));
  return {
    columns: all.map((trouble) => trouble.name),
    rows: [oursOf(seen), ...(theirs.length === 0 ? [] : [theirsOf(all, theirs)])],
    claims,
    verdict: slowest <= PERIODS_MOST ? 'reached' : 'missed',
    notes: [
      `Seen through after ${seen.map((it) => it.periods?.toFixed(1) ?? 'never').join(', ')} periods of ${PERIOD_MS / 1_000} s; the outage lasts ${outageMs(stand) / 1_000} s.`,
      `Pages: ${seen.map((it) => `“${it.pages.join('” “')}”`).join('; ')}.`,
      `Ten services with a tenth of the traffic each, killed at once: at most ${hands.most} in hands together.`,
      ...(cut === null ? ['The link was not cut: network namespaces need root and iproute2.'] : []),
    ],
  };
};

const NOTHING: Seen = { restarts: Number.NaN, pages: [], periods: null, isWellAgain: false };

const oursOf = (seen: readonly Seen[]): Row => ({
  ...OURS,
  settings: `a check every ${PERIOD_MS / 1_000} s, timeout 1 s`,
  cells: seen.map((it) => `${it.restarts} restarts, ${it.pages.length} page${it.pages.length === 1 ? '' : 's'}`),
});

const theirsOf = (all: readonly Trouble[], restarted: readonly number[]): Row => ({
  contender: 'monit',
  version: versionOf(monit),
  settings: monit.settings['looking'] ?? '',
  cells: all.map((_, index) => {
    const at = index === 0 ? 0 : index === all.length - 1 ? 1 : -1;
    return restarted[at] === undefined ? 'the same' : `${restarted[at]} of ${FIVE.length} restarted`;
  }),
});

export const d7: Duel = {
  name: 'd7',
  title: 'a shared cause, and a broken way to look',
  goal: `0 needless restarts, one page with the cause, doubted within ${PERIODS_MOST} periods, at most a fifth in hands`,
  peers: [monit],
  run,
};

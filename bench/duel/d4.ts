// D4: something that programs need is away for a minute; they end when it is, as many programs do. How many restarts
// are burned on it, is anybody back afterwards, and how often is a person woken?

import { watchMachine } from '#kernel/site.ts';
import { serviceId } from '#kernel/id.ts';
import type { EvidenceRecord } from '#kernel/evidence.ts';
import type { ServiceView, TownView } from '#kernel/view.ts';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pause, until } from '../measure.ts';
import type { Watchman } from '../watchman.ts';
import { enter, OURS } from './contender.ts';
import type { Claim, Duel, Report, Row, Stand } from './duel.ts';
import { pagedBy, pagerOn, type Pager } from './pager.ts';
import { monit } from './peers/monit.ts';
import { pm2 } from './peers/pm2.ts';
import { runit } from './peers/runit.ts';
import { s6 } from './peers/s6.ts';
import type { Program, Supervisor } from './peers/supervisor.ts';
import { supervisord } from './peers/supervisord.ts';
import { pidOn, service, site, startsIn, unit } from './workload.ts';

const FIELD: readonly (readonly [Supervisor, string])[] = [
  [runit, 'default'],
  [s6, 'default'],
  [s6, 'guarded'],
  [supervisord, 'default'],
  [supervisord, 'patient'],
  [pm2, 'default'],
  [pm2, 'backoff'],
  [monit, 'quick'],
  [monit, 'guarded'],
];
/** Sereno gets three dependants, so that one incident for all of them is worth something. */
const DEPENDANTS = ['api', 'worker', 'mailer'];
/** Others on the same site, at rest. Sereno has at most a fifth of a site in hands at once: of sixteen, three. */
const BYSTANDERS = 12;
const GOAL = { restarts: 1, backMs: 1_000 } as const;
const LOOK_MS = 10;

type Span = { readonly downMs: number; readonly patienceMs: number };

/** A contender's programs, and the file that stands for what they need. */
type Need = { readonly file: string; readonly programs: readonly Program[] };

const needIn = async (stand: Stand, room: string, names: readonly string[]): Promise<Need> => {
  const file = join(room, 'needed');
  writeFileSync(file, '');
  const programs: Program[] = [];
  for (const name of names) {
    const port = String(await stand.freePort());
    programs.push(unit(name, { PORT: port, NEEDS: file, LOG: join(room, `${name}.starts`) }));
  }
  return { file, programs };
};

const isUp = async (programs: readonly Program[]): Promise<boolean> =>
  (await Promise.all(programs.map((it) => pidOn(it.port ?? 0)))).every((pid) => pid !== null);

const allUp = (programs: readonly Program[]): Promise<true> =>
  until('all to answer', async () => ((await isUp(programs)) ? true : null));

type Seen = { readonly burned: readonly number[]; readonly backMs: readonly (number | null)[] };

/** Takes away what is needed, gives it back, and awaits each program. `during` runs just before it comes back. */
const outage = async (need: Need, span: Span, during: () => Promise<void>): Promise<Seen> => {
  const startsOf = (program: Program): number => startsIn(program.env['LOG'] ?? '').length;
  const before = need.programs.map(startsOf);
  rmSync(need.file);
  await pause(span.downMs);
  await during();
  const burned = need.programs.map((program, index) => startsOf(program) - (before[index] ?? 0));
  writeFileSync(need.file, '');
  const backMs = await Promise.all(need.programs.map((program) => untilBack(program, span.patienceMs)));
  return { burned, backMs };
};

const untilBack = async (program: Program, patienceMs: number): Promise<number | null> => {
  const began = performance.now();
  while (performance.now() - began < patienceMs) {
    if ((await pidOn(program.port ?? 0)) !== null) return performance.now() - began;
    await pause(LOOK_MS);
  }
  return null;
};

const sayBack = (seen: Seen): string =>
  seen.backMs.map((it) => (it === null ? 'never' : `${(it / 1_000).toFixed(2)} s`)).join(', ');

const theirs = async (stand: Stand, peer: Supervisor, setting: string, span: Span): Promise<Row> => {
  const need = await needIn(stand, stand.room(`${peer.name}-${setting}`), ['api']);
  const it = await enter(stand, peer, setting, need.programs);
  await allUp(need.programs);
  await pause(1_500); // each peer counts a program as started after a second
  let says = '';
  const seen = await outage(need, span, async () => {
    const words = await it.running.says('api');
    says = words
      .replaceAll(/\S*\/\S*|\bapi\b|\|/g, '')
      .replaceAll(/\s+/g, ' ')
      .trim()
      .slice(0, 60);
  });
  const { name, version, settings } = it;
  return { contender: name, version, settings, cells: [String(seen.burned[0]), sayBack(seen), '–', `“${says}”`] };
};

/** Sereno's side: what it did, and what it said while the dependency was away. */
type Ours = { readonly row: Row; readonly seen: Seen; readonly claims: readonly Claim[] };

const ours = async (stand: Stand, span: Span): Promise<Ours> => {
  const need = await needIn(stand, stand.room('sereno'), DEPENDANTS);
  const pager = await pagerOn(stand);
  const dependants = need.programs.map((program) =>
    service(program, `needs: [db], checks: [ { http: "http://127.0.0.1:${program.port}/", every: 1s } ]`),
  );
  const db = `db: { owner: ana, checks: [ { file: ${need.file}, every: 500ms } ], targets: { availability: 99% over 7d } }`;
  const others = Array.from({ length: BYSTANDERS }, (_, index) => bystander(`other${index}`, stand.folder));
  const watchman = await stand.sereno('sereno', site([db, ...dependants, ...others], pagedBy(pager)));
  await allUp(need.programs);
  await untilAtRest(watchman);
  let town: TownView | null = null;
  const seen = await outage(need, span, async () => {
    town = await watchman.get<TownView>('/api/town');
  });
  await untilAtRest(watchman);
  return { seen, ...(await verdictOn(watchman, { town, pager, seen })) };
};

const bystander = (name: string, folder: string): string =>
  `${name}: { owner: ana, checks: [ { file: ${folder}, every: 5s } ], targets: { availability: 99% over 7d } }`;

const untilAtRest = (watchman: Watchman): Promise<true> =>
  until('all to be healthy and at rest', async () => {
    const { services } = await watchman.get<TownView>('/api/town');
    return services.every((it) => it.health === 'healthy' && it.phase === 'none') ? true : null;
  });

const verdictOn = async (
  watchman: Watchman,
  facts: { readonly town: TownView | null; readonly pager: Pager; readonly seen: Seen },
): Promise<Omit<Ours, 'seen'>> => {
  const { town, pager, seen } = facts;
  const views: readonly ServiceView[] = town?.services.filter((it) => DEPENDANTS.includes(it.id)) ?? [];
  const opened = await watchman.get<{ records: readonly EvidenceRecord[] }>(
    '/api/evidence?limit=1000&type=incident.opened',
  );
  const incidents = opened.records.map((it) => it.trigger);
  const pages = pager.calls.filter((it) => it.kind === 'page');
  const actions = await watchman.get<{ records: readonly EvidenceRecord[] }>(
    '/api/evidence?limit=1000&type=action.started',
  );
  const restarts = (name: string): number =>
    actions.records.filter((it) => it.action === 'restart' && it.machine === watchMachine(serviceId(name))).length;
  const words = [...new Set(views.map((it) => it.headline))];
  const claims: readonly Claim[] = [
    {
      what: `nothing was started while the dependency was away (${seen.burned.join(', ')})`,
      isTrue: seen.burned.every((it) => it <= GOAL.restarts),
    },
    { what: 'every dependant came back by itself', isTrue: seen.backMs.every((it) => it !== null) },
    {
      what: `one restart of each in all (${DEPENDANTS.map(restarts).join(', ')})`,
      isTrue: DEPENDANTS.every((it) => restarts(it) === 1),
    },
    {
      what: `one incident, and it names the dependency (${incidents.join(' | ')})`,
      isTrue: incidents.length === 1 && incidents[0]?.startsWith('db') === true,
    },
    { what: `one page (${pages.map((it) => it.title).join(' | ')})`, isTrue: pages.length === 1 },
    {
      what: `each dependant says what it waits for (${words.join(' | ')})`,
      isTrue:
        views.length === DEPENDANTS.length &&
        views.every((it) => it.headline.includes('waiting on db') && it.impairedBy === 'db'),
    },
  ];
  const row = {
    ...OURS,
    settings: `${DEPENDANTS.length} dependants that declare the need, on a site of ${DEPENDANTS.length + 1 + BYSTANDERS}; the need is looked at twice a second`,
    cells: [
      String(Math.max(...seen.burned)),
      sayBack(seen),
      `${incidents.length} incident, ${pages.length} page`,
      `“${words.join('”, “')}”`,
    ],
  };
  return { row, claims };
};

const run = async (stand: Stand): Promise<Report> => {
  const span = stand.isShort ? { downMs: 8_000, patienceMs: 30_000 } : { downMs: 60_000, patienceMs: 60_000 };
  const field = stand.isShort ? FIELD.slice(0, 1) : FIELD;
  stand.say(`${(span.downMs + span.patienceMs) / 1_000} s at most, all side by side`);
  const [mine, ...others] = await Promise.all([
    ours(stand, span),
    ...field.map(([peer, setting]) => theirs(stand, peer, setting, span)),
  ]);
  const slowest = Math.max(...mine.seen.backMs.map((it) => it ?? Infinity));
  const isReached = slowest <= GOAL.backMs && mine.seen.burned.every((it) => it <= GOAL.restarts);
  return {
    columns: ['starts while it was away', 'back after its return', 'people', 'its words meanwhile'],
    rows: [mine.row, ...others],
    claims: mine.claims,
    verdict: isReached ? 'reached' : 'missed',
    notes: [
      `The dependency was away for ${span.downMs / 1_000} s; “never” means not within ${span.patienceMs / 1_000} s of its return. No peer knows what its programs need.`,
      'Sereno has at most a fifth of a site in hands at once: on a site of four, the dependants come back one after another.',
    ],
  };
};

export const d4: Duel = {
  name: 'd4',
  title: 'a dependency is down for a minute',
  goal: 'at most one restart spent, back within 1 s of its return, one incident, dependants shown as waiting on it',
  peers: [runit, s6, supervisord, pm2, monit],
  run,
};

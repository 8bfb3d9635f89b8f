// D3: programs that crash again and again: one that ran well before, one that lives for a second and a half, one that
// never came up. How often is each started, what does the supervisor say of it, and what happens once the fault is over?

import type { EvidenceRecord } from '#kernel/evidence.ts';
import type { ServiceView } from '#kernel/view.ts';
import { watchMachine } from '#kernel/site.ts';
import { serviceId } from '#kernel/id.ts';
import { hours } from '#kernel/time.ts';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pause, quantile, until } from '../measure.ts';
import type { Watchman } from '../watchman.ts';
import { enter, OURS, type Contender } from './contender.ts';
import type { Claim, Duel, Report, Row, Stand } from './duel.ts';
import { simulateLoop, worst, type Loop, type Outcome } from './hour.ts';
import { pagedBy, pagerOn, type Pager } from './pager.ts';
import { monit } from './peers/monit.ts';
import { pm2 } from './peers/pm2.ts';
import { runit } from './peers/runit.ts';
import { s6 } from './peers/s6.ts';
import type { Program, Supervisor } from './peers/supervisor.ts';
import { supervisord } from './peers/supervisord.ts';
import { service, site, startsIn } from './workload.ts';

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
const LOOPS: readonly Loop[] = [
  { name: 'late', firstMs: 25_000, lifeMs: 50 },
  { name: 'slow', firstMs: 1_500, lifeMs: 1_500 },
  { name: 'start', firstMs: 50, lifeMs: 50 },
];
/** Only for the simulator: each life is long enough to be called stable, and yet it never lasts. */
const RELAPSE: Loop = { name: 'relapse', firstMs: 25_000, lifeMs: 25_000 };
/** Large enough for the two remedies at once and the careful retries after 1, 5 and 15 minutes. */
const BUDGET = { count: 6, windowMs: hours(1) };
const PAGE_MS = 5_000;
const LOOP = join(import.meta.dirname, 'loop.sh');

/** How long is watched: under the fault, and at most after it. */
type Span = { readonly faultMs: number; readonly afterMs: number; readonly firstShare: number };
const FULL: Span = { faultMs: 60_000, afterMs: 75_000, firstShare: 1 };
/** The late loop gets late sooner, and what comes after the fault is left to the simulator. */
const SHORT: Span = { faultMs: 15_000, afterMs: 0, firstShare: 0.1 };

const looping = (room: string, loop: Loop, span: Span): Program => ({
  name: loop.name,
  command: ['/bin/sh', LOOP],
  env: {
    LOG: join(room, `${loop.name}.starts`),
    HEALED: join(room, 'healed'),
    FIRST: String((loop.firstMs * (loop.name === 'late' ? span.firstShare : 1)) / 1_000),
    LIFE: String(loop.lifeMs / 1_000),
  },
  port: null,
});

const programsIn = (room: string, span: Span): readonly Program[] => LOOPS.map((loop) => looping(room, loop, span));

/** What one contender did with one loop. */
type Seen = { readonly restarts: readonly number[]; readonly says: string; readonly backMs: number | null };

const startsOf = (program: Program): readonly number[] => startsIn(program.env['LOG'] ?? '').map((it) => it.at);

/** Watches the programs through the fault and after it. `says` is asked at the end of the fault. */
const observe = async (
  room: string,
  programs: readonly Program[],
  span: Span,
  says: (name: string) => Promise<string>,
): Promise<readonly Seen[]> => {
  await pause(span.faultMs);
  const restarts = programs.map((program) => startsOf(program).slice(1));
  const words = await Promise.all(programs.map((program) => says(program.name)));
  const healedAt = Date.now();
  writeFileSync(join(room, 'healed'), '');
  const cureOf = (program: Program): number | undefined => startsOf(program).find((at) => at >= healedAt);
  const areBack = (): boolean => programs.every((program) => cureOf(program) !== undefined);
  await until('all to be back', () => (areBack() ? true : null), span.afterMs).catch(() => null);
  return programs.map((program, index) => {
    const cure = cureOf(program);
    const backMs = cure === undefined ? null : cure - healedAt;
    return { restarts: restarts[index] ?? [], says: words[index] ?? '', backMs };
  });
};

const cellOf = (seen: Seen, span: Span): string => {
  const back = seen.backMs === null ? 'never' : `${(seen.backMs / 1_000).toFixed(1)} s`;
  return `${seen.restarts.length} restarts, “${seen.says}”${span.afterMs === 0 ? '' : `, back: ${back}`}`;
};

/** The words that matter of what a peer prints: no names of ours, no process ids, no clocks. */
const pith = (text: string, name: string): string =>
  text
    .replaceAll(/\S*\/\S*/g, '')
    .replaceAll(new RegExp(`\\b${name}\\b`, 'g'), '')
    .replaceAll(/\(?pid \d+\)?,?|\d+s\b|\d+ seconds|uptime \S+/g, '')
    .replaceAll('|', '')
    .replaceAll(/\s+/g, ' ')
    .replaceAll(/^[ :,]+|[ :,]+$/g, '')
    .slice(0, 60);

const theirs = async (contender: Contender, span: Span): Promise<Row> => {
  const { room, programs, running } = contender;
  const seen = await observe(room, programs, span, async (name) => pith(await running.says(name), name));
  const { name, version, settings } = contender;
  return { contender: name, version, settings, cells: seen.map((it) => cellOf(it, span)) };
};

type Ours = {
  readonly row: Row;
  readonly seen: readonly Seen[];
  readonly pageMs: readonly number[];
  readonly claims: readonly Claim[];
};

const enterOurs = async (stand: Stand, span: Span, pager: Pager): Promise<() => Promise<Ours>> => {
  const room = stand.room('sereno');
  const programs = programsIn(room, span);
  const declared = `checks: [ { process: {}, every: 1s } ], restart: { budget: ${BUDGET.count} per 1h }`;
  const watchman = await stand.sereno(
    'sereno',
    site(
      programs.map((it) => service(it, declared)),
      pagedBy(pager),
    ),
  );
  return async () => {
    const views = new Map<string, ServiceView>();
    const seen = await observe(room, programs, span, async (name) => {
      const view = await watchman.get<ServiceView>(`/api/services/${name}`);
      views.set(name, view);
      return view.headline;
    });
    const settings = `budget ${BUDGET.count} per 1 h, one look a second`;
    const row = { ...OURS, settings, cells: seen.map((it) => cellOf(it, span)) };
    const counted = LOOPS.map((loop, index): Claim => {
      const most = worst(seen[index]?.restarts ?? [], BUDGET.windowMs);
      return {
        what: `${loop.name}: ${most} restarts in the worst hour, within the budget of ${BUDGET.count}`,
        isTrue: most <= BUDGET.count,
      };
    });
    const known = LOOPS.map((loop): Claim => {
      const view = views.get(loop.name);
      return {
        what: `${loop.name}: in quarantine, not called healthy (${view?.phase}, ${view?.health})`,
        isTrue: view?.phase === 'quarantined' && view.health === 'unhealthy',
      };
    });
    const paged = LOOPS.map((loop): Claim => {
      const pages = pager.calls.filter((call) => call.kind === 'page' && call.subject.includes(loop.name)).length;
      return { what: `${loop.name}: one page (${pages})`, isTrue: pages === 1 };
    });
    return { row, seen, pageMs: await timesToPage(watchman, pager), claims: [...counted, ...known, ...paged] };
  };
};

/** From the record of the quarantine to the arrival at the pager. */
const timesToPage = async (watchman: Watchman, pager: Pager): Promise<readonly number[]> => {
  const page = await watchman.get<{ records: readonly EvidenceRecord[] }>('/api/evidence?limit=1000&type=quarantined');
  return LOOPS.flatMap((loop) => {
    const records = page.records.filter((it) => it.machine === watchMachine(serviceId(loop.name)));
    const first = Math.min(...records.map((it) => it.at));
    const call = pager.calls.find((it) => it.kind === 'page' && it.subject.includes(loop.name));
    return call === undefined ? [] : [call.at - first];
  });
};

/** An hour of fault and three after it, in many worlds. */
const simulated = (
  isShort: boolean,
): { readonly claims: readonly Claim[]; readonly notes: readonly string[]; readonly isReached: boolean } => {
  const seeds = Array.from({ length: isShort ? 3 : 20 }, (_, index) => index + 1);
  const told = [...LOOPS, RELAPSE].map((loop) => {
    const outcomes = seeds.map((seed) => simulateLoop(loop, BUDGET, { seed, faultMs: hours(1), restMs: hours(3) }));
    return { loop, outcomes };
  });
  const notes = told.map(({ loop, outcomes }) => sayOutcomes(loop, outcomes));
  const claims = told.flatMap(({ loop, outcomes }): readonly Claim[] => [
    {
      what: `${loop.name}, simulated: never more than ${BUDGET.count} restarts in any hour`,
      isTrue: outcomes.every((it) => it.worstWindow <= BUDGET.count),
    },
    { what: `${loop.name}, simulated: a person was paged`, isTrue: outcomes.every((it) => it.pagedAfterMs !== null) },
    {
      what: `${loop.name}, simulated: healed without a person`,
      isTrue: outcomes.every((it) => it.healedAfterMs !== null && it.isHealthy),
    },
    { what: `${loop.name}, simulated: no invariant broken`, isTrue: outcomes.every((it) => it.violation === null) },
  ]);
  const isReached = told.every(({ outcomes }) => outcomes.every((it) => (it.pagedAfterMs ?? Infinity) <= PAGE_MS));
  return { claims, notes, isReached };
};

const sayOutcomes = (loop: Loop, outcomes: readonly Outcome[]): string => {
  const most = Math.max(...outcomes.map((it) => it.worstWindow));
  const page = Math.max(...outcomes.map((it) => it.pagedAfterMs ?? Infinity));
  const healed = outcomes.map((it) => (it.healedAfterMs ?? Infinity) / 60_000);
  return `Simulated, one hour of “${loop.name}” in ${outcomes.length} worlds: at most ${most} restarts in any hour, paged at most ${page} ms after the quarantine, well again ${quantile(healed, 0.5).toFixed(0)} min (${quantile(healed, 0).toFixed(0)}–${quantile(healed, 1).toFixed(0)}) after the fault ended.`;
};

const run = async (stand: Stand): Promise<Report> => {
  const span = stand.isShort ? SHORT : FULL;
  const pager = await pagerOn(stand);
  const field = stand.isShort ? FIELD.slice(0, 2) : FIELD;
  stand.say(`${(span.faultMs + span.afterMs) / 1_000} s at most, all side by side`);
  const ours = await enterOurs(stand, span, pager);
  const rows = await Promise.all([
    ours(),
    ...field.map(async ([peer, setting]) => {
      const room = stand.room(`${peer.name}-${setting}`);
      return theirs(await enter(stand, peer, setting, programsIn(room, span)), span);
    }),
  ]);
  const [mine, ...others] = rows;
  stand.say('the hour in the simulator');
  const hour = simulated(stand.isShort);
  const slowest = Math.max(...mine.pageMs);
  const isReached = hour.isReached && slowest <= PAGE_MS && mine.pageMs.length === LOOPS.length;
  return {
    columns: LOOPS.map((loop) => `${loop.name}: first life ${loop.firstMs / 1_000} s, then ${loop.lifeMs / 1_000} s`),
    rows: [mine.row, ...others],
    claims: [...mine.claims, ...hour.claims],
    verdict: isReached ? 'reached' : 'missed',
    notes: [
      `Restarts within ${span.faultMs / 1_000} s, what the supervisor says then, and when the program was started for good after the fault had ended (never: not within ${span.afterMs / 1_000} s). Sereno's first careful retry comes a minute after the quarantine.`,
      `Sereno paged ${Math.round(slowest)} ms after the quarantine at the latest.`,
      ...hour.notes,
    ],
  };
};

export const d3: Duel = {
  name: 'd3',
  title: 'crash loops: late, slow, from the start',
  goal: 'never above the declared budget in any sliding window; quarantine; a page within 5 s; careful retries that heal without a person',
  peers: [runit, s6, supervisord, pm2, monit],
  run,
};

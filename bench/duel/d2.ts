// D2: ten kinds of hang. Programs that run and do not work: who sees it, how soon, does it know what it sees, and is the
// program brought back only where that helps?

import type { EvidenceRecord } from '#kernel/evidence.ts';
import type { ServiceView } from '#kernel/view.ts';
import { pause, quantile, spread, until } from '../measure.ts';
import type { Watchman } from '../watchman.ts';
import { enter, OURS, type Contender } from './contender.ts';
import type { Claim, Duel, Report, Row, Stand } from './duel.ts';
import {
  breakIt,
  freeThePort,
  HANGS_OF_ALL_KINDS,
  programOf,
  serviceOf,
  works,
  type Hang,
  type Pace,
} from './hangs.ts';
import { monit } from './peers/monit.ts';
import { pm2 } from './peers/pm2.ts';
import { runit } from './peers/runit.ts';
import { processesOf, signal, wordsOf, type Program, type Supervisor } from './peers/supervisor.ts';
import { supervisord } from './peers/supervisord.ts';
import { site } from './workload.ts';

const FIELD: readonly (readonly [Supervisor, string])[] = [
  [monit, 'quick'],
  [monit, 'looking'],
  [monit, 'hard'],
  [supervisord, 'default'],
  [runit, 'default'],
  [pm2, 'default'],
];
type Course = { readonly pace: Pace; readonly goalMs: number; readonly rounds: number };
const EACH_SECOND: Course = { pace: { everyMs: 1_000, timeoutMs: 500 }, goalMs: 2_600, rounds: 10 };
const EACH_TEN: Course = { pace: { everyMs: 10_000, timeoutMs: 300 }, goalMs: 11_000, rounds: 10 };
/** A peer that has not brought it back by then does not see it: monit at its best needs about ten seconds. */
const PATIENCE_MS = 20_000;
const PATIENCE_SHORT_MS = 4_000;
const LOOK_MS = 100;
/** Longer than a quarantine to its first careful retry: a mistake is to be counted, not to end the duel. */
const REST_MS = 180_000;
/** Sereno acts on probes alone only after its own eyes were well for ten seconds: that is not what is measured here. */
const EYES_SETTLE_MS = 12_000;

/** One broken program, as one contender met it. */
type Met = {
  readonly hang: Hang;
  /** From the fault to the knowledge of it; null: never, or not told. */
  readonly seenMs: number | null;
  readonly backMs: number | null;
  readonly cause: string | null;
  /** Actions that were taken on it. */
  readonly actions: number;
};

/** One Sereno and one of the ten: kinds that break side by side must not look like one cause. */
type Post = { readonly hang: Hang; readonly program: Program; readonly watchman: Watchman };

const postFor = async (stand: Stand, hang: Hang, pace: Pace): Promise<Post> => {
  const name = `sereno-${hang.name}-${pace.everyMs}`;
  const program = programOf(hang, stand.room(name), await stand.freePort());
  const watchman = await stand.sereno(name, site([serviceOf(hang, program, pace)]));
  return { hang, program, watchman };
};

const atRest = (post: Post): Promise<ServiceView> =>
  until(
    `${post.hang.name} to be at rest`,
    async () => {
      const view = await post.watchman.get<ServiceView>(`/api/services/${post.hang.name}`);
      return view.health === 'healthy' && view.phase === 'none' ? view : null;
    },
    REST_MS,
  );

const recordsOf = async (post: Post, after: number): Promise<readonly EvidenceRecord[]> => {
  const path = `/api/evidence?order=oldest-first&limit=200&machine=watch:${post.hang.name}&after=${after}`;
  return (await post.watchman.get<{ records: readonly EvidenceRecord[] }>(path)).records;
};

const lastSeq = async (post: Post): Promise<number> =>
  (await post.watchman.get<{ records: readonly EvidenceRecord[] }>('/api/evidence?limit=1')).records[0]?.seq ?? 0;

/** The first record of this type; looked for seldom, because the record itself says when it was written. */
const firstOf = async (post: Post, after: number, type: string): Promise<EvidenceRecord> => {
  for (let look = 0; look < 600; look += 1) {
    const found = (await recordsOf(post, after)).find((record) => record.type === type);
    if (found !== undefined) return found;
    await pause(LOOK_MS);
  }
  throw new Error(`${post.hang.name}: no ${type} came`);
};

const untilWorks = async (program: Program, patienceMs: number): Promise<number | null> => {
  const deadline = performance.now() + patienceMs;
  while (performance.now() < deadline) {
    if (await works(program)) return Date.now();
    await pause(10);
  }
  return null;
};

/** Breaks it at any moment of the period, and follows what is seen, named and done. */
const meetOurs = async (post: Post, pace: Pace): Promise<Met> => {
  const { hang, program } = post;
  await atRest(post);
  await pause(Math.random() * pace.everyMs);
  const after = await lastSeq(post);
  const brokenAt = await breakIt(program);
  const seen = await firstOf(post, after, 'health.changed');
  const decision = await firstOf(post, after, 'decision');
  if (hang.cure === 'person') await freeThePort(program);
  const backAt = await untilWorks(program, 60_000);
  await atRest(post);
  const actions = (await recordsOf(post, after)).filter((record) => record.type === 'action.started').length;
  return {
    hang,
    seenMs: seen.at - brokenAt,
    backMs: hang.cure === 'person' || backAt === null ? null : backAt - brokenAt,
    cause: typeof decision.refs['cause'] === 'string' ? decision.refs['cause'] : null,
    actions,
  };
};

const ours = async (stand: Stand, course: Course): Promise<readonly Met[]> => {
  const posts: Post[] = [];
  for (const hang of HANGS_OF_ALL_KINDS) posts.push(await postFor(stand, hang, course.pace));
  await pause(EYES_SETTLE_MS);
  const met = await Promise.all(
    posts.map(async (post, index) => {
      // Not all at once: a blocked event loop takes a core, and two cores are all there are.
      await pause(index * 150);
      const all: Met[] = [];
      for (let round = 0; round < course.rounds; round += 1) all.push(await meetOurs(post, course.pace));
      return all;
    }),
  );
  for (const post of posts) await post.watchman.end();
  return met.flat();
};

/** What a peer has not cured is ended by hand, so that the next kind finds a quiet machine. */
const clearAway = (room: string, hang: Hang): void => {
  const file = `${hang.name}.mjs`;
  for (const pid of processesOf(room)) if (wordsOf(pid).join(' ').includes(file)) signal(pid, 'SIGKILL');
};

const meetTheirs = async (contender: Contender, hang: Hang, patienceMs: number): Promise<Met> => {
  const program = contender.programs.find((it) => it.name === hang.name);
  if (program === undefined) throw new Error(`${contender.name} has no ${hang.name}`);
  const isUp = await untilWorks(program, 60_000);
  if (isUp === null) throw new Error(`${contender.name} never brought ${hang.name} up`);
  const brokenAt = await breakIt(program);
  // What breaks a moment after it was asked to, breaks within this time.
  await pause(Math.max(0, brokenAt - Date.now()) + 300);
  const backAt = await untilWorks(program, patienceMs);
  if (backAt === null && hang.cure === 'person') await freeThePort(program);
  if (backAt === null) clearAway(contender.room, hang);
  return { hang, seenMs: null, backMs: backAt === null ? null : backAt - brokenAt, cause: null, actions: 0 };
};

/** Each peer in another order, so that they do not all have a blocked event loop at the same time. */
const theirs = async (stand: Stand, index: number, [peer, setting]: (typeof FIELD)[number]): Promise<Row> => {
  const room = stand.room(`${peer.name}-${setting}`);
  const programs: Program[] = [];
  for (const hang of HANGS_OF_ALL_KINDS) programs.push(programOf(hang, room, await stand.freePort()));
  const contender = await enter(stand, peer, setting, programs);
  const order = HANGS_OF_ALL_KINDS.map((_, at) => HANGS_OF_ALL_KINDS[(at + index * 2) % HANGS_OF_ALL_KINDS.length]);
  const met: Met[] = [];
  for (const hang of order) {
    if (hang === undefined) continue;
    met.push(await meetTheirs(contender, hang, stand.isShort ? PATIENCE_SHORT_MS : PATIENCE_MS));
    stand.say(`${peer.name} ${setting}: ${hang.says}: ${met.at(-1)?.backMs === null ? 'not' : 'cured'}`);
  }
  await contender.running.stop();
  const { name, version, settings } = contender;
  return { contender: name, version, settings, cells: theirCells(met) };
};

const theirCells = (met: readonly Met[]): readonly string[] => {
  const back = met.flatMap((it) => it.backMs ?? []);
  const cured = met.filter((it) => it.backMs !== null).map((it) => it.hang.says);
  const which = cured.length === 0 ? '' : `: ${cured.join(', ')}`;
  return [`${cured.length} of 10 cured${which}`, 'not told', '–', spread(back, 'ms'), p99(back)];
};

const p99 = (values: readonly number[]): string =>
  values.length === 0 ? '–' : `${quantile(values, 0.99).toFixed(0)} ms`;

const seenOf = (met: readonly Met[]): readonly number[] => met.flatMap((it) => it.seenMs ?? []);

const isRight = (it: Met): boolean =>
  it.cause === it.hang.cause && (it.hang.cure === 'person' ? it.actions === 0 : it.actions === 1 && it.backMs !== null);

const kindsRight = (met: readonly Met[]): number =>
  HANGS_OF_ALL_KINDS.filter((hang) => met.every((it) => it.hang !== hang || isRight(it))).length;

const ourRow = (course: Course, met: readonly Met[]): Row => {
  const { everyMs, timeoutMs } = course.pace;
  const seen = seenOf(met);
  const back = met.flatMap((it) => it.backMs ?? []);
  return {
    ...OURS,
    settings: `every ${everyMs / 1_000} s, timeout ${timeoutMs} ms, 3 failures; ${course.rounds} rounds`,
    cells: [
      `**${kindsRight(met)} of 10** seen, named and remedied`,
      spread(seen, 'ms'),
      `**${p99(seen)}** (goal ${course.goalMs})`,
      spread(back, 'ms'),
      p99(back),
    ],
  };
};

const claimsOf = (course: Course, met: readonly Met[]): readonly Claim[] =>
  HANGS_OF_ALL_KINDS.map((hang) => {
    const mine = met.filter((it) => it.hang === hang);
    const wrong = mine.filter((it) => !isRight(it)).map((it) => `${it.cause}, ${it.actions} actions`);
    const done = hang.cure === 'person' ? 'put to a person, nothing touched' : 'restarted once';
    const told = wrong.length === 0 ? '' : ` (instead: ${wrong.join('; ')})`;
    return {
      what: `${hang.says}, every ${course.pace.everyMs / 1_000} s: named ${hang.cause}, ${done}${told}`,
      isTrue: wrong.length === 0,
    };
  });

const noteOf = (course: Course, met: readonly Met[]): string => {
  const kinds = HANGS_OF_ALL_KINDS.map((hang) => {
    const mine = met.filter((it) => it.hang === hang);
    const back = mine.flatMap((it) => it.backMs ?? []);
    const cured = back.length === 0 ? 'a person is asked' : `back ${quantile(back, 0.5).toFixed(0)}`;
    return `${hang.says} ${quantile(seenOf(mine), 0.5).toFixed(0)} / ${cured}`;
  });
  return `Every ${course.pace.everyMs / 1_000} s, median ms from the fault to seen / back: ${kinds.join('; ')}.`;
};

const run = async (stand: Stand): Promise<Report> => {
  const courses = stand.isShort ? [{ ...EACH_SECOND, rounds: 1 }] : [EACH_SECOND, EACH_TEN];
  const told: { readonly course: Course; readonly met: readonly Met[] }[] = [];
  for (const course of courses) {
    stand.say(`Sereno, ${course.rounds} rounds of ten kinds, every ${course.pace.everyMs / 1_000} s`);
    told.push({ course, met: await ours(stand, course) });
  }
  stand.say('the peers, side by side');
  const field = stand.isShort ? FIELD.slice(4, 5) : FIELD;
  const peers = await Promise.all(field.map((entry, index) => theirs(stand, index, entry)));
  const isReached = told.every(
    ({ course, met }) => kindsRight(met) === HANGS_OF_ALL_KINDS.length && quantile(seenOf(met), 0.99) <= course.goalMs,
  );
  return {
    columns: ['kinds', 'fault → seen: median (least–most)', 'p99', 'fault → works again', 'p99'],
    rows: [...told.map(({ course, met }) => ourRow(course, met)), ...peers],
    claims: told.flatMap(({ course, met }) => claimsOf(course, met)),
    verdict: isReached ? 'reached' : 'missed',
    notes: [
      ...told.map(({ course, met }) => noteOf(course, met)),
      'The fault is struck at a random moment of the period. For the job it begins when its deadline of 2 s has passed.',
      `A peer has cured a kind when the program works again within ${PATIENCE_MS / 1_000} s, by whatever it did; that a port is held by another is nothing that a restart could cure. Peers do not say what they have seen.`,
    ],
  };
};

export const d2: Duel = {
  name: 'd2',
  title: 'ten kinds of hang',
  goal: `10 of 10 seen, named and remedied; p99 of seeing ${EACH_SECOND.goalMs} ms at a period of 1 s, ${EACH_TEN.goalMs} ms at 10 s`,
  peers: [monit, supervisord, runit, pm2],
  run,
};

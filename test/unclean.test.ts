// Sereno itself is killed, at random moments under load, again and again, over a hundred services: no record lost, no
// action doubled, children adopted, no timer forgotten, the chain whole.
//
// CI kills 50 times; `npm run kills` 500 times. The seed is printed and can be given with SERENO_SEED.

import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { openReadOnly } from '#adapters/sqlite/read.ts';
import type { PendingWake } from '#ports/store.ts';
import { copiesOf, gather } from './stand/crowd.ts';
import { isAlive, Post, run, until } from './stand/sereno.ts';

const KILLS = Number(process.env['SERENO_KILLS'] ?? 50);
const SERVICES = Number(process.env['SERENO_SERVICES'] ?? 100);
const SEED = Number(process.env['SERENO_SEED'] ?? Date.now() % 1_000_000);
/** Sereno lives at most this long between two kills: enough to begin, to act, and to be in the middle of it. */
const LIFE_MAX_MS = 900;
/** A start that takes longer is no slow machine, it is a fault. How long it takes is printed. */
const START_MAX_MS = 60_000;

/** mulberry32: small, seeded, good enough to choose moments. */
const makeChance = (seed: number) => {
  let state = seed >>> 0;
  return (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
};

const chance = makeChance(SEED);
const pick = <T>(values: readonly T[]): T | undefined => values[Math.floor(chance() * values.length)];
const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;

let post: Post;
let names: readonly string[] = [];

/** Beside the crowd: one that never comes up (a careful retry waits), and one that only a person may restart. */
const TIMED = `
  broken: { run: { process: { command: [sh, -c, "exit 3"] } }, checks: [ { process: {}, every: 1s } ], targets: { availability: 99% over 7d }, restart: { budget: 100000 per 1h, stable_after: 1s } }
  heavy: { traffic: 60%, run: { process: { command: [sleep, "1000000"] } }, checks: [ { process: {}, every: 1s } ], targets: { availability: 99% over 7d } }`;

before(async () => {
  post = new Post('');
  const crowd = await gather(post, SERVICES);
  names = crowd.names;
  post.configure(`
sereno: 1
site: unclean
people: { ana: { roles: [operator], contact: { email: ana@example.org } } }
on_call: { primary: [ana] }
services:
${crowd.services}${TIMED}
policy: { autonomy: 3, allow: [restart] }
`);
});

const assertNoCopies = (when: string): void => {
  for (const [service, pids] of copiesOf(post)) {
    assert.ok(pids.length <= 1, `${when}: ${service} runs ${pids.length} times: ${pids.join(', ')}`);
  }
};

type Timers = { readonly wakes: ReadonlyMap<string, PendingWake>; readonly versions: ReadonlyMap<string, number> };

/** What the store holds while nobody runs: every pending wake, and how far each machine has come. */
const readTimers = (): Timers => {
  const reading = openReadOnly(post.state);
  assert.ok(reading.kind === 'opened', JSON.stringify(reading));
  const { wakes, snapshots } = reading.store.load();
  reading.store.close();
  return {
    wakes: new Map(wakes.map((wake) => [`${wake.machine} ${wake.name}`, wake])),
    versions: new Map(snapshots.map(({ machine, version }) => [machine, version])),
  };
};

/** A wake that is gone or moved was moved by a step of its machine; nothing else may touch it. */
const assertNoneLost = (before: Timers, after: Timers, when: string): void => {
  for (const [name, wake] of before.wakes) {
    if (after.wakes.get(name)?.at === wake.at) continue;
    const [was, is] = [before.versions.get(wake.machine) ?? 0, after.versions.get(wake.machine) ?? 0];
    assert.ok(is > was, `${when}: the wake ${name} is gone, and no step of its machine took it`);
  }
};

/** Kills one of the crowd and has another one restarted: Sereno dies in the middle of it. */
const load = (): Promise<unknown> => {
  const victims = copiesOf(post).get(pick(names) ?? '') ?? [];
  for (const pid of victims) process.kill(pid, 'SIGKILL');
  return post.post(`/api/services/${pick(names) ?? ''}/restart`, { why: 'load' }).catch(() => null);
};

/** Null: not yet. Who was struck twice within a breath is in quarantine, as the policy wants it, and is not started again. */
const whatBecameOf = async (victim: string): Promise<'runs' | 'quarantined' | null> => {
  if (copiesOf(post).has(victim)) return 'runs';
  const view = (await post.town()).services.find(({ id }) => id === victim);
  return view?.phase === 'quarantined' ? 'quarantined' : null;
};

const headlineOf = async (victim: string): Promise<string> =>
  (await post.town()).services.find(({ id }) => id === victim)?.headline ?? 'it is not there';

/** What waits in vain is told with what the watchman doubts, with those who are not well, and with their last records. */
const toldWhy = async <T>(wait: () => Promise<T>): Promise<T> => {
  try {
    return await wait();
  } catch (error) {
    const { services, suspicion } = await post.town();
    const unwell = services.filter((it) => names.includes(it.id) && it.health !== 'healthy').slice(0, 3);
    for (const { id } of unwell) {
      const records = await post.evidence(`&machine=watch:${id}&order=newest-first`);
      console.log(JSON.stringify({ id, view: await post.service(id), records: records.slice(0, 12) }, null, 1));
    }
    console.log(JSON.stringify({ suspicion, said: post.out.slice(-2_000) }));
    throw error;
  }
};

/** `said`: what a victim that waited for long said of itself meanwhile, each word once. */
type Times = { readonly answersMs: number; readonly actsMs: number | null; readonly said: readonly string[] };
/** From here on it is told why. */
const LONG_MS = 3_000;

/** One of the crowd dies while Sereno is dead; gives how long a new Sereno takes to answer, and to start it again. */
const actAgain = async (): Promise<Times> => {
  const [victim, pids] = pick([...copiesOf(post)]) ?? ['', []];
  for (const pid of pids) process.kill(pid, 'SIGKILL');
  await until(`${victim} to be dead`, () => !pids.some(isAlive));
  const began = performance.now();
  await post.up();
  const answersMs = performance.now() - began;
  const said = new Set<string>();
  const look = async () => {
    if (performance.now() - began > LONG_MS) said.add(await headlineOf(victim));
    return whatBecameOf(victim);
  };
  const end = await toldWhy(() => until(`${victim} to run again`, look, START_MAX_MS));
  return { answersMs, actsMs: end === 'runs' ? performance.now() - began : null, said: [...said] };
};

const allHealthy = async (): Promise<true> => {
  // Who was killed over and over is in quarantine; a person who asks for it does not wait for the careful retry.
  const isSettled = await toldWhy(() =>
    until(
      'everything to be well or in quarantine',
      async () => {
        const { services } = await post.town();
        const crowd = services.filter((it) => names.includes(it.id));
        return crowd.every((it) => it.health === 'healthy' || it.phase === 'quarantined') ? crowd : null;
      },
      180_000,
    ),
  );
  for (const it of isSettled.filter(({ phase }) => phase === 'quarantined')) {
    await post.post(`/api/services/${it.id}/restart`, { why: 'the load is over' });
  }
  return toldWhy(() =>
    until(
      'everything to be well',
      async () => (await post.town()).services.every((it) => !names.includes(it.id) || it.health === 'healthy') || null,
      180_000,
    ),
  );
};

const newestSeq = async (): Promise<number> => (await post.evidence('&order=newest-first'))[0]?.seq ?? 0;

const sayTimes = (values: readonly number[]): string =>
  `median ${median(values).toFixed(0)} ms, ${values.filter((it) => it > LONG_MS).length} of ${values.length} over ${LONG_MS} ms, longest ${Math.max(...values).toFixed(0)} ms`;

test(
  `killed ${KILLS} times under load over ${SERVICES} services (seed ${SEED})`,
  { timeout: 3_600_000 },
  async (context) => {
    await post.up();
    await allHealthy();
    await post.seen('broken', 'in quarantine', (view) => view.phase === 'quarantined');
    await post.post('/api/services/heavy/restart', { why: 'a person must agree' });
    const approval = await until('the approval', async () => (await post.town()).approvals[0] ?? null);
    const times: Times[] = [];
    let lastSeen = 0;
    let timers: Timers | null = null;
    for (let round = 1; round <= KILLS; round += 1) {
      const seq = await newestSeq();
      assert.ok(seq >= lastSeen, `round ${round}: the chain went from ${lastSeen} to ${seq}`);
      const asked = load();
      await new Promise((resolve) => setTimeout(resolve, chance() * LIFE_MAX_MS));
      lastSeen = await newestSeq().catch(() => lastSeen);
      await post.kill();
      await asked;
      assertNoCopies(`round ${round}`);
      const held = readTimers();
      if (timers !== null) assertNoneLost(timers, held, `round ${round}`);
      timers = held;
      times.push(await actAgain());
    }
    context.diagnostic(`answers again ${sayTimes(times.map((it) => it.answersMs))} after its start`);
    const acts = times.map((it) => it.actsMs).filter((it) => it !== null);
    context.diagnostic(`acts again ${sayTimes(acts)} after its start, over ${SERVICES} services`);
    for (const { actsMs, said } of times.filter((it) => it.actsMs !== null && it.actsMs > LONG_MS))
      context.diagnostic(`after ${actsMs?.toFixed(0)} ms, having said: ${said.join('; ')}`);
    assert.ok(acts.length >= 0.8 * KILLS, `${KILLS - acts.length} of ${KILLS} victims were in quarantine`);
    const waiting = (await post.town()).approvals.find((it) => it.id === approval.id);
    if (waiting?.status === 'pending') assert.equal(waiting.expiresAt, approval.expiresAt);
    else assert.ok(Date.now() >= approval.expiresAt, `the approval is ${waiting?.status ?? 'gone'} before its time`);
    await allHealthy();
    const verified = await run(['evidence', 'verify', ...post.flags(), '--format', 'json']);
    assert.equal(verified.code, 0, verified.out);
    await until('one copy of each', () => names.every((name) => copiesOf(post).get(name)?.length === 1));
  },
);

test('every careful retry came at its time, however often Sereno had died meanwhile', async () => {
  await until(
    'the first careful retry',
    async () => (await post.evidence('&machine=watch:broken&type=quarantined')).length > 1,
    120_000,
  );
  const records = await post.evidence('&machine=watch:broken&order=oldest-first');
  const retries = records.filter(({ type }) => type === 'quarantined');
  for (const [index, record] of retries.slice(0, -1).entries()) {
    const retryAt = Date.parse(record.action?.replace('careful retry at ', '') ?? '');
    const tries = records.filter((it) => it.type === 'action.started' && it.seq > record.seq);
    const late = (tries[0]?.at ?? Number.NaN) - retryAt;
    assert.ok(late >= 0 && late <= START_MAX_MS, `retry ${index} was ${late} ms late`);
  }
});

test('no timer is overdue', async () => {
  await post.kill();
  const at = Date.now();
  const overdue = [...readTimers().wakes.values()].filter((wake) => wake.at < at - START_MAX_MS);
  assert.deepEqual(overdue, []);
  await post.up();
});

test('no action was doubled and none is without its outcome', async () => {
  await allHealthy();
  await post.seen('broken', 'between its retries', (view) => view.phase === 'quarantined');
  const started = new Map<string, number>();
  const ended = new Map<string, number>();
  let before = Number.MAX_SAFE_INTEGER;
  for (;;) {
    const page = await post.evidence(`&order=newest-first&before=${before}`);
    if (page.length === 0) break;
    for (const record of page) {
      const key = record.refs['key'];
      if (typeof key !== 'string') continue;
      if (record.type === 'action.started') started.set(key, (started.get(key) ?? 0) + 1);
      if (record.type === 'action.outcome') ended.set(key, (ended.get(key) ?? 0) + 1);
    }
    before = page.at(-1)?.seq ?? 0;
  }
  assert.ok(started.size >= KILLS + SERVICES, `only ${started.size} actions: the load was no load`);
  for (const [key, count] of started) assert.equal(count, 1, `${key} was started ${count} times`);
  for (const [key, count] of ended) assert.equal(count, 1, `${key} ended ${count} times`);
  // What was started moments ago is still being measured.
  await until(
    'every action to have its outcome',
    async () => {
      const { services } = await post.town();
      return services.every((it) => it.phase === 'none' || it.phase === 'quarantined');
    },
    120_000,
  );
});

test('a service that outlived Sereno is adopted, not started anew', async () => {
  const [name = ''] = names;
  const before = await post.healthy(name);
  await post.kill();
  assert.ok(before.pid !== null && isAlive(before.pid));
  await post.up();
  const again = await post.healthy(name);
  assert.equal(again.pid, before.pid);
  const town = await post.town();
  assert.equal(town.isSafeMode, true, 'after an unclean stop it is in safe mode');
  await post.down();
  await post.up();
  assert.equal((await post.town()).isSafeMode, false, 'after a clean stop it is not');
});

// Sereno itself is killed, at random moments under load, again and again: no record lost, no action doubled, children
// adopted, the chain whole. SERENO_KILLS sets the number; the seed is printed and can be given with SERENO_SEED.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { before, test } from 'node:test';
import { freePort } from './stand/port.ts';
import { isAlive, Post, run, until } from './stand/sereno.ts';

const KILLS = Number(process.env['SERENO_KILLS'] ?? 100);
const SEED = Number(process.env['SERENO_SEED'] ?? Date.now() % 1_000_000);
/** Sereno lives at most this long between two kills: enough to begin, to act, and to be in the middle of it. */
const LIFE_MAX_MS = 700;

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

let post: Post;
const names = ['one', 'two', 'three', 'four'];

before(async () => {
  post = new Post('');
  post.write(
    'unit.mjs',
    `import{createServer}from'node:http';createServer((q,s)=>s.end('ok')).listen(Number(process.env.PORT),'127.0.0.1');`,
  );
  const services = await Promise.all(
    names.map(async (name, index) => {
      const port = await freePort();
      const needs = index === 0 ? '' : `needs: [${names[0]}], `;
      return `  ${name}: { ${needs}run: { process: { command: [${process.execPath}, unit.mjs], env: { PORT: "${port}" } } }, checks: [ { http: "http://127.0.0.1:${port}/", every: 1s } ], targets: { availability: 99% over 7d }, restart: { budget: 100000 per 1h, stable_after: 1s } }`;
    }),
  );
  post.configure(
    `sereno: 1\nsite: unclean\nservices:\n${services.join('\n')}\npolicy: { autonomy: 3, allow: [restart] }\n`,
  );
});

/** Processes that carry this state directory's mark, by the name of their service. */
const copies = (): ReadonlyMap<string, number[]> => {
  const found = new Map<string, number[]>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const words = readFileSync(`/proc/${name}/environ`, 'utf8').split('\0');
      const command = readFileSync(`/proc/${name}/cmdline`, 'utf8');
      const service = words.find((word) => word.startsWith('SERENO_SERVICE='))?.slice('SERENO_SERVICE='.length);
      const isHere =
        readFileSync(`/proc/${name}/environ`, 'utf8').includes(post.directory) || words.includes('SERENO_SITE=unclean');
      if (service === undefined || !isHere || !command.includes('unit.mjs') || !isAlive(Number(name))) continue;
      found.set(service, [...(found.get(service) ?? []), Number(name)]);
    } catch {
      continue; // It ended while it was looked at.
    }
  }
  return found;
};

test(`killed ${KILLS} times under load (seed ${SEED})`, { timeout: 20 * 60_000 }, async () => {
  const chance = makeChance(SEED);
  let lastSeen = 0;
  for (let round = 1; round <= KILLS; round += 1) {
    await post.up();
    const records = await post.evidence('&order=newest-first');
    const seq = records[0]?.seq ?? 0;
    assert.ok(seq >= lastSeen, `round ${round}: the chain went from ${lastSeen} to ${seq}`);
    // The load: a service is killed, another is asked to restart, and Sereno dies in the middle of it.
    const victims = copies().get(names[Math.floor(chance() * names.length)] ?? '') ?? [];
    for (const pid of victims) process.kill(pid, 'SIGKILL');
    const asked = post
      .post(`/api/services/${names[Math.floor(chance() * names.length)] ?? ''}/restart`, { why: 'load' })
      .catch(() => null);
    await new Promise((resolve) => setTimeout(resolve, chance() * LIFE_MAX_MS));
    lastSeen = await post
      .evidence('&order=newest-first')
      .then((newest) => newest[0]?.seq ?? 0)
      .catch(() => lastSeen);
    await post.kill();
    await asked;
    for (const [service, pids] of copies())
      assert.ok(pids.length <= 1, `round ${round}: ${service} runs ${pids.length} times: ${pids.join(', ')}`);
  }
  await post.up();
  // Who was killed over and over is in quarantine; a person who asks for it does not wait for the careful retry.
  for (const name of names) {
    const view = await post.seen(name, 'decided', (seen) => seen.health === 'healthy' || seen.phase === 'quarantined');
    if (view.phase === 'quarantined') await post.post(`/api/services/${name}/restart`, { why: 'the load is over' });
  }
  for (const name of names) await post.healthy(name);
  const verified = await run(['evidence', 'verify', ...post.flags(), '--format', 'json']);
  assert.equal(verified.code, 0, verified.out);
  await until('one copy of each', () => names.every((name) => copies().get(name)?.length === 1));
});

test('no action was doubled and none is without its outcome', async () => {
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
  assert.ok(started.size >= KILLS / 4, `only ${started.size} actions: the load was no load`);
  for (const [key, count] of started) assert.equal(count, 1, `${key} was started ${count} times`);
  for (const [key, count] of ended) assert.equal(count, 1, `${key} ended ${count} times`);
  const open = [...started.keys()].filter((key) => !ended.has(key));
  assert.deepEqual(open, [], 'actions without an outcome');
});

test('a service that outlived Sereno is adopted, not started anew', async () => {
  const before = await post.healthy('one');
  await post.kill();
  assert.ok(before.pid !== null && isAlive(before.pid));
  await post.up();
  const again = await post.healthy('one');
  assert.equal(again.pid, before.pid);
  const town = await post.town();
  assert.equal(town.isSafeMode, true, 'after an unclean stop it is in safe mode');
  await post.down();
  await post.up();
  assert.equal((await post.town()).isSafeMode, false, 'after a clean stop it is not');
});

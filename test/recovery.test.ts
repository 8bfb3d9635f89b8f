// The main job on real parts: a Node API over a real Redis and a real PostgreSQL is killed twenty times, frozen, robbed
// of its port, and cut off from what it needs.

import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { after, before, test } from 'node:test';
import type { EvidenceRecord } from '#kernel/evidence.ts';
import { startPostgres, type Postgres } from './stand/postgres.ts';
import { freePort } from './stand/port.ts';
import { isAlive, Post, run, until } from './stand/sereno.ts';

const KILLS = 20;

/** An API that answers 200 only while Redis answers PING and PostgreSQL accepts connections. */
const API = `
import { createServer } from 'node:http';
import { connect } from 'node:net';
const ask = (port, send, wanted) => new Promise((resolve) => {
  const socket = connect(port, '127.0.0.1', () => { if (send) socket.write(send); else { socket.destroy(); resolve(true); } });
  socket.setTimeout(300, () => { socket.destroy(); resolve(false); });
  socket.on('data', (data) => { socket.destroy(); resolve(String(data).startsWith(wanted)); });
  socket.on('error', () => resolve(false));
});
createServer(async (request, response) => {
  const isWell = (await ask(Number(process.env.REDIS_PORT), 'PING\\r\\n', '+PONG')) && (await ask(Number(process.env.PG_PORT), '', ''));
  response.writeHead(isWell ? 200 : 503).end(JSON.stringify({ status: isWell ? 'ok' : 'down' }));
}).listen(Number(process.env.PORT), '127.0.0.1', () => console.log('listening'));
`;

let post: Post;
let postgres: Postgres;
let ports: { api: number; redis: number };

before(async () => {
  postgres = await startPostgres();
  ports = { api: await freePort(), redis: await freePort() };
  post = new Post('');
  post.write('api.mjs', API);
  post.configure(`
sereno: 1
site: recovery
people: { ana: { roles: [operator], contact: { email: ana@example.org } } }
on_call: { primary: [ana] }
services:
  redis:
    tier: core
    run: { process: { command: [redis-server, --port, "${ports.redis}", --save, "", --bind, 127.0.0.1] } }
    checks: [ { redis: "redis://127.0.0.1:${ports.redis}", every: 1s } ]
    targets: { availability: 99% over 7d }
    restart: { budget: 100 per 1h, stable_after: 1s }
  db:
    tier: core
    owner: ana
    checks: [ { postgres: { url: "\${env:TEST_DATABASE_URL}", query: select 1 }, every: 1s } ]
    targets: { availability: 99% over 7d }
  api:
    needs: [redis, db]
    run: { process: { command: [${process.execPath}, api.mjs], env: { PORT: "${ports.api}", REDIS_PORT: "${ports.redis}", PG_PORT: "${postgres.port}" } } }
    checks:
      - { http: "http://127.0.0.1:${ports.api}/health", expect: { status: 200, json: { $.status: ok } }, every: 1s, timeout: 500ms }
      - { process: { port: ${ports.api} }, every: 1s }
    targets: { availability: 99% over 7d }
    restart: { budget: 100 per 1h, stable_after: 1s }
policy: { autonomy: 3, allow: [restart] }
`);
  await post.up({ TEST_DATABASE_URL: postgres.url });
  for (const id of ['redis', 'db', 'api']) await post.healthy(id);
});

after(() => postgres.stop());

/** The newest action of the API, measured to its end. */
const lastAction = () =>
  post.seen(
    'api',
    'measured',
    (view) => view.health === 'healthy' && view.phase === 'none' && view.actions[0]?.endedAt !== null,
  );

const tripleOf = (records: readonly EvidenceRecord[], key: string): readonly EvidenceRecord[] =>
  records.filter((record) => record.refs['key'] === key);

test(`kill -9 the API ${KILLS} times: each time it serves again, and trigger, action and outcome are in the chain`, async () => {
  for (let round = 1; round <= KILLS; round += 1) {
    const before = await lastAction();
    assert.ok(before.pid !== null);
    process.kill(before.pid, 'SIGKILL');
    const back = await post.seen(
      'api',
      `back (round ${round})`,
      (view) => view.pid !== null && view.pid !== before.pid && view.health === 'healthy',
    );
    const answer = await fetch(`http://127.0.0.1:${ports.api}/health`);
    assert.equal(answer.status, 200, `round ${round}`);
    const measured = await lastAction();
    assert.ok(!isAlive(before.pid) && back.pid !== null && isAlive(back.pid));
    const [action] = measured.actions;
    assert.equal(action?.outcome, 'effective');
    assert.equal(action?.cause, 'killed');
    const triple = tripleOf(await post.evidence('&machine=watch:api'), action?.key ?? '');
    assert.deepEqual(triple.map((record) => record.type).toReversed(), [
      'action.started',
      'action.applied',
      'action.outcome',
    ]);
    assert.match(triple.at(-1)?.trigger ?? '', /SIGKILL/);
    assert.match(triple[0]?.outcome ?? '', /^effective: well after/);
  }
  const verified = await run(['evidence', 'verify', ...post.flags(), '--format', 'json']);
  assert.equal(verified.code, 0, verified.out);
});

test('frozen (SIGSTOP): found by timeout, not believed alive, and restarted', async () => {
  const before = await lastAction();
  assert.ok(before.pid !== null);
  process.kill(before.pid, 'SIGSTOP');
  await post.seen('api', 'unhealthy', (view) => view.health === 'unhealthy');
  await post.seen('api', 'back', (view) => view.health === 'healthy' && view.pid !== before.pid);
  const measured = await lastAction();
  assert.equal(measured.actions[0]?.cause, 'stopped');
  assert.ok(!isAlive(before.pid), 'the frozen process is gone');
});

test('its dependency is down: it waits, is not restarted, and comes back by itself', async () => {
  const before = await lastAction();
  const stopped = await post.post('/api/services/redis/stop', { why: 'test' });
  assert.equal(stopped.status, 202, JSON.stringify(stopped.body));
  const waiting = await post.seen('api', 'waiting', (view) => view.phase === 'waiting' && view.impairedBy === 'redis');
  assert.match(waiting.headline, /waiting on redis/);
  await post.post('/api/services/redis/start', { why: 'test' });
  await post.healthy('redis');
  const back = await post.healthy('api');
  assert.equal(back.pid, before.pid, 'it was not restarted for it');
  assert.equal(back.actions[0]?.key, before.actions[0]?.key, 'no action was taken');
});

test('the database is stopped from outside: unhealthy, one page, the API is a symptom of it', async () => {
  await lastAction();
  await postgres.stop();
  await post.seen('db', 'unhealthy', (view) => view.health === 'unhealthy');
  await post.seen('api', 'a symptom', (view) => view.impairedBy === 'db');
  const town = await until('the page', async () => {
    const seen = await post.town();
    return seen.incidents.some((incident) => incident.status === 'open') ? seen : null;
  });
  assert.deepEqual(
    town.incidents.filter((it) => it.status === 'open').map((it) => it.subject),
    ['db'],
  );
  assert.ok(
    town.incidents[0]?.ladder.some((line) => line.includes('ana')),
    'the ladder names whom to ask',
  );
  await postgres.start();
  await post.healthy('db');
  await post.healthy('api');
  await until('the incident resolved', async () =>
    (await post.town()).incidents.every((it) => it.status === 'resolved'),
  );
});

test('its port is stolen: the thief is named, no restart is wasted, and it comes back when the port is free', async () => {
  const before = await lastAction();
  assert.ok(before.pid !== null);
  // The thief waits for the port and takes it the moment it is free.
  const thief: ChildProcess = spawn(
    process.execPath,
    [
      '-e',
      `const s=require('net').createServer();s.on('error',()=>setImmediate(()=>s.listen(${ports.api},'127.0.0.1')));s.on('listening',()=>console.log('mine'));s.listen(${ports.api},'127.0.0.1')`,
    ],
    { stdio: ['ignore', 'pipe', 'ignore'] },
  );
  const hasPort = new Promise((resolve) => thief.stdout?.once('data', resolve));
  process.kill(before.pid, 'SIGSTOP');
  process.kill(before.pid, 'SIGKILL');
  await hasPort;
  const named = await post.seen('api', 'in quarantine with the thief named', (view) => view.phase === 'quarantined');
  const explained = await run(['explain', 'api', ...post.flags()]);
  assert.match(explained.out, new RegExp(`${thief.pid}`), explained.out);
  assert.ok(named.reasons.some((reason) => reason.kind === 'cause' && reason.class === 'port-taken'));
  thief.kill('SIGKILL');
  // A person who has dealt with the thief does not wait for the careful retry.
  const asked = await run(['service', 'restart', 'api', ...post.flags(), '--format', 'json']);
  assert.equal(asked.code, 0, asked.out + asked.error);
  await post.healthy('api');
  await until('the incident resolved', async () =>
    (await post.town()).incidents.every((it) => it.status === 'resolved'),
  );
});

test('a check that cannot run is unknown, never healthy', async () => {
  const config = new Post(`
sereno: 1
site: blind
services:
  ghost:
    run: { process: { command: [sleep, "1000"] } }
    checks: [ { command: [/no/such/probe], every: 1s } ]
    targets: { availability: 99% over 7d }
`);
  await config.up();
  // Before start-up has started it, it is unhealthy at first hand; from then on, nobody can know.
  await config.seen(
    'ghost',
    'unknown, because its check cannot run',
    (view) => view.health === 'unknown' && view.checks[0]?.symptom === 'cannot-run',
  );
  const outcomes = (await config.evidence()).map((it) => it.outcome ?? '');
  assert.deepEqual(
    outcomes.filter((it) => it.endsWith('→ healthy')),
    [],
  );
  const status = await run(['status', ...config.flags(), '--format', 'json']);
  assert.equal(status.code, 3, status.out);
});

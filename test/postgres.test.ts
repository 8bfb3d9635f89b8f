// The PostgreSQL prober against a real server: well, wrong, writing, endless, frozen, full, gone.

import assert from 'node:assert/strict';
import test from 'node:test';
import { Client } from 'pg';
import { makePostgresProber } from '#adapters/postgres/prober.ts';
import type { Question } from '#ports/sensor.ts';
import { expectSeen, look, proberContract, realClock } from '#ports/sensor.contract.ts';
import { startPostgres } from './stand/postgres.ts';

const stand = await startPostgres({ max_connections: '12', superuser_reserved_connections: '3' });

const prober = makePostgresProber(realClock);
const ask = (query: string, url = stand.url): Question<'postgres'> => ({ kind: 'postgres', url, query });

const admin = new Client({ connectionString: stand.url });
await admin.connect();
await admin.query(`CREATE TABLE ledger (n int); INSERT INTO ledger VALUES (1); CREATE SEQUENCE steps;
  CREATE ROLE visitor LOGIN PASSWORD 'x'`);
test.after(async () => {
  await admin.end();
  await stand.stop();
});

proberContract('postgres, the real one', () =>
  Promise.resolve({
    make: makePostgresProber,
    well: ask('SELECT 1'),
    hanging: ask('SELECT pg_sleep(5)'),
  }),
);

test('postgres: rows are counted, none is well', async () => {
  expectSeen(await look(prober, ask('SELECT n FROM ledger')), 'healthy none', /^1 row in \d+ ms$/);
  expectSeen(await look(prober, ask('SELECT n FROM ledger WHERE n > 9')), 'healthy none', /^0 rows in/);
});

test('postgres: what is wrong is told with its SQLSTATE', async () => {
  const check = async (query: string, expected: string, message: RegExp): Promise<void> =>
    expectSeen(await look(prober, ask(query)), expected, message);
  await check('SELECT * FROM nowhere', 'unhealthy failed', /42P01.*nowhere/);
  await check('SELECT 1/0', 'unhealthy failed', /22012/);
  await check('SELEC 1', 'unknown cannot-run', /not one statement of valid SQL/);
  await check("SELECT repeat('x', 3000000)", 'unhealthy wrong-answer', /too big/);
  await check('SELECT generate_series(1, 100000000)', 'unhealthy wrong-answer', /too big/);
});

test('postgres: a check cannot write, however it is worded', async () => {
  const attempts = [
    'INSERT INTO ledger VALUES (2)',
    'DROP TABLE ledger',
    'COMMIT; INSERT INTO ledger VALUES (3)',
    'SET TRANSACTION READ WRITE; INSERT INTO ledger VALUES (4)',
    'WITH gone AS (DELETE FROM ledger RETURNING n) SELECT * FROM gone',
    'DO $$ BEGIN SET TRANSACTION READ WRITE; INSERT INTO ledger VALUES (5); END $$',
    'DO $$ BEGIN COMMIT; SET default_transaction_read_only = off; INSERT INTO ledger VALUES (6); COMMIT; END $$',
    "SELECT nextval('steps')",
  ];
  for (const query of attempts) {
    const seen = await look(prober, ask(query));
    assert.notEqual(seen.state, 'healthy', `${query}: ${seen.message}`);
  }
  assert.deepEqual((await admin.query('SELECT n FROM ledger')).rows, [{ n: 1 }]);
  assert.deepEqual((await admin.query('SELECT is_called FROM steps')).rows, [{ is_called: false }]);
});

test('postgres: a statement that lets go of its transaction leaves no session behind', async () => {
  await look(prober, ask('COMMIT'));
  await look(prober, ask('SELECT pg_sleep(3)'), { timeoutMs: 150 });
  const others =
    "SELECT count(*)::int AS n FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()";
  const until = Date.now() + 5_000;
  let left = -1;
  while (left !== 0 && Date.now() < until) left = Number((await admin.query(others)).rows[0]?.n);
  assert.equal(left, 0, 'a session was left open');
});

test('postgres: no such database, no such user', async () => {
  const at = `127.0.0.1:${stand.port}`;
  expectSeen(await look(prober, ask('SELECT 1', `postgres://postgres@${at}/none`)), 'unhealthy failed', /3D000/);
  expectSeen(await look(prober, ask('SELECT 1', `postgres://nobody@${at}/postgres`)), 'unhealthy failed', /28000/);
});

test('postgres: no connection left', async () => {
  const url = `postgres://visitor@127.0.0.1:${stand.port}/postgres`;
  const guests = Array.from({ length: 8 }, () => new Client({ connectionString: url }));
  await Promise.all(guests.map((guest) => guest.connect()));
  const seen = await look(prober, ask('SELECT 1', url));
  await Promise.all(guests.map((guest) => guest.end()));
  expectSeen(seen, 'unhealthy failed', /no connection left \(53300/);
});

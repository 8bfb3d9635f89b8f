// The Redis prober against a real redis-server: well, locked, frozen, full, gone.

import assert from 'node:assert/strict';
import test from 'node:test';
import { Redis } from 'ioredis';
import { makeRedisProber } from '#adapters/redis/prober.ts';
import type { Question } from '#ports/sensor.ts';
import { expectSeen, look, proberContract, realClock, startPeer } from '#ports/sensor.contract.ts';
import { startRedis } from './stand/redis.ts';

const ask = (url: string): Question<'redis'> => ({ kind: 'redis', url });
const prober = makeRedisProber(realClock);

proberContract('redis, the real one', async () => {
  const stand = await startRedis();
  test.after(() => stand.stop());
  const silent = await startPeer((socket) => socket.resume());
  test.after(() => silent.close());
  return {
    make: makeRedisProber,
    well: ask(stand.url),
    hanging: ask(`redis://127.0.0.1:${silent.port}`),
  };
});

test('redis: a password is needed, is right, is wrong', async () => {
  const stand = await startRedis({ requirepass: 'open-sesame' });
  const at = `127.0.0.1:${stand.port}`;
  expectSeen(await look(prober, ask(stand.url)), 'unhealthy wrong-answer', /NOAUTH: it wants a password/);
  expectSeen(await look(prober, ask(`redis://:open-sesame@${at}/2`)), 'healthy none', /PONG in \d+ ms/);
  const wrong = await look(prober, ask(`redis://:sesame-s3cret@${at}`));
  expectSeen(wrong, 'unhealthy wrong-answer', /WRONGPASS/);
  assert.ok(!wrong.message.includes('s3cret'));
  await stand.stop();
});

test('redis: frozen is a timeout, gone is refused', async () => {
  const stand = await startRedis();
  process.kill(stand.pid(), 'SIGSTOP');
  expectSeen(
    await look(prober, ask(stand.url), { timeoutMs: 200 }),
    'unhealthy timeout',
    /connected in .* no PONG for/,
  );
  process.kill(stand.pid(), 'SIGCONT');
  expectSeen(await look(prober, ask(stand.url)), 'healthy none');
  await stand.stop();
  expectSeen(await look(prober, ask(stand.url)), 'unhealthy refused');
});

test('redis: no client left over, and no room is told', async () => {
  const stand = await startRedis({ maxclients: '2' });
  const client = new Redis(stand.url, { disableClientInfo: true });
  await client.ping();
  const other = new Redis(stand.url, { disableClientInfo: true });
  await other.ping();
  expectSeen(await look(prober, ask(stand.url)), 'unhealthy wrong-answer', /max number of clients/);
  other.disconnect();
  while ((await clientsOf(client)) > 1) await new Promise((resolve) => setTimeout(resolve, 5));
  for (let probe = 0; probe < 20; probe += 1) expectSeen(await look(prober, ask(stand.url)), 'healthy none');
  while ((await clientsOf(client)) > 1) await new Promise((resolve) => setTimeout(resolve, 5));
  client.disconnect();
  await stand.stop();
});

const clientsOf = async (client: Redis): Promise<number> =>
  Number(/connected_clients:(\d+)/.exec(await client.info('clients'))?.[1] ?? 0);

test('redis: a replica that has lost its primary, and a server that loads', async () => {
  const stand = await startRedis();
  const admin = new Redis(stand.url);
  await admin.config('SET', 'replica-serve-stale-data', 'no');
  await admin.replicaof('127.0.0.1', 1);
  expectSeen(await look(prober, ask(stand.url)), 'unhealthy wrong-answer', /MASTERDOWN|LOADING/);
  admin.disconnect();
  await stand.stop();
});

// The Redis prober against far sides that misbehave; test/redis.test.ts asks a real server.

import test from 'node:test';
import type { Question } from '#ports/sensor.ts';
import { expectSeen, look, peerContract, realClock, startPeer } from '#ports/sensor.contract.ts';
import { makeRedisProber } from './prober.ts';

const ask = (port: number): Question<'redis'> => ({ kind: 'redis', url: `redis://127.0.0.1:${port}` });

peerContract('redis', {
  make: makeRedisProber,
  ask,
  well: (socket) => {
    socket.on('end', () => socket.end());
    socket.on('data', () => socket.write('+PONG\r\n'));
  },
  beginning: '$900000000\r\n',
});

test('error replies are told in words', async () => {
  const check = async (reply: string, message: RegExp): Promise<void> => {
    const peer = await startPeer((socket) => socket.on('data', () => socket.write(reply)));
    expectSeen(await look(makeRedisProber(realClock), ask(peer.port)), 'unhealthy wrong-answer', message);
    await peer.close();
  };
  await check('-LOADING Redis is loading the dataset in memory\r\n', /LOADING: it is still loading/);
  await check('-NOAUTH Authentication required.\r\n', /NOAUTH/);
  await check("-READONLY You can't write against a read only replica.\r\n", /READONLY: it is a read-only replica/);
  await check('-BUSY Redis is busy running a script.\r\n', /BUSY/);
  await check('-ERR unknown \u001b[2J\r\n', /ERR unknown \\u\{1b\}/);
  await check('+PANG\r\n', /answered "PANG" in \d+ ms, expected PONG/);
  await check('HTTP/1.1 400 Bad Request\r\n\r\n', /does not speak the Redis protocol/);
});

test('an address of another kind is unknown', async () => {
  const seen = await look(makeRedisProber(realClock), { kind: 'redis', url: 'http://u:s3cret@h/' });
  expectSeen(seen, 'unknown cannot-run', /neither redis:\/\/ nor rediss/);
});

// The TCP prober against the suite, and what only it does: banners, and a connection that is enough by itself.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createConnection } from 'node:net';
import test from 'node:test';
import type { Question } from '#ports/sensor.ts';
import { expectSeen, look, peerContract, proberContract, realClock, startPeer } from '#ports/sensor.contract.ts';
import { isItself, makeTcpProber } from './prober.ts';

const at = (port: number, more: Partial<Question<'tcp'>> = {}): Question<'tcp'> => ({
  kind: 'tcp',
  host: '127.0.0.1',
  port,
  ...more,
});

proberContract('tcp', async () => {
  const peer = await startPeer((socket) => socket.resume());
  test.after(() => peer.close());
  return {
    make: makeTcpProber,
    well: at(peer.port),
    hanging: at(peer.port, { contains: 'never said' }),
  };
});

peerContract('tcp', {
  make: makeTcpProber,
  ask: (port) => at(port, { send: 'HELLO\r\n', contains: '220 ready' }),
  well: (socket) => {
    socket.on('end', () => socket.end());
    socket.on('data', () => socket.write('220 ready\r\n'));
  },
  beginning: '220 rea',
});

test('a connection is enough when nothing is asked for', async () => {
  const peer = await startPeer((socket) => socket.resume());
  expectSeen(await look(makeTcpProber(realClock), at(peer.port)), 'healthy none', /^connected in \d+ ms$/);
  await peer.close();
});

test('a banner in pieces is found, and what came instead is told', async () => {
  const peer = await startPeer((socket, connection) => {
    socket.write('22');
    setImmediate(() => (connection === 1 ? socket.write('0 ready') : socket.end('1 closing\u001b[2J')));
  });
  const prober = makeTcpProber(realClock);
  const question = at(peer.port, { contains: '220 ready' });
  expectSeen(await look(prober, question), 'healthy none', /said "220 ready"/);
  expectSeen(await look(prober, question), 'unhealthy wrong-answer', /after "221 closing\\u\{1b\}\[2J"/);
  await peer.close();
});

test('a megabyte without the banner is too much', async () => {
  const peer = await startPeer((socket) => socket.write(Buffer.alloc(3_000_000, 'x')));
  const seen = await look(makeTcpProber(realClock), at(peer.port, { contains: 'y' }));
  expectSeen(seen, 'unhealthy wrong-answer', /too big/);
  await peer.close();
});

test('a name that does not exist, an address that is none', async () => {
  const prober = makeTcpProber(realClock);
  const seen = await look(prober, at(80, { host: 'no-such-host.invalid' }), { timeoutMs: 5_000 });
  // Without a name server in reach it cannot be known.
  assert.ok(['failed', 'cannot-run'].includes(seen.symptom), seen.message);
  expectSeen(await look(prober, at(99_999)), 'unknown cannot-run', /could not be made/);
});

test('a connection that met itself is none, and one to a peer is one', async () => {
  const peer = await startPeer((socket) => socket.resume());
  const honest = createConnection({ host: '127.0.0.1', port: peer.port });
  await once(honest, 'connect');
  assert.equal(isItself(honest), false);
  honest.destroy();
  await peer.close();
  // Nobody listens on this port any more; the connection begins there and ends there.
  const meeting = createConnection({ host: '127.0.0.1', port: peer.port, localPort: peer.port });
  await once(meeting, 'connect');
  assert.equal(isItself(meeting), true);
  meeting.destroy();
});

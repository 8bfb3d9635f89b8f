// The PostgreSQL prober against far sides that misbehave; test/postgres.test.ts asks a real server.

import type { Socket } from 'node:net';
import test from 'node:test';
import type { Question } from '#ports/sensor.ts';
import { expectSeen, look, peerContract, realClock } from '#ports/sensor.contract.ts';
import { makePostgresProber } from './prober.ts';

const ask = (port: number): Question<'postgres'> => ({
  kind: 'postgres',
  url: `postgres://ann@127.0.0.1:${port}/town`,
  query: 'SELECT 1',
});

/** One message of the protocol (PostgreSQL, 55.7): a letter, the length with itself, the content. */
const message = (letter: string, content: string | Buffer): Buffer => {
  const body = Buffer.from(content);
  const head = Buffer.alloc(5);
  head.write(letter);
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
};

const AUTHENTICATED = message('R', Buffer.from([0, 0, 0, 0]));
const READY = message('Z', 'I');
const DONE = message('C', 'SELECT 0\0');
const EXTENDED = Buffer.concat([message('1', ''), message('2', ''), message('n', ''), DONE, READY]);

/** As much of a server as the prober needs: any first message logs in, `Q` and `S` (sync) are answered. */
const well = (socket: Socket): void => {
  socket.on('end', () => socket.end());
  socket.once('data', () => {
    socket.write(Buffer.concat([AUTHENTICATED, READY]));
    socket.on('data', (chunk: Buffer) => {
      if (chunk.toString('latin1', 0, 1) === 'Q') socket.write(Buffer.concat([DONE, DONE, READY]));
      else if (chunk.includes(message('S', ''))) socket.write(EXTENDED);
    });
  });
};

peerContract('postgres', { make: makePostgresProber, ask, well, beginning: 'D\u0000\u0000\u00ff\u00ff' });

test('an address of another kind is unknown', async () => {
  const question = { kind: 'postgres', url: 'http://u:s3cret@h/', query: 'SELECT 1' } as const;
  expectSeen(await look(makePostgresProber(realClock), question), 'unknown cannot-run', /not postgres:\/\//);
});

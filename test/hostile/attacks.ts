// Attacks: what hostile far sides answer to a check, and what Sereno must say of each.

import type { Socket } from 'node:net';
import { gzipSync } from 'node:zlib';

const HUNDRED_MB = 100_000_000;
export const PIECE = Buffer.alloc(1_000_000, 'x');

/** Writes so many pieces, as fast as they are taken. */
export const pour = (socket: Socket, piece: Buffer | string, count: number): void => {
  let left = count;
  const more = (): void => {
    while (left > 0 && !socket.destroyed) {
      left -= 1;
      if (!socket.write(piece)) return;
    }
    if (left === 0) socket.end();
  };
  socket.on('drain', more);
  more();
};

export const OK = 'HTTP/1.1 200 OK\r\n';
/** A right answer around a hostile body. */
export const body = (text: string | Buffer, head = ''): Buffer =>
  Buffer.concat([Buffer.from(`${OK}${head}Content-Length: ${Buffer.byteLength(text)}\r\n\r\n`), Buffer.from(text)]);
const redirect = (to: string): string => `HTTP/1.1 302 Found\r\nLocation: ${to}\r\nContent-Length: 0\r\n\r\n`;
const BOMB = gzipSync(Buffer.alloc(HUNDRED_MB), { level: 9 });
const UNSEEN = '<script>alert(1)</script>\u001b[2J\u202egnp\u0000';

export type Attack = {
  readonly name: string;
  readonly answer: (socket: Socket, elsewhere: number) => void;
  readonly expect: string;
  readonly says: RegExp;
};

/** What every check of an answer expects. */
export const WELL = '{ contains: all is well }';

export const ATTACKS: readonly Attack[] = [
  {
    name: 'huge',
    answer: (socket) => {
      socket.write(`${OK}Content-Length: ${HUNDRED_MB}\r\n\r\n`);
      pour(socket, PIECE, 100);
    },
    expect: WELL,
    says: /too big: over 1 MB/,
  },
  {
    name: 'drip',
    answer: (socket) => {
      socket.write(`${OK}Content-Length: 1000\r\n\r\n`);
      const timer = setInterval(() => socket.write('x'), 50);
      socket.on('close', () => clearInterval(timer));
    },
    expect: WELL,
    says: /did not end in|itself was stalled/,
  },
  {
    name: 'loop',
    answer: (socket) => socket.end(redirect('/loop')),
    expect: WELL,
    says: /answered 302.*not followed/,
  },
  {
    name: 'tofile',
    answer: (socket) => socket.end(redirect('file:///etc/passwd')),
    expect: WELL,
    says: /answered 302.*not followed/,
  },
  {
    name: 'tohost',
    answer: (socket, elsewhere) => socket.end(redirect(`http://127.0.0.1:${elsewhere}/latest/meta-data/`)),
    expect: WELL,
    says: /answered 302.*not followed/,
  },
  {
    name: 'deep',
    answer: (socket) => socket.end(body(`${'['.repeat(10_000)}1${']'.repeat(10_000)}`)),
    expect: "{ json: { '$..a': 1 } }",
    says: /nested deeper than/,
  },
  { name: 'nul', answer: (socket) => socket.end(body('\0'.repeat(1_000))), expect: WELL, says: /\\u\{0\}/ },
  {
    name: 'utf8',
    answer: (socket) => socket.end(body(Buffer.from([0xff, 0xfe, 0xc3, 0x28]))),
    expect: WELL,
    says: /does not contain/,
  },
  {
    name: 'headers',
    answer: (socket) => {
      socket.write(OK);
      pour(socket, 'X-A: b\r\n', 100_000);
    },
    expect: WELL,
    says: /headers are too big/,
  },
  {
    name: 'bigheader',
    answer: (socket) => {
      socket.write(`${OK}X-A: `);
      pour(socket, PIECE, 10);
    },
    expect: WELL,
    says: /headers are too big/,
  },
  {
    name: 'gzip',
    answer: (socket) => socket.end(body(BOMB, 'Content-Encoding: gzip\r\n')),
    expect: WELL,
    says: /does not contain/,
  },
  {
    name: 'chunks',
    answer: (socket) => socket.end(`${OK}Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\nabc`),
    expect: WELL,
    says: /cut off|not valid HTTP/,
  },
  {
    name: 'lie',
    answer: (socket) => socket.end(`${OK}Content-Length: 5000\r\n\r\nall is well`),
    expect: WELL,
    says: /cut off after 11 bytes/,
  },
  {
    name: 'names',
    answer: (socket) => socket.end(body(UNSEEN)),
    expect: WELL,
    says: /<script>.*\\u\{1b\}\[2J\\u\{202e\}/,
  },
  {
    name: 'expression',
    answer: (socket) => socket.end(body(JSON.stringify([{ a: `${'a'.repeat(40)}b` }]))),
    expect: '{ json: { "$[?match(@.a, \'(a+)+c\')]": 1 } }',
    says: /could not be looked up/,
  },
  {
    name: 'descents',
    answer: (socket) => socket.end(body(`${'{"a":'.repeat(450)}1${'}'.repeat(450)}`)),
    expect: "{ json: { '$..a..a..a..a': 0 } }",
    says: /could not be looked up/,
  },
];

/** Other protocols, as bytes of an answer to the first question. */
export const LINES = [
  { name: 'redis', kind: 'redis', bytes: '*30000000\r\n'.repeat(20), says: /does not speak the Redis protocol/ },
  { name: 'postgres', kind: 'postgres', bytes: 'E\0\0\0\u0008SXXX', says: /does not speak the PostgreSQL protocol/ },
  {
    name: 'postgreslength',
    kind: 'postgres',
    bytes: 'N\u007f\u00ff\u00ff\u00ff',
    says: /does not speak the PostgreSQL/,
  },
] as const;

// The HTTP prober against the suite and against servers that answer in every wrong way.

import assert from 'node:assert/strict';
import { createServer, type IncomingHttpHeaders, type RequestListener } from 'node:http';
import test from 'node:test';
import type { HttpExpectation } from '#kernel/check.ts';
import type { Observation } from '#kernel/observation.ts';
import type { Question } from '#ports/sensor.ts';
import {
  expectSeen,
  look,
  peerContract,
  portOf,
  proberContract,
  realClock,
  startPeer,
  type Manner,
  type Wish,
} from '#ports/sensor.contract.ts';
import { makeHttpProber } from './prober.ts';

type Part = Partial<Question<'http'>>;

const ask = (port: number, expect: Partial<HttpExpectation> = {}, more: Part = {}): Question<'http'> => ({
  kind: 'http',
  url: `http://127.0.0.1:${port}/health`,
  method: 'GET',
  headers: {},
  expect: { status: [200], ...expect },
  ...more,
});

const answer =
  (body: string, head = 'HTTP/1.1 200 OK\r\n'): Manner =>
  (socket) => {
    socket.once('data', () => socket.end(`${head}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`));
  };

proberContract('http', async () => {
  const peer = await startPeer((socket, connection) => {
    socket.once('data', (head: Buffer) => {
      if (!head.toString().startsWith('GET /hang')) answer('well')(socket, connection);
      socket.emit('data', head);
    });
  });
  test.after(() => peer.close());
  return {
    make: (clock) => makeHttpProber(clock),
    well: ask(peer.port),
    hanging: ask(peer.port, {}, { url: `http://127.0.0.1:${peer.port}/hang` }),
  };
});

peerContract('http', {
  make: (clock) => makeHttpProber(clock),
  ask: (port) => ask(port, { contains: 'well' }),
  well: answer('all is well'),
  beginning: 'HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n',
});

/** What the prober sees of a raw answer. */
const seeRaw = async (manner: Manner, expect: Partial<HttpExpectation> = {}, wish: Wish = {}): Promise<Observation> => {
  const peer = await startPeer(manner);
  try {
    return await look(makeHttpProber(realClock), ask(peer.port, expect), wish);
  } finally {
    await peer.close();
  }
};

const say =
  (...pieces: readonly string[]): Manner =>
  (socket) => {
    socket.once('data', () => {
      for (const piece of pieces) socket.write(piece, 'latin1');
      socket.end();
    });
  };

const HEAD = 'HTTP/1.1 200 OK\r\n';

test('raw answers', async () => {
  const check = async (manner: Manner, expected: string, message: RegExp, expect = {}): Promise<void> =>
    expectSeen(await seeRaw(manner, expect), expected, message);
  await check(answer('x', 'HTTP/1.1 503 Busy\r\n'), 'unhealthy wrong-answer', /^answered 503 in \d+ ms, expected 200$/);
  await check(answer('x', 'HTTP/1.1 204 None\r\n'), 'healthy none', /204/, { status: [200, 204] });
  await check(say('HTTP/1.0 200 OK\r\n\r\nto the end'), 'healthy none', /200/, { contains: 'the end' });
  await check(say(`${HEAD}Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n`), 'healthy none', /200/, {
    contains: 'abc',
  });
  await check(say(`${HEAD}Transfer-Encoding: chunked\r\n\r\nZZ\r\nabc`), 'unhealthy wrong-answer', /cut off/);
  await check(say(`${HEAD}Content-Length: 10\r\n\r\nabc`), 'unhealthy wrong-answer', /cut off after 3 bytes/);
  await check(
    say(`${HEAD}Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd`),
    'unhealthy wrong-answer',
    /not valid HTTP/,
  );
  await check(say(`${HEAD}X-Bomb: ${'x'.repeat(100_000)}\r\n\r\n`), 'unhealthy wrong-answer', /headers are too big/);
  await check(
    say(HEAD, ...Array.from({ length: 5_000 }, (_, i) => `X-${i}: y\r\n`)),
    'unhealthy wrong-answer',
    /headers are too big/,
  );
  await check(
    say(`HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\n${HEAD}Content-Length: 2\r\n\r\nok`),
    'healthy none',
    /200/,
  );
  await check(
    say('HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\nraw'),
    'unhealthy wrong-answer',
    /answered 101/,
  );
  await check(say('SSH-2.0-OpenSSH_9.2\r\n'), 'unhealthy wrong-answer', /not valid HTTP/);
  await check(
    say('HTTP/1.1 302 Found\r\nLocation: /health\r\nContent-Length: 0\r\n\r\n'),
    'unhealthy wrong-answer',
    /answered 302.*redirects are not followed/,
  );
  await check(answer('\u00ff\u00fe caf\u00e9'), 'healthy none', /200/, { contains: 'caf\u00e9' });
  await check(say(`${HEAD}Content-Length: 5\r\n\r\n\xff\xfe\x80ok`), 'healthy none', /200/, { contains: 'ok' });
  await check(
    say(`${HEAD}Content-Length: 4\r\n\r\n\x1b[2J`),
    'unhealthy wrong-answer',
    /does not contain "ok": "\\u\{1b\}\[2J"/,
    { contains: 'ok' },
  );
});

test('a redirect loop costs one request', async () => {
  let requests = 0;
  const seen = await seeRaw((socket, connection) => {
    requests += 1;
    say('HTTP/1.1 301 Moved\r\nLocation: /health\r\nContent-Length: 0\r\n\r\n')(socket, connection);
  });
  expectSeen(seen, 'unhealthy wrong-answer', /301/);
  assert.equal(requests, 1);
});

test('an answer over one megabyte: too big, unless all that was asked for is already there', async () => {
  const big: Manner = (socket) => {
    socket.once('data', () => {
      socket.write(`${HEAD}\r\nready `);
      const more = (): void => {
        while (!socket.destroyed && socket.write(Buffer.alloc(65_536, 'x')));
      };
      socket.on('drain', more);
      more();
    });
  };
  expectSeen(await seeRaw(big, { contains: 'never' }), 'unhealthy wrong-answer', /too big: over 1 MB/);
  expectSeen(await seeRaw(big, { contains: 'ready' }), 'healthy none');
  expectSeen(await seeRaw(big), 'healthy none');
  expectSeen(await seeRaw(big, { json: { '$.a': 1 } }), 'unhealthy wrong-answer', /too big/);
});

const json = (body: string, expect: Readonly<Record<string, unknown>>): Promise<Observation> =>
  seeRaw(answer(body), { json: expect });

test('JSON at a path', async () => {
  const check = async (body: string, expect: Record<string, unknown>, expected: string, message = /./): Promise<void> =>
    expectSeen(await json(body, expect), expected, message);
  const body = '{"status":"ok","parts":[{"name":"db","up":true},{"name":"queue","up":false}],"n":0.1,"none":null}';
  await check(body, { '$.status': 'ok', '$.n': 0.1, '$.none': null }, 'healthy none');
  await check(body, { '$.parts[?@.name=="db"].up': true }, 'healthy none');
  await check(body, { '$.parts[1]': { up: false, name: 'queue' } }, 'healthy none');
  await check(body, { '$.status': 'bad' }, 'unhealthy wrong-answer', /\$\.status should be "\\?"?bad.*found/);
  await check(body, { '$.missing': true }, 'unhealthy wrong-answer', /nothing is there/);
  await check('<html>', { '$.a': 1 }, 'unhealthy wrong-answer', /not JSON: "<html>"/);
  await check('', { '$.a': 1 }, 'unhealthy wrong-answer', /not JSON/);
  const deep = `${'['.repeat(10_000)}${']'.repeat(10_000)}`;
  await check(deep, { '$..a': 1 }, 'unhealthy wrong-answer', /nested deeper than 500/);
  await check(
    `{"a":${'{"b":'.repeat(10_000)}1${'}'.repeat(10_000)}}`,
    { '$.a': 1 },
    'unhealthy wrong-answer',
    /nested/,
  );
  await check(`{"text":"${'['.repeat(10_000)}\\"[","a":1}`, { '$.a': 1 }, 'healthy none');
  await check(body, { '$[': 1 }, 'unknown cannot-run', /JSONPath/);
});

test('headers by name and text, in any case', async () => {
  const head = `${HEAD}Content-Type: Application/JSON; charset=utf-8\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\n`;
  const check = async (headers: Record<string, string>, expected: string, message = /./): Promise<void> =>
    expectSeen(await seeRaw(answer('{}', head), { headers }), expected, message);
  await check({ 'content-type': 'application/json' }, 'healthy none');
  await check({ 'CONTENT-TYPE': 'UTF-8', 'set-cookie': 'b=2' }, 'healthy none');
  await check({ 'content-type': 'text/html' }, 'unhealthy wrong-answer', /header content-type is "Application\/JSON/);
  await check({ 'x-none': 'y' }, 'unhealthy wrong-answer', /header x-none is missing/);
});

test('what is sent: method, headers, body, credentials, one connection each', async () => {
  const got: { method: string; url: string; headers: IncomingHttpHeaders; body: string }[] = [];
  const listener: RequestListener = (request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const { method = '', url = '', headers } = request;
      got.push({ method, url, headers, body: Buffer.concat(parts).toString() });
      response.end();
    });
  };
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const port = portOf(server.address());
  const prober = makeHttpProber(realClock);
  const url = `http://ann:s%40crt@127.0.0.1:${port}/a/b?c=d#e`;
  const question = ask(port, {}, { url, method: 'POST', headers: { 'X-Key': 'k', 'User-Agent': 'me' }, body: 'grüß' });
  expectSeen(await look(prober, question), 'healthy none');
  expectSeen(await look(prober, ask(port, {}, { method: 'HEAD' })), 'healthy none');
  server.close();
  const [first, second] = got;
  assert.deepEqual([first?.method, first?.url, first?.body], ['POST', '/a/b?c=d', 'grüß']);
  assert.equal(first?.headers['x-key'], 'k');
  assert.equal(first?.headers['user-agent'], 'me');
  assert.equal(first?.headers.authorization, `Basic ${Buffer.from('ann:s@crt').toString('base64')}`);
  assert.equal(first?.headers.host, `127.0.0.1:${port}`);
  assert.equal(first?.headers.connection, 'close');
  assert.deepEqual([second?.method, second?.headers['user-agent']], ['HEAD', 'sereno']);
});

test('questions that cannot be asked are unknown, and their secrets stay at home', async () => {
  const check = async (more: Part, message: RegExp): Promise<void> => {
    const seen = await look(makeHttpProber(realClock), ask(1, {}, more));
    expectSeen(seen, 'unknown cannot-run', message);
    assert.ok(!seen.message.includes('s3cret'), seen.message);
  };
  await check({ url: 'not a url s3cret' }, /URL is not valid/);
  await check({ url: 'ftp://u:s3cret@h/' }, /neither http nor https/);
  await check({ headers: { 'bad name': 'x' } }, /could not be made/);
  await check({ headers: { key: 's3cret\n' } }, /could not be made/);
  await check({ method: 'GE T' }, /could not be made/);
  await check({ url: 'http://u:s3cret%@h/' }, /could not be made/);
});

test('the phases say where the time went', async () => {
  const seen = await seeRaw((socket) => {
    socket.once('data', () => setTimeout(() => socket.end(`${HEAD}Content-Length: 0\r\n\r\n`), 60));
  });
  assert.ok(seen.phases !== undefined && seen.phases.firstByteMs !== null && seen.phases.connectMs !== null);
  assert.ok(seen.phases.firstByteMs >= 50, JSON.stringify(seen.phases));
  assert.equal(seen.phases.tlsMs, null);
});

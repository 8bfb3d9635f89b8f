// The golden prober against the suite of probers, and against units that fail on the way rather than in the answer.

import assert from 'node:assert/strict';
import { createServer, type RequestListener } from 'node:http';
import test from 'node:test';
import { durationMs } from '#kernel/time.ts';
import type { Question } from '#ports/sensor.ts';
import { expectSeen, look, peerContract, portOf, proberContract, realClock, startPeer } from '#ports/sensor.contract.ts';
import { makeGoldenProber } from './prober.ts';

const ask = (port: number, more: Partial<Question<'golden'>> = {}): Question<'golden'> => ({
  kind: 'golden',
  target: { kind: 'http', url: `http://127.0.0.1:${port}/`, headers: {} },
  cases: [{ name: 'one', input: { n: 1 }, expect: { double: 2 } }],
  budgetMs: durationMs(1_000),
  chunk: 100,
  ...more,
});

const BODY = '{"double":2}';
const RIGHT = `HTTP/1.1 200 OK\r\nContent-Length: ${BODY.length}\r\n\r\n${BODY}`;

const silent = await startPeer((socket) => socket.resume());
const right = await startPeer((socket) => socket.on('data', () => socket.write(RIGHT)));
test.after(async () => {
  await silent.close();
  await right.close();
});

proberContract('golden', () =>
  Promise.resolve({ make: makeGoldenProber, well: ask(right.port), hanging: ask(silent.port) }),
);

peerContract('golden', {
  make: makeGoldenProber,
  ask,
  well: (socket) => {
    socket.on('end', () => socket.end());
    socket.on('data', () => socket.write(RIGHT));
  },
  beginning: 'HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n',
});

const serve = async (listener: RequestListener): Promise<{ port: number; close: () => void }> => {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  server.unref();
  return {
    port: portOf(server.address()),
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
};

const MANY = Array.from({ length: 6 }, (_, n) => ({ name: `case ${n}`, input: n, expect: n }));
const program = (code: string): Question<'golden'>['target'] => ({ kind: 'command', argv: [process.execPath, '-e', code] });
const LINES = "require('readline').createInterface({input:process.stdin}).on('line',(line)=>";

test('each chunk has the time of the check, and all of them one line', async () => {
  let starts = 0;
  const { port, close } = await serve((request, response) => {
    let text = '';
    request.on('data', (part) => (text += String(part)));
    request.on('end', () => setTimeout(() => response.end(text), 60));
  });
  // Six cases and the first one twice, 60 ms each: 420 ms in three chunks of 300 ms, but not in one.
  const question = ask(port, { cases: MANY, chunk: 2 });
  expectSeen(await look(makeGoldenProber(realClock), question, { timeoutMs: 300 }), 'healthy none', /6 of 6 right/);
  const whole = ask(port, { cases: MANY, chunk: 6 });
  expectSeen(await look(makeGoldenProber(realClock), whole, { timeoutMs: 300 }), 'unhealthy timeout', /case "case \d"/);
  close();
  const counting = await startPeer((socket) => {
    starts += 1;
    socket.on('data', () => socket.write(RIGHT));
  });
  const cases = MANY.map((it) => ({ ...it, expect: { double: 2 } }));
  expectSeen(await look(makeGoldenProber(realClock), ask(counting.port, { cases, chunk: 2 })), 'healthy none');
  assert.equal(starts, 1);
  await counting.close();
});

test('a chunk that hangs ends the exam at its own time', async () => {
  const target = program(`${LINES}Number(line)<3&&console.log(line))`);
  const startedAt = Date.now();
  const seen = await look(makeGoldenProber(realClock), ask(1, { target, cases: MANY, chunk: 1 }), { timeoutMs: 700 });
  expectSeen(seen, 'unhealthy timeout', /case "case 3" was not answered within the 700 ms of its chunk; 3 were before it/);
  assert.ok(Date.now() - startedAt < 3_500, 'waited for all six chunks');
});

test('a status that is no success, an endless line, a unit that ends: unhealthy, and why', async () => {
  const { port, close } = await serve((_request, response) => response.writeHead(500).end('boom'));
  const prober = makeGoldenProber(realClock);
  expectSeen(await look(prober, ask(port)), 'unhealthy wrong-answer', /answered 500: "boom"/);
  close();
  const endless = ask(1, { target: program("setInterval(()=>process.stdout.write('x'.repeat(65536)),1)") });
  expectSeen(await look(prober, endless, { timeoutMs: 10_000 }), 'unhealthy wrong-answer', /over 1 MB in one line/);
  const dying = ask(1, { target: program(`${LINES}process.kill(process.pid,'SIGSEGV'))`) });
  expectSeen(await look(prober, dying), 'unhealthy failed', /ended \(SIGSEGV\)/);
});

test('a unit gets nothing of the environment of Sereno', async () => {
  process.env['SERENO_TEST_SECRET'] = 'hunter2';
  const target = program(`${LINES}console.log(JSON.stringify({secret:process.env.SERENO_TEST_SECRET??null})))`);
  const cases = [{ name: 'secret', input: 1, expect: { secret: null } }];
  expectSeen(await look(makeGoldenProber(realClock), ask(1, { target, cases })), 'healthy none');
  delete process.env['SERENO_TEST_SECRET'];
});

test('without cases there is nothing to know', async () => {
  expectSeen(await look(makeGoldenProber(realClock), ask(1, { cases: [] })), 'unknown cannot-run', /no cases/);
});

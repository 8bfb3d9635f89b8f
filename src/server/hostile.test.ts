// Hostile input: whatever comes in, the answer is a problem in the contract's shape, no machine is asked, nothing breaks.

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { refusalSchema } from '#api/ask.ts';
import { fakeService, fakeTown } from './desk.fake.test.ts';
import { startFake, type Sent, type StartedFake } from './started.fake.test.ts';

let fake: StartedFake;
const web = mkdtempSync(join(tmpdir(), 'sereno-web-'));

before(async () => {
  mkdirSync(join(web, 'assets'));
  writeFileSync(join(web, 'index.html'), '<!doctype html><title>town</title>');
  writeFileSync(join(web, 'assets', 'page-1a2b.js'), 'export {};');
  writeFileSync(join(web, 'secret.pem'), 'not for the web');
  symlinkSync('/etc/passwd', join(web, 'passwd.txt'));
  fake = await startFake({ webDirectory: web });
});
after(async () => {
  await fake.stop();
  rmSync(web, { recursive: true, force: true });
});

const asOperator = (): Readonly<Record<string, string>> => ({
  authorization: `Bearer ${fake.tokenOf('operator')}`,
  'content-type': 'application/json',
});

const deep = `${'['.repeat(10_000)}${']'.repeat(10_000)}`;

const checkRefused = (name: string, status: number, make: () => Sent): void => {
  void test(`${name} is ${status}`, async () => {
    const askedBefore = fake.desk.asked.length;
    const came = await fake.send(make());
    assert.equal(came.status, status, came.text.slice(0, 300));
    refusalSchema.parse(JSON.parse(came.text));
    assert.equal(fake.desk.asked.length, askedBefore);
  });
};

const post = (body: string | Uint8Array, headers: Readonly<Record<string, string>> = {}): Sent => ({
  method: 'POST',
  path: '/api/hold',
  headers: { ...asOperator(), ...headers },
  body,
});

checkRefused('JSON 10,000 deep', 400, () => post(deep));
checkRefused('JSON 10,000 deep inside why', 400, () => post(`{"why":${deep}}`));
checkRefused('half of a JSON document', 400, () => post('{"why":"'));
checkRefused('JSON with a key that is not known', 400, () => post('{"why":"x","role":"admin"}'));
checkRefused('JSON with __proto__', 400, () => post('{"__proto__":{"why":"x"}}'));
checkRefused('an array', 400, () => post('[]'));
checkRefused('a why that is too long', 400, () => post(JSON.stringify({ why: 'x'.repeat(501) })));
checkRefused('invalid UTF-8', 400, () => post(Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x7d])));
checkRefused('a body that is not JSON by its type', 415, () => post('why=x', { 'content-type': 'text/plain' }));
checkRefused('a body of 65 KB', 413, () => post(JSON.stringify({ why: 'x'.repeat(66_000) })));
checkRefused('a body of 65 KB in chunks', 413, () => ({
  ...post(JSON.stringify({ why: 'x'.repeat(66_000) })),
  headers: { ...asOperator(), 'transfer-encoding': 'chunked' },
}));
checkRefused('an address of 9 KB', 414, () => ({ path: `/api/services/${'x'.repeat(9_000)}` }));
checkRefused('a key with a space', 400, () => post('{}', { 'idempotency-key': 'a b' }));
checkRefused('a key of 201 characters', 400, () => post('{}', { 'idempotency-key': 'k'.repeat(201) }));
checkRefused('a name that is a path', 404, () => ({ path: '/api/services/..%2f..%2fetc%2fpasswd' }));
checkRefused('a name that is a property of every object', 404, () => ({ path: '/api/services/__proto__' }));
checkRefused('a name with a broken escape', 404, () => ({ path: '/api/services/%E0%A4%A' }));
checkRefused('a name with a zero byte', 404, () => ({ path: '/api/services/api%00' }));

test('a bomb of headers is cut off by 431', async () => {
  const came = await fake.send({ path: '/livez', headers: { 'x-bomb': 'x'.repeat(20_000) } });
  assert.equal(came.status, 431);
});

const sendRaw = (bytes: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const socket = connect(fake.port, '127.0.0.1');
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
    });
    socket.on('close', () => resolve(text));
    socket.on('error', reject);
    socket.end(bytes);
  });

const checkRaw = (name: string, bytes: string, expected: RegExp): void => {
  void test(name, async () => assert.match(await sendRaw(bytes), expected));
};

checkRaw('a request that is no HTTP is 400', 'HELLO THERE\r\n\r\n', /^HTTP\/1\.1 400 /);
checkRaw('a request without Host is 400', 'GET /livez HTTP/1.1\r\nConnection: close\r\n\r\n', /^HTTP\/1\.1 400 /);
checkRaw(
  'two lengths that disagree are 400 (request smuggling)',
  'POST /api/hold HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
  /^HTTP\/1\.1 400 /,
);
checkRaw(
  'an absolute address of another host is not followed',
  'GET http://evil.example/api/town HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n',
  /^HTTP\/1\.1 403 /,
);

const checkPage = (path: string, status: number, expected: RegExp): void => {
  void test(`${path} is ${status}`, async () => {
    const came = await fake.send({ path });
    assert.equal(came.status, status);
    assert.match(came.text, expected);
  });
};

checkPage('/', 200, /<title>town/);
checkPage('/services/api', 404, /not-found/);
checkPage('/assets/page-1a2b.js', 200, /export/);
checkPage('/secret.pem', 404, /not-found/);
checkPage('/passwd.txt', 404, /not-found/);
checkPage('/../package.json', 404, /not-found/);
checkPage('/%2e%2e/%2e%2e/etc/passwd.txt', 404, /not-found/);
checkPage('/..%2f..%2fpackage.json', 404, /not-found/);
checkPage('/assets/..%5c..%5cpackage.json', 404, /not-found/);

test('a page of the dashboard is spared by its ETag, and its assets may be kept', async () => {
  const first = await fake.send({ path: '/' });
  const again = await fake.send({ path: '/', headers: { 'if-none-match': String(first.headers.etag) } });
  assert.equal(again.status, 304);
  assert.match(String((await fake.send({ path: '/assets/page-1a2b.js' })).headers['cache-control']), /immutable/);
});

test('without a built dashboard the page says so', async () => {
  const bare = await startFake({ webDirectory: join(web, 'nowhere') });
  try {
    const came = await bare.send({ path: '/' });
    assert.equal(came.status, 200);
    assert.match(came.text, /dashboard is not built/);
    assert.ok(!/<script|style=/.test(came.text));
  } finally {
    await bare.stop();
  }
});

test('a name with markup and escapes stays a value: JSON, never HTML, and no escape reaches a terminal', async () => {
  const name = '<script>alert(1)</script>\u001b[2J\u202e';
  fake.desk.setTown(fakeTown({ services: [fakeService('api', { headline: name })] }));
  const json = await fake.send({ path: '/api/services/api' });
  assert.equal(json.headers['content-type'], 'application/json; charset=utf-8');
  assert.equal(JSON.parse(json.text).headline, name);
  const words = await fake.send({ path: '/health' });
  assert.equal(words.headers['content-type'], 'text/plain; charset=utf-8');
  assert.ok(!words.text.includes('\u001b') && !words.text.includes('\u202e'));
  assert.match(words.text, /\\u001b\[2J\\u202e/);
});

test('a hostile name cannot break out of a label of the metrics', async () => {
  fake.desk.setTown(fakeTown({ services: [fakeService('a"} 1\nevil{x="\\')] }));
  const { text } = await fake.send({ path: '/metrics' });
  const line = /^(#.*|[a-z_]+(\{([a-z_]+="([^"\\\n]|\\\\|\\"|\\n)*",?)+\})? [-+0-9.e]+)$/;
  const bad = text
    .trimEnd()
    .split('\n')
    .filter((each) => !line.test(each));
  assert.deepEqual(bad, []);
  assert.match(text, /sereno_service_health\{service="a\\"\} 1\\nevil\{x=\\"\\\\",state="healthy"\} 1/);
});

test('a desk that throws costs one request, is told to the log, and the server goes on', async () => {
  const broken = await startFake();
  try {
    broken.desk.setTown({
      ...fakeTown(),
      get services(): never {
        throw new Error('the inside');
      },
    });
    const came = await broken.send({ path: '/api/services' });
    assert.equal(came.status, 500);
    assert.equal(refusalSchema.parse(JSON.parse(came.text)).problems[0]?.code, 'internal-fault');
    assert.ok(!came.text.includes('the inside'));
    assert.equal(broken.faults.length, 1);
    assert.equal((await broken.send({ path: '/livez' })).status, 200);
  } finally {
    await broken.stop();
  }
});

test('a port that is taken is a problem, not a crash', async () => {
  await assert.rejects(startFake({ port: fake.port }), /is taken/);
});

test('no request of these tests met a bug', () => assert.deepEqual(fake.faults, []));

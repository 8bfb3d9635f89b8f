// Content of the codex over HTTP: tags, long polls, refusals, and nobody who waits for ever.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { request } from 'node:http';
import { after, before, beforeEach, test } from 'node:test';
import { canonical } from '#kernel/canonical.ts';
import { problem, type ProblemCode } from '#kernel/problem.ts';
import { contentOfVersion, digestOfVersion, makeFakeCodex, type FakeCodex } from './codex.fake.test.ts';
import { SECRET, startFake, type Came, type StartedFake } from './started.fake.test.ts';
import { makeWaitingRoom } from './waiting.ts';

let fake: StartedFake;
let codex: FakeCodex;

before(async () => {
  codex = makeFakeCodex();
  fake = await startFake({ codex });
});
after(() => fake.stop());
beforeEach(() => {
  codex.refuse(null);
  codex.say(null);
  codex.activate(2);
});

const PATH = '/api/codex/concise/active';
const tagOf = (version: number): string => `"${digestOfVersion(version)}"`;

const get = (query = '', tag: string | null = null): Promise<Came> =>
  fake.send({ path: PATH + query, headers: tag === null ? {} : { 'if-none-match': tag } });

/** Until the server has a listener for everybody who waits: then they wait. */
const waitersAre = async (count: number): Promise<void> => {
  while (codex.listeners() !== count) await new Promise((resolve) => setImmediate(resolve));
};

test('the tag is the digest, the body is canonical, and headers say the rest', async () => {
  const came = await get();
  const body = canonical(contentOfVersion(2));
  assert.equal(came.status, 200);
  assert.equal(came.text, body);
  assert.equal(came.headers.etag, tagOf(2));
  assert.equal(came.headers['cache-control'], 'private, no-cache');
  const sha = createHash('sha256').update(body).digest('base64');
  assert.equal(came.headers['content-digest'], `sha-256=:${sha}:`);
  assert.equal(came.headers['sereno-codex-version'], '2');
  assert.equal(came.headers['sereno-codex-state'], 'active');
  assert.equal(came.headers['sereno-codex-blessed-by'], 'ana, b%C3%A9a');
  assert.equal(came.headers['sereno-codex-root'], '1');
});

test('what the client has already is 304 without a body', async () => {
  for (const tag of [tagOf(2), `"x", ${tagOf(2)}`, `W/${tagOf(2)}`]) {
    const came = await get('', tag);
    assert.deepEqual([came.status, came.text, came.headers.etag], [304, '', tagOf(2)], tag);
  }
  assert.equal((await get(`?than=${digestOfVersion(2)}`)).status, 304);
  assert.equal((await get('', tagOf(1))).status, 200);
});

test('a long poll answers the moment another version is active', async () => {
  const waiting = get('?wait=30s', tagOf(2));
  await waitersAre(1);
  codex.activate(3);
  const came = await waiting;
  assert.deepEqual([came.status, came.headers.etag], [200, tagOf(3)]);
  await waitersAre(0);
});

test('what has changed before the poll is answered at once', async () => {
  const came = await get(`?wait=30s&than=${digestOfVersion(1)}`);
  assert.equal(came.headers.etag, tagOf(2));
});

test('a change that is none for the client does not end the wait, and costs no content', async () => {
  const waiting = get('?wait=30s', tagOf(2));
  await waitersAre(1);
  const made = codex.made();
  codex.activate(2);
  assert.equal(codex.made(), made);
  await waitersAre(1);
  codex.activate(4);
  assert.equal((await waiting).headers.etag, tagOf(4));
});

test('after the wait it is 304', async () => {
  const came = await get('?wait=1s', tagOf(2));
  assert.deepEqual([came.status, came.headers.etag], [304, tagOf(2)]);
  await waitersAre(0);
});

test('who goes away while waiting leaves the seat', async () => {
  const { port } = fake;
  const headers = { 'if-none-match': tagOf(2) };
  const outgoing = request({ host: '127.0.0.1', port, path: `${PATH}?wait=60s`, headers, agent: false });
  outgoing.on('error', () => undefined);
  outgoing.end();
  await waitersAre(1);
  outgoing.destroy();
  await waitersAre(0);
});

test('what was revoked while somebody waited is told at once', async () => {
  const waiting = get('?wait=30s', tagOf(2));
  await waitersAre(1);
  codex.refuse(problem('codex-revoked', 'concise@2 was revoked: it leaks names'));
  const came = await waiting;
  assert.equal(came.status, 410);
  assert.match(came.text, /it leaks names/);
});

const refusals: readonly (readonly [ProblemCode, number])[] = [
  ['codex-revoked', 410],
  ['codex-refused', 409],
  ['codex-untrusted', 409],
  ['codex-stale', 503],
  ['codex-damaged', 503],
  ['codex-content', 503],
  ['store-unusable', 503],
  ['store-newer', 503],
];
for (const [code, status] of refusals) {
  test(`${code} is ${status}, with its code and no bytes of the content`, async () => {
    codex.refuse(problem(code, 'why'));
    for (const path of [
      PATH,
      '/api/codex',
      '/api/codex/concise',
      `${PATH}/proof`,
      '/api/codex/concise/diff?from=1&to=2',
    ]) {
      const came = await fake.send({ path });
      assert.equal(came.status, status, path);
      assert.equal(JSON.parse(came.text).problems[0].code, code);
      assert.ok(!came.text.includes('Describe'));
      assert.equal(came.headers.etag, undefined);
    }
  });
}

test('content with a declared secret is refused: without it, it would be another content', async () => {
  codex.say(`say ${SECRET}`);
  const came = await get();
  assert.equal(came.status, 409);
  assert.ok(!came.text.includes(SECRET));
});

test('what cannot be understood is 400', async () => {
  for (const query of ['?wait=61s', '?wait=30', '?wait=x', '?than=abc', '?colour=blue', '?unblessed=yes'])
    assert.equal((await get(query)).status, 400, query);
  for (const query of ['', '?from=1', '?limit=0'])
    assert.equal((await fake.send({ path: `/api/codex/concise/diff${query}` })).status, 400, query);
});

test('who comes when all seats are taken is not kept', async () => {
  const room = makeWaitingRoom(1);
  const it = { look: () => false, listen: () => () => undefined, onGone: () => () => undefined, ms: 60_000 };
  const first = room.wait(it);
  assert.equal(room.wait(it), null);
  assert.equal(room.seated(), 1);
  room.close();
  assert.equal(await first, 'closing');
  assert.equal(await room.wait(it), 'closing');
  assert.equal(room.seated(), 0);
});

test('a server that closes sends everybody home with 304', async () => {
  const other = await startFake({ codex });
  const waiting = other.send({ path: `${PATH}?wait=60s`, headers: { 'if-none-match': tagOf(2) } });
  await waitersAre(1);
  const began = performance.now();
  await other.stop();
  assert.equal((await waiting).status, 304);
  assert.ok(performance.now() - began < 10_000, 'it waited for the wait');
});

test('without a codex the list says so, and everything else is not found', async () => {
  const bare = await startFake({});
  const list = JSON.parse((await bare.send({ path: '/api/codex' })).text);
  assert.deepEqual(list, { isDeclared: false, items: [], root: null, entries: 0 });
  assert.equal((await bare.send({ path: PATH })).status, 404);
  await bare.stop();
});

test('no request of these tests met a bug', () => assert.deepEqual(fake.faults, []));

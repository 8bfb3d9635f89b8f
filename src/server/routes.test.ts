// Every route answers in the shape that the contract promises, with the right status.

import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { refusalSchema } from '#api/ask.ts';
import { ROUTES, ROUTE_NAMES, type Route } from '#api/routes.ts';
import type { Answer } from '#kernel/message.ts';
import { makeRedact } from '#kernel/secret.ts';
import { later } from '#kernel/time.ts';
import type { ProblemCode } from '#kernel/problem.ts';
import { makeFakeCodex } from './codex.fake.test.ts';
import { fakeService, fakeTown } from './desk.fake.test.ts';
import { FAKE_NOW } from './judged.fake.test.ts';
import { redactedJson } from './reply.ts';
import { fakePath } from './paths.fake.test.ts';
import { SECRET, startFake, type StartedFake } from './started.fake.test.ts';

let fake: StartedFake;
before(async () => {
  fake = await startFake({
    codex: makeFakeCodex(),
    intake: { take: () => ({ status: 200, mediaType: 'application/x-protobuf', body: new Uint8Array() }) },
  });
});
after(() => fake.stop());
beforeEach(() => {
  fake.desk.setTown(fakeTown());
  fake.desk.setAnswer({});
});

for (const name of ROUTE_NAMES.filter((each) => each !== 'events')) {
  const route: Route = ROUTES[name];
  test(`${route.method} ${route.path} answers by its schema`, async () => {
    fake.desk.finish('known', { status: 'completed' });
    const came = await fake.send({
      method: route.method,
      path: fakePath(name),
      headers: { authorization: `Bearer ${fake.tokenOf('admin')}`, accept: 'application/json' },
    });
    assert.equal(came.status, route.isChange ? 202 : 200, came.text);
    assert.equal(came.headers['content-type']?.split(';')[0], route.media);
    if (route.media === 'application/json') route.answer.parse(JSON.parse(came.text));
    assert.match(String(came.headers['content-security-policy']), /default-src 'none'/);
    assert.equal(came.headers['x-content-type-options'], 'nosniff');
  });
}

const checkAnswer = (status: Answer['status'], expected: number, code: ProblemCode | null): void => {
  test(`an answer ${status} is ${expected}`, async () => {
    fake.desk.setAnswer({
      status,
      approval: status === 'needs-approval' ? 'APR-7' : null,
      reasons: [{ kind: 'traffic-over-limit', trafficPercent: 40, limitPercent: 25 }],
    });
    const came = await fake.send({
      method: 'POST',
      path: '/api/services/api/restart',
      headers: { authorization: `Bearer ${fake.tokenOf('operator')}` },
    });
    assert.equal(came.status, expected);
    if (code === null) return;
    const refusal = refusalSchema.parse(JSON.parse(came.text));
    assert.equal(refusal.problems[0]?.code, code);
    assert.match(refusal.problems[0]?.message ?? '', /over the limit of 25 %/);
    assert.equal(refusal.answer?.status, status);
    if (code === 'needs-approval') assert.match(refusal.problems[0]?.mend ?? '', /approve APR-7/);
  });
};

checkAnswer('pending', 202, null);
checkAnswer('accepted', 202, null);
checkAnswer('completed', 200, null);
checkAnswer('needs-approval', 409, 'needs-approval');
checkAnswer('denied', 422, 'denied-by-policy');
checkAnswer('failed', 422, 'action-failed');

const checkMissing = (method: 'GET' | 'POST', path: string): void => {
  test(`${method} ${path} is not found, and no machine is asked`, async () => {
    const askedBefore = fake.desk.asked.length;
    const came = await fake.send({ method, path, headers: { authorization: `Bearer ${fake.tokenOf('admin')}` } });
    assert.equal(came.status, 404);
    assert.equal(refusalSchema.parse(JSON.parse(came.text)).problems[0]?.code, 'not-found');
    assert.equal(fake.desk.asked.length, askedBefore);
  });
};

checkMissing('GET', '/api/services/nobody');
checkMissing('GET', '/api/explain/nobody');
checkMissing('GET', '/api/targets/api.nothing');
checkMissing('GET', '/api/answers/nobody');
checkMissing('GET', '/api/nothing-here');
checkMissing('POST', '/api/services/nobody/restart');
checkMissing('POST', '/api/approvals/nobody/approve');
checkMissing('POST', '/api/incidents/nobody/ack');

test('a dry run is marked as one and is 200, never 202', async () => {
  const came = await fake.send({
    method: 'POST',
    path: '/api/hold?dryRun=true',
    headers: { authorization: `Bearer ${fake.tokenOf('operator')}`, 'content-type': 'application/json' },
    body: '{"why":"looking"}',
  });
  assert.equal(came.status, 200);
  const last = fake.desk.asked.at(-1);
  assert.equal(last?.isDryRun, true);
  assert.deepEqual(last?.request, { kind: 'hold', why: 'looking' });
  assert.equal(last?.by.name, 'the-operator');
});

test('an Idempotency-Key becomes the askKey, and repeating it asks nothing again', async () => {
  const send = () =>
    fake.send({
      method: 'POST',
      path: '/api/services/api/restart',
      headers: { authorization: `Bearer ${fake.tokenOf('operator')}`, 'idempotency-key': 'night-1' },
    });
  const first = await send();
  const askedOnce = fake.desk.asked.length;
  const second = await send();
  assert.equal(JSON.parse(first.text).askKey, 'night-1');
  assert.equal(second.text, first.text);
  assert.equal(fake.desk.asked.length, askedOnce);
});

test('health: degraded is 200, unhealthy and unknown are 503, in words and as JSON', async () => {
  for (const [health, expected] of [
    ['healthy', 200],
    ['degraded', 200],
    ['unhealthy', 503],
    ['unknown', 503],
  ] as const) {
    fake.desk.setTown(fakeTown({ health }));
    const words = await fake.send({ path: '/health' });
    const json = await fake.send({ path: '/health', headers: { accept: 'application/json' } });
    assert.deepEqual([words.status, json.status], [expected, expected], health);
    assert.match(words.text, new RegExp(`demo is ${health}\n`));
    assert.match(words.text, /^api {4}healthy {4}all checks pass$/m);
    assert.equal(JSON.parse(json.text).health, health);
  }
});

test('ready only when start-up is over', async () => {
  assert.equal((await fake.send({ path: '/readyz' })).status, 200);
  fake.desk.setTown(fakeTown({ startup: { ...fakeTown().startup, phase: 'core' } }));
  const came = await fake.send({ path: '/readyz' });
  assert.equal(came.status, 503);
  assert.match(came.text, /at core/);
});

test('an ETag spares the second answer until something but the clock has changed', async () => {
  const first = await fake.send({ path: '/api/town' });
  const etag = String(first.headers.etag);
  const look = () => fake.send({ path: '/api/town', headers: { 'if-none-match': etag } });
  fake.desk.setTown(fakeTown({ at: later(FAKE_NOW, 5_000) }));
  assert.equal((await look()).status, 304);
  fake.desk.setTown(fakeTown({ isSafeMode: true }));
  assert.equal((await look()).status, 200);
});

test('secrets never leave: not in values, not in words, not in metrics; and the JSON stays whole', async () => {
  fake.desk.setTown(fakeTown({ services: [fakeService('api', { headline: `refused: postgres://u:${SECRET}@db` })] }));
  for (const path of ['/api/town', '/api/services/api', '/health']) {
    const came = await fake.send({ path });
    assert.ok(!came.text.includes(SECRET), path);
    assert.match(came.text, /postgres:\/\/u:\*\*\*@db/);
  }
});

test('redaction happens in values, so a secret that looks like JSON breaks nothing', () => {
  const redact = makeRedact(['null,', 'true', '":"x']);
  const value = { a: null, b: true, c: 'is true, or null,', d: 'x":"x' };
  assert.deepEqual(JSON.parse(redactedJson(value, redact)), { a: null, b: true, c: 'is ***, or ***', d: 'x***' });
});

test('the evidence query reaches the store, and a word that it does not know is refused', async () => {
  const found = await fake.send({ path: '/api/evidence?after=1&order=oldest-first&limit=1&type=health.' });
  assert.deepEqual(
    JSON.parse(found.text).records.map((record: { readonly seq: number }) => record.seq),
    [2],
  );
  for (const query of ['limit=0', 'limit=1001', 'after=-1', 'after=x', 'colour=blue', 'order=up']) {
    assert.equal((await fake.send({ path: `/api/evidence?${query}` })).status, 400, query);
  }
});

test('a method that the address does not take is 405 and says which it takes', async () => {
  const came = await fake.send({ method: 'DELETE', path: '/api/town' });
  assert.equal(came.status, 405);
  assert.equal(came.headers.allow, 'GET');
});

test('no request of these tests met a bug', () => assert.deepEqual(fake.faults, []));

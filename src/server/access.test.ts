// Who may do what: the whole matrix of routes and roles, and the doors that stand before it.

import assert from 'node:assert/strict';
import { chmodSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { ROUTES, ROUTE_NAMES, fillPath, type Route } from '#api/routes.ts';
import type { Role } from '#kernel/actor.ts';
import { later } from '#kernel/time.ts';
import { FAKE_NOW } from './judged.fake.test.ts';
import { hostProblem, originProblem } from './origin.ts';
import { ROLES, startFake, type StartedFake } from './started.fake.test.ts';
import { issueToken, listTokens, openTokenBook, revokeTokens } from './tokens.ts';

let near: StartedFake;
let far: StartedFake;
before(async () => {
  near = await startFake();
  far = await startFake({ host: '0.0.0.0' });
});
after(() => Promise.all([near.stop(), far.stop()]));

type Who = Role | 'nobody' | 'stranger';
const EVERYBODY: readonly Who[] = ['nobody', 'stranger', ...ROLES];

/** The matrix in prose: 401 without a token where one is needed or with a wrong one, 403 without the role, else let in. */
const expectedDoor = (route: Route, who: Who, isFar: boolean): number => {
  if (route.access === 'anyone') return 0;
  if (who === 'stranger') return 401;
  if (who === 'nobody') return route.access === 'reader' && !isFar ? 0 : 401;
  const isEnough = route.access === 'reader' || route.access === 'viewer' || who === route.access || who === 'admin';
  return isEnough ? 0 : 403;
};

const doorOf = (status: number): number => (status === 401 || status === 403 ? status : 0);

for (const name of ROUTE_NAMES.filter((each) => each !== 'events')) {
  const route: Route = ROUTES[name];
  test(`${route.method} ${route.path} lets in exactly whom the table says`, async () => {
    for (const who of EVERYBODY) {
      for (const [fake, isFar] of [
        [near, false],
        [far, true],
      ] as const) {
        const token = who === 'stranger' ? 'sereno_wrong' : who === 'nobody' ? null : fake.tokenOf(who);
        // Each stranger comes from a machine that has not failed before: the limit has its own test.
        const came = await fake.send({
          method: route.method,
          path: fillPath(route.path, { id: 'api', subject: 'api', askKey: 'x' }),
          headers: token === null ? {} : { authorization: `Bearer ${token}` },
        });
        const door = came.status === 429 ? 401 : doorOf(came.status);
        assert.equal(door, expectedDoor(route, who, isFar), `${who}, far: ${isFar}`);
      }
    }
  });
}

test('failed authentications are limited, and the right token still gets in', async () => {
  const fresh = await startFake();
  try {
    const statuses: number[] = [];
    for (let attempt = 0; attempt < 12; attempt += 1) {
      const came = await fresh.send({ path: '/api/town', headers: { authorization: 'Bearer sereno_guess' } });
      statuses.push(came.status);
      if (came.status === 429) assert.equal(came.headers['retry-after'], '60');
    }
    assert.deepEqual(statuses, [...Array.from({ length: 10 }, () => 401), 429, 429]);
    const right = { authorization: `Bearer ${fresh.tokenOf('viewer')}` };
    assert.equal((await fresh.send({ path: '/api/town', headers: right })).status, 200);
  } finally {
    await fresh.stop();
  }
});

const checkHost = (host: string | undefined, bound: string, isWelcome: boolean): void => {
  void test(`Host ${host} at ${bound} is ${isWelcome ? 'welcome' : 'refused'}`, () =>
    assert.equal(hostProblem(host, { bound, declared: ['watch.example'] }) === null, isWelcome));
};

checkHost('127.0.0.1:7373', '127.0.0.1', true);
checkHost('localhost:7373', '127.0.0.1', true);
checkHost('LOCALHOST', '127.0.0.1', true);
checkHost('[::1]:7373', '::1', true);
checkHost('watch.example', '127.0.0.1', true);
checkHost('watch.example.', '127.0.0.1', true);
checkHost('evil.example', '127.0.0.1', false);
checkHost('127.0.0.1.evil.example', '127.0.0.1', false);
checkHost('localhost.evil.example', '127.0.0.1', false);
checkHost('192.168.0.7:7373', '127.0.0.1', false);
checkHost('192.168.0.7:7373', '0.0.0.0', true);
checkHost('evil.example', '0.0.0.0', false);
checkHost('evil.example/@127.0.0.1', '127.0.0.1', false);
checkHost('a@127.0.0.1', '127.0.0.1', false);
checkHost('', '127.0.0.1', false);
checkHost(undefined, '127.0.0.1', false);

const checkOrigin = (origin: string | undefined, fetchSite: string | undefined, isWelcome: boolean): void => {
  void test(`a change from ${origin} (${fetchSite}) is ${isWelcome ? 'taken' : 'refused'}`, () =>
    assert.equal(originProblem({ host: '127.0.0.1:7373', origin, fetchSite }) === null, isWelcome));
};

checkOrigin(undefined, undefined, true);
checkOrigin('http://127.0.0.1:7373', 'same-origin', true);
checkOrigin('http://127.0.0.1:7373', undefined, true);
checkOrigin('http://127.0.0.1:8080', undefined, false);
checkOrigin('http://evil.example', undefined, false);
checkOrigin('null', undefined, false);
checkOrigin(undefined, 'cross-site', false);
checkOrigin(undefined, 'same-site', false);
checkOrigin('not a url', undefined, false);

test('a rebound name and a foreign page are refused before any token is looked at', async () => {
  const askedBefore = near.desk.asked.length;
  const rebound = await near.send({ path: '/api/town', headers: { host: 'evil.example' } });
  assert.equal(rebound.status, 403);
  const forged = await near.send({
    method: 'POST',
    path: '/api/hold',
    headers: { authorization: `Bearer ${near.tokenOf('admin')}`, origin: 'http://evil.example' },
  });
  assert.equal(forged.status, 403);
  assert.equal(near.desk.asked.length, askedBefore);
});

test('tokens: only digests are kept, 0600; revoked and ended ones are worthless at once; the file is read anew', () => {
  const file = join(near.directory, 'other.json');
  const wish = { person: 'eve', kind: 'agent', roles: ['operator'], expiresAt: later(FAKE_NOW, 1_000) } as const;
  const issued = issueToken(file, wish, FAKE_NOW);
  assert.equal(issued.kind, 'issued');
  if (issued.kind !== 'issued') return;
  assert.ok(!readFileSync(file, 'utf8').includes(issued.token));
  assert.equal(statSync(file).mode & 0o777, 0o600);
  let now = FAKE_NOW;
  const book = openTokenBook(file, () => now);
  assert.deepEqual(book.find(issued.token), { kind: 'agent', name: 'eve', roles: ['operator'] });
  assert.equal(book.find(`${issued.token}x`), null);
  now = later(FAKE_NOW, 1_000);
  assert.equal(book.find(issued.token), null);
  now = FAKE_NOW;
  assert.equal(revokeTokens(file, 'nobody').kind, 'failed');
  assert.equal(revokeTokens(file, 'eve').kind, 'revoked');
  assert.equal(book.find(issued.token), null);
});

const checkBadFile = (name: string, prepare: (file: string) => void): void => {
  void test(`a token file that is ${name} lets nobody in`, () => {
    const file = join(near.directory, `${name}.json`);
    const issued = issueToken(file, { person: 'ada', kind: 'person', roles: ['admin'], expiresAt: null }, FAKE_NOW);
    assert.equal(issued.kind, 'issued');
    if (issued.kind !== 'issued') return;
    prepare(file);
    assert.equal(openTokenBook(file, () => FAKE_NOW).find(issued.token), null);
    assert.equal(listTokens(file).kind, 'failed');
  });
};

checkBadFile('writable by others', (file) => chmodSync(file, 0o666));
checkBadFile('not JSON', (file) => writeFileSync(file, '{"format":1,"tokens":['));
checkBadFile('of another format', (file) => writeFileSync(file, '{"format":2,"tokens":[]}'));
checkBadFile('damaged', (file) => writeFileSync(file, '{"format":1,"tokens":[{"id":"x"}]}'));

test('two writers never lose each other’s token, and a draft left by a dead one is cleared away', () => {
  const file = join(near.directory, 'two.json');
  const wish = { person: 'ada', kind: 'person', roles: ['viewer'], expiresAt: null } as const;
  assert.equal(issueToken(file, wish, FAKE_NOW).kind, 'issued');
  writeFileSync(`${file}.new`, '');
  assert.equal(issueToken(file, wish, FAKE_NOW).kind, 'failed');
  const longAgoSeconds = Date.now() / 1_000 - 60;
  utimesSync(`${file}.new`, longAgoSeconds, longAgoSeconds);
  assert.equal(issueToken(file, wish, FAKE_NOW).kind, 'issued');
  const listed = listTokens(file);
  assert.equal(listed.kind === 'listed' ? listed.tokens.length : -1, 2);
});

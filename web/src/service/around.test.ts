// Around a service: what it needs and who needs it, bounded, and who is the cause of whom.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AnswerOf } from '#api/routes.ts';
import { serviceSchema } from '#api/view.ts';
import { around, AROUND_MAX, partOf } from './around.ts';

type ServiceView = AnswerOf<'service'>;

const service = (id: string, needs: readonly string[], neededBy: readonly string[], impairedBy: string | null = null) =>
  serviceSchema.parse({
    id,
    tier: 'app',
    workload: 'process',
    needs,
    neededBy,
    trafficPercent: 0,
    health: 'healthy',
    score: { value: 100, checks: 100, targets: null, needs: null, freshness: 100 },
    since: null,
    impairedBy,
    phase: 'none',
    headline: '',
    reasons: [],
    lookAgainAt: null,
    pid: null,
    standby: null,
    restarts: { used: 0, count: 3, windowMs: 1, freeAt: null },
    actions: [],
    checks: [],
  });

const townOf = (services: readonly ServiceView[]): ReadonlyMap<string, ServiceView> =>
  new Map(services.map((each) => [each.id, each]));

const names = (services: readonly ServiceView[]): string =>
  services
    .map((each) => each.id)
    .toSorted()
    .join(' ');

test('needs of needs and dependants of dependants, and nobody else', () => {
  const town = townOf([
    service('web', ['api'], []),
    service('api', ['redis'], ['web']),
    service('redis', [], ['api', 'worker']),
    service('worker', ['redis'], []),
  ]);
  const { services, left } = around(town, 'api');
  assert.deepEqual([names(services), left], ['api redis web', 0]);
  assert.equal(names(around(town, 'redis').services), 'api redis web worker');
});

test('a circle ends, and a name that nobody has is left out', () => {
  const town = townOf([service('a', ['b', 'gone'], ['b']), service('b', ['a'], ['a'])]);
  assert.equal(names(around(town, 'a').services), 'a b');
});

test('of many, the nearest are drawn and the others counted', () => {
  const many = Array.from({ length: 100 }, (_, index) => `unit-${index}`);
  const town = townOf([service('hub', [], many), ...many.map((id) => service(id, ['hub'], []))]);
  const { services, left } = around(town, 'hub');
  assert.equal(services[0]?.id, 'hub');
  assert.deepEqual([services.length, left], [AROUND_MAX, 101 - AROUND_MAX]);
});

test('a cause is what impairs another here; who is impaired is a symptom', () => {
  const all = [service('redis', [], ['api']), service('api', ['redis'], [], 'redis'), service('own', [], [], 'own')];
  assert.deepEqual(
    all.map((each) => partOf(each, all)),
    ['cause', 'symptom', null],
  );
});

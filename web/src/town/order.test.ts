// Tests of the order: trouble first, a cause above its symptoms, and nobody lost.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AnswerOf } from '#api/routes.ts';
import { serviceSchema } from '#api/view.ts';
import { countStates, filterTown, orderTown } from './order.ts';

type ServiceView = AnswerOf<'service'>;

const make = (id: string, more: Readonly<Record<string, unknown>> = {}): ServiceView =>
  serviceSchema.parse({
    id,
    tier: 'app',
    workload: 'process',
    needs: [],
    neededBy: [],
    trafficPercent: 0,
    health: 'healthy',
    score: { value: 100, checks: 100, targets: null, needs: null, freshness: 100 },
    since: null,
    impairedBy: null,
    phase: 'none',
    headline: 'all checks pass',
    reasons: [],
    lookAgainAt: null,
    pid: null,
    standby: null,
    restarts: { used: 0, count: 3, windowMs: 1, freeAt: null },
    actions: [],
    checks: [],
    ...more,
  });

const townOf = (services: readonly ServiceView[]): ReadonlyMap<string, ServiceView> =>
  new Map(services.map((service) => [service.id, service]));

const check = (services: readonly ServiceView[], expected: string): void => {
  const rows = orderTown(townOf(services));
  assert.equal(rows.map((row) => `${row.isSymptom ? '↳' : ''}${row.service.id}`).join(' '), expected);
};

const down = { health: 'unhealthy' };

test('the declared order stays while all is well, core first', () => {
  check([make('b'), make('a'), make('redis', { tier: 'core' })], 'redis b a');
});

test('trouble is above rest, unknown behind unhealthy', () => {
  const all = [make('a'), make('b', { health: 'degraded' }), make('c', { health: 'unknown' }), make('d', down)];
  check(all, 'd c b a');
});

test('a healthy service in hands stands above those that rest', () => {
  check([make('a'), make('b', { phase: 'observing' })], 'b a');
});

test('a cause stands directly above its symptoms', () => {
  const symptom = { ...down, impairedBy: 'redis' };
  check(
    [make('api', symptom), make('other', down), make('web', symptom), make('redis', down)],
    'other redis ↳api ↳web',
  );
});

test('a cause that still looks well is lifted by its symptoms', () => {
  check(
    [make('a', { health: 'degraded' }), make('redis'), make('api', { ...down, impairedBy: 'redis' })],
    'redis ↳api a',
  );
});

test('nobody is lost: a cause that is not there, oneself, or a circle', () => {
  check([make('a', { ...down, impairedBy: 'gone' }), make('b', { ...down, impairedBy: 'b' })], 'a b');
  check([make('a', { ...down, impairedBy: 'b' }), make('b', { ...down, impairedBy: 'a' })], 'a b');
});

test('the filter takes words, and states as a whole', () => {
  const rows = orderTown(townOf([make('api', down), make('worker'), make('mail-worker')]));
  const found = (wanted: string): string =>
    filterTown(rows, wanted)
      .map((row) => row.service.id)
      .join(' ');
  assert.equal(found('WORK'), 'worker mail-worker');
  assert.equal(found('mail work'), 'mail-worker');
  assert.equal(found('is:healthy'), 'worker mail-worker');
  assert.equal(found('is:unhealthy'), 'api');
  assert.equal(found('nothing like it'), '');
});

test('states are counted', () => {
  const counts = countStates(townOf([make('a'), make('b', down), make('c', { health: 'unknown' })]));
  assert.deepEqual(counts, { healthy: 1, degraded: 0, unknown: 1, unhealthy: 1 });
});

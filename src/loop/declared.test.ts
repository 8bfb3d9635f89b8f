// What a new configuration declares otherwise.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { serviceId } from '#kernel/id.ts';
import type { Service } from '#kernel/service.ts';
import type { Site } from '#kernel/site.ts';
import { durationMs } from '#kernel/time.ts';
import { declaredAnew } from './declared.ts';

const service = (id: string, more: Partial<Service> = {}): Service => ({
  id: serviceId(id),
  tier: 'app',
  owner: null,
  needs: [],
  mustRun: true,
  trafficPercent: 0,
  replicas: 1,
  workload: { kind: 'none' },
  checks: [],
  targets: [],
  restartBudget: { count: 3, windowMs: durationMs(1) },
  stableAfterMs: durationMs(1),
  startTimeoutMs: durationMs(1),
  ...more,
});

const check = (
  before: readonly Service[],
  after: readonly Service[],
  expected: Readonly<Record<string, string>>,
): void => assert.deepEqual(declaredAnew(siteOf(before), siteOf(after)), expected);

/** Nothing else of a site is looked at. */
const siteOf = (services: readonly Service[]): Site => ({ services }) as unknown as Site; // decoder

test('the same says nothing; what people and promises read breaks nothing', () => {
  check([service('api')], [service('api')], {});
  check([service('api')], [service('api', { tier: 'core', trafficPercent: 5 })], {});
});

test('what changed is named, with what is new and what is gone', () =>
  check(
    [service('api'), service('old')],
    [service('api', { needs: [serviceId('redis')], replicas: 2 }), service('redis')],
    { api: 'needs, replicas', redis: 'new', old: 'gone' },
  ));

test('of a thousand that changed, a hundred are named', () => {
  const many = Array.from({ length: 1_000 }, (_, index) => service(`s${index}`));
  assert.equal(Object.keys(declaredAnew(siteOf([]), siteOf(many))).length, 100);
});

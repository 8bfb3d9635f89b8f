// The description as a person reads it, its order, and its silence about secrets.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { serviceId } from '#kernel/id.ts';
import type { Service } from '#kernel/service.ts';
import { instant } from '#kernel/time.ts';
import { describeSite, sayDescription } from './describe.ts';
import { memoryFiles } from './files.ts';
import { readSite } from './readSite.ts';
import { startOrder } from './startOrder.ts';

const TOWN = `
sereno: 1
site: town
environment: staging
people: { ana: {}, ben: {} }
services:
  api:
    owner: ana
    needs: cache
    traffic: 60%
    run: { process: node server.js }
    checks: [ { http: "http://night:hunter22@127.0.0.1/", every: 2s }, { process: { port: 80 } } ]
    targets: { availability: 99% over 7d }
  cache:
    tier: core
    owner: ana
    checks: [ { redis: "\${env:CACHE}" }, { file: /var/x } ]
    targets: { availability: 99% over 7d }
codex: { blessers: [ana, ben], threshold: 2, own: [policy], copies: [ { item: concise, file: /srv/concise.yaml } ] }
policy: { never: [stop services], freeze: [ { from: 2099-12-24, to: 2099-12-24 } ] }
`;

const EXPECTED = `town: staging, UTC, digest DIGEST

2 services with 4 checks, in the order of their start
  1. cache (core, watched only)
     cache/redis  \${env:CACHE}
        every 5 s, slowing to 30 s, timeout 1 s, 3 fails, 2 passes
        CANNOT RUN: environment variable CACHE is not set; its state stays unknown
     cache/file  /var/x
        every 5 s, slowing to 30 s, timeout 1 s, 3 fails, 2 passes
     target cache.availability: 99% over 7d
  2. api (app, run by process, needs cache, 60 % of traffic, at most 3 restarts in 1 h)
     api/http  http://***@127.0.0.1/
        every 2 s, timeout 1 s, 3 fails, 2 passes
     api/process  the supervised process, listening on 80
        every 5 s, slowing to 30 s, timeout 1 s, 3 fails, 2 passes
     target api.availability: 99% over 7d

Policy
  autonomy                 3
  allowed                  restart, start, stop, apply-config
  a person is asked above  25 % of traffic
  never                    stop services
  freeze                   2099-12-24 00:00:00Z to 2099-12-25 00:00:00Z

Codex
  made from           ty_log and templates
  read by production  output/llm_tasks
  blessed by          2 of ana, ben
  a copy              concise at /srv/concise.yaml
  blessed as well     this policy (sereno codex own says whether it is)

Who is told
  SEV1  terminal
  SEV2  terminal
  SEV3  terminal
  SEV4  nobody

1 warning
s.yaml:17:24: check cache/redis cannot run: environment variable CACHE is not set [config-secret-missing]
    expected: a value for \${env:CACHE}
    to mend:  until then its state is unknown, which is never healthy
`;

test('what a person reads', () => {
  const { site, warnings } = readSite({
    file: 's.yaml',
    env: {},
    now: instant(0),
    files: memoryFiles({ 's.yaml': TOWN }),
  });
  if (site === null) throw new assert.AssertionError({ message: 'the town does not load' });
  const said = sayDescription(describeSite(site, warnings));
  assert.equal(said.replace(/digest [0-9a-f]{12}/, 'digest DIGEST'), EXPECTED);
});

const service = (index: number, tier: 'core' | 'app', needs: readonly number[]): Service => ({
  id: serviceId(`s${index}`),
  tier,
  owner: null,
  needs: needs.map((need) => serviceId(`s${need}`)),
  mustRun: false,
  trafficPercent: 0,
  replicas: 1,
  workload: { kind: 'none' },
  checks: [],
  targets: [],
  restartBudget: { count: 3, windowMs: 0 as Service['stableAfterMs'] }, // brand
  stableAfterMs: 0 as Service['stableAfterMs'], // brand
  startTimeoutMs: 0 as Service['stableAfterMs'], // brand
});

test('every service starts after all that it needs, each once', () => {
  const town = fc
    .array(
      fc.record({
        tier: fc.constantFrom('core' as const, 'app' as const),
        needs: fc.array(fc.nat(30), { maxLength: 4 }),
      }),
      { maxLength: 30 },
    )
    .map((all) =>
      all.map(({ tier, needs }, index) => service(index, tier, [...new Set(needs.filter((need) => need < index))])),
    );
  fc.assert(
    fc.property(town, (services) => {
      const order = startOrder(services.toReversed()).map((each) => each.id);
      assert.equal(new Set(order).size, services.length);
      for (const each of services)
        for (const need of each.needs) assert.ok(order.indexOf(need) < order.indexOf(each.id));
    }),
  );
});

test('core starts before app where needs leave a choice', () => {
  const order = startOrder([
    service(0, 'app', []),
    service(1, 'core', []),
    service(2, 'core', [0]),
    service(3, 'app', []),
  ]);
  assert.deepEqual(
    order.map((each) => each.id),
    ['s1', 's0', 's2', 's3'],
  );
});

test('services in a circle come last and are not lost', () => {
  const order = startOrder([service(0, 'core', [1]), service(1, 'core', [0]), service(2, 'app', [])]);
  assert.deepEqual(
    order.map((each) => each.id),
    ['s2', 's0', 's1'],
  );
});

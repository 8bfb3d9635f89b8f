// Score, reach and reality: the number never says other than the word, and what is not seen is never well.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { HealthState } from '#kernel/health.ts';
import { checkId, serviceId } from '#kernel/id.ts';
import type { Service } from '#kernel/service.ts';
import { targetId, type Target, type TargetState } from '#kernel/target.ts';
import { durationMs, instant, minutes, seconds } from '#kernel/time.ts';
import { claimsOf, gapsOf, type Facts } from './reality.ts';
import { reachFrom } from './reach.ts';
import { scoreOf, siteScore } from './score.ts';

const HEALTH: readonly HealthState[] = ['unknown', 'healthy', 'degraded', 'unhealthy'];
const TARGETS: readonly TargetState[] = ['no-data', 'meeting', 'burning', 'breached', 'exhausted'];

const someScored = fc.record({
  health: fc.constantFrom(...HEALTH),
  targets: fc.array(fc.constantFrom(...TARGETS), { maxLength: 4 }),
  needs: fc.array(fc.constantFrom(...HEALTH), { maxLength: 4 }),
  fresh: fc.integer({ min: 0, max: 5 }),
  checks: fc.constant(5),
});

test('the number never says other than the word', () => {
  fc.assert(
    fc.property(someScored, (it) => {
      const { value } = scoreOf(it);
      assert.ok(value >= 0 && value <= 100);
      if (it.health === 'healthy') assert.ok(value >= 50, `healthy at ${value}`);
      if (it.health === 'unhealthy' || it.health === 'unknown') assert.ok(value <= 50, `${it.health} at ${value}`);
    }),
    { numRuns: 2_000 },
  );
});

test('what gets worse in any part never scores higher; unknown and no data count as nothing', () => {
  const best = { health: 'healthy', targets: ['meeting'], needs: ['healthy'], fresh: 2, checks: 2 } as const;
  const value = scoreOf(best).value;
  assert.equal(value, 100);
  assert.ok(scoreOf({ ...best, health: 'unknown' }).value <= 50);
  assert.equal(scoreOf({ ...best, targets: ['no-data'] }).targets, 0);
  assert.equal(scoreOf({ ...best, needs: ['unknown'] }).needs, 0);
  assert.equal(scoreOf({ ...best, fresh: 0 }).freshness, 0);
  assert.equal(scoreOf({ ...best, targets: [] }).targets, null);
});

test('a site of one sick service in a hundred is not rounded up to all well', () => {
  assert.equal(siteScore([...Array.from({ length: 999 }, () => 100), 17]), 99);
  assert.equal(siteScore([]), null);
});

const NEEDS: Readonly<Record<string, readonly string[]>> = { web: ['api'], api: ['redis', 'db'], worker: ['redis'] };

const reach = (health: Readonly<Record<string, HealthState>>, from: string, needs = NEEDS): readonly string[] =>
  reachFrom(
    {
      needsOf: (id) => (needs[id] ?? []).map(serviceId),
      healthOf: (id) => health[id] ?? 'healthy',
    },
    serviceId(from),
  ).map(({ to, hops, state, stoppedBy }) => `${to} ${hops} ${state}${stoppedBy === null ? '' : ` by ${stoppedBy}`}`);

test('all well: everything is reached', () =>
  assert.deepEqual(reach({}, 'web'), ['api 1 reached', 'db 2 reached', 'redis 2 reached']));
test('what lies behind a broken one is broken by it', () =>
  assert.deepEqual(reach({ api: 'unhealthy' }, 'web'), [
    'api 1 broken by api',
    'db 2 broken by api',
    'redis 2 broken by api',
  ]));
test('unknown is neither reached nor broken', () =>
  assert.deepEqual(reach({ redis: 'unknown' }, 'api'), ['db 1 reached', 'redis 1 unknown by redis']));
test('of two ways the one that answers is taken', () =>
  assert.deepEqual(reach({ left: 'unhealthy' }, 'top', { top: ['left', 'right'], left: ['base'], right: ['base'] }), [
    'left 1 broken by left',
    'right 1 reached',
    'base 2 reached',
  ]));
test('degraded still serves', () => assert.deepEqual(reach({ redis: 'degraded' }, 'worker'), ['redis 1 reached']));
test('a circle ends', () =>
  assert.deepEqual(reach({}, 'a', { a: ['b'], b: ['c'], c: ['a'] }), ['b 1 reached', 'c 2 reached']));

const NOW = instant(Date.UTC(2026, 0, 15));
const CHECK = checkId('api/http');

const target = (name: string): Target => ({
  id: targetId(serviceId('api'), name),
  service: serviceId('api'),
  name,
  indicator: { kind: 'availability' },
  objectivePercent: 99,
  window: { kind: 'rolling', lengthMs: durationMs(1) },
  budgeting: { method: 'occurrences' },
  burn: [],
  said: '99% over 30d',
});

const api: Service = {
  id: serviceId('api'),
  tier: 'app',
  owner: null,
  needs: [],
  mustRun: true,
  trafficPercent: 0,
  replicas: 1,
  workload: {
    kind: 'process',
    command: ['x'],
    cwd: null,
    env: {},
    stopSignal: 'SIGTERM',
    stopTimeoutMs: seconds(1),
    standby: 'none',
  },
  checks: [
    {
      id: CHECK,
      service: serviceId('api'),
      probe: { kind: 'tcp', host: '127.0.0.1', port: 1 },
      everyMs: seconds(10),
      slowestMs: seconds(10),
      timeoutMs: seconds(1),
      rise: 2,
      fall: 3,
      retries: 0,
    },
  ],
  targets: [target('availability')],
  restartBudget: { count: 3, windowMs: minutes(60) },
  stableAfterMs: seconds(10),
  startTimeoutMs: seconds(10),
};

const WELL: Facts = {
  at: NOW,
  isWanted: true,
  isRunning: true,
  stoppedSince: null,
  restartsUsed: 0,
  lastLookAt: () => instant(NOW - 5_000),
  targets: [{ name: 'availability', state: 'meeting', since: null }],
  version: { announced: null, running: null, since: null },
};

const claims = (facts: Partial<Facts>, service: Partial<Service> = {}): Readonly<Record<string, string>> =>
  Object.fromEntries(
    claimsOf({ ...api, ...service }, { ...WELL, ...facts }).map((it) => [
      it.kind,
      `${it.state}: ${it.measured ?? it.why}`,
    ]),
  );

test('what is as declared agrees, and leaves no finding', () => {
  const all = claimsOf(api, WELL);
  assert.deepEqual(
    all.map((it) => it.state),
    all.map(() => 'agrees'),
  );
  assert.deepEqual(gapsOf(all, NOW), []);
});
test('not running differs since it ended', () => {
  const stoppedSince = instant(NOW - 60_000);
  const gaps = gapsOf(claimsOf(api, { ...WELL, isRunning: false, stoppedSince }), NOW);
  assert.deepEqual(
    gaps.map((it) => [it.key, it.kind, it.since]),
    [
      ['reality-gap:api/running', 'reality-gap', stoppedSince],
      ['reality-gap:api/replicas', 'reality-gap', stoppedSince],
    ],
  );
});
test('stopped by a person is as wanted', () =>
  assert.equal(claims({ isRunning: false, isWanted: false })['running'], 'agrees: stopped by a person'));
test('replicas that Sereno does not run are a gap', () =>
  assert.equal(claims({}, { replicas: 3 })['replicas'], 'differs: 1'));
test('instances of another parent are not counted, and it says so', () =>
  assert.equal(
    claims({}, { workload: { kind: 'none' } })['replicas'],
    'unknown: run by none: nobody counts its instances',
  ));
test('looks that stopped differ from two intervals on', () => {
  assert.equal(claims({ lastLookAt: () => instant(NOW - 20_000) })['schedule'], 'agrees: looked at 20 s ago');
  assert.equal(claims({ lastLookAt: () => instant(NOW - 21_000) })['schedule'], 'differs: looked at 21 s ago');
  assert.match(claims({ lastLookAt: () => null })['schedule'] ?? '', /^unknown/);
});
test('a target without samples is unknown, never kept', () => {
  const told = (state: TargetState): string =>
    claims({ targets: [{ name: 'availability', state, since: null }] })['target'] ?? '';
  assert.match(told('no-data'), /^unknown/);
  assert.match(told('breached'), /^differs/);
  assert.match(claims({ targets: [] })['target'] ?? '', /^unknown/);
});

// The blast radius at the gate: whom an action hurts while the service serves, and that nobody is counted twice.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ActionKind, ActionRequest, Lease } from '#kernel/action.ts';
import type { HealthState } from '#kernel/health.ts';
import { serviceId } from '#kernel/id.ts';
import type { Service } from '#kernel/service.ts';
import type { Site } from '#kernel/site.ts';
import { instant } from '#kernel/time.ts';
import { Chance } from '#sim/chance.ts';
import { drawTown } from '#sim/town.ts';
import { foresee, type Ground } from './gatePermit.ts';
import { FIRST_GATE } from './gateState.ts';
import { postFor } from './watch.ts';
import { radiusOf } from './watchRemedy.ts';
import { firstWatch } from './watchState.ts';

const AT = instant(Date.UTC(2026, 0, 1));
const DRAWN = drawTown(new Chance(1, 'town'), 3);

/** `web` 20 % and `shop` 15 % enter through `api`, which needs `redis`; `blog` 10 % stands alone. */
const TOWN: Readonly<Record<string, readonly [traffic: number, needs: readonly string[]]>> = {
  redis: [0, []],
  api: [0, ['redis']],
  web: [20, ['api']],
  shop: [15, ['api']],
  blog: [10, []],
};

const serviceOf = (name: string): Service => {
  const [drawn] = DRAWN.services;
  const [trafficPercent, needs] = TOWN[name] ?? [0, []];
  assert.ok(drawn !== undefined);
  return { ...drawn, id: serviceId(name), trafficPercent, needs: needs.map(serviceId) };
};

const site: Site = {
  ...DRAWN,
  services: Object.keys(TOWN).map(serviceOf),
  policy: { ...DRAWN.policy, autonomy: 4, trafficLimitPercent: 25, allow: ['restart'], never: [], freeze: [] },
};

type Told = { readonly health?: HealthState; readonly isRunning?: boolean; readonly action?: ActionKind };

const radius = (name: string, { health = 'healthy', isRunning = true, action = 'restart' }: Told = {}) => {
  const watch = { ...firstWatch(serviceId(name)), health, isRunning };
  return radiusOf(postFor(site, serviceOf(name)), watch, action);
};

const check = (name: string, told: Told, expected: readonly [number, string]): void => {
  const { trafficPercent, services } = radius(name, told);
  assert.deepEqual([trafficPercent, [...services].sort().join(' ')], expected);
};

test('while it serves, touching it hurts all that needs it, directly or through others', () => {
  check('redis', {}, [35, 'api shop web']);
  check('redis', { action: 'stop' }, [35, 'api shop web']);
  check('redis', { health: 'degraded' }, [35, 'api shop web']);
  check('redis', { health: 'unknown' }, [35, 'api shop web']);
  check('web', {}, [20, '']);
});

test('what is down can be touched without harm, and a start harms nobody', () => {
  check('redis', { health: 'unhealthy' }, [0, '']);
  check('redis', { health: 'unknown', isRunning: false }, [0, '']);
  check('redis', { action: 'start' }, [0, '']);
});

const verdict = (name: string, inHands: readonly string[] = [], trafficLimitPercent = 25): string => {
  const policy = { ...site.policy, trafficLimitPercent };
  const ground: Ground = { site: { ...site, policy }, canaryChecks: [], paths: [] };
  const leases = inHands.map((each): Lease => ({ subject: serviceId(each), action: 'stop', epoch: 1, until: AT }));
  const request: ActionRequest = {
    action: 'restart',
    subject: serviceId(name),
    by: { kind: 'person', name: 'ana', roles: ['operator'] },
    why: 'asked',
    cause: null,
    isByProbeOnly: false,
    radius: radius(name),
    token: 1,
  };
  return foresee(ground, { ...FIRST_GATE, leases }, request, AT)
    .reasons.map(({ kind }) => kind)
    .join(' ');
};

test('the gate asks for approval by all that would lose it', () => {
  assert.equal(verdict('redis'), 'traffic-over-limit');
  assert.match(verdict('web'), /traffic-within-limit/);
});

test('what is in hands elsewhere adds to it; what the action hurts anyway is not counted twice', () => {
  assert.equal(verdict('web', ['blog']), 'traffic-over-limit');
  assert.match(verdict('api', ['web', 'shop'], 40), /traffic-within-limit/);
  assert.equal(verdict('api', ['blog'], 40), 'traffic-over-limit');
});

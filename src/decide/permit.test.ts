// The gate's judgement as a table: who asks for what, what stands in the way, what is answered and why.

import assert from 'node:assert/strict';
import test from 'node:test';
import type { ActionRequest } from '#kernel/action.ts';
import { SERENO, type Actor } from '#kernel/actor.ts';
import { serviceId } from '#kernel/id.ts';
import { durationMs, hours, instant, later } from '#kernel/time.ts';
import { permit, type Posture } from './permit.ts';

const at = instant(1_800_000_000_000);
const api = serviceId('api');
const db = serviceId('db');
const ANA: Actor = { kind: 'person', name: 'ana', roles: ['operator'] };

const request: ActionRequest = {
  action: 'restart',
  subject: api,
  by: SERENO,
  why: 'it crashed',
  cause: 'crash',
  isByProbeOnly: false,
  radius: { trafficPercent: 0, services: [] },
  token: 1,
};

const posture: Posture = {
  at,
  policy: {
    autonomy: 3,
    allow: ['restart'],
    approval: [],
    never: [],
    freeze: [],
    restartBudget: { count: 3, windowMs: hours(1) },
    trafficLimitPercent: 25,
  },
  hold: null,
  suspicion: [],
  selection: null,
  safeModeSince: null,
  leases: [],
  trafficInHandsPercent: 0,
  serviceCount: 20,
  budget: { count: 3, windowMs: hours(1) },
  spent: [],
  isApproved: false,
};

type Change = { readonly request?: Partial<ActionRequest>; readonly posture?: Partial<Posture> };

const check = (what: string, change: Change, kind: string, reason: string): void => {
  const verdict = permit({ ...request, ...change.request }, { ...posture, ...change.posture });
  assert.equal(verdict.kind, kind, what);
  assert.ok(
    verdict.reasons.some((it) => it.kind === reason),
    `${what}: ${JSON.stringify(verdict.reasons)}`,
  );
};

const policy = posture.policy;
const hold = { by: 'ana', since: at, why: 'storm' };
const suspicion = [{ kind: 'canary-failed', message: 'refused', since: at } as const];
const never = [{ text: 'restart anything', forbids: ['restart'] }];
const spent = [later(at, -3), later(at, -2), later(at, -1)];
const lease = (subject: typeof api) => ({ subject, action: 'restart', epoch: 1, until: later(at, 60_000) }) as const;
const traffic = (trafficPercent: number) => ({ radius: { trafficPercent, services: [] } });

test('what is allowed, and why', () => {
  check('a crash within budget', {}, 'allow', 'within-budget');
  check('25 % of traffic', { request: traffic(25) }, 'allow', 'traffic-within-limit');
  check(
    'a person, although the canary fails',
    { request: { by: ANA }, posture: { suspicion } },
    'allow',
    'person-asked',
  );
  check(
    'start-up, although a remedy is in hands',
    { request: { action: 'start' }, posture: { leases: [lease(db)], serviceCount: 2 } },
    'allow',
    'traffic-within-limit',
  );
});

test('what is denied, and why', () => {
  check('a never-rule', { posture: { policy: { ...policy, never } } }, 'deny', 'never-rule');
  check(
    'a never-rule, for a person',
    { request: { by: ANA }, posture: { policy: { ...policy, never } } },
    'deny',
    'never-rule',
  );
  check('a hold', { posture: { hold } }, 'deny', 'held');
  check('a hold, for a person', { request: { by: ANA }, posture: { hold } }, 'deny', 'held');
  check('a failing canary', { posture: { suspicion } }, 'deny', 'canary-failed');
  check('a selection in doubt', { posture: { selection: { before: 3, after: 30 } } }, 'deny', 'selection-changed');
  check('not on the allow list', { posture: { policy: { ...policy, allow: ['scale'] } } }, 'deny', 'not-allowed');
  check(
    'a freeze',
    { posture: { policy: { ...policy, freeze: [{ from: later(at, -1), to: later(at, 1), except: [] }] } } },
    'deny',
    'freeze',
  );
  check('the subject is in hands', { posture: { leases: [lease(api)] } }, 'deny', 'subject-in-hands');
  check('a fifth is in hands', { posture: { leases: [lease(db)], serviceCount: 9 } }, 'deny', 'velocity');
  check('safe mode: one at a time', { posture: { leases: [lease(db)], safeModeSince: at } }, 'deny', 'velocity');
  check('the budget is spent', { posture: { spent } }, 'deny', 'budget-spent');
});

test('what needs another person, and why', () => {
  check('26 % of traffic', { request: traffic(26) }, 'needs-approval', 'traffic-over-limit');
  check(
    '20 % and 10 % in hands',
    { request: traffic(20), posture: { trafficInHandsPercent: 10 } },
    'needs-approval',
    'traffic-over-limit',
  );
  check('autonomy 2', { posture: { policy: { ...policy, autonomy: 2 } } }, 'needs-approval', 'autonomy');
  check('a person over the budget', { request: { by: ANA }, posture: { spent } }, 'needs-approval', 'budget-spent');
});

test('approval answers its own objection and no other', () => {
  check('26 % approved', { request: traffic(26), posture: { isApproved: true } }, 'allow', 'traffic-within-limit');
  check('approved, but held', { request: traffic(26), posture: { isApproved: true, hold } }, 'deny', 'held');
  check(
    'approved, but a never-rule',
    { posture: { isApproved: true, policy: { ...policy, never } } },
    'deny',
    'never-rule',
  );
});

test('a denial says when it is looked at again, or that only a person can turn it', () => {
  const spentVerdict = permit(request, { ...posture, spent });
  assert.equal(spentVerdict.kind === 'deny' && spentVerdict.lookAgainAt, later(at, durationMs(hours(1) - 3)));
  const neverVerdict = permit(request, { ...posture, policy: { ...policy, never } });
  assert.equal(neverVerdict.kind === 'deny' && neverVerdict.lookAgainAt, null);
});

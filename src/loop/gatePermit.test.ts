// Right after a doubt nothing is restarted on the word of probes alone, and the refusal names the doubt that is over.

import assert from 'node:assert/strict';
import test from 'node:test';
import type { ActionRequest } from '#kernel/action.ts';
import { SERENO } from '#kernel/actor.ts';
import { serviceId, type ServiceId } from '#kernel/id.ts';
import type { Service } from '#kernel/service.ts';
import type { Site } from '#kernel/site.ts';
import { hours, instant, later, minutes, seconds } from '#kernel/time.ts';
import { takeRequest } from './gatePermit.ts';
import { FIRST_GATE, type Gate } from './gateState.ts';

const at = instant(Date.UTC(2026, 10, 21, 22));
const api = serviceId('api');
const [queue, store, mailer] = ['queue', 'store', 'mailer'].map(serviceId);
const restartBudget = { count: 3, windowMs: hours(1) };
const declared = (id: ServiceId | undefined, needs: readonly (ServiceId | undefined)[]): Service =>
  ({ id, needs, checks: [], trafficPercent: 0, restartBudget }) as unknown as Service; // decoder
/** So many that more than one may be in hands. */
const MANY = Array.from({ length: 40 }, (_, index) => declared(serviceId(`other${index}`), []));
const site = {
  services: [declared(api, [queue]), declared(queue, [store]), declared(store, []), declared(mailer, []), ...MANY],
  policy: {
    autonomy: 4,
    allow: ['restart'],
    approval: [],
    never: [],
    freeze: [],
    restartBudget,
    trafficLimitPercent: 25,
  },
} as unknown as Site; // decoder: the gate reads nothing else of a site here

const request: ActionRequest = {
  action: 'restart',
  subject: api,
  by: SERENO,
  why: 'no answer',
  cause: null,
  isByProbeOnly: true,
  radius: { trafficPercent: 0, services: [] },
  token: 1,
};

const canary = { state: 'healthy', since: later(at, -hours(1)), message: '' } as const;

/** What is written down of the refusal; null: it was not refused. */
const refusalOf = (gate: Partial<Gate>): string | null => {
  const turn = { state: { ...FIRST_GATE, canary, ...gate }, effects: [] };
  const { effects } = takeRequest({ site, canaryChecks: [], paths: [] }, turn, request, at);
  const records = effects.flatMap((effect) => (effect.kind === 'record' ? [effect.evidence] : []));
  return records.find(({ type }) => type === 'gate.denied')?.outcome ?? null;
};

test('the doubt that is over may have been of something shared: the canary is not blamed', () => {
  assert.equal(
    refusalOf({ trustedSince: later(at, -seconds(1)) }),
    "the watchman's doubt is over only since 2026-11-21 21:59:59Z; what was seen before may be old",
  );
  assert.match(refusalOf({ canary: { ...canary, since: later(at, -seconds(9)) } }) ?? '', /doubt is over only since/);
});

test('ten seconds later, or on a person’s word, it is past', () => {
  assert.equal(refusalOf({ trustedSince: later(at, -seconds(10)) }), null);
  assert.equal(refusalOf({ trustedSince: later(at, -minutes(1)) }), null);
  assert.equal(refusalOf({ trustedSince: later(at, -seconds(1)), isTrustedByPerson: true }), null);
});

const inHands = (subject: ServiceId | undefined): Partial<Gate> => ({
  leases: [{ subject: subject ?? api, action: 'restart', epoch: 1, until: later(at, minutes(1)) }],
});

test('while something that it needs, perhaps over others, is started anew, it waits; its neighbours do not matter', () => {
  assert.match(refusalOf(inHands(queue)) ?? '', /^waiting on queue, which is down/);
  assert.match(refusalOf(inHands(store)) ?? '', /^waiting on store, which is down/);
  assert.equal(refusalOf(inHands(mailer)), null);
});

// The gate about configurations: the whole policy holds for them, a refusal is written down once, an approval is used up.

import assert from 'node:assert/strict';
import test from 'node:test';
import { SERENO } from '#kernel/actor.ts';
import { itemId } from '#kernel/codex.ts';
import { copyId, type ConfigRequest } from '#kernel/drift.ts';
import { serviceId } from '#kernel/id.ts';
import type { Message } from '#kernel/message.ts';
import type { Policy } from '#kernel/policy.ts';
import type { Site } from '#kernel/site.ts';
import { hours, instant, later, minutes } from '#kernel/time.ts';
import {
  agreeToConfig,
  configWakes,
  endConfigLease,
  freeConfig,
  renewConfigs,
  takeConfigRequest,
} from './gateConfig.ts';
import { openBars } from './gateBars.ts';
import type { Turn } from './gateNotes.ts';
import { FIRST_GATE, type Gate } from './gateState.ts';

const at = instant(Date.UTC(2026, 10, 21, 22));
const POLICY: Policy = {
  autonomy: 4,
  allow: ['restart', 'apply-config'],
  approval: [],
  never: [],
  freeze: [],
  restartBudget: { count: 3, windowMs: hours(1) },
  trafficLimitPercent: 25,
};
const subject = copyId(itemId('describe'), null);
const REQUEST: ConfigRequest = {
  action: 'apply-config',
  subject,
  version: 3,
  by: SERENO,
  why: 'it is not what was blessed',
  radius: { trafficPercent: 0 },
  token: 7,
};

const siteOf = (policy: Partial<Policy>): Site =>
  ({ services: [], policy: { ...POLICY, ...policy }, digest: 'd' }) as unknown as Site; // decoder: the gate reads nothing else of a site here

const first = (gate: Partial<Gate> = {}): Turn => ({ state: { ...FIRST_GATE, ...gate }, effects: [] });

const told = ({ effects }: Turn): readonly Message[] =>
  effects.flatMap((effect) => (effect.kind === 'tell' ? [effect.message] : []));

const types = ({ effects }: Turn): readonly string[] =>
  effects.flatMap((effect) => (effect.kind === 'record' ? [effect.evidence.type] : []));

const answerOf = (gate: Partial<Gate>, policy: Partial<Policy>, request: Partial<ConfigRequest> = {}): string => {
  const [message] = told(takeConfigRequest(siteOf(policy), first(gate), { ...REQUEST, ...request }, at));
  if (message?.kind === 'you-may-apply') return 'yes';
  if (message?.kind !== 'you-may-not-apply') return 'nothing';
  const { reasons, approval, lookAgainAt } = message;
  const when = lookAgainAt === null ? 'never' : `in ${lookAgainAt - at} ms`;
  return `${approval === null ? 'no' : 'approval'}: ${reasons.map(({ kind }) => kind).join()} ${when}`;
};

const since = later(at, -minutes(1));
const api = serviceId('api');
const restarting = { subject: api, action: 'restart', epoch: 1, until: later(at, minutes(1)) } as const;
const freeze = (except: readonly string[]) => [{ from: since, to: later(at, minutes(3)), except }];
const doubt = (kind: 'canary' | 'crowd'): Gate['suspicion'] => ({
  since,
  isPaged: false,
  reasons: [
    kind === 'canary' ? { kind: 'canary-failed', message: '', since } : { kind: 'correlated', failing: [], total: 9 },
  ],
});

const CASES: readonly (readonly [string, Partial<Gate>, Partial<Policy>, Partial<ConfigRequest>, string])[] = [
  ['all is well', {}, {}, {}, 'yes'],
  ['a never-rule', {}, { never: [{ text: 'never', forbids: ['apply-config'] }] }, {}, 'no: never-rule never'],
  ['a never-rule of something else', {}, { never: [{ text: 'never', forbids: ['restart'] }] }, {}, 'yes'],
  ['a hold', { hold: { by: 'ana', since, why: '' } }, {}, {}, 'no: held in 900000 ms'],
  ['it is not listed; restart does not stand for it', {}, { allow: ['restart'] }, {}, 'no: not-allowed never'],
  ['a freeze', {}, { freeze: freeze(['restart']) }, {}, 'no: freeze in 180000 ms'],
  ['a freeze that excepts it', {}, { freeze: freeze(['apply-config']) }, {}, 'yes'],
  ['the machine is in doubt', { suspicion: doubt('canary') }, {}, {}, 'no: canary-failed in 900000 ms'],
  ['on a person’s word', { suspicion: doubt('canary'), isTrustedByPerson: true }, {}, {}, 'yes'],
  ['probes are in doubt, files are not', { suspicion: doubt('crowd') }, {}, {}, 'yes'],
  ['the selection is in doubt', { selection: { before: 1, after: 9 } }, {}, {}, 'no: selection-changed in 900000 ms'],
  ['safe mode, hands are full', { safeModeSince: since, leases: [restarting] }, {}, {}, 'no: velocity in 5000 ms'],
  ['safe mode, hands are free', { safeModeSince: since }, {}, {}, 'yes'],
  ['supervised', {}, { autonomy: 2 }, {}, 'approval: autonomy never'],
  ['26 % of traffic', {}, {}, { radius: { trafficPercent: 26 } }, 'approval: traffic-over-limit never'],
  ['25 % of traffic', {}, {}, { radius: { trafficPercent: 25 } }, 'yes'],
];

for (const [what, gate, policy, request, expected] of CASES) {
  test(`${what}: ${expected}`, () => assert.equal(answerOf(gate, policy, request), expected));
}

test('leave is a lease with a fence and an end; while it is out there is no second one; given back, there is', () => {
  const site = siteOf({});
  const given = takeConfigRequest(site, first(), REQUEST, at);
  const [message] = told(given);
  assert.ok(message?.kind === 'you-may-apply');
  const { epoch, until } = message.lease;
  assert.deepEqual(
    given.effects.filter(({ kind }) => kind === 'fence' || kind === 'wake'),
    [
      { kind: 'fence', subject, epoch },
      { kind: 'wake', name: `config-lease:${subject}`, at: until },
    ],
  );
  assert.deepEqual(configWakes(given.state), [`config-lease:${subject}`]);
  const second = takeConfigRequest(site, { ...given, effects: [] }, REQUEST, at);
  assert.equal(told(second)[0]?.kind, 'you-may-not-apply');
  assert.equal(freeConfig(given, { subject, epoch: epoch + 1 }, at), given, 'another epoch is another lease');
  const ended = endConfigLease(given, `config-lease:${subject}`, until);
  assert.deepEqual([configWakes(ended?.state ?? FIRST_GATE), endConfigLease(given, 'lease:api', until)], [[], null]);
  const renewed = renewConfigs({ ...given, effects: [] }, later(at, hours(1)));
  assert.equal(endConfigLease(renewed, `config-lease:${subject}`, later(at, hours(1))), renewed, 'not over yet');
});

test('a refusal stands in the evidence once, until it is another one', () => {
  const site = siteOf({ allow: [] });
  const once = takeConfigRequest(site, first(), REQUEST, at);
  const twice = takeConfigRequest(site, once, REQUEST, at);
  assert.deepEqual([types(twice), told(twice).length], [['gate.denied'], 2]);
  const held = takeConfigRequest(
    site,
    { ...twice, state: { ...twice.state, hold: { by: 'ana', since, why: '' } } },
    REQUEST,
    at,
  );
  assert.deepEqual(types(held), ['gate.denied', 'gate.denied']);
});

test('who was refused for a hold is called when it ends', () => {
  const hold = { by: 'ana', since, why: '' };
  const refused = takeConfigRequest(siteOf({}), first({ hold }), REQUEST, at);
  const released = openBars(refused.state, { state: { ...refused.state, hold: null }, effects: [] });
  assert.deepEqual(told(released), [{ kind: 'hands-free' }]);
  assert.deepEqual(told(openBars(released.state, { ...released, effects: [] })), []);
});

test('an approval is for one version and one time, and is asked for once while it waits', () => {
  const site = siteOf({ autonomy: 2 });
  const asked = takeConfigRequest(site, first(), REQUEST, at);
  const again = takeConfigRequest(site, asked, REQUEST, at);
  assert.deepEqual([again.state.approvals.length, types(again)], [1, ['gate.needs-approval']]);
  const agreed = agreeToConfig({ ...again, effects: [] }, REQUEST, at);
  assert.deepEqual(told(agreed), [{ kind: 'hands-free' }]);
  const other = takeConfigRequest(site, { ...agreed, effects: [] }, { ...REQUEST, version: 4 }, at);
  assert.equal(told(other)[0]?.kind, 'you-may-not-apply');
  const granted = takeConfigRequest(site, { ...agreed, effects: [] }, REQUEST, at);
  assert.equal(told(granted)[0]?.kind, 'you-may-apply');
  const [lease] = granted.state.configs?.leases ?? [];
  const free = freeConfig({ ...granted, effects: [] }, { subject, epoch: lease?.epoch ?? 0 }, at);
  assert.equal(told(takeConfigRequest(site, { ...free, effects: [] }, REQUEST, at))[0]?.kind, 'you-may-not-apply');
  const late = takeConfigRequest(site, { ...agreed, effects: [] }, REQUEST, later(at, minutes(16)));
  assert.equal(told(late)[0]?.kind, 'you-may-not-apply');
});

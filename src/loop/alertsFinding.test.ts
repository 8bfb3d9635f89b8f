// Findings at the alert desk: told once, never as a page, not when something explains them.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Event } from '#kernel/event.ts';
import type { Finding } from '#kernel/finding.ts';
import { serviceId } from '#kernel/id.ts';
import { ALERTS } from '#kernel/site.ts';
import type { Message } from '#kernel/message.ts';
import { later, minutes, type Instant } from '#kernel/time.ts';
import { SITE, START } from './alerts.fake.test.ts';
import { makeAlerts } from './alerts.ts';
import { FIRST_ALERTS, storedAlerts, type Alerts } from './alertsState.ts';
import { allShelved } from './shelves.ts';

const FINDING: Finding = {
  key: 'anomaly:latency@1',
  kind: 'anomaly',
  service: serviceId('api'),
  target: null,
  severityHint: 'SEV3',
  since: START,
  title: 'api: 480 ms, expected 8 to 12 ms',
  reasons: [],
};
const FOUND: Message = { kind: 'found', finding: FINDING };
const OVER: Message = { kind: 'found-over', key: FINDING.key, how: 'it is back' };

const tell = (message: Message, at: Instant = START): Event => ({ kind: 'told', from: ALERTS, message, at });

type Run = { readonly state: Alerts; readonly notices: readonly string[]; readonly records: readonly string[] };

const run = (events: readonly Event[], first: Alerts = FIRST_ALERTS): Run => {
  const { step } = makeAlerts(SITE);
  let state = first;
  const [notices, records]: [string[], string[]] = [[], []];
  for (const event of events) {
    const turn = step(state, event);
    state = turn.state;
    for (const effect of turn.effects) {
      if (effect.kind === 'notify') notices.push(`${effect.notification.kind} ${effect.notification.severity}`);
      if (effect.kind === 'record' && effect.evidence.type.startsWith('finding.')) records.push(effect.evidence.type);
    }
  }
  return { state, notices, records };
};

const fates = ({ state }: Run): readonly string[] =>
  allShelved(state.open).flatMap((those) => Object.values(those).map((raw) => raw.fate.kind));

test('it is told once, pages nobody, and is over once', () => {
  const open = run([tell(FOUND), tell(FOUND)]);
  assert.deepEqual(open.notices, ['information SEV3']);
  assert.deepEqual(open.records, ['finding.opened']);
  const over = run([tell(OVER), tell(OVER)], open.state);
  assert.deepEqual([over.notices, over.records, fates(over)], [[], ['finding.closed'], []]);
  assert.equal(over.state.ended.length, 1);
});

test('after a restart it is shown again and told no more', () => {
  const before = run([tell(FOUND)]);
  const again = run([tell(FOUND, later(START, minutes(5)))], storedAlerts(before.state));
  assert.deepEqual([again.notices, again.records, fates(again)], [[], [], ['grouped']]);
});

const told = (subject: string): Alerts => ({
  ...FIRST_ALERTS,
  told: { [subject]: { subject, severity: 'SEV2', title: 'down', since: START, by: 'x', rule: 'x' } },
});

for (const [name, first, fate] of [
  ['people know of its service', told('api'), 'grouped'],
  ['people know of what it needs', told('db'), 'inhibited'],
] as const) {
  test(`nobody is told when ${name}; it stands in the evidence all the same`, () => {
    const it = run([tell(FOUND)], first);
    assert.deepEqual([it.notices, it.records, fates(it)], [[], ['finding.opened'], [fate]]);
  });
}

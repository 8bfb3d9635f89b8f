// The alert desk: fates, quiet by a person until an end, damping, quality, dead channels.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Actor } from '#kernel/actor.ts';
import { serviceId } from '#kernel/id.ts';
import type { Request } from '#kernel/message.ts';
import { hours, instant, later, minutes } from '#kernel/time.ts';
import { alertsView } from './alertsView.ts';

import { START, ANA, BOT, EVE, Desk, until } from './alerts.fake.test.ts';

test('the first raw event is notified, the others are grouped with it', () => {
  const desk = new Desk();
  desk.raise('api/http');
  desk.raise('api/tcp');
  assert.equal(desk.fate('api/http'), 'waiting');
  desk.say('trouble', 'trouble:api@1');
  desk.raise('api/file');
  assert.deepEqual(
    ['api/http', 'api/tcp', 'api/file'].map((key) => desk.fate(key)),
    ['notified', 'grouped', 'grouped'],
  );
});

test('a symptom is inhibited by its cause, and told for its own sake when the cause is gone', () => {
  const desk = new Desk();
  desk.raise();
  desk.tell({ kind: 'blamed', subject: 'api', on: serviceId('db') });
  assert.equal(desk.fate('api/http'), 'inhibited');
  desk.wait(hours(1));
  assert.equal(desk.told.length, 0);
  desk.tell({ kind: 'blamed', subject: 'api', on: null });
  desk.wait(minutes(15));
  assert.equal(desk.told.length, 1);
  assert.equal(desk.fate('api/http'), 'notified');
});

test('a symptom that is brought up again once its cause is over is no news; one that stays down is', () => {
  const desk = new Desk();
  const endOfCause = (): void => {
    desk.say('trouble', `trouble:db@${desk.at}`, { subject: 'db' });
    desk.raise();
    desk.tell({ kind: 'blamed', subject: 'api', on: serviceId('db') });
    desk.wait(minutes(8));
    desk.say('recovered', `recovered:db@${desk.at}`, { subject: 'db' });
    desk.tell({ kind: 'blamed', subject: 'api', on: null });
    desk.say('trouble', `trouble:api@${desk.at}`);
  };
  const told = (): number => desk.told.filter((it) => it.subject === 'api').length;
  endOfCause();
  desk.wait(minutes(1));
  desk.clear();
  desk.say('recovered', `recovered:api@${desk.at}`);
  desk.wait(hours(2));
  assert.deepEqual([told(), desk.fate('api/http')], [0, 'grouped']);
  endOfCause();
  desk.wait(minutes(4));
  assert.equal(told(), 0);
  desk.wait(minutes(1));
  assert.deepEqual([told(), desk.fate('api/http')], [1, 'notified']);
  assert.match(desk.told.at(-1)?.body ?? '', /failed with db, which is well again, and it is not/);
});

test('a symptom of what nobody was told of is told for its own sake', () => {
  const desk = new Desk();
  desk.raise();
  desk.tell({ kind: 'blamed', subject: 'api', on: serviceId('db') });
  desk.tell({ kind: 'blamed', subject: 'api', on: null });
  desk.say('trouble', 'trouble:api@1');
  assert.deepEqual([desk.told.length, desk.fate('api/http')], [1, 'notified']);
});

test('a symptom for which a person is needed is paged, whatever is over', () => {
  const desk = new Desk();
  desk.raise();
  desk.tell({ kind: 'blamed', subject: 'api', on: serviceId('db') });
  desk.tell({ kind: 'blamed', subject: 'api', on: null });
  desk.say('page', 'page:api:0', { severity: 'SEV2' });
  assert.deepEqual([desk.told.length, desk.fate('api/http')], [1, 'notified']);
});

test('what is over before anybody was called is grouped into its trouble, and what nobody speaks of is spoken of', () => {
  const desk = new Desk();
  desk.raise();
  desk.clear();
  assert.equal(desk.fate('api/http'), 'grouped');
  desk.raise();
  desk.wait(minutes(16));
  assert.equal(desk.told.length, 1);
  assert.equal(desk.told[0]?.kind, 'information');
});

const REFUSED: readonly (readonly [string, Actor, Partial<Extract<Request, { kind: 'suppress' }>>, string])[] = [
  ['an agent', BOT, {}, 'needs-approval'],
  ['a person without the role', EVE, {}, 'denied'],
  ['an end in the past', ANA, { until: START }, 'failed'],
  ['an end in a year', ANA, { until: later(START, hours(9_000)) }, 'failed'],
  ['no end', ANA, { until: instant(Number.NaN) }, 'failed'],
  ['no reason', ANA, { why: ' ' }, 'failed'],
  ['nothing', ANA, { what: 'service=~"("' }, 'failed'],
  ['all but a label that nothing has', ANA, { what: 'serviec!="api"' }, 'failed'],
];

for (const [name, by, change, expected] of REFUSED) {
  test(`suppression is refused: ${name}`, () => {
    const desk = new Desk();
    assert.equal(desk.ask(by, { ...until(desk, hours(1)), ...change } as Request), expected); // brand: the same kind
    assert.equal(desk.state.suppressions.length, 0);
    desk.say('trouble', 'trouble:api@1');
    assert.equal(desk.told.length, 1);
  });
}

test('a suppression of what is not known stands, and says so', () => {
  const desk = new Desk();
  const said = (what: string): string => {
    desk.ask(ANA, { ...until(desk, hours(1)), what } as Request); // brand: the same kind
    return desk.state.answers[0]?.detail ?? '';
  };
  assert.match(said('apj'), /^S-1: nobody is told about apj .* No service is called apj$/);
  for (const known of ['api', 'watchman', 'subject="apj"']) assert.doesNotMatch(said(known), /No service/);
});

test('a suppression holds words back, survives a restart, ends by itself, and then tells what lasts', () => {
  const desk = new Desk();
  desk.raise();
  assert.equal(desk.ask(ANA, until(desk, hours(1))), 'completed');
  assert.equal(desk.fate('api/http'), 'silenced');
  desk.say('trouble', 'trouble:api@1');
  desk.say('page', 'page:INC-1:0', { severity: 'SEV1' });
  assert.equal(desk.told.length, 0);
  desk.restart();
  assert.equal(alertsView(desk.state, desk.at).suppressions[0]?.held, 2);
  desk.wait(hours(1));
  assert.deepEqual(
    desk.told.map((it) => it.key),
    ['page:INC-1:0'],
  );
  assert.match(desk.told[0]?.body ?? '', /Held back since .* by ana, S-1: moving the disk/);
  assert.ok(desk.records.includes('notice.suppressed') && desk.records.includes('suppression.ended'));
});

test('what was over before the quiet was is not told at all; its end is told to whom its beginning was', () => {
  const desk = new Desk();
  desk.ask(ANA, until(desk, hours(1)));
  desk.trouble(1);
  desk.wait(hours(2));
  assert.equal(desk.told.length, 0);
  const other = new Desk();
  other.say('trouble', 'trouble:api@1');
  other.ask(ANA, until(other, hours(1)));
  other.say('recovered', 'recovered:api@1');
  other.wait(hours(1));
  other.saw('healthy');
  assert.deepEqual(
    other.told.map((it) => it.kind),
    ['trouble', 'recovered'],
  );
});

test('a person ends it before its time', () => {
  const desk = new Desk();
  desk.ask(ANA, until(desk, hours(1)));
  desk.say('trouble', 'trouble:api@1');
  assert.equal(desk.ask(BOT, { kind: 'unsuppress', suppression: 'S-1', why: '' }), 'needs-approval');
  assert.equal(desk.ask(ANA, { kind: 'unsuppress', suppression: 'S-1', why: 'done' }), 'completed');
  assert.equal(desk.told.length, 1);
});

test('what comes and goes all day is told of at most three times in any hour, and never for two hours not at all', () => {
  const desk = new Desk();
  for (let turn = 0; turn < 200; turn += 1) {
    desk.trouble(turn);
    if (turn % 9 === 0) desk.say('page', `page:INC-${turn}:0`, { severity: 'SEV2' });
    desk.wait(minutes(4));
  }
  const at = desk.told.map((it) => it.at);
  const most = Math.max(...at.map((from) => at.filter((it) => it >= from && it < from + hours(1)).length));
  assert.ok(most <= 3, `${most} in an hour`);
  for (let from = START; from + hours(2) < desk.at; from = later(from, minutes(10))) {
    assert.ok(
      at.some((it) => it >= from && it < from + hours(2)),
      'silent for two hours',
    );
  }
  assert.match(desk.told[1]?.body ?? '', /Should it come back/);
});

test('a page always has its place beside notices, a total outage is never damped, a page sent again is no flapping', () => {
  const desk = new Desk();
  for (let turn = 0; turn < 5; turn += 1) desk.trouble(turn);
  const before = desk.told.length;
  desk.say('page', 'page:INC-1:0', { severity: 'SEV2' });
  desk.say('page', 'page:INC-1:0', { severity: 'SEV2' });
  desk.say('page', 'page:INC-2:0', { severity: 'SEV2' });
  desk.say('page', 'page:INC-3:0', { severity: 'SEV1' });
  assert.deepEqual(
    desk.told.slice(before).map((it) => it.key),
    ['page:INC-1:0', 'page:INC-1:0', 'page:INC-3:0'],
  );
});

test('a rule that calls six times in a week for nothing is a finding; one that is acted on is not', () => {
  const run = (isActedOn: boolean): Desk => {
    const desk = new Desk();
    for (let turn = 0; turn < 6; turn += 1) {
      desk.raise();
      desk.say('trouble', `trouble:api@${turn}`);
      if (isActedOn) desk.tell({ kind: 'acted-on', subject: 'api', by: 'ana' });
      desk.clear();
      desk.say('recovered', `recovered:api@${turn}`);
      desk.tell({ kind: 'trouble-over', subject: 'api', isStopped: false });
      desk.wait(hours(12));
    }
    return desk;
  };
  const noisy = run(false);
  assert.deepEqual(
    noisy.told.filter((it) => it.key.startsWith('alert-noise')).map((it) => it.severity),
    ['SEV4'],
  );
  assert.equal(alertsView(noisy.state, noisy.at).quality[0]?.isNoise, true);
  const useful = run(true);
  assert.ok(!useful.records.includes('finding.opened'));
  assert.equal(alertsView(useful.state, useful.at).quality[0]?.actedOn, 6);
});

test('a dead channel beside a living one is told of once, and when it delivers again', () => {
  const desk = new Desk();
  const report = (isChatWell: boolean, key: string): void => {
    const channels = [
      { name: 'chat', isDelivered: isChatWell, detail: isChatWell ? 'taken' : 'connection refused' },
      { name: 'mail', isDelivered: true, detail: 'taken' },
    ];
    desk.put({ kind: 'notified', key: key as never, notification: key, isDelivered: true, detail: '', channels }); // brand
  };
  report(false, 'a');
  report(false, 'b');
  assert.equal(alertsView(desk.state, desk.at).deadChannels[0]?.name, 'chat');
  report(true, 'c');
  assert.deepEqual(
    desk.told.map((it) => it.title.replace(/, after.*/, '')),
    ['the channel chat does not deliver: connection refused', 'the channel chat delivers again'],
  );
});

test('who wanted a message told hears what became of it', () => {
  const desk = new Desk();
  desk.say('trouble', 'trouble:api@1');
  desk.put({ kind: 'notified', key: 'k' as never, notification: 'trouble:api@1', isDelivered: false, detail: 'gone' }); // brand
  assert.deepEqual(desk.said.at(-1), {
    kind: 'said',
    notification: 'trouble:api@1',
    isDelivered: false,
    detail: 'gone',
  });
});

// The alert desk looks afresh before it tells that something is well that was held back; a page stays word for word.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Notification } from '#kernel/notification.ts';
import { hours, later, minutes, seconds } from '#kernel/time.ts';

import { ANA, Desk, until } from './alerts.fake.test.ts';

/** Trouble is told, its end is held back by a person for an hour; then a look is asked for. */
const heldBack = (): Desk => {
  const desk = new Desk();
  desk.raise();
  desk.say('trouble', 'trouble:api@0');
  desk.ask(ANA, until(desk, hours(1)));
  desk.clear();
  desk.say('recovered', 'recovered:api@0');
  desk.wait(hours(1));
  return desk;
};

const lastTold = (desk: Desk): string => desk.told.filter((it) => it.kind !== 'information').at(-1)?.kind ?? 'none';

test('that it is well again, held back for long, is told after a fresh look only', () => {
  const desk = heldBack();
  assert.ok(desk.looks.length > 0);
  assert.equal(lastTold(desk), 'trouble');
  desk.saw('healthy');
  assert.equal(lastTold(desk), 'recovered');
});

test('a look that sees nothing good, or comes too late, is no proof: the next one is waited for', () => {
  for (const state of ['unhealthy', 'unknown', 'healthy'] as const) {
    const desk = heldBack();
    if (state === 'healthy') desk.at = later(desk.at, minutes(5));
    desk.saw(state);
    assert.equal(lastTold(desk), 'trouble', state);
    const asked = desk.looks.length;
    desk.wait(minutes(10));
    assert.ok(desk.looks.length > asked, 'it looks again');
    desk.saw('healthy');
    assert.equal(lastTold(desk), 'recovered');
  }
});

test('of what a person stopped nobody is told that it is well again', () => {
  const desk = heldBack();
  desk.tell({ kind: 'trouble-over', subject: 'api', isStopped: true });
  desk.saw('healthy');
  desk.wait(hours(2));
  assert.equal(lastTold(desk), 'trouble');
});

test('a page that was held back, and did not arrive, reads the same when it is sent again', () => {
  const desk = new Desk();
  desk.ask(ANA, until(desk, hours(1)));
  desk.say('page', 'page:INC-1:0');
  desk.wait(hours(1));
  desk.say('page', 'page:INC-1:0');
  const [first, again] = desk.told;
  assert.match(first?.body ?? '', /Held back since/);
  assert.equal(again?.body, first?.body);
  desk.wait(hours(2));
  desk.say('page', 'page:INC-2:0');
  assert.doesNotMatch(desk.told.at(-1)?.body ?? '', /Held back/);
});

/** The page that was told last does not arrive, and is sent again: it must read the same. */
const readsTheSame = (desk: Desk, more: Partial<Notification> = {}): void => {
  const { key, body } = desk.told.at(-1) ?? assert.fail('nothing was told');
  for (const ms of [seconds(30), minutes(40), hours(3)]) {
    desk.wait(ms);
    desk.say('page', key, more);
    assert.deepEqual([desk.told.at(-1)?.key, desk.told.at(-1)?.body], [key, body]);
  }
};

test('a page that flapping held back, and did not arrive, reads the same when it is sent again', () => {
  const desk = new Desk();
  desk.say('page', 'page:INC-0:0');
  desk.tell({ kind: 'trouble-over', subject: 'api', isStopped: false });
  desk.wait(minutes(20));
  desk.say('trouble', 'trouble:api@0');
  desk.say('page', 'page:INC-1:0');
  desk.wait(minutes(40));
  assert.match(desk.told.at(-1)?.body ?? '', /It came and went/);
  readsTheSame(desk);
});

test('a page that says when the next comes, and did not arrive, says the same when it is sent again', () => {
  const desk = new Desk();
  desk.say('trouble', 'trouble:api@0');
  desk.say('recovered', 'recovered:api@0');
  desk.say('trouble', 'trouble:api@1');
  desk.say('page', 'page:INC-1:0');
  assert.match(desk.told.at(-1)?.body ?? '', /you are next told at/);
  readsTheSame(desk);
});

test('a page that no damper holds back, but a person did, reads the same when it is sent again', () => {
  for (const [key, severity] of [
    ['page:INC-1:0', 'SEV1'],
    ['page:INC-1:1', 'SEV3'],
  ] as const) {
    const desk = new Desk();
    desk.ask(ANA, until(desk, hours(1)));
    desk.say('page', key, { severity });
    desk.wait(hours(1));
    assert.match(desk.told.at(-1)?.body ?? '', /Held back since/);
    readsTheSame(desk, { severity });
  }
});

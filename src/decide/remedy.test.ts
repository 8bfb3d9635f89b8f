// The remedy for each class of cause: what is acted on, what is put to people, what is waited for.

import assert from 'node:assert/strict';
import test from 'node:test';
import type { CauseClass } from '#kernel/cause.ts';
import { serviceId } from '#kernel/id.ts';
import { durationMs, instant, seconds } from '#kernel/time.ts';
import type { Workload } from '#kernel/service.ts';
import { chooseRemedy, type Trouble } from './remedy.ts';

const at = instant(1_800_000_000_000);

const workload: Workload = {
  kind: 'command',
  start: 'start',
  stop: 'stop',
  status: null,
  timeoutMs: durationMs(1_000),
};

const trouble = (cause: CauseClass, over: Partial<Trouble> = {}): Trouble => ({
  at,
  workload,
  cause: { class: cause, culprit: null, signs: [] },
  isOnlyWrong: false,
  ineffective: 0,
  lastFailedAt: null,
  waitOn: null,
  mending: null,
  isProbation: false,
  ...over,
});

const check = (cause: CauseClass, over: Partial<Trouble>, expected: 'act' | 'ask' | 'wait'): void =>
  assert.equal(chooseRemedy(trouble(cause, over)).kind, expected, `${cause} ${JSON.stringify(over)}`);

test('what a fresh process cures is restarted', () => {
  const curable: readonly CauseClass[] = [
    'hang',
    'busy',
    'half-open',
    'unfinished',
    'wrong-answer',
    'overdue',
    'zombie',
    'descriptors',
    'stopped',
    'crash',
  ];
  for (const cause of curable) check(cause, {}, 'act');
});

test('what a fresh process would meet again is put to people, in quarantine too', () => {
  for (const isProbation of [false, true]) {
    check('port-taken', { isProbation }, 'ask');
    check('bad-deployment', { isOnlyWrong: true, isProbation }, 'ask');
  }
  check('bad-deployment', {}, 'act');
});

test('a dependency that is down is waited for, whatever the dependant shows', () => {
  const waitOn = { dependency: serviceId('db'), since: at };
  for (const cause of ['dependency', 'hang', 'wrong-answer'] as const) check(cause, { waitOn }, 'wait');
});

test('a dependency that is just back is given its moment, and no more', () => {
  const mending = (until: number): Partial<Trouble> => ({
    mending: { dependency: serviceId('db'), since: instant(at - 1_000), until: instant(until) },
  });
  check('dependency', mending(at + 4_000), 'wait');
  check('hang', mending(at), 'act');
});

test('a remedy that failed is given a breath, then a person, and one careful try', () => {
  check('hang', { ineffective: 1, lastFailedAt: at }, 'wait');
  check('hang', { ineffective: 1, lastFailedAt: instant(at - seconds(2)) }, 'act');
  check('hang', { ineffective: 2 }, 'ask');
  check('hang', { ineffective: 2, isProbation: true }, 'act');
});

// The block on the terminal: what stands in it, and what hostile text cannot do to it.

import assert from 'node:assert/strict';
import test from 'node:test';
import { effectKey, machineId, personId } from '#kernel/id.ts';
import type { Notification } from '#kernel/notification.ts';
import { instant } from '#kernel/time.ts';
import { notifierContract } from '#ports/notifier.contract.ts';
import { makeTerminalNotifier } from './notifier.ts';

notifierContract('terminal', () =>
  Promise.resolve({
    working: makeTerminalNotifier({ write: () => true }),
    broken: makeTerminalNotifier({
      write: () => {
        throw new Error('EPIPE \u001b[2J');
      },
    }),
  }),
);

const key = effectKey(machineId('test', 'a'), 1, 0);
const page: Notification = {
  key: 'page:1',
  kind: 'page',
  severity: 'SEV2',
  subject: 'api',
  title: 'api is down',
  body: '1. Look\n2. Mend',
  people: [personId('ana')],
  at: instant(1_800_000_000_000),
};

const written = (notification: Notification, hasColour: boolean): string => {
  let text = '';
  makeTerminalNotifier({ write: (part) => (text += part) !== '' }, hasColour).deliver(key, notification, (delivery) =>
    assert.equal(delivery.isDelivered, true),
  );
  return text;
};

test('a page with its steps, and with colour only where it is wanted', () => {
  assert.equal(written(page, false), '!! 2027-01-15 08:00:00Z SEV2 api is down → ana\n    1. Look\n    2. Mend\n');
  assert.ok(written(page, true).startsWith('\u001b[35m!! '));
});

test('hostile text draws nothing', () => {
  const hostile = written({ ...page, title: 'x\u001b[2Jy\u202ez', body: 'a\rb' }, false);
  for (const character of ['\u001b', '\r', '\u202e']) assert.ok(!hostile.includes(character), JSON.stringify(hostile));
  assert.ok(hostile.includes('\\u{1b}'));
});

test('a stream that throws is not delivered', () => {
  const closed = {
    write: (): boolean => {
      throw new Error('EPIPE');
    },
  };
  let isDelivered = true;
  makeTerminalNotifier(closed, false).deliver(key, page, (delivery) => {
    ({ isDelivered } = delivery);
  });
  assert.equal(isDelivered, false);
});

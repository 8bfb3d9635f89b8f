// The conformance suite of notifiers: what every way to people must keep, whatever stands in the message.

import assert from 'node:assert/strict';
import test from 'node:test';
import { effectKey, machineId, personId } from '#kernel/id.ts';
import type { Notification } from '#kernel/notification.ts';
import { instant } from '#kernel/time.ts';
import type { Delivery, Notifier } from './notifier.ts';

export const notification: Notification = {
  key: 'trouble:api@1',
  kind: 'trouble',
  severity: 'SEV3',
  subject: 'api',
  title: 'api: it crashed',
  body: 'Since now.\nIt is being restarted.',
  people: [],
  at: instant(1_800_000_000_000),
};

/** Text that would draw on a terminal, hide itself, or break a document. */
const HOSTILE = '\u001b[2J\u0000\r\n\u202e"}\ud800</script>\u2028';

/** The promise of the port, and what an event loop of a shared machine may be late. */
const REPORT_MS_MAX = 10_000 + 500;

/** Delivers once and proves the rules that always hold: one report, in time, with a detail that draws nothing. */
export const deliver = async (notifier: Notifier, message: Notification = notification): Promise<Delivery> => {
  const reports: Delivery[] = [];
  const startedAt = Date.now();
  const delivery = await new Promise<Delivery>((resolve) =>
    notifier.deliver(effectKey(machineId('test', 'a'), 1, 0), message, (told) => {
      reports.push(told);
      resolve(told);
    }),
  );
  assert.ok(Date.now() - startedAt <= REPORT_MS_MAX, `reported after ${Date.now() - startedAt} ms`);
  await new Promise((resolve) => setTimeout(resolve, 20)); // Room for a second report to show itself.
  assert.equal(reports.length, 1, 'reported more than once');
  assert.notEqual(delivery.detail, '');
  assert.doesNotMatch(delivery.detail, /[\p{Cc}\u202a-\u202e]/u);
  return delivery;
};

export type Ground = {
  readonly working: Notifier;
  /** A notifier whose far side is gone. */
  readonly broken: Notifier;
};

/** What every notifier keeps. `prepare` is called inside each test, so that it may start what it needs. */
export const notifierContract = (name: string, prepare: () => Promise<Ground>): void => {
  const kinds = ['trouble', 'recovered', 'page', 'information'] as const;

  test(`${name}: every kind of message is delivered`, async () => {
    const { working } = await prepare();
    for (const kind of kinds) assert.equal((await deliver(working, { ...notification, kind })).isDelivered, true, kind);
  });

  test(`${name}: hostile, long and empty text is delivered and breaks nothing`, async () => {
    const { working } = await prepare();
    const texts = [HOSTILE, 'x'.repeat(200_000), ''];
    for (const text of texts) {
      const message = { ...notification, title: text, body: text, subject: text, people: [personId(text)] };
      assert.equal((await deliver(working, message)).isDelivered, true);
    }
  });

  test(`${name}: what could not be delivered is told as that`, async () => {
    const { broken } = await prepare();
    assert.equal((await deliver(broken)).isDelivered, false);
  });
};

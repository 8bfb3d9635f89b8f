// The webhook against real HTTP servers: what arrives, what is tried again, what is told.

import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import test from 'node:test';
import { effectKey, machineId } from '#kernel/id.ts';
import type { Notification } from '#kernel/notification.ts';
import { instant } from '#kernel/time.ts';
import type { Clock } from '#ports/clock.ts';
import type { Delivery } from '#ports/notifier.ts';
import { makeWebhookNotifier } from './notifier.ts';

const clock: Clock = {
  now: () => instant(Date.now()),
  at: (when, task) => {
    const timer = setTimeout(task, Math.max(0, when - Date.now()));
    return () => clearTimeout(timer);
  },
  chance: () => 0.5,
};

const notification: Notification = {
  key: 'trouble:api@1',
  kind: 'trouble',
  severity: 'SEV3',
  subject: 'api',
  title: 'api: it crashed',
  body: 'Since now.',
  people: [],
  at: instant(1_800_000_000_000),
};

type Handler = (request: IncomingMessage, response: ServerResponse, body: string) => void;

const deliverTo = async (handler: Handler): Promise<Delivery> => {
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => handler(request, response, Buffer.concat(parts).toString()));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const notifier = makeWebhookNotifier({ clock, url: `http://127.0.0.1:${port}/hook`, site: 'town' });
  const delivery = await new Promise<Delivery>((resolve) => {
    notifier.deliver(effectKey(machineId('test', 'a'), 1, 0), notification, resolve);
  });
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  return delivery;
};

test('the message arrives whole, with its key', async () => {
  let seen: unknown = null;
  let key: unknown = null;
  const delivery = await deliverTo((request, response, body) => {
    seen = JSON.parse(body);
    key = request.headers['idempotency-key'];
    response.end();
  });
  assert.equal(delivery.isDelivered, true);
  assert.equal(key, notification.key);
  assert.deepEqual(seen, { site: 'town', ...notification, at: '2027-01-15T08:00:00.000Z' });
});

test('a busy far side is tried three times with the same key', async () => {
  const keys: unknown[] = [];
  const delivery = await deliverTo((request, response) => {
    keys.push(request.headers['idempotency-key']);
    response.writeHead(keys.length < 3 ? 503 : 200).end();
  });
  assert.equal(delivery.isDelivered, true);
  assert.deepEqual(keys, [notification.key, notification.key, notification.key]);
});

test('a refused message is told with what was said, and not tried again', async () => {
  let count = 0;
  const delivery = await deliverTo((_request, response) => {
    count += 1;
    response.writeHead(401).end('no such hook\u001b[2J');
  });
  assert.equal(count, 1);
  assert.equal(delivery.isDelivered, false);
  assert.match(delivery.detail, /401: "no such hook\\u\{1b\}/);
});

test('a redirect is not followed: a page goes where it was meant to go', async () => {
  const delivery = await deliverTo((_request, response) => response.writeHead(302, { location: '/elsewhere' }).end());
  assert.equal(delivery.isDelivered, false);
});

test('nobody there is told after three tries', async () => {
  const notifier = makeWebhookNotifier({ clock, url: 'http://127.0.0.1:9/hook', site: 'town' });
  const delivery = await new Promise<Delivery>((resolve) => {
    notifier.deliver(effectKey(machineId('test', 'a'), 1, 0), notification, resolve);
  });
  assert.equal(delivery.isDelivered, false);
  assert.match(delivery.detail, /3 of 3 tries/);
});

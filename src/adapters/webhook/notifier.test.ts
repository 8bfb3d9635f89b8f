// The webhook against real HTTP servers: what arrives, what is tried again, what is told.

import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import test from 'node:test';
import type { Delivery } from '#ports/notifier.ts';
import { deliver, notification, notifierContract } from '#ports/notifier.contract.ts';
import { realClock as clock } from '#ports/sensor.contract.ts';
import { makeWebhookNotifier } from './notifier.ts';

type Handler = (request: IncomingMessage, response: ServerResponse, body: string) => void;

const deliverTo = async (handler: Handler, credentials = ''): Promise<Delivery> => {
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => handler(request, response, Buffer.concat(parts).toString()));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const notifier = makeWebhookNotifier({ clock, url: `http://${credentials}127.0.0.1:${port}/hook`, site: 'town' });
  const delivery = await deliver(notifier);
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  return delivery;
};

notifierContract('webhook', async () => {
  const server = createServer((request, response) => request.resume().on('end', () => response.end()));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  server.unref();
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    working: makeWebhookNotifier({ clock, url: `http://127.0.0.1:${port}/`, site: 'town' }),
    broken: makeWebhookNotifier({ clock, url: 'http://127.0.0.1:9/', site: 'town' }),
  };
});

test('the message arrives whole, with its key', async () => {
  let seen: unknown = null;
  let key: unknown = null;
  let authorization: unknown = null;
  const delivery = await deliverTo((request, response, body) => {
    seen = JSON.parse(body);
    key = request.headers['idempotency-key'];
    authorization = request.headers.authorization;
    response.end();
  }, 'ann:s%40crt@');
  assert.equal(delivery.isDelivered, true);
  assert.equal(key, notification.key);
  assert.equal(authorization, `Basic ${Buffer.from('ann:s@crt').toString('base64')}`);
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
  const delivery = await deliver(notifier);
  assert.equal(delivery.isDelivered, false);
  assert.match(delivery.detail, /3 of 3 tries/);
});

test('a far side that never answers, or never ends, is given up inside ten seconds', async () => {
  const [silent, endless] = await Promise.all([
    deliverTo(() => {}),
    deliverTo((_request, response) => response.writeHead(500).flushHeaders()),
  ]);
  assert.equal(silent.isDelivered, false);
  assert.match(silent.detail, /3 of 3 tries/);
  assert.equal(endless.isDelivered, false);
});

test('an address that is none is told, and its secret is not', async () => {
  const delivery = await deliver(makeWebhookNotifier({ clock, url: 'http://u:s3cret@h:99999/', site: 'town' }));
  assert.match(delivery.detail, /not a web address \(1 of 3 tries\)/);
  assert.equal(delivery.isDelivered, false);
  assert.doesNotMatch(delivery.detail, /s3cret/);
});

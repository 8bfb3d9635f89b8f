// The Alertmanager channel: the suite of all notifiers, and what it says when the far side refuses.

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import test from 'node:test';
import { deliver, notification, notifierContract } from '#ports/notifier.contract.ts';
import { realClock as clock } from '#ports/sensor.contract.ts';
import { alertFor, makeAlertmanagerNotifier } from './notifier.ts';

const listen = async (status: number, said: string): Promise<string> => {
  const server = createServer((request, response) => {
    request.resume().on('end', () => response.writeHead(status).end(said));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  server.unref();
  const address = server.address();
  return `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
};

notifierContract('alertmanager', async () => ({
  working: makeAlertmanagerNotifier({ clock, url: await listen(200, ''), site: 'town' }),
  broken: makeAlertmanagerNotifier({ clock, url: 'http://127.0.0.1:9/', site: 'town' }),
}));

test('a refusal is told in its own words', async () => {
  const url = await listen(400, '{"code":602,"message":"labels in body is required"}');
  const delivery = await deliver(makeAlertmanagerNotifier({ clock, url, site: 'town' }));
  assert.equal(delivery.isDelivered, false);
  assert.match(delivery.detail, /answered 400: .*labels in body/);
});

test('trouble and its end are one alert; the end is its end', () => {
  const began = alertFor('town', notification);
  const ended = alertFor('town', { ...notification, kind: 'recovered' });
  assert.deepEqual(ended.labels, began.labels);
  assert.equal(ended.endsAt, '2027-01-15T08:00:00.000Z');
  assert.equal(began.endsAt, '2027-01-15T08:04:00.000Z');
});

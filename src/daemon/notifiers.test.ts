// Channels together: one that is dead beside one that lives is named.

import assert from 'node:assert/strict';
import test from 'node:test';
import { effectKey, machineId } from '#kernel/id.ts';
import type { Site } from '#kernel/site.ts';
import type { Delivery, Notifier } from '#ports/notifier.ts';
import { notification } from '#ports/notifier.contract.ts';
import { composeNotifier } from './notifiers.ts';

const says = (delivery: Delivery): Notifier => ({ deliver: (_key, _notification, report) => report(delivery) });

test('each channel that was tried is named with what became of it', () => {
  const site = { routes: { SEV3: ['terminal', 'chat', 'mail'] } } as unknown as Site; // decoder: nothing else is read
  const channels: Readonly<Record<string, Notifier>> = {
    chat: says({ isDelivered: false, detail: 'refused' }),
    mail: says({ isDelivered: true, detail: 'taken' }),
  };
  const notifier = composeNotifier({
    site: () => site,
    terminal: says({ isDelivered: true, detail: 'printed' }),
    channel: (_site, name) => channels[name] ?? null,
    redact: () => (text) => text,
  });
  const told: Delivery[] = [];
  notifier.deliver(effectKey(machineId('test', 'a'), 1, 0), notification, (delivery) => told.push(delivery));
  assert.deepEqual(told, [
    {
      isDelivered: true,
      detail: 'chat: refused; mail: taken',
      channels: [
        { name: 'chat', isDelivered: false, detail: 'refused' },
        { name: 'mail', isDelivered: true, detail: 'taken' },
      ],
    },
  ]);
});

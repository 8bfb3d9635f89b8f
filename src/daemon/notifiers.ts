// One notifier out of the channels: a message goes to the channels of its severity, and always to the terminal.

import type { Redact } from '#kernel/secret.ts';
import type { ChannelReport, Notification } from '#kernel/notification.ts';
import type { Site } from '#kernel/site.ts';
import type { Delivery, Notifier } from '#ports/notifier.ts';

/** Makes the notifier of one declared channel; null: this release has none for its kind. */
export type ChannelNotifier = (site: Site, name: string) => Notifier | null;

const redacted = (notification: Notification, redact: Redact): Notification => ({
  ...notification,
  title: redact(notification.title),
  body: redact(notification.body),
});

const together = (told: readonly ChannelReport[]): Delivery => ({
  isDelivered: told.some((it) => it.isDelivered),
  detail: told.map(({ name, detail }) => `${name}: ${detail}`).join('; '),
  channels: told,
});

/** All channels are tried at once; delivered means that at least one of those that were declared took it. */
export const composeNotifier = (parts: {
  readonly site: () => Site;
  readonly terminal: Notifier;
  readonly channel: ChannelNotifier;
  readonly redact: () => Redact;
}): Notifier => ({
  deliver: (key, notification, report) => {
    const site = parts.site();
    const message = redacted(notification, parts.redact());
    const names = site.routes[notification.severity].filter((name) => name !== 'terminal');
    const channels = names.flatMap((name) => {
      const notifier = parts.channel(site, name);
      return notifier === null ? [] : [{ name, notifier }];
    });
    const told: ChannelReport[] = [];
    let left = channels.length;
    parts.terminal.deliver(key, message, (delivery) => {
      if (channels.length === 0) report(delivery);
    });
    for (const { name, notifier } of channels) {
      notifier.deliver(key, message, (delivery) => {
        told.push({ name, isDelivered: delivery.isDelivered, detail: delivery.detail });
        left -= 1;
        if (left === 0) report(together(told));
      });
    }
  },
});

// Notifier: takes one message to people.

import type { EffectKey } from '#kernel/id.ts';
import type { ChannelReport, Notification } from '#kernel/notification.ts';

export type Delivery = {
  readonly isDelivered: boolean;
  readonly detail: string;
  /** Each channel that was tried, where several are. */
  readonly channels?: readonly ChannelReport[];
};

export interface Notifier {
  /** Calls `report` exactly once, within 10 s. The key lets the far side drop what it has had before. */
  deliver(key: EffectKey, notification: Notification, report: (delivery: Delivery) => void): void;
}

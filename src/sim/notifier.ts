// Notifier: takes messages to simulated people, late, twice, or not at all.

import type { EffectKey } from '#kernel/id.ts';
import type { Notification } from '#kernel/notification.ts';
import type { Delivery, Notifier } from '#ports/notifier.ts';
import type { Chance } from './chance.ts';
import type { Weather } from './weather.ts';

const QUICK_MOST_MS = 500;

/** What people have had: it outlives every run of Sereno. */
export class Mailbox {
  readonly #byKey = new Map<string, Notification>();
  readonly #onNews: (notification: Notification, earlier: Notification | null) => void;

  constructor(onNews: (notification: Notification, earlier: Notification | null) => void) {
    this.#onNews = onNews;
  }

  /** Equal keys are the same news: the second is dropped, but compared with the first. */
  receive(notification: Notification): void {
    const earlier = this.#byKey.get(notification.key) ?? null;
    if (earlier === null) this.#byKey.set(notification.key, notification);
    this.#onNews(notification, earlier);
  }
}

export type FakeNotifierParts = {
  readonly mailbox: Mailbox;
  readonly weather: Weather;
  readonly chance: Chance;
  readonly after: (delayMs: number, task: () => void) => void;
};

/** One run's way to people. */
export class FakeNotifier implements Notifier {
  readonly #parts: FakeNotifierParts;

  constructor(parts: FakeNotifierParts) {
    this.#parts = parts;
  }

  deliver(_key: EffectKey, notification: Notification, report: (delivery: Delivery) => void): void {
    const { mailbox, weather, chance, after } = this.#parts;
    const { failRate, loseReportRate, slowRate, slowForMs } = weather.faults().notifier;
    const isFailing = chance.hits(failRate);
    const isReportLost = chance.hits(loseReportRate);
    const delayMs = chance.hits(slowRate) ? chance.below(slowForMs) : chance.below(QUICK_MOST_MS);
    after(delayMs, () => {
      if (!isFailing) mailbox.receive(notification);
      if (isReportLost) return;
      report(isFailing ? { isDelivered: false, detail: 'connection refused' } : { isDelivered: true, detail: 'taken' });
    });
  }
}

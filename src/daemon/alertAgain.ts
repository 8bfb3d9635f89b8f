// What lasts is told to every Alertmanager again and again: one that hears nothing takes an alert for over.
// What lasts is in the stored state of the alert desk, so that a new run goes on where the old one ended.

import { makeRedact } from '#kernel/secret.ts';
import type { Channel, Site } from '#kernel/site.ts';
import type { Cancel, Clock } from '#ports/clock.ts';
import { RESEND_MS, sendAgain } from '#adapters/alertmanager/notifier.ts';
import type { Engine } from '#loop/engine.ts';
import { every } from './every.ts';
import { alertsOf } from './states.ts';

type Reached = Channel & { readonly url: string };

const alertmanagers = (site: Site): readonly Reached[] =>
  site.channels.filter((it): it is Reached => it.kind === 'alertmanager' && it.url !== null);

/** Only what its route sends there is repeated there. */
const openFor = (engine: Engine, site: Site, channel: Channel) => {
  const redact = makeRedact(site.secrets);
  return Object.values(alertsOf(engine)?.told ?? {})
    .filter((it) => site.routes[it.severity].includes(channel.name))
    .map((it) => ({ ...it, title: redact(it.title) }));
};

/** Begins at once, for what outlived a restart. A failure is no news: the next message to that channel tells of it. */
export const startAlertAgain = (engine: Engine, clock: Clock): Cancel => {
  const again = (): void => {
    const site = engine.site();
    for (const channel of alertmanagers(site)) {
      void sendAgain({ clock, url: channel.url, site: site.name }, openFor(engine, site, channel));
    }
  };
  again();
  return every(clock, RESEND_MS, again);
};

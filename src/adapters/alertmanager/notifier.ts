// The Alertmanager channel: what people are told of becomes an alert there (API v2), and its end resolves it. Alerts that
// last are sent again, well before Alertmanager would take them for over (resolve_timeout, five minutes by default).

import type { OpenTold } from '#kernel/alert.ts';
import type { Notification } from '#kernel/notification.ts';
import { later, minutes, type Instant } from '#kernel/time.ts';
import type { Clock } from '#ports/clock.ts';
import type { Delivery, Notifier } from '#ports/notifier.ts';
import { seenError } from '#ports/symptom.ts';
import { excerpt } from '#ports/visible.ts';

/** Within the ten seconds that the port promises. */
const POST_MS = 8_000;
/** As Prometheus does: an alert is said to end after four times the pause in which it is sent again. */
export const RESEND_MS = minutes(1);
const LASTS_MS = minutes(4);
/** A label or an annotation longer than this is cut: a page carries a whole ladder. */
const TEXT_MAX = 8_000;

export type AlertmanagerOptions = { readonly clock: Clock; readonly url: string; readonly site: string };

type WireAlert = {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly startsAt: string;
  readonly endsAt: string;
};

const iso = (at: Instant): string => new Date(at).toISOString();
const clean = (text: string): string => text.toWellFormed().replaceAll('\u0000', '').slice(0, TEXT_MAX);

/** Alerts are told apart by these: trouble that becomes a page is still the same alert. */
const labelsOf = (site: string, subject: string): WireAlert['labels'] => ({
  alertname: 'SerenoTrouble',
  site: clean(site) || 'unnamed',
  subject: clean(subject) || 'unnamed',
});

const alertOf = (site: string, it: OpenTold, endsAt: Instant): WireAlert => ({
  labels: labelsOf(site, it.subject),
  annotations: { summary: clean(it.title), severity: it.severity },
  startsAt: iso(it.since),
  endsAt: iso(endsAt),
});

/** A notice as an alert: `recovered` ends it; what only informs is an alert of its own that ends by itself. */
export const alertFor = (site: string, it: Notification): WireAlert => {
  const isInformation = it.kind === 'information';
  const labels = labelsOf(site, it.subject);
  const endsAt = it.kind === 'recovered' ? it.at : later(it.at, LASTS_MS);
  return {
    labels: isInformation ? { ...labels, alertname: 'SerenoInformation', key: clean(it.key) } : labels,
    annotations: { summary: clean(it.title), description: clean(it.body), severity: it.severity },
    // It began before it ended; when exactly is known to Alertmanager, which keeps the earliest.
    startsAt: iso(it.kind === 'recovered' ? later(it.at, -1) : it.at),
    endsAt: iso(endsAt),
  };
};

const post = async (options: AlertmanagerOptions, alerts: readonly WireAlert[]): Promise<Delivery> => {
  const url = URL.parse('api/v2/alerts', options.url.endsWith('/') ? options.url : `${options.url}/`);
  if (url === null || !/^https?:$/.test(url.protocol)) {
    return { isDelivered: false, detail: 'the address is not a web address' };
  }
  const credentials = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  url.username = '';
  url.password = '';
  const authorization =
    credentials === ':' ? {} : { authorization: `Basic ${Buffer.from(credentials).toString('base64')}` };
  try {
    const answer = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'user-agent': 'sereno', ...authorization },
      body: JSON.stringify(alerts),
      signal: AbortSignal.timeout(POST_MS),
      redirect: 'manual',
    });
    const said = excerpt(await answer.text(), 120);
    return { isDelivered: answer.ok, detail: `answered ${answer.status}${said === '' ? '' : `: ${said}`}` };
  } catch (error) {
    if (error instanceof Error && error.name === 'TimeoutError') {
      return { isDelivered: false, detail: `no answer in ${POST_MS} ms` };
    }
    const cause = error instanceof Error ? (error.cause ?? error) : error;
    return { isDelivered: false, detail: seenError(cause, 'sending').message };
  }
};

/** Makes the notifier of one Alertmanager. Labels: alertname, site, subject; the severity is an annotation, as it grows. */
export const makeAlertmanagerNotifier = (options: AlertmanagerOptions): Notifier => ({
  deliver: (_key, notification, report) => {
    void post(options, [alertFor(options.site, notification)]).then(report);
  },
});

/** Sends again what lasts; to be called every `RESEND_MS`. Resolves with what became of it. */
export const sendAgain = (options: AlertmanagerOptions, open: readonly OpenTold[]): Promise<Delivery> => {
  const endsAt = later(options.clock.now(), LASTS_MS);
  return open.length === 0
    ? Promise.resolve({ isDelivered: true, detail: 'nothing lasts' })
    : post(
        options,
        open.map((it) => alertOf(options.site, it, endsAt)),
      );
};

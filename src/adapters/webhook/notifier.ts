// The webhook channel: POST of one JSON document, tried three times inside ten seconds, deduplicated by its key.

import type { Notification } from '#kernel/notification.ts';
import { durationMs, later } from '#kernel/time.ts';
import type { Clock } from '#ports/clock.ts';
import type { Delivery, Notifier } from '#ports/notifier.ts';
import { seenError } from '#ports/symptom.ts';
import { excerpt } from '#ports/visible.ts';

/** The port promises a report within ten seconds; three tries of three seconds and their pauses stay below it. */
const TRY_MS = 2_800;
const PAUSES_MS = [200, 800];
/** A far side that answers with a book is not read to its end. */
const ANSWER_SHOWN = 120;

export type WebhookOptions = { readonly clock: Clock; readonly url: string; readonly site: string };

type Try = { readonly isDelivered: boolean; readonly detail: string; readonly canRetry: boolean };

/** Where to, and who we are: fetch refuses credentials inside an address, and would print them. */
type Address = { readonly url: string; readonly authorization: Readonly<Record<string, string>> };

const addressOf = (text: string): Address | null => {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol)) return null;
  const credentials = `${safeDecode(url.username)}:${safeDecode(url.password)}`;
  url.username = '';
  url.password = '';
  const authorization = `Basic ${Buffer.from(credentials).toString('base64')}`;
  return { url: url.href, authorization: credentials === ':' ? {} : { authorization } };
};

const safeDecode = (text: string): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // Not percent-encoded after all.
  }
};

const post = async (options: WebhookOptions, notification: Notification): Promise<Try> => {
  const address = addressOf(options.url);
  if (address === null) return { isDelivered: false, detail: 'the address is not a web address', canRetry: false };
  try {
    const answer = await fetch(address.url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'idempotency-key': headerText(notification.key),
        'user-agent': 'sereno',
        ...address.authorization,
      },
      body: JSON.stringify({ site: options.site, ...notification, at: new Date(notification.at).toISOString() }),
      signal: AbortSignal.timeout(TRY_MS),
      redirect: 'manual',
    });
    if (answer.ok) {
      await answer.body?.cancel();
      return { isDelivered: true, detail: `answered ${answer.status}`, canRetry: false };
    }
    const said = excerpt(await readStart(answer), ANSWER_SHOWN);
    // 4xx says that the message is wrong, not that the far side is busy; 408 and 429 are the exceptions (RFC 9110, 6585).
    const canRetry = answer.status >= 500 || answer.status === 408 || answer.status === 429;
    return { isDelivered: false, detail: `answered ${answer.status}: ${said}`, canRetry };
  } catch (error) {
    return { isDelivered: false, detail: sayError(error), canRetry: true };
  }
};

/** A header takes no control characters and nothing beyond Latin 1; the key stands unchanged in the body as well. */
const headerText = (key: string): string => encodeURI(key.toWellFormed()).slice(0, 500);

const sayError = (error: unknown): string => {
  if (error instanceof Error && error.name === 'TimeoutError') return `no answer in ${TRY_MS} ms`;
  return seenError(error instanceof Error ? (error.cause ?? error) : error, 'sending').message;
};

const readStart = async (answer: Response): Promise<string> => {
  const reader = answer.body?.getReader();
  if (reader === undefined) return '';
  const { value } = await reader.read();
  await reader.cancel();
  return new TextDecoder().decode(value?.subarray(0, ANSWER_SHOWN * 4));
};

/**
 * Makes the notifier of one webhook. The body is {site, key, kind, severity, subject, title, body, people, at}, `at` in
 * ISO 8601; the header Idempotency-Key carries `key`, so that a repeated message can be dropped on the far side.
 */
export const makeWebhookNotifier = (options: WebhookOptions): Notifier => ({
  deliver: (_key, notification, report) => {
    const { clock } = options;
    const attempt = async (number: number): Promise<void> => {
      const tried = await post(options, notification);
      const pauseMs = PAUSES_MS[number];
      if (tried.isDelivered || !tried.canRetry || pauseMs === undefined) {
        const delivery: Delivery = {
          isDelivered: tried.isDelivered,
          detail: `${tried.detail} (${number + 1} of 3 tries)`,
        };
        report(delivery);
        return;
      }
      clock.at(later(clock.now(), durationMs(pauseMs)), () => void attempt(number + 1));
    };
    void attempt(0);
  },
});

// Download: one request over HTTP, answered whole within a time and a size, or a failure that says why.

import { later } from '#kernel/time.ts';
import type { Cancel, Clock } from '#ports/clock.ts';
import { failedLook, type Look } from '#ports/source.ts';
import { seenError } from '#ports/symptom.ts';
import { excerpt, visible } from '#ports/visible.ts';

export type Wanted = {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Sent as a form when present (RFC 1866): a query may be longer than an address. */
  readonly form?: URLSearchParams;
  readonly timeoutMs: number;
  readonly bytesMax: number;
};

export type Downloaded =
  | { readonly kind: 'got'; readonly status: number; readonly mediaType: string; readonly body: Uint8Array }
  | { readonly kind: 'failed'; readonly look: Look };

const failed = (...failure: Parameters<typeof failedLook>): Downloaded => ({
  kind: 'failed',
  look: failedLook(...failure),
});

const readWhole = async (response: Response, bytesMax: number): Promise<Uint8Array | null> => {
  const reader = response.body?.getReader();
  if (reader === undefined) return new Uint8Array();
  const chunks: Uint8Array[] = [];
  let length = 0;
  // The size is counted after decompression: a small answer can unfold to gigabytes.
  while (length <= bytesMax) {
    const { done, value } = await reader.read();
    if (done) return Buffer.concat(chunks);
    chunks.push(value);
    length += value.length;
  }
  await reader.cancel();
  return null;
};

const megabytes = (bytes: number): string => `${Math.round(bytes / 1_048_576)} MB`;

const sayStatus = (status: number): Downloaded | null => {
  if (status >= 300 && status < 400) return failed('bad-answer', `it answered ${status}, a redirect: declare its goal`);
  if (status === 401 || status === 403 || status === 407) return failed('refused', `it answered ${status}`);
  return null;
};

const explain = (error: unknown, wanted: Wanted, isLate: boolean): Downloaded => {
  if (isLate) return failed('timeout', `no whole answer in ${wanted.timeoutMs} ms`);
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  const seen = seenError(cause, `asking ${visible(URL.parse(wanted.url)?.host ?? 'it')}`);
  return failed(seen.state === 'unknown' ? 'cannot-look' : 'unreachable', seen.message);
};

const ask = async (wanted: Wanted, signal: AbortSignal): Promise<Downloaded> => {
  const response = await fetch(wanted.url, {
    method: wanted.form === undefined ? 'GET' : 'POST',
    headers: { 'user-agent': 'sereno', ...wanted.headers },
    signal,
    // What follows a redirect would carry our credentials to an address that nobody declared.
    redirect: 'manual',
    ...(wanted.form === undefined ? {} : { body: wanted.form }),
  });
  const wrong = sayStatus(response.status);
  if (wrong !== null) {
    await response.body?.cancel();
    return wrong;
  }
  const body = await readWhole(response, wanted.bytesMax);
  if (body === null) return failed('too-much', `the answer is over ${megabytes(wanted.bytesMax)}`);
  const mediaType = response.headers.get('content-type') ?? '';
  return { kind: 'got', status: response.status, mediaType, body };
};

/** Asks once; `report` is called exactly once, never inside this call, unless cancelled before. */
export const download = (clock: Clock, wanted: Wanted, report: (downloaded: Downloaded) => void): Cancel => {
  const abort = new AbortController();
  let isLate = false;
  let isOver = false;
  const cancelTimer = clock.at(later(clock.now(), wanted.timeoutMs), () => {
    isLate = true;
    abort.abort();
  });
  const end = (downloaded: Downloaded): void => {
    cancelTimer();
    if (isOver) return;
    isOver = true;
    report(downloaded);
  };
  void ask(wanted, abort.signal)
    .catch((error: unknown) => explain(error, wanted, isLate))
    .then(end);
  return () => {
    isOver = true;
    cancelTimer();
    abort.abort();
  };
};

/** The beginning of an answer, for a message. */
export const excerptOf = (body: Uint8Array): string =>
  excerpt(Buffer.from(body.subarray(0, 400)).toString('utf8'), 120);

// One POST of JSON with all its limits: time, size of the answer, no redirects; and what its failure means.

import { seenError } from '#ports/symptom.ts';
import { excerpt } from '#ports/visible.ts';

export type Limits = {
  /** For one try, from the first byte sent to the last received. */
  readonly tryMs: number;
  readonly answerBytesMax: number;
  /** When it is aborted, the try is given up. */
  readonly ending?: AbortSignal;
};

export type Posted =
  | { readonly kind: 'answered'; readonly body: unknown; readonly headers: Headers; readonly tookMs: number }
  /** 400, 404, 413, 422: the question is wrong. */
  | { readonly kind: 'refused'; readonly why: string }
  /** `retryAfterMs`: it is certain that nothing was answered, and worth while to ask again, not before. Null: it is not. */
  | { readonly kind: 'unanswered'; readonly why: string; readonly retryAfterMs: number | null };

/** What is quoted of an error. */
const SAID_SHOWN = 200;

/** The far side is busy or restarting, and says so before it answers (RFC 9110, 6585; 529 is "overloaded" with some). */
const BUSY: ReadonlySet<number> = new Set([408, 409, 425, 429, 500, 502, 503, 504, 529]);
const WRONG: ReadonlySet<number> = new Set([400, 404, 405, 413, 415, 422]);

/** Errors of a connection over which no question has gone. A reset may come after it, and after it was paid for. */
const NEVER_SENT = /^(ECONNREFUSED|EHOSTUNREACH|ENETUNREACH|EAI_AGAIN|ENOTFOUND|UND_ERR_CONNECT_TIMEOUT)$/;

export type Request = {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
  readonly limits: Limits;
};

/** Never throws, never rejects. */
export const post = async (request: Request): Promise<Posted> => {
  const { url, limits } = request;
  const began = performance.now();
  try {
    const answer = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/json', ...request.headers },
      body: JSON.stringify(request.body),
      signal: AbortSignal.any([AbortSignal.timeout(limits.tryMs), ...(limits.ending ? [limits.ending] : [])]),
      redirect: 'manual', // A redirect would take the key to wherever it points.
    });
    const text = await readAll(answer, limits.answerBytesMax);
    if (text === null) return unanswered(`the answer is over ${limits.answerBytesMax} bytes`);
    if (!answer.ok) return failed(answer, text);
    const body: unknown = JSON.parse(text);
    return { kind: 'answered', body, headers: answer.headers, tookMs: performance.now() - began };
  } catch (error) {
    return thrown(error, limits);
  }
};

const unanswered = (why: string, retryAfterMs: number | null = null): Posted => ({
  kind: 'unanswered',
  why,
  retryAfterMs,
});

const failed = (answer: Response, text: string): Posted => {
  const why = `answered ${answer.status}: ${excerpt(text, SAID_SHOWN)}`;
  if (WRONG.has(answer.status)) return { kind: 'refused', why };
  return unanswered(why, BUSY.has(answer.status) ? retryAfterMs(answer.headers.get('retry-after')) : null);
};

/** Seconds or a date (RFC 9110, 10.2.3). 0: it does not say. */
const retryAfterMs = (header: string | null): number => {
  if (header === null) return 0;
  const wait = /^\d+$/.test(header) ? Number(header) * 1_000 : Date.parse(header) - Date.now();
  return Number.isFinite(wait) ? Math.max(0, wait) : 0;
};

const thrown = (error: unknown, limits: Limits): Posted => {
  if (error instanceof Error && error.name === 'TimeoutError') return unanswered(`no answer in ${limits.tryMs} ms`);
  if (error instanceof SyntaxError) return unanswered('the answer is not JSON');
  const cause: unknown = error instanceof Error ? (error.cause ?? error) : error;
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  return unanswered(seenError(cause, 'asking').message, NEVER_SENT.test(code) ? 0 : null);
};

/** The whole body; null when it is larger than the limit, of which no more is read. */
const readAll = async (answer: Response, bytesMax: number): Promise<string | null> => {
  if (answer.body === null) return '';
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  for await (const part of answer.body) {
    bytes += part.byteLength;
    if (bytes > bytesMax) return null;
    text += decoder.decode(part, { stream: true });
  }
  return text + decoder.decode();
};

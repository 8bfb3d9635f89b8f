// Replies: every body leaves through here, with secrets taken out and the right status.

import { createHash } from 'node:crypto';
import type { Answer } from '#kernel/message.ts';
import { problem, type Problem, type ProblemCode } from '#kernel/problem.ts';
import { sayReasons } from '#kernel/reason.ts';
import { unreachable } from '#kernel/unreachable.ts';
import type { Redact } from '#kernel/secret.ts';

export type Status =
  200 | 202 | 304 | 400 | 401 | 403 | 404 | 405 | 409 | 410 | 413 | 414 | 415 | 422 | 429 | 500 | 503 | 504;

export type Reply = {
  readonly status: Status;
  readonly body: string | Uint8Array<ArrayBuffer>;
  readonly headers: Readonly<Record<string, string>>;
};

/** The status for each code that the API uses; a code that is not here is a fault of this server. */
const STATUS: Partial<Record<ProblemCode, Status>> = {
  'bad-request': 400,
  unauthorized: 401,
  forbidden: 403,
  'not-found': 404,
  'evidence-broken': 409,
  'needs-approval': 409,
  'request-too-big': 413,
  'denied-by-policy': 422,
  'action-failed': 422,
  'too-many-requests': 429,
  'codex-refused': 409,
  'codex-untrusted': 409,
  'codex-revoked': 410,
  'codex-content': 503,
  'codex-damaged': 503,
  'codex-stale': 503,
  'store-newer': 503,
  'store-unusable': 503,
};

/**
 * A value as JSON with secrets replaced in every string. Replacing in the finished text could break its structure
 * (a secret called `null`), so that is only used to find out whether there is anything to replace: the common case
 * costs one pass over the text.
 */
export const redactedJson = (value: unknown, redact: Redact): string => {
  const text = JSON.stringify(value);
  if (redact(text) === text) return text;
  return JSON.stringify(value, (_key, part: unknown) => (typeof part === 'string' ? redact(part) : part));
};

const JSON_TYPE = { 'content-type': 'application/json; charset=utf-8' } as const;

export const jsonReply = (value: unknown, redact: Redact, status: Status = 200): Reply => ({
  status,
  body: redactedJson(value, redact),
  headers: { ...JSON_TYPE, 'cache-control': 'no-store' },
});

export const textReply = (body: string, status: Status = 200): Reply => ({
  status,
  body,
  headers: { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' },
});

/**
 * JSON with an ETag, or 304 with nothing when the client has it already.
 * `at` is the instant of looking: it goes into the answer but not into the tag, or nothing would ever be the same.
 */
export const taggedReply = (value: object, redact: Redact, ifNoneMatch: string | undefined): Reply => {
  const { at, ...rest } = { at: undefined, ...value };
  const text = redactedJson(rest, redact);
  const tag = `W/"${createHash('sha256').update(text).digest('base64url').slice(0, 22)}"`;
  const headers = { ...JSON_TYPE, etag: tag, 'cache-control': 'no-cache' };
  const known = (ifNoneMatch ?? '').split(',').map((part) => part.trim());
  if (known.includes(tag) || known.includes('*')) return { status: 304, body: '', headers };
  return { status: 200, body: at === undefined ? text : `{"at":${JSON.stringify(at)},${text.slice(1)}`, headers };
};

/** What is named by what it is: the tag is the digest, and the body says the same for ever. */
export type Sealed = { readonly tag: string; readonly headers: Readonly<Record<string, string>> };

/** The bytes of a sealed value, or 304 with nothing when the client has them already. */
export const sealedReply = (body: string, sealed: Sealed, ifNoneMatch: string | undefined): Reply => {
  const tag = `"${sealed.tag}"`;
  const headers = { ...JSON_TYPE, ...sealed.headers, etag: tag };
  const known = (ifNoneMatch ?? '').split(',').map((part) => part.trim().replace(/^W\//, ''));
  return known.includes(tag) ? { status: 304, body: '', headers } : { status: 200, body, headers };
};

export type RefusalMore = {
  readonly status?: Status;
  readonly answer?: Answer;
  readonly headers?: Readonly<Record<string, string>>;
};

export const refusalReply = (trouble: Problem, redact: Redact, more: RefusalMore = {}): Reply => {
  const status = more.status ?? STATUS[trouble.code] ?? 500;
  const reply = jsonReply({ problems: [trouble], answer: more.answer ?? null }, redact, status);
  const challenge = status === 401 ? { 'www-authenticate': 'Bearer realm="sereno"' } : {};
  return { ...reply, headers: { ...reply.headers, ...challenge, ...more.headers } };
};

const because = (answer: Answer): string => {
  const said = sayReasons(answer.reasons);
  return [answer.detail, said].filter((part) => part !== '').join(': ');
};

/** The reply to something asked of a machine: accepted is 202, over is 200, and a no is a problem with its reasons. */
export const answerReply = (answer: Answer, redact: Redact, isDryRun: boolean): Reply => {
  switch (answer.status) {
    case 'pending':
    case 'accepted':
      return jsonReply(answer, redact, isDryRun ? 200 : 202);
    case 'completed':
      return jsonReply(answer, redact);
    case 'needs-approval': {
      const trouble = problem('needs-approval', because(answer), {
        mend: answer.approval === null ? null : `another person runs: sereno approval approve ${answer.approval}`,
      });
      return refusalReply(trouble, redact, { answer });
    }
    case 'denied':
      return refusalReply(problem('denied-by-policy', because(answer)), redact, { answer });
    case 'failed':
      return refusalReply(problem('action-failed', because(answer)), redact, { answer });
    default:
      return unreachable(answer.status);
  }
};

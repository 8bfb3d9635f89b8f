// Requests decoded: bounded, well-formed, checked against the schema of their route; all problems at once.

import * as z from 'zod';
import { CHANGE_BODY, IDEMPOTENCY_KEY, type Route } from '#api/routes.ts';
import { problem, type Problem } from '#kernel/problem.ts';

export type Decoded<Value> =
  | { readonly kind: 'decoded'; readonly value: Value }
  | { readonly kind: 'refused'; readonly problem: Problem; readonly status?: 413 | 415 };

/** The largest body that any request needs is a reason of 500 characters. */
export const BODY_BYTES_MAX = 64 * 1_024;

const refused = (message: string, status?: 413 | 415): Decoded<never> => ({
  kind: 'refused',
  problem: problem(status === 413 ? 'request-too-big' : 'bad-request', message),
  ...(status === undefined ? {} : { status }),
});

const sayIssues = (error: z.ZodError): string =>
  error.issues
    .slice(0, 10)
    .map((issue) => `${issue.path.length === 0 ? 'the body' : issue.path.join('.')}: ${issue.message}`)
    .join('; ');

const readBytes = async (body: ReadableStream<Uint8Array>): Promise<Uint8Array | 'too-big' | 'cut-off'> => {
  const reader = body.getReader();
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    while (length <= BODY_BYTES_MAX) {
      const { done, value } = await reader.read();
      if (done) return Buffer.concat(chunks);
      chunks.push(value);
      length += value.length;
    }
    await reader.cancel();
    return 'too-big';
  } catch {
    return 'cut-off'; // Whoever sent it has gone, or lied about its length: no fault of ours.
  }
};

/** The reason in the body of a change. No body at all is an empty reason. Errors: `bad-request`, `request-too-big`. */
export const decodeWhy = async (request: Request): Promise<Decoded<string>> => {
  const tooBig = refused(`a body may have ${BODY_BYTES_MAX} bytes`, 413);
  if (Number(request.headers.get('content-length') ?? 0) > BODY_BYTES_MAX) return tooBig;
  const bytes = request.body === null ? new Uint8Array() : await readBytes(request.body);
  if (bytes === 'too-big') return tooBig;
  if (bytes === 'cut-off') return refused('the body was cut off');
  if (bytes.length === 0) return { kind: 'decoded', value: '' };
  // A form on a hostile page can only send other types, so this also stops forged requests of old browsers.
  if (!/^application\/json\b/i.test(request.headers.get('content-type') ?? '')) {
    return refused('a body must be application/json', 415);
  }
  try {
    const decoded = CHANGE_BODY.safeParse(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)));
    return decoded.success ? { kind: 'decoded', value: decoded.data.why ?? '' } : refused(sayIssues(decoded.error));
  } catch {
    return refused('the body is not JSON in UTF-8');
  }
};

/** The query against the schema of the route. A parameter that the route does not know is an error, never ignored. */
export const decodeQuery = (route: Route, query: Readonly<Record<string, string>>): Decoded<unknown> => {
  const schema = (route.query ?? z.object({})).strict();
  const decoded = schema.safeParse(query);
  return decoded.success
    ? { kind: 'decoded', value: decoded.data }
    : refused(sayIssues(decoded.error).replaceAll('the body', 'the query'));
};

export const decodeKey = (key: string | undefined): Decoded<string | null> => {
  if (key === undefined) return { kind: 'decoded', value: null };
  return IDEMPOTENCY_KEY.test(key)
    ? { kind: 'decoded', value: key }
    : refused('Idempotency-Key must be 1 to 200 visible ASCII characters');
};

/** Last-Event-ID: a sequence number of the evidence; anything else starts from now. */
export const decodeLastEvent = (id: string | undefined): number | null =>
  id !== undefined && /^\d{1,15}$/.test(id) ? Number(id) : null;

// A small typed client: the table of routes, a transport, and decoding at the edge. The CLI and the dashboard use it.

import type { Answer } from '#kernel/message.ts';
import type { Problem } from '#kernel/problem.ts';
import { answerSchema, refusalSchema } from './ask.ts';
import { frameReader } from './frame.ts';
import { fillPath, ROUTES, type AnswerOf, type ChangeName, type ReadName, type Route } from './routes.ts';
import { decodeStreamMessage, type StreamMessage } from './stream.ts';
import { byFetch, type Arrived, type Sending, type Transport } from './transport.ts';

/** A request either succeeded, was refused by Sereno with problems, or found no Sereno at all. */
export type Outcome<Value> =
  | { readonly kind: 'ok'; readonly status: number; readonly value: Value }
  | {
      readonly kind: 'refused';
      readonly status: number;
      readonly problems: readonly Problem[];
      readonly answer: Answer | null;
    }
  | { readonly kind: 'unreachable'; readonly detail: string };

type Words = Readonly<Record<string, string>>;

export type ReadOptions = {
  readonly path?: Words;
  readonly query?: Words;
  /** Longer than the usual 10 s, for walking a long chain of evidence. */
  readonly timeoutMs?: number;
};

export type ChangeOptions = {
  readonly path?: Words;
  readonly query?: Words;
  readonly why?: string;
  readonly isDryRun?: boolean;
  readonly idempotencyKey?: string;
};

export type FollowOptions = {
  /** Catch up on evidence after this sequence number. */
  readonly after?: number;
  readonly signal: AbortSignal;
  readonly onMessage: (message: StreamMessage) => void;
};

export type Client = {
  /** Any route that answers with JSON and asks nothing of a machine. */
  readonly read: <Name extends ReadName>(name: Name, options?: ReadOptions) => Promise<Outcome<AnswerOf<Name>>>;
  /** Any route that asks a machine for something. Refusals by policy come as `refused` with the answer. */
  readonly change: (name: ChangeName, options?: ChangeOptions) => Promise<Outcome<Answer>>;
  /** The event stream; ends with `ok` when the server ended it. Reconnecting is the caller's business. */
  readonly follow: (options: FollowOptions) => Promise<Outcome<null>>;
};

/** A healthy Sereno answers in milliseconds; ten seconds covers a machine in great trouble. */
const ANSWER_WITHIN_MS = 10_000;

type Sent =
  { readonly kind: 'arrived'; readonly arrived: Arrived } | { readonly kind: 'none'; readonly detail: string };

type Wish = Omit<Sending, 'method' | 'url'>;

const causeOf = (thrown: unknown): string => {
  if (!(thrown instanceof Error)) return String(thrown);
  return thrown.cause instanceof Error && thrown.cause.message !== '' ? thrown.cause.message : thrown.message;
};

const readJson = async (arrived: Arrived): Promise<unknown> => {
  try {
    return JSON.parse(await arrived.text());
  } catch {
    return undefined;
  }
};

const refused = async <Value>(arrived: Arrived): Promise<Outcome<Value>> => {
  const decoded = refusalSchema.safeParse(await readJson(arrived));
  return decoded.success
    ? { kind: 'refused', status: arrived.status, ...decoded.data }
    : { kind: 'unreachable', detail: `answered ${arrived.status} in a way that is not Sereno's` };
};

type Decoder<Value> = {
  readonly safeParse: (body: unknown) => { readonly success: true; readonly data: Value } | { readonly success: false };
};

const decode = async <Value>(sent: Sent, decoder: Decoder<Value>, isWelcome: (status: number) => boolean) => {
  const unreachable = (detail: string): Outcome<Value> => ({ kind: 'unreachable', detail });
  if (sent.kind === 'none') return unreachable(sent.detail);
  if (!isWelcome(sent.arrived.status)) return refused<Value>(sent.arrived);
  const decoded = decoder.safeParse(await readJson(sent.arrived));
  const outcome: Outcome<Value> = decoded.success
    ? { kind: 'ok', status: sent.arrived.status, value: decoded.data }
    : unreachable('the answer is not in the form that this version knows');
  return outcome;
};

const readStream = async (arrived: Arrived, onMessage: (message: StreamMessage) => void): Promise<void> => {
  const read = frameReader();
  await arrived.chunks((text) => {
    for (const frame of read(text)) {
      const message = decodeStreamMessage(frame.event, JSON.parse(frame.body));
      if (message !== null) onMessage(message);
    }
  });
};

export type Where = {
  /** `http://127.0.0.1:7373`; empty in a browser: the page's own origin. */
  readonly url: string;
  readonly token: string | null;
  /** How requests travel; by fetch unless told otherwise. */
  readonly transport?: Transport;
};

/** A client for the Sereno at `where`. It never throws for anything that the far side does. */
export const connectTo = (where: Where): Client => {
  const transport = where.transport ?? byFetch;
  const headers: Words = {
    accept: 'application/json',
    ...(where.token === null ? {} : { authorization: `Bearer ${where.token}` }),
  };
  const send = async (route: Route, path: string, wish: Wish): Promise<Sent> => {
    try {
      const url = `${where.url.replace(/\/+$/, '')}${path}`;
      return { kind: 'arrived', arrived: await transport({ ...wish, method: route.method, url }) };
    } catch (thrown) {
      return { kind: 'none', detail: causeOf(thrown) };
    }
  };
  return {
    read: async <Name extends ReadName>(name: Name, options: ReadOptions = {}) => {
      const route: Route = ROUTES[name];
      const query = new URLSearchParams({ ...options.query }).toString();
      const path = `${fillPath(route.path, options.path ?? {})}${query === '' ? '' : `?${query}`}`;
      const signal = AbortSignal.timeout(options.timeoutMs ?? ANSWER_WITHIN_MS);
      const decoder = route.answer as unknown as Decoder<AnswerOf<Name>>; // decoder: the schema of that very route
      return decode(
        await send(route, path, { headers, signal, body: null }),
        decoder,
        (status) => status === 200 || (route.mayBeUnwell && status === 503),
      );
    },
    change: async (name, options = {}) => {
      const path = fillPath(ROUTES[name].path, options.path ?? {});
      const key = options.idempotencyKey === undefined ? {} : { 'idempotency-key': options.idempotencyKey };
      const query = new URLSearchParams({ ...options.query, ...(options.isDryRun === true ? { dryRun: 'true' } : {}) });
      const sent = await send(ROUTES[name], query.size === 0 ? path : `${path}?${query.toString()}`, {
        headers: { ...headers, ...key, 'content-type': 'application/json' },
        body: JSON.stringify({ why: options.why ?? '' }),
        signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
      });
      return decode(sent, answerSchema, (status) => status === 200 || status === 202);
    },
    follow: async (options) => {
      const after = options.after === undefined ? {} : { 'last-event-id': String(options.after) };
      const sent = await send(ROUTES.events, ROUTES.events.path, {
        headers: { ...headers, ...after, accept: 'text/event-stream' },
        signal: options.signal,
        body: null,
      });
      if (sent.kind === 'none') return { kind: 'unreachable', detail: sent.detail };
      if (sent.arrived.status !== 200) return refused(sent.arrived);
      try {
        await readStream(sent.arrived, options.onMessage);
        return { kind: 'ok', status: 200, value: null };
      } catch (thrown) {
        return { kind: 'unreachable', detail: causeOf(thrown) };
      }
    },
  };
};

// A model behind the OpenAI-compatible HTTP protocol: POST /chat/completions and POST /embeddings.
//
// A question is sent again only when the far side has surely not answered it: it refused the connection, or said that it is
// busy. A try that ran out of time or broke off is not repeated, because it may have been answered, and paid for. Every
// question forbids caches on the way; two answers with one id are for whoever compares them to notice.

import { makeRedact } from '#kernel/secret.ts';
import { durationMs, elapsedMs, later } from '#kernel/time.ts';
import type { Clock } from '#ports/clock.ts';
import type { Model, Question, Reply, Vectors } from '#ports/model.ts';
import { decodeAnswer, decodeVectors } from './answer.ts';
import { post, type Limits, type Posted } from './post.ts';

export type ChatModelOptions = {
  readonly clock: Clock;
  /** Up to and with the version, as in `http://127.0.0.1:4000/v1`. */
  readonly baseUrl: string;
  /** Null: the far side asks for none. It stands in no message. */
  readonly apiKey: string | null;
  /** For a question with all its tries and pauses. */
  readonly withinMs: number;
  /** For one try. */
  readonly tryMs: number;
  /** When it is aborted, what is under way is given up. */
  readonly ending?: AbortSignal;
};

/** Enough for any text that a person would read, with the probability of every token. */
const ANSWER_BYTES_MAX = 16 * 1024 * 1024;
const TRIES_MAX = 3;
const PAUSES_MS = [500, 2_000] as const;
/** Far sides that speak this protocol take so many texts at once. */
const TEXTS_A_REQUEST = 256;

type Door = { readonly url: (path: string) => string; readonly headers: Readonly<Record<string, string>> };

/** Null: not a web address, or one that carries credentials, which fetch refuses and would print. */
const doorOf = ({ baseUrl, apiKey }: ChatModelOptions): Door | null => {
  const base = URL.parse(baseUrl);
  if (base === null || !/^https?:$/.test(base.protocol) || base.username !== '' || base.password !== '') return null;
  const root = `${base.origin}${base.pathname.replace(/\/+$/, '')}`;
  const headers = { 'user-agent': 'sereno', 'cache-control': 'no-cache, no-store' };
  const isSendable = apiKey !== null && /^[\x21-\x7e]+$/.test(apiKey);
  if (apiKey !== null && !isSendable) return null;
  return {
    url: (path) => `${root}${path}${base.search}`,
    headers: apiKey === null ? headers : { ...headers, authorization: `Bearer ${apiKey}` },
  };
};

const NO_DOOR = 'the address is not a web address without credentials, or the key has characters that no header takes';

const bodyOf = (question: Question): unknown => ({
  model: question.model,
  messages: question.messages,
  temperature: question.temperature,
  max_tokens: question.maxTokens,
  ...(question.format === 'json' ? { response_format: { type: 'json_object' } } : {}),
  ...(question.wantsLogProbabilities ? { logprobs: true } : {}),
});

type Tried = { readonly posted: Posted; readonly tries: number };

const pause = (clock: Clock, ms: number): Promise<void> =>
  new Promise((resume) => {
    clock.at(later(clock.now(), durationMs(ms)), resume);
  });

/** Tries until there is an answer, a refusal, nothing to be won by another try, or no time for one. */
const persist = async (options: ChatModelOptions, door: Door, path: string, body: unknown): Promise<Tried> => {
  const { clock, withinMs } = options;
  const ending = options.ending === undefined ? {} : { ending: options.ending };
  const began = clock.now();
  const left = (): number => withinMs - elapsedMs(began, clock.now());
  for (let tries = 1; ; tries += 1) {
    const limits: Limits = {
      tryMs: Math.max(1, Math.min(options.tryMs, left())),
      answerBytesMax: ANSWER_BYTES_MAX,
      ...ending,
    };
    const posted = await post({ url: door.url(path), headers: door.headers, body, limits });
    if (posted.kind !== 'unanswered' || posted.retryAfterMs === null || tries >= TRIES_MAX) return { posted, tries };
    // Half of the pause is chance, so that many who were turned away together do not come back together.
    const ownMs = (PAUSES_MS[tries - 1] ?? 0) * (0.5 + clock.chance());
    const waitMs = Math.max(posted.retryAfterMs, ownMs);
    if (waitMs >= left()) return { posted, tries };
    await pause(clock, waitMs);
  }
};

/** Makes the model of one endpoint. */
export const makeChatModel = (options: ChatModelOptions): Model => {
  const door = doorOf(options);
  const redact = makeRedact(options.apiKey === null ? [] : [options.apiKey]);

  const ask = async (question: Question): Promise<Reply> => {
    if (door === null) return { kind: 'unanswered', why: NO_DOOR, tries: 0 };
    const { posted, tries } = await persist(options, door, '/chat/completions', bodyOf(question));
    if (posted.kind !== 'answered') return { kind: posted.kind, why: redact(posted.why), tries };
    const answer = decodeAnswer(posted.body, posted.headers, posted.tookMs);
    if (typeof answer === 'string') return { kind: 'unanswered', why: answer, tries };
    return { kind: 'answered', answer, tries };
  };

  const embedSome = async (model: string, texts: readonly string[]): Promise<Vectors> => {
    if (door === null) return { kind: 'unanswered', why: NO_DOOR };
    const { posted } = await persist(options, door, '/embeddings', { model, input: texts });
    if (posted.kind !== 'answered') return { kind: 'unanswered', why: redact(posted.why) };
    const vectors = decodeVectors(posted.body, texts.length);
    return typeof vectors === 'string' ? { kind: 'unanswered', why: vectors } : { kind: 'answered', vectors };
  };

  const embed = async (model: string, texts: readonly string[]): Promise<Vectors> => {
    const vectors: (readonly number[])[] = [];
    for (let from = 0; from < texts.length; from += TEXTS_A_REQUEST) {
      const some = await embedSome(model, texts.slice(from, from + TEXTS_A_REQUEST));
      if (some.kind === 'unanswered') return some;
      vectors.push(...some.vectors);
    }
    return { kind: 'answered', vectors };
  };

  return { ask, embed };
};

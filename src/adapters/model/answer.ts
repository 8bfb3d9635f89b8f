// decoder: the answer of a chat completion or of embeddings; servers that speak this protocol differ in what they leave out.

import type { Answer, ToolCall } from '#kernel/evaluation.ts';

type Fields = Readonly<Record<string, unknown>>;

const fieldsOf = (value: unknown): Fields => (typeof value === 'object' && value !== null ? (value as Fields) : {});
const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
const textOf = (value: unknown): string | null => (typeof value === 'string' ? value : null);
const countOf = (value: unknown): number | null =>
  typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : null;

/** A text, or parts of which some are text; null: neither. */
const contentOf = (content: unknown): string | null => {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return null;
  const texts = content.map((part) => textOf(fieldsOf(part)['text']));
  return texts.filter((text) => text !== null).join('');
};

const toolCallsOf = (message: Fields): readonly ToolCall[] => {
  const calls = listOf(message['tool_calls']).map((call) => fieldsOf(fieldsOf(call)['function']));
  const legacy = fieldsOf(message['function_call']);
  return [...calls, legacy].flatMap((call) => {
    const name = textOf(call['name']);
    return name === null ? [] : [{ name, arguments: textOf(call['arguments']) ?? '' }];
  });
};

const tokensOf = (usage: Fields): Answer['tokens'] => {
  const [prompt, completion] = [countOf(usage['prompt_tokens']), countOf(usage['completion_tokens'])];
  return prompt === null || completion === null ? null : { prompt, completion };
};

const logProbabilitiesOf = (choice: Fields): Answer['logProbabilities'] => {
  const tokens = listOf(fieldsOf(choice['logprobs'])['content']);
  const values = tokens.map((token) => fieldsOf(token)['logprob']);
  return values.length > 0 && values.every((it) => typeof it === 'number') ? values : null;
};

/** Proxies tell the cost in a header, brokers beside the counts of tokens. */
const costOf = (usage: Fields, headers: Headers): number | null => {
  const header = headers.get('x-litellm-response-cost');
  return countOf(usage['cost']) ?? (header === null || header === '' ? null : countOf(Number(header)));
};

/** Takes an answer in; a text says what it lacks. */
export const decodeAnswer = (body: unknown, headers: Headers, latencyMs: number): Answer | string => {
  const whole = fieldsOf(body);
  const choice = fieldsOf(listOf(whole['choices'])[0]);
  if (typeof choice['message'] !== 'object' || choice['message'] === null)
    return 'the answer has no choices[0].message';
  const message = fieldsOf(choice['message']);
  const toolCalls = toolCallsOf(message);
  const refusal = textOf(message['refusal']);
  const text = contentOf(message['content']) ?? refusal ?? (toolCalls.length > 0 ? '' : null);
  if (text === null) return 'the answer has neither a text nor a call of a tool';
  const finish = textOf(choice['finish_reason']);
  return {
    text,
    id: textOf(whole['id']),
    finish: finish === 'function_call' ? 'tool_calls' : finish,
    isRefusal: refusal !== null || finish === 'content_filter',
    toolCalls,
    latencyMs,
    tokens: tokensOf(fieldsOf(whole['usage'])),
    logProbabilities: logProbabilitiesOf(choice),
    cost: costOf(fieldsOf(whole['usage']), headers),
  };
};

/** One vector for each of `count` texts, put into the order of the texts; a text says what is wrong. */
export const decodeVectors = (body: unknown, count: number): readonly (readonly number[])[] | string => {
  const vectors = Array.from({ length: count }, (): readonly number[] => []);
  listOf(fieldsOf(body)['data']).forEach((item, place) => {
    const fields = fieldsOf(item);
    const values = listOf(fields['embedding']);
    const index = countOf(fields['index']) ?? place;
    if (index < count && values.every((value) => Number.isFinite(value))) vectors[index] = values as readonly number[];
  });
  const size = vectors[0]?.length ?? 1;
  if (size === 0 || vectors.some((vector) => vector.length !== size))
    return `the answer has not ${count} vectors of one size`;
  return vectors;
};

// The model over real HTTP: what is sent, what is taken in, what is tried again, and what is never told.

import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import test, { after } from 'node:test';
import type { Reply } from '#ports/model.ts';
import { ask, modelContract, question } from '#ports/model.contract.ts';
import { realClock as clock } from '#ports/sensor.contract.ts';
import { makeChatModel, type ChatModelOptions } from './chat.ts';

type Request = { readonly path: string; readonly headers: IncomingMessage['headers']; readonly body: string };
type Handler = (request: Request, response: ServerResponse) => void;

const servers: Server[] = [];
after(() => {
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
});

const serve = async (handler: Handler): Promise<string> => {
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      handler({ path: request.url ?? '', headers: request.headers, body: Buffer.concat(parts).toString() }, response);
    });
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return `http://127.0.0.1:${port}/v1`;
};

const KEY = 'sk-very-secret-key';

const optionsOf = (baseUrl: string): ChatModelOptions => ({
  clock,
  baseUrl,
  apiKey: KEY,
  withinMs: 8_000,
  tryMs: 4_000,
});

const completion = (text: string, more: object = {}): string =>
  JSON.stringify({
    id: `chatcmpl-${Math.random()}`,
    choices: [{ index: 0, message: { role: 'assistant', content: text }, finish_reason: 'stop' }],
    usage: { prompt_tokens: 7, completion_tokens: 3, total_tokens: 10 },
    ...more,
  });

const askAt = async (handler: Handler, more: Partial<ChatModelOptions> = {}): Promise<Reply> =>
  ask(makeChatModel({ ...optionsOf(await serve(handler)), ...more }));

modelContract('chat completions', async () => {
  const baseUrl = await serve(({ path, body }, response) => {
    const asked: { messages?: { content: string }[]; input?: string[] } = JSON.parse(body);
    if (path === '/v1/chat/completions') return response.end(completion(asked.messages?.at(-1)?.content ?? ''));
    // In another order than they were asked, as the protocol allows.
    const data = (asked.input ?? []).map((text, index) => ({ index, embedding: [text.length, 1] })).reverse();
    return response.end(JSON.stringify({ data }));
  });
  return {
    echo: makeChatModel(optionsOf(baseUrl)),
    broken: makeChatModel({ ...optionsOf('http://127.0.0.1:9/v1'), withinMs: 1_500 }),
  };
});

test('the question arrives whole, with the key, and forbids caches on the way', async () => {
  let seen: Request | null = null;
  const reply = await askAt((request, response) => {
    seen = request;
    response.end(completion('yes'));
  });
  assert.equal(reply.kind, 'answered');
  assert.ok(seen !== null);
  const { path, headers, body }: Request = seen;
  assert.equal(path, '/v1/chat/completions');
  assert.equal(headers.authorization, `Bearer ${KEY}`);
  assert.equal(headers['cache-control'], 'no-cache, no-store');
  assert.deepEqual(JSON.parse(body), {
    model: 'test-model',
    messages: [{ role: 'user', content: 'Say something.' }],
    temperature: 0.7,
    max_tokens: 200,
  });
});

test('JSON and probabilities are asked for only where they are wanted', async () => {
  const bodies: string[] = [];
  const url = await serve(({ body }, response) => {
    bodies.push(body);
    const content = [
      { token: 'a', logprob: -0.5 },
      { token: 'b', logprob: -1.5 },
    ];
    response.end(completion('{}', { choices: [{ message: { content: '{}' }, logprobs: { content } }] }));
  });
  const reply = await ask(makeChatModel(optionsOf(url)), { ...question, format: 'json', wantsLogProbabilities: true });
  assert.ok(reply.kind === 'answered');
  assert.deepEqual(reply.answer.logProbabilities, [-0.5, -1.5]);
  assert.match(bodies[0] ?? '', /"response_format":\{"type":"json_object"\},"logprobs":true/);
});

test('tokens, cost, tools, refusals and the reason of the end are taken in', async () => {
  const call = { function: { name: 'find', arguments: '{"a":1}' } };
  const answers = [
    [
      { message: { content: null, tool_calls: [call] }, finish_reason: 'tool_calls' },
      { finish: 'tool_calls', text: '' },
    ],
    [
      { message: { content: null, refusal: 'No.' }, finish_reason: 'stop' },
      { isRefusal: true, text: 'No.' },
    ],
    [
      { message: { content: 'cut' }, finish_reason: 'length' },
      { finish: 'length', isRefusal: false },
    ],
    [
      {
        message: {
          content: [
            { type: 'text', text: 'a' },
            { type: 'text', text: 'b' },
          ],
        },
      },
      { finish: null, text: 'ab' },
    ],
  ] as const;
  for (const [choice, expected] of answers) {
    const reply = await askAt((_request, response) => {
      response.setHeader('x-litellm-response-cost', '0.0004');
      response.end(completion('', { choices: [choice] }));
    });
    assert.ok(reply.kind === 'answered', JSON.stringify(reply));
    assert.deepEqual({ ...reply.answer, ...expected }, reply.answer);
    assert.deepEqual(reply.answer.tokens, { prompt: 7, completion: 3 });
    assert.equal(reply.answer.cost, 0.0004);
  }
});

test('a busy far side is asked again, at most three times, and not before it says', async () => {
  const times: number[] = [];
  const reply = await askAt((_request, response) => {
    times.push(performance.now());
    if (times.length < 3) response.writeHead(429, { 'retry-after': '1' }).end('slow down');
    else response.end(completion('there'));
  });
  assert.ok(reply.kind === 'answered' && reply.tries === 3, JSON.stringify(reply));
  const [first = 0, second = 0] = times;
  assert.ok(second - first >= 990, `asked again after ${second - first} ms`);
  let asked = 0;
  const never = await askAt((_request, response) => {
    asked += 1;
    response.writeHead(503).end();
  });
  assert.ok(never.kind === 'unanswered' && never.tries === 3 && asked === 3, JSON.stringify(never));
});

test('a far side that wants an hour is not waited for', async () => {
  const began = performance.now();
  const reply = await askAt((_request, response) => response.writeHead(429, { 'retry-after': '3600' }).end());
  assert.ok(reply.kind === 'unanswered' && reply.tries === 1, JSON.stringify(reply));
  assert.ok(performance.now() - began < 3_000);
});

test('what may have been answered, and paid for, is not asked again: no answer in time, a connection that breaks', async () => {
  for (const handler of [
    () => {},
    (_request: Request, response: ServerResponse) => response.socket?.destroy(),
    (_request: Request, response: ServerResponse) => {
      response.writeHead(200).write('{"id":');
    },
  ]) {
    let asked = 0;
    const reply = await askAt(
      (request, response) => {
        asked += 1;
        handler(request, response);
      },
      { tryMs: 400 },
    );
    assert.ok(reply.kind === 'unanswered' && reply.tries === 1, JSON.stringify(reply));
    assert.equal(asked, 1);
  }
});

test('a question that is wrong is refused, a key that is wrong is nobody’s answer, and neither is asked again', async () => {
  const wrong = await askAt((_request, response) => response.writeHead(400).end('{"error":"temperature is over 2"}'));
  assert.ok(wrong.kind === 'refused' && /400: .*over 2/.test(wrong.why) && wrong.tries === 1, JSON.stringify(wrong));
  const key = await askAt((_request, response) => response.writeHead(401).end(`unknown key ${KEY}`));
  assert.ok(key.kind === 'unanswered' && key.tries === 1, JSON.stringify(key));
  assert.match(key.why, /unknown key \*\*\*/);
});

test('the key is in no reason, and is carried nowhere by a redirect', async () => {
  let isReached = false;
  const elsewhere = await serve((_request, response) => {
    isReached = true;
    response.end(completion('stolen'));
  });
  const reply = await askAt((_request, response) => response.writeHead(307, { location: `${elsewhere}/x` }).end());
  assert.equal(reply.kind, 'unanswered');
  assert.equal(isReached, false);
});

test('answers without an end, of the wrong kind, or with nothing in them are told', async () => {
  const cases: readonly (readonly [Handler, RegExp])[] = [
    [(_request, response) => response.end('<html>'), /not JSON/],
    [(_request, response) => response.end('{}'), /no choices\[0\]\.message/],
    [(_request, response) => response.end('null'), /no choices/],
    [
      (_request, response) => response.end(completion('', { choices: [{ message: { content: 5 } }] })),
      /neither a text/,
    ],
    [
      (_request, response) => {
        const part = Buffer.alloc(1024 * 1024, 'x');
        const pour = (): void => {
          while (response.writable && response.write(part)) continue;
        };
        response.on('drain', pour).on('error', () => {});
        pour();
      },
      /over 16777216 bytes/,
    ],
  ];
  for (const [handler, why] of cases) {
    const reply = await askAt(handler);
    assert.ok(reply.kind === 'unanswered', JSON.stringify(reply));
    assert.match(reply.why, why);
  }
});

test('vectors that are too few, of unequal size or no numbers are no answer', async () => {
  for (const data of [
    [{ index: 0, embedding: [1, 2] }],
    [
      { index: 0, embedding: [1, 2] },
      { index: 1, embedding: [1] },
    ],
    [
      { index: 0, embedding: [1, 'x'] },
      { index: 1, embedding: [1, 2] },
    ],
    [
      { index: 0, embedding: [] },
      { index: 1, embedding: [] },
    ],
  ]) {
    const model = makeChatModel(optionsOf(await serve((_request, response) => response.end(JSON.stringify({ data })))));
    const replies = await model.embed('m', ['a', 'b']);
    assert.ok(replies.kind === 'unanswered' && /vectors/.test(replies.why), JSON.stringify(replies));
  }
});

test('an address that is none, or that carries a password, is told without it', async () => {
  for (const baseUrl of ['ftp://h/v1', 'nonsense', 'http://u:s3cret@127.0.0.1/v1']) {
    const reply = await ask(makeChatModel({ ...optionsOf(baseUrl) }));
    assert.ok(reply.kind === 'unanswered' && reply.tries === 0);
    assert.doesNotMatch(reply.why, /s3cret/);
  }
  const reply = await ask(makeChatModel({ ...optionsOf('http://127.0.0.1:9/v1'), apiKey: 'line\r\nbreak' }));
  assert.ok(reply.kind === 'unanswered' && reply.tries === 0);
});

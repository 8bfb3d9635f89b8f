// The conformance suite of models: what every way to ask one must keep.

import assert from 'node:assert/strict';
import test from 'node:test';
import type { Model, Question, Reply } from './model.ts';

export const question: Question = {
  model: 'test-model',
  messages: [{ role: 'user', content: 'Say something.' }],
  temperature: 0.7,
  maxTokens: 200,
  format: 'text',
  wantsLogProbabilities: false,
};

/** Text that would draw on a terminal, hide itself, or break a document. */
const HOSTILE = '\u001b[2J\u0000\r\n\u202e"}\ud800</script>\u2028';

/** Asks, and proves what always holds: it resolves, and what it says draws nothing. */
export const ask = async (model: Model, asked: Question = question): Promise<Reply> => {
  const reply = await model.ask(asked);
  assert.ok(reply.tries >= 0);
  if (reply.kind === 'answered') assert.ok(reply.answer.latencyMs >= 0);
  else {
    assert.notEqual(reply.why, '');
    assert.doesNotMatch(reply.why, /[\p{Cc}\u202a-\u202e]/u);
  }
  return reply;
};

export type Ground = {
  /** Answers each question with the last message of it. */
  readonly echo: Model;
  /** A model whose far side is gone. */
  readonly broken: Model;
};

/** What every model keeps. `prepare` is called inside each test, so that it may start what it needs. */
export const modelContract = (name: string, prepare: () => Promise<Ground>): void => {
  test(`${name}: an answer comes back as it was given, hostile, long and empty text too`, async () => {
    const { echo } = await prepare();
    for (const text of ['hello', HOSTILE.toWellFormed(), 'x'.repeat(200_000), '', '日本語 🌙']) {
      const reply = await ask(echo, { ...question, messages: [{ role: 'user', content: text }] });
      assert.ok(reply.kind === 'answered', JSON.stringify(reply).slice(0, 300));
      assert.equal(reply.answer.text, text);
    }
  });

  test(`${name}: asked twice, it answers twice`, async () => {
    const { echo } = await prepare();
    const ids = await Promise.all([0, 1, 2].map(() => ask(echo)));
    const seen = ids.map((reply) => (reply.kind === 'answered' ? reply.answer.id : null));
    assert.equal(new Set(seen).size, 3, JSON.stringify(seen));
  });

  test(`${name}: one vector for each text, in their order`, async () => {
    const { echo } = await prepare();
    const replies = await echo.embed('test-model', ['a', 'bb', 'ccc']);
    assert.ok(replies.kind === 'answered', JSON.stringify(replies));
    assert.deepEqual(
      replies.vectors.map((vector) => vector[0]),
      [1, 2, 3],
    );
    assert.deepEqual(await echo.embed('test-model', []), { kind: 'answered', vectors: [] });
  });

  test(`${name}: a far side that is gone is told as that, never thrown`, async () => {
    const { broken } = await prepare();
    assert.equal((await ask(broken)).kind, 'unanswered');
    assert.equal((await broken.embed('test-model', ['a'])).kind, 'unanswered');
  });
};

// Evaluating over real HTTP: a model that answers by chance is unchanged, worse, down or cached, and the verdict says which.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import test, { after } from 'node:test';
import { makeChatModel } from '#adapters/model/chat.ts';
import { calibrationOf, type Marked } from '#judge/evaluation/agreement.ts';
import { GOAL } from '#judge/evaluation/plan.ts';
import { digest } from '#kernel/codex.ts';
import type { EvaluationSuite, EvaluationVerdict, Rule } from '#kernel/evaluation.ts';
import { realClock as clock } from '#ports/sensor.contract.ts';
import { Chance } from '#sim/chance.ts';
import { evaluate, type Evaluated, type Evaluation, type EvaluationOrder, type EvaluationParts } from './evaluating.ts';

const hash = (text: string): string => createHash('sha256').update(text).digest('hex');

const servers: Server[] = [];
after(() => {
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
});

type Asked = { readonly model: string; readonly messages: { readonly content: string }[]; readonly input?: string[] };

/** An endpoint that answers `says`; null: it is busy. */
const serve = async (says: (asked: Asked) => string | null, idOf: (count: number) => string): Promise<string> => {
  let count = 0;
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const asked: Asked = JSON.parse(Buffer.concat(parts).toString());
      count += 1;
      if (request.url === '/v1/embeddings') {
        const data = (asked.input ?? []).map((text, index) => ({
          index,
          embedding: [text.includes('good') ? 1 : 0, 0.1],
        }));
        return response.end(JSON.stringify({ data }));
      }
      const content = says(asked);
      if (content === null) return response.writeHead(401).end('no such key');
      return response.end(
        JSON.stringify({ id: idOf(count), choices: [{ message: { content }, finish_reason: 'stop' }] }),
      );
    });
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}/v1`;
};

const partsOf = (baseUrl: string, more: Partial<EvaluationParts> = {}): EvaluationParts => ({
  model: makeChatModel({ clock, baseUrl, apiKey: null, withinMs: 5_000, tryMs: 5_000 }),
  fitsSchema: () => null,
  hash,
  embeddings: null,
  judge: null,
  atOnce: 4,
  tell: () => {},
  ...more,
});

const revision = (model: string, temperature = 0.7): Evaluated => ({
  digest: digest(hash(model)),
  content: { model_id: model, prompt: 'Is {{ thing }} good?', temperature, max_tokens: 200, format: 'markdown' },
});

const suiteOf = (rule: Rule, cases = 10): EvaluationSuite => ({
  name: 'manners',
  cases: Array.from({ length: cases }, (_, index) => ({
    name: `case ${index}`,
    input: { thing: `thing ${index}` },
    expectations: [{ rule, isNegated: false, weight: 1, metric: null }],
    least: null,
  })),
});

const GOOD: Rule = { kind: 'contains', texts: ['good'], needs: 'all', isCaseSensitive: true };

const orderOf = (more: Partial<EvaluationOrder> = {}): EvaluationOrder => ({
  suites: [suiteOf(GOOD)],
  candidate: revision('rate-0.97-candidate'),
  blessed: revision('rate-0.97-blessed'),
  goal: GOAL,
  known: { passed: 970, total: 1_000 },
  least: 0.9,
  pairs: null,
  ...more,
});

/** Models are called by how often they say the good word. */
const byRate =
  (chance: Chance) =>
  ({ model }: Asked): string =>
    chance.hits(Number(model.split('-')[1])) ? 'It is good.' : 'It is not.';

const unique = (count: number): string => `answer-${count}`;

const evaluated = async (order: EvaluationOrder, more: Partial<EvaluationParts> = {}): Promise<Evaluation> =>
  evaluate(order, partsOf(await serve(byRate(new Chance(1, 'endpoint')), unique), more));

test('unchanged passes, worse is blocked, and both within the plan', async () => {
  const told: EvaluationVerdict[] = [];
  const same = await evaluated(orderOf(), { tell: (verdict) => told.push(verdict) });
  assert.equal(same.verdict.kind, 'passed', JSON.stringify(same.verdict));
  assert.ok(told.length >= 40 && told.length <= same.pairsPlanned + 4 && told[0]?.kind === 'running');
  const worse = await evaluated(orderOf({ candidate: revision('rate-0.7-candidate') }));
  assert.ok(worse.verdict.kind === 'blocked', JSON.stringify(worse.verdict));
  assert.ok(worse.verdict.compared.pairs < worse.pairsPlanned);
  const [once, twice] = [same.everyOf.get(1), same.everyOf.get(2)];
  assert.ok(once !== undefined && twice !== undefined && once.estimate > 0.9 && twice.estimate <= once.estimate);
});

test('a first revision is held against the least rate', async () => {
  const good = await evaluated(orderOf({ blessed: null }));
  assert.equal(good.verdict.kind, 'passed', JSON.stringify(good.verdict));
  const bad = await evaluated(orderOf({ blessed: null, candidate: revision('rate-0.5-candidate') }));
  assert.equal(bad.verdict.kind, 'blocked', JSON.stringify(bad.verdict));
});

test('at temperature 0 each case is asked once', async () => {
  const { verdict } = await evaluated(orderOf({ candidate: revision('rate-1-candidate', 0) }));
  assert.ok(verdict.kind === 'not-enough-data' && /there are 10/.test(verdict.why), JSON.stringify(verdict));
  assert.equal(verdict.compared?.pairs, 10);
});

test('an endpoint that does not know us, and a cache, give no verdict', async () => {
  const refused = await evaluate(orderOf(), partsOf(await serve(() => null, unique)));
  assert.ok(
    refused.verdict.kind === 'not-enough-data' && /401/.test(refused.verdict.why),
    JSON.stringify(refused.verdict),
  );
  const cached = await evaluate(
    orderOf(),
    partsOf(
      await serve(
        () => 'good',
        () => 'one',
      ),
    ),
  );
  assert.ok(
    cached.verdict.kind === 'not-enough-data' && /cache/.test(cached.verdict.why),
    JSON.stringify(cached.verdict),
  );
});

test('a prompt with a variable that no case fills has failed', async () => {
  const candidate = revision('rate-1-candidate');
  const lost = { ...candidate, content: { ...candidate.content, prompt: 'Is {{ other }} good?' } };
  assert.equal((await evaluated(orderOf({ candidate: lost }))).verdict.kind, 'blocked');
});

test('nearness is asked of a model of embeddings, where there is one', async () => {
  const similar = { suites: [suiteOf({ kind: 'similar', references: ['a good one'], least: 0.8 })] };
  const worse = { ...similar, candidate: revision('rate-0.6-candidate') };
  assert.equal((await evaluated(orderOf(worse), { embeddings: 'vectors' })).verdict.kind, 'blocked');
  assert.equal((await evaluated(orderOf(similar), { embeddings: 'vectors' })).verdict.kind, 'passed');
  const { verdict } = await evaluated(orderOf(similar));
  assert.ok(verdict.kind === 'not-enough-data' && /no model of embeddings/.test(verdict.why), JSON.stringify(verdict));
});

test('a judge decides only while it is believed', async () => {
  const marks = (wrong: number): readonly Marked[] =>
    Array.from({ length: 200 }, (_, index) => {
      const isPassedByPerson = index % 2 === 0;
      return { isPassedByPerson, isPassedByJudge: index < wrong ? !isPassedByPerson : isPassedByPerson };
    });
  const chance = new Chance(2, 'judged');
  const url = await serve((asked) => {
    if (asked.model !== 'judge') return byRate(chance)(asked);
    const [, answer = ''] = (asked.messages.at(-1)?.content ?? '').split(/--- [0-9a-f]{64} ---/);
    return JSON.stringify({ reason: 'as it says', score: answer.includes('good') ? 1 : 0 });
  }, unique);
  const order = orderOf({ suites: [suiteOf({ kind: 'judge', rubric: 'It is kind.', least: 0.5 })] });
  const believed = { model: 'judge', calibration: calibrationOf(marks(4)) };
  assert.equal((await evaluate(order, partsOf(url, { judge: believed }))).verdict.kind, 'passed');
  const worse = { ...order, candidate: revision('rate-0.6-candidate') };
  assert.equal((await evaluate(worse, partsOf(url, { judge: believed }))).verdict.kind, 'blocked');
  const doubted = { model: 'judge', calibration: calibrationOf(marks(60)) };
  const { verdict } = await evaluate(order, partsOf(url, { judge: doubted }));
  assert.ok(verdict.kind === 'not-enough-data' && /not believed/.test(verdict.why), JSON.stringify(verdict));
});

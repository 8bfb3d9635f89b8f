// The golden prober on real units: an HTTP one and a command; right, wrong, slow, silent, gone.

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import test from 'node:test';
import type { Check, GoldenCase } from '#kernel/check.ts';
import { checkId, serviceId } from '#kernel/id.ts';
import type { Observation } from '#kernel/observation.ts';
import { durationMs, instant, seconds } from '#kernel/time.ts';
import type { Clock } from '#ports/clock.ts';
import type { Question } from '#ports/sensor.ts';
import { differs } from './answer.ts';
import { makeGoldenProber } from './prober.ts';

const clock: Clock = {
  now: () => instant(Date.now()),
  at: (when, task) => {
    const timer = setTimeout(task, Math.max(0, when - Date.now()));
    return () => clearTimeout(timer);
  },
  chance: () => 0.5,
};

type Wish = Partial<Omit<Question<'golden'>, 'kind' | 'target'>> & { readonly timeoutMs?: number };

const CASES: readonly GoldenCase[] = [1, 2, 3].map((n) => ({
  name: `double of ${n}`,
  input: { n },
  expect: { double: n * 2 },
}));

const probe = (target: Question<'golden'>['target'], wish: Wish): Promise<Observation> => {
  const { timeoutMs = 2_000, ...rest } = wish;
  const whole: Question<'golden'> = {
    kind: 'golden',
    target,
    cases: CASES,
    budgetMs: durationMs(1_000),
    chunk: 100,
    ...rest,
  };
  const check: Check = {
    id: checkId('a/golden'),
    service: serviceId('a'),
    probe: whole,
    everyMs: seconds(1),
    slowestMs: seconds(1),
    timeoutMs: durationMs(timeoutMs),
    rise: 1,
    fall: 1,
    retries: 0,
  };
  return new Promise((resolve) => makeGoldenProber(clock).probe(check, whole, resolve));
};

const unit = (answer: string) =>
  ({
    kind: 'command',
    argv: [
      process.execPath,
      '-e',
      `require('readline').createInterface({input:process.stdin}).on('line', (line) => { const {n} = JSON.parse(line); ${answer} })`,
    ],
  }) as const;

const RIGHT = unit('console.log(JSON.stringify({ double: n * 2, extra: 1 }))');

const check = async (
  target: Question<'golden'>['target'],
  wish: Wish,
  expected: string,
  message: RegExp,
): Promise<void> => {
  const seen = await probe(target, wish);
  assert.equal(`${seen.state} ${seen.symptom}`, expected, seen.message);
  assert.match(seen.message, message);
};

test('a command unit: right, wrong, silent, gone, not there', async () => {
  await check(RIGHT, {}, 'healthy none', /3 of 3 right/);
  await check(
    unit('console.log(JSON.stringify({ double: n * 3 }))'),
    {},
    'unhealthy wrong-answer',
    /double of 1.*\$\.double is 3, expected 2/,
  );
  await check(unit('console.log("oops")'), {}, 'unhealthy wrong-answer', /not JSON/);
  await check(unit(''), { timeoutMs: 400 }, 'unhealthy timeout', /double of 1/);
  await check(unit('process.exit(3)'), {}, 'unhealthy failed', /ended \(code 3\)/);
  await check({ kind: 'command', argv: ['/no/such/unit'] }, {}, 'unknown cannot-run', /was not found/);
});

test('a slow case is degraded and named; the first one is not judged on time', async () => {
  const slowThird = unit('setTimeout(() => console.log(JSON.stringify({ double: n * 2 })), n === 3 ? 120 : 0)');
  await check(slowThird, { budgetMs: durationMs(60) }, 'degraded slow', /double of 3.*budget is 60 ms/);
});

test('many cases go in chunks, each with its own timeout', async () => {
  const cases = Array.from({ length: 250 }, (_, n) => ({ name: `${n}`, input: { n }, expect: { double: n * 2 } }));
  const seen = await probe(RIGHT, { cases });
  assert.equal(seen.state, 'healthy', seen.message);
});

test('an HTTP unit over one connection', async () => {
  let connections = 0;
  const server = createServer((request, response) => {
    let text = '';
    request.on('data', (part) => (text += String(part)));
    request.on('end', () => response.end(JSON.stringify({ double: (JSON.parse(text) as { n: number }).n * 2 })));
  });
  server.on('connection', () => (connections += 1));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  await check({ kind: 'http', url: `http://127.0.0.1:${port}/`, headers: {} }, {}, 'healthy none', /3 of 3 right/);
  assert.equal(connections, 1);
  await new Promise((resolve) => server.close(resolve));
  await check({ kind: 'http', url: `http://127.0.0.1:${port}/`, headers: {} }, {}, 'unhealthy refused', /double of 1/);
});

test('answers: subset of an object, near numbers, whole lists', () => {
  const cases: readonly (readonly [unknown, unknown, string | null])[] = [
    [{ a: 1, b: 2 }, { a: 1 }, null],
    [{ a: 1 }, { a: 1, b: 2 }, '$.b is nothing, expected 2'],
    [3.1415, { $near: 3.14, within: 0.01 }, null],
    [3.2, { $near: 3.14, within: 0.01 }, '$ is 3.2, expected 3.14 ± 0.01'],
    [[1, 2], [1], '$ has 2 items, expected 1'],
    [null, {}, '$ is null, expected an object'],
    [{}, { toString: 1 }, '$.toString is nothing, expected 1'],
  ];
  for (const [found, expected, said] of cases) assert.equal(differs(found, expected), said);
});

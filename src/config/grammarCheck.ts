// The grammar of checks: each kind in its short and its long form, decoded to one shape.

import * as z from 'zod';
import {
  amount,
  argumentList,
  duration,
  httpUrl,
  json,
  name,
  oneOf,
  patterned,
  plainValue,
  size,
  text,
  url,
  whole,
} from './word.ts';
import { oneKindOf, section } from './section.ts';

/** How often, how long, and when it is believed: the keys that every check may carry. */
const TIMING = {
  every: duration('100ms', '1d').optional(),
  timeout: duration('1ms', '10m').optional(),
  rise: whole(1, 100).optional(),
  fall: whole(1, 100).optional(),
  retries: whole(0, 10).optional(),
  slow: duration('1ms', '10m').optional(),
};

/** HTTP status: 200, [200, 204]. */
const status = z.union([whole(100, 599).transform((code) => [code]), z.array(whole(100, 599)).min(1).max(100)], {
  error: 'an HTTP status such as 200, or a list of them',
});

export const EXPECT = section({
  status: status.optional(),
  contains: text().optional(),
  headers: z.record(z.string(), plainValue()).optional(),
  json: z
    .record(patterned(/^\$/, 'a JSONPath that starts with $, such as $.status'), json(), {
      error: 'JSONPaths, each with the value that must be there',
    })
    .optional(),
});

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const;

const http = z.union([
  httpUrl().transform((address) => ({ url: address })),
  section({
    url: httpUrl(),
    method: oneOf(METHODS).optional(),
    headers: z.record(z.string(), plainValue()).optional(),
    body: z.union([z.string(), z.record(z.string(), json()), z.array(json())]).optional(),
    expect: EXPECT.optional(),
  }),
]);

const HOST_PORT = patterned(
  /^(?:\[[0-9A-Fa-f:.]+\]|[^\s:/[\]]+):\d{1,5}$/,
  'a host and a port, such as 127.0.0.1:6379',
);
const port = () => whole(1, 65_535);

const splitAddress = (address: string): { host: string; port: number } => {
  const colon = address.lastIndexOf(':');
  return { host: address.slice(0, colon).replace(/^\[|\]$/g, ''), port: Number(address.slice(colon + 1)) };
};

const tcp = z.union([
  HOST_PORT.refine((address) => splitAddress(address).port >= 1 && splitAddress(address).port <= 65_535, {
    error: 'a port from 1 to 65,535',
  }).transform(splitAddress),
  port().transform((number) => ({ host: '127.0.0.1', port: number })),
  section({
    host: text('a host').optional(),
    port: port(),
    send: text().optional(),
    contains: text().optional(),
  }),
]);

const redisUrl = () => url(['redis', 'rediss'], 'redis://127.0.0.1:6379');
const redis = z.union([redisUrl().transform((address) => ({ url: address })), section({ url: redisUrl() })]);

const postgresUrl = () => url(['postgres', 'postgresql'], 'postgres://user@127.0.0.1:5432/name');
const postgres = z.union([
  postgresUrl().transform((address) => ({ url: address })),
  section({ url: postgresUrl(), query: text('one SQL query that only reads').optional() }),
]);

/** A text is a line for the shell; a list is a program and its arguments, with no shell between. */
export const shellOrList = () =>
  z.union([text('a line for the shell').transform((line) => ['/bin/sh', '-c', line]), argumentList()], {
    error: 'a line for the shell, or a list: the program and its arguments',
  });

const command = z.union([
  shellOrList().transform((argv) => ({ run: argv })),
  section({ run: shellOrList(), exit_code: whole(0, 255).optional(), contains: text().optional() }),
]);

const workloadProcess = z.union([
  z.null().transform(() => ({})),
  text('a pattern for the command line of the process').transform((pattern) => ({ pattern })),
  section({ pattern: text().optional(), port: port().optional() }),
]);

const file = z.union([
  text('a path').transform((path) => ({ path })),
  section({
    path: text('a path'),
    max_age: duration('1s', '3650d').optional(),
    min_size: size().optional(),
    contains: text().optional(),
  }),
]);

/** Freshness is a file check whose age is the point: both parts must be there. */
const freshness = section({ path: text('a path'), max_age: duration('1s', '3650d') });

const goldenCase = section({ name: text('a name for the case').optional(), input: json(), expect: json() });
export type GoldenCaseText = z.output<typeof goldenCase>;

/** At most so many cases: they are held in memory and sent in chunks. */
export const GOLDEN_CASES_MAX = 10_000;

/** The cases of a golden check, in the configuration or in a JSON file of their own. */
export const GOLDEN_CASES = z
  .array(goldenCase, { error: 'a list of cases, each { name, input, expect }' })
  .min(1, { error: 'at least one case' })
  .max(GOLDEN_CASES_MAX, { error: 'at most 10,000 cases' });

const golden = oneKindOf(
  'a golden check',
  { url: httpUrl().optional(), command: shellOrList().optional() },
  {
    headers: z.record(z.string(), plainValue()).optional(),
    cases: z.union([GOLDEN_CASES, text('the path of a JSON file with the cases')]),
    budget: duration('1ms', '10m').optional(),
    chunk: whole(1, 1_000).optional(),
  },
);

const container = z.union([
  text('the name of a container').transform((container) => ({ container })),
  section({ container: text('the name of a container') }),
]);

const metric = z.union([
  text('a query').transform((query) => ({ query })),
  section({
    query: text('a query'),
    source: name().optional(),
    above: amount(-1e15, 1e15).optional(),
    below: amount(-1e15, 1e15).optional(),
    stale_after: duration('1s', '7d').optional(),
  }),
]);

const composite = section({
  all: z.array(text('the name of a check')).min(1).optional(),
  any: z.array(text('the name of a check')).min(1).optional(),
  at_least: whole(1, 1_000).optional(),
});

export const CHECK_KINDS = {
  http: http.optional(),
  tcp: tcp.optional(),
  redis: redis.optional(),
  postgres: postgres.optional(),
  command: command.optional(),
  process: workloadProcess.optional(),
  file: file.optional(),
  freshness: freshness.optional(),
  golden: golden.optional(),
  container: container.optional(),
  metric: metric.optional(),
  composite: composite.optional(),
};

/** Kinds of checks that have no prober yet. */
export const INACTIVE_CHECKS = ['container', 'metric', 'composite'] as const;

export const CHECK = oneKindOf('a check', CHECK_KINDS, {
  ...TIMING,
  expect: EXPECT.optional(),
  name: name().optional(),
});
export type CheckText = z.output<typeof CHECK>;
export type ExpectText = z.output<typeof EXPECT>;

/** What a runbook can verify: any probe, or a check or target that is declared elsewhere. */
export const VERIFY = oneKindOf(
  'something to verify',
  {
    ...CHECK_KINDS,
    check: text('the name of a service or check').optional(),
    target: text('service.target').optional(),
  },
  { expect: EXPECT.optional(), timeout: TIMING.timeout },
);

// The grammar of services: who runs them, how they are checked, what is promised, how they are brought back.

import * as z from 'zod';
import {
  amount,
  argumentList,
  duration,
  flag,
  name,
  named,
  oneOf,
  percent,
  plainValue,
  rate,
  size,
  text,
  whole,
} from './word.ts';
import { CHECK } from './grammarCheck.ts';
import { TARGETS } from './grammarTarget.ts';
import { oneKindOf, oneOrMany, section } from './section.ts';

const STOP_SIGNALS = ['SIGTERM', 'SIGINT', 'SIGQUIT', 'SIGHUP'] as const;

/** A plain line is split into words; for pipes and variables a person must name the shell. */
const SHELL_SIGNS = /[|&;<>()$`\\*?~#{}\n]/;
const ARGV_EXPECTED = 'a program and its arguments; for pipes or variables write [sh, -c, "…"]';

/** Splits `redis-server --port 6390 --save ""` into words; single and double quotes keep a word together. */
export const splitWords = (line: string): readonly string[] | null => {
  const words = [...line.matchAll(/(?:[^\s'"]+|'[^']*'|"[^"]*")+/g)].map((match) => match[0]);
  const isWhole = line.replaceAll(/(?:[^\s'"]+|'[^']*'|"[^"]*")+/g, '').trim() === '';
  return isWhole && words.length > 0 ? words.map((word) => word.replaceAll(/'([^']*)'|"([^"]*)"/g, '$1$2')) : null;
};

const isPlainLine = (line: string): boolean => {
  const withoutReferences = line.replaceAll(/\$\{(?:env|file):[^}]*\}/g, '');
  return !SHELL_SIGNS.test(withoutReferences) && splitWords(line) !== null;
};

const argv = () =>
  z.union(
    [
      text(ARGV_EXPECTED)
        .refine(isPlainLine, { error: ARGV_EXPECTED })
        .transform((line) => [...(splitWords(line) ?? [])]),
      argumentList(),
    ],
    { error: ARGV_EXPECTED },
  );

const supervised = z.union([
  argv().transform((command) => ({ command })),
  section({
    command: argv(),
    cwd: text('a folder').optional(),
    env: z.record(z.string(), plainValue()).optional(),
    stop_signal: oneOf(STOP_SIGNALS).optional(),
    stop_timeout: duration('0s', '10m').optional(),
    standby: oneOf(['none', 'warm']).optional(),
  }),
]);

const shellLine = () => text('a line for the shell');
const commanded = section({
  start: shellLine(),
  stop: shellLine(),
  status: shellLine().optional(),
  timeout: duration('1s', '10m').optional(),
});

const systemd = z.union([
  text('the name of a unit').transform((unit) => ({ unit })),
  section({ unit: text('the name of a unit'), scope: oneOf(['system', 'user']).optional() }),
]);
const docker = z.union([
  text('the name of a container').transform((container) => ({ container })),
  section({ container: text('the name of a container'), host: text('an address').optional() }),
]);
const pm2 = z.union([
  text('the name in pm2').transform((app) => ({ name: app })),
  section({ name: text('the name in pm2'), home: text('a folder').optional() }),
]);
const kubernetes = section({
  namespace: name().optional(),
  deployment: name().optional(),
  statefulset: name().optional(),
  daemonset: name().optional(),
  context: text().optional(),
});

/** Who runs the service: exactly one. */
const RUN = oneKindOf(
  'a workload',
  {
    process: supervised.optional(),
    command: commanded.optional(),
    systemd: systemd.optional(),
    docker: docker.optional(),
    pm2: pm2.optional(),
    kubernetes: kubernetes.optional(),
  },
  {},
);
export type RunText = z.output<typeof RUN>;

/** Drivers that do not exist yet. */
export const INACTIVE_WORKLOADS = ['systemd', 'docker', 'pm2', 'kubernetes'] as const;

const replicas = z.union([
  whole(0, 10_000).transform((count) => ({ min: count, max: count })),
  section({ min: whole(0, 10_000), max: whole(0, 10_000) }),
]);

const BUDGET = z.union([
  rate(),
  section({ count: whole(0, 1_000), window: duration('1s', '365d') }).transform((long) => ({
    count: long.count,
    windowMs: long.window,
  })),
]);

const RESTART = z.union([
  rate().transform((budget) => ({ budget })),
  section({
    budget: BUDGET.optional(),
    stable_after: duration('1s', '1d').optional(),
    start_timeout: duration('1s', '1d').optional(),
  }),
]);

export const SERVICE = section({
  description: text().optional(),
  tier: oneOf(['core', 'app']).optional(),
  owner: name().optional(),
  needs: oneOrMany(name(), 100).optional(),
  must_run: flag().optional(),
  traffic: percent().optional(),
  run: RUN.optional(),
  checks: z.array(CHECK, { error: 'a list of checks' }).max(100, { error: 'at most 100 checks' }).optional(),
  targets: TARGETS.optional(),
  limits: section({
    replicas: replicas.optional(),
    memory: size().optional(),
    cpu: amount(0.001, 10_000).optional(),
  }).optional(),
  restart: RESTART.optional(),
});
export type ServiceText = z.output<typeof SERVICE>;

export const SERVICES = named(SERVICE);

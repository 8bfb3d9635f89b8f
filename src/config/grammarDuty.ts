// The grammar of the duties: jobs, guard, runbooks, chaos, costs, codex. Their shape is checked although no duty
// of this release carries them out yet; each is listed as declared, not yet active.

import * as z from 'zod';
import {
  amount,
  argumentList,
  duration,
  flag,
  httpUrl,
  json,
  moneyRate,
  multiple,
  name,
  named,
  oneOf,
  patterned,
  percent,
  plainValue,
  rate,
  size,
  text,
  whole,
} from './word.ts';
import { VERIFY } from './grammarCheck.ts';
import { oneKindOf, oneOrMany, section } from './section.ts';

/** Five fields, or six with seconds. Only the form is checked; what a field means is known to the scheduler. */
const CRON_PATTERN =
  /^(?:@(?:yearly|annually|monthly|weekly|daily|midnight|hourly)|(?:[0-9A-Za-z*,/#?LW-]+[ \t]+){4,5}[0-9A-Za-z*,/#?LW-]+)$/;
const schedule = () => patterned(CRON_PATTERN, 'a cron expression of 5 or 6 fields, such as "0 17 * * *"');

const jsonPath = () => patterned(/^\$/, 'a JSONPath that starts with $, such as $.trends');

const VALIDATOR = oneKindOf(
  'a validator',
  {
    json: section({ schema: z.record(z.string(), json()), path: jsonPath().optional() }).optional(),
    count: section({
      path: jsonPath(),
      at_least: whole(0, 1e9).optional(),
      at_most: whole(0, 1e9).optional(),
    }).optional(),
    covers_days: section({ path: jsonPath(), days: whole(1, 3_660) }).optional(),
    contains: text().optional(),
    min_size: size().optional(),
    max_age: duration('1s', '3650d').optional(),
    command: z.union([text('a line for the shell'), argumentList()]).optional(),
  },
  {},
);

/** What a job runs: a line for the shell, or a list. */
const jobRun = z.union([text('a line for the shell'), argumentList()], {
  error: 'a line for the shell, or a list: the program and its arguments',
});

const JOB = oneKindOf(
  'a job',
  { run: jobRun.optional(), task: text('the name of a codex item').optional() },
  {
    description: text().optional(),
    agent: text().optional(),
    owner: name().optional(),
    schedule: schedule(),
    timezone: text('a time zone').optional(),
    timeout: duration('1s', '7d').optional(),
    retries: whole(0, 10).optional(),
    overlap: oneOf(['forbidden', 'allowed']).optional(),
    heavy: flag().optional(),
    needs: oneOrMany(name(), 100).optional(),
    cwd: text('a folder').optional(),
    env: z.record(z.string(), plainValue()).optional(),
    output: text('a path').optional(),
    expected_interval: duration('1m', '3650d').optional(),
    validate: z.array(VALIDATOR, { error: 'a list of validators' }).max(50).optional(),
  },
);
export type JobText = z.output<typeof JOB>;
export const JOBS = named(JOB);

const GUARD_ACTIONS = ['unload-models', 'alert', 'pause-jobs', 'shed-load'] as const;
const LEVEL = section({
  cpu: percent().optional(),
  memory: percent().optional(),
  disk: percent().optional(),
  concurrency: whole(0, 1_000_000).optional(),
  delay: duration('0s', '1h').optional(),
  do: z.array(oneOf(GUARD_ACTIONS)).max(10).optional(),
});
export const GUARD = section({
  levels: section({
    warn: LEVEL.optional(),
    critical: LEVEL.optional(),
    emergency: LEVEL.optional(),
    predictive: section({
      rising: patterned(
        /^\d+(?:\.\d+)? points over \d+ samples$/,
        'a rise such as 5 points over 10 samples',
      ).optional(),
      above: percent().optional(),
      as: oneOf(['warn', 'critical', 'emergency']).optional(),
    }).optional(),
  }).optional(),
  normal: section({ concurrency: whole(0, 1_000_000).optional(), delay: duration('0s', '1h').optional() }).optional(),
  budgets: named(
    section({ requests: rate().optional(), tokens: rate().optional(), cost: moneyRate().optional() }),
  ).optional(),
});

export const FINDINGS = [
  'check-failed',
  'target-burn',
  'target-breach',
  'anomaly',
  'drift',
  'job-invalid',
  'job-missed',
  'guard-level',
  'gate-failed',
  'integrity',
  'cost',
  'security',
  'stale-flag',
  'dormant',
  'runbook-overuse',
  'alert-noise',
  'crash',
  'reality-gap',
] as const;

/** Actions of the whole product, as policy, runbooks and freeze windows name them. */
export const ACTIONS = [
  'restart',
  'start',
  'stop',
  'scale',
  'rollback',
  'apply-config',
  'set-flag',
  'shift-traffic',
  'run-job',
  'repair',
  'unload-model',
  'inject-fault',
  'migrate-step',
  'notify',
] as const;

const STEP = oneKindOf(
  'a step',
  {
    do: oneOf(ACTIONS).optional(),
    verify: VERIFY.optional(),
    wait: duration('0s', '1d').optional(),
    script: text('a path').optional(),
    run: jobRun.optional(),
    tell: text('a message for people').optional(),
  },
  { service: name().optional(), params: z.record(z.string(), json()).optional() },
);

const ESCALATE = section({
  after: z
    .union([patterned(/^\d+ attempts?$/, 'a count such as 2 attempts'), whole(1, 100), duration('1s', '1d')])
    .optional(),
  to: name(),
});

const RUNBOOK = section({
  description: text().optional(),
  on: section({
    finding: oneOf(FINDINGS),
    service: name().optional(),
    job: name().optional(),
    target: text('service.target').optional(),
    resource: oneOf(['cpu', 'memory', 'disk']).optional(),
  }),
  steps: z.array(STEP, { error: 'a list of steps' }).min(1).max(100).optional(),
  script: text('a path').optional(),
  verify: VERIFY.optional(),
  rollback: z.union([text('what undoes it, or why nothing must be undone'), z.array(STEP).min(1).max(100)], {
    error: 'a list of steps, or a sentence that says why none are needed',
  }),
  escalate: ESCALATE,
}).check((context) => {
  if ((context.value.steps === undefined) !== (context.value.script === undefined)) return;
  const message = 'a runbook with either steps or a script';
  context.issues.push({ code: 'custom', input: context.value, path: [], message });
});
export const RUNBOOKS = named(RUNBOOK);

const EXPERIMENT = section({
  hypothesis: text(),
  steady: section({ target: text('service.target').optional(), check: text('a service').optional() }),
  inject: oneKindOf(
    'a fault',
    { kill: name().optional(), pause: name().optional(), stop: name().optional(), fill_disk: percent().optional() },
    { latency: duration('1ms', '1h').optional() },
  ),
  abort: section({
    target: text('service.target').optional(),
    burning: multiple().optional(),
    check: text('a service').optional(),
  }),
  for: duration('1s', '1d'),
  where: z.array(oneOf(['dev', 'staging', 'production'])).min(1),
});
export const CHAOS = named(EXPERIMENT);

const COST_PATTERN = /^\d+(?:\.\d+)? per (?:replica-hour|hour|day|month|year|request)$/;
export const COSTS = section({
  currency: patterned(/^[A-Z]{3}$/, 'a currency of three letters, such as EUR'),
  services: z
    .record(name(), patterned(COST_PATTERN, 'a cost such as 0.12 per replica-hour or 90 per month'))
    .optional(),
  budget: patterned(/^\d+(?:\.\d+)? per (?:day|month|year)$/, 'a budget such as 400 per month').optional(),
});

/** A further place in which programs read an item: written and watched like the blessed file. */
const COPY = section({ item: text('the name of a codex item'), file: text('a file'), traffic: percent().optional() });

export const CODEX = section({
  sources: text('a folder').optional(),
  templates: text('a folder').optional(),
  blessed: text('a folder').optional(),
  suites: text('a folder').optional(),
  schemas: text('a folder').optional(),
  blessers: z.array(name()).max(100).optional(),
  threshold: whole(1, 100).optional(),
  own: z
    .array(oneOf(['config', 'policy', 'runbooks']), { error: 'a list of config, policy, runbooks' })
    .max(3)
    .optional(),
  memory: text('a file').optional(),
  copies: z.array(COPY).max(1_000).optional(),
});

export const MODEL = section({
  base_url: httpUrl(),
  api_key: text().optional(),
  name: text().optional(),
  timeout: duration('1s', '1h').optional(),
  temperature: amount(0, 2).optional(),
});

// The grammar of the whole file: one schema, from which validation, decoding and the JSON Schema all follow.

import * as z from 'zod';
import {
  duration,
  httpUrl,
  name,
  named,
  oneOf,
  patterned,
  plainValue,
  rate,
  ratePerService,
  size,
  text,
  url,
} from './word.ts';
import { ACTIONS, CHAOS, CODEX, COSTS, GUARD, JOBS, MODEL, RUNBOOKS } from './grammarDuty.ts';
import { SERVICES } from './grammarService.ts';
import { SOURCES } from './grammarSource.ts';
import { MAINTENANCE, moment } from './grammarTarget.ts';
import { oneKindOf, oneOrMany, section } from './section.ts';

const ROLES = ['viewer', 'reporter', 'operator', 'approver', 'blesser', 'admin'] as const;
const PERSON = section({
  roles: z
    .array(oneOf(ROLES), { error: `a list of roles: ${ROLES.join(', ')}` })
    .max(ROLES.length)
    .optional(),
  contact: z.record(z.string(), text('an address'), { error: 'ways to reach the person, such as email' }).optional(),
});
export type PersonText = z.output<typeof PERSON>;

const ON_CALL = section({
  primary: oneOrMany(name(), 100).optional(),
  secondary: oneOrMany(name(), 100).optional(),
  policy_author: name().optional(),
});

export const WHEN_PATTERN = /^(?:traffic > \d+(?:\.\d+)? ?%|cost > \d+(?:\.\d+)? ?x normal)$/;
const APPROVAL = section({
  when: patterned(WHEN_PATTERN, 'a condition: traffic > 25%, or cost > 2x normal'),
  from: oneOf([...ROLES, 'policy_author']),
});

const FREEZE = section({ from: moment(), to: moment(), except: z.array(oneOf(ACTIONS)).optional() });

const POLICY = section({
  autonomy: z.literal([1, 2, 3, 4], { error: 'one of 1, 2, 3, 4' }).optional(),
  allow: z.array(oneOf(ACTIONS), { error: 'a list of actions' }).optional(),
  approval: z.array(APPROVAL).max(100).optional(),
  never: z.array(text('a rule in words')).max(200).optional(),
  freeze: z.array(FREEZE).max(1_000).optional(),
  budgets: section({ restart: ratePerService().optional(), scale: ratePerService().optional() }).optional(),
});
export type PolicyText = z.output<typeof POLICY>;

const webhook = z.union([
  httpUrl().transform((address) => ({ url: address })),
  section({ url: httpUrl(), headers: z.record(z.string(), plainValue()).optional() }),
]);
const alertmanager = z.union([httpUrl().transform((address) => ({ url: address })), section({ url: httpUrl() })]);
const slack = z.union([
  httpUrl().transform((address) => ({ webhook: address })),
  section({ webhook: httpUrl(), channel: text().optional() }),
]);
const pagerduty = z.union([
  text('a routing key').transform((key) => ({ routing_key: key })),
  section({ routing_key: text('a routing key') }),
]);
const smtpUrl = () => url(['smtp', 'smtps'], 'smtp://user@mail.example.org:587');
const smtp = z.union([smtpUrl().transform((address) => ({ url: address })), section({ url: smtpUrl() })]);
const terminal = z.union([z.null(), z.literal(true), section({})], { error: '{} or true' });

const CHANNEL = oneKindOf(
  'a channel',
  {
    webhook: webhook.optional(),
    alertmanager: alertmanager.optional(),
    terminal: terminal.optional(),
    slack: slack.optional(),
    pagerduty: pagerduty.optional(),
    smtp: smtp.optional(),
  },
  { from: text('an address').optional(), to: oneOrMany(text('an address'), 100).optional() },
);
export type ChannelText = z.output<typeof CHANNEL>;

const routed = z.array(name(), { error: 'a list of channels' }).max(100).optional();
const NOTIFY = z
  .object({ route: section({ SEV1: routed, SEV2: routed, SEV3: routed, SEV4: routed }).optional() })
  .catchall(CHANNEL);

/** How series are watched for what they have never done. YAML 1.1 reads `off` as false; both are meant. */
const ANOMALY = z.union([z.literal('off'), z.literal(false), section({ false_alarms: rate() })], {
  error: 'off, or { false_alarms: 1 per 1w }',
});

const METRICS = section({ cap: size() });

/** The whole file. */
export const SITE = section({
  sereno: z.literal(1, { error: '1, the version of the language' }),
  site: name(),
  environment: oneOf(['dev', 'staging', 'production']).optional(),
  timezone: text('a time zone such as Europe/Berlin').optional(),
  people: named(PERSON).optional(),
  on_call: ON_CALL.optional(),
  services: SERVICES.optional(),
  sources: SOURCES.optional(),
  jobs: JOBS.optional(),
  guard: GUARD.optional(),
  policy: POLICY.optional(),
  runbooks: RUNBOOKS.optional(),
  maintenance: MAINTENANCE.optional(),
  notify: NOTIFY.optional(),
  anomaly: ANOMALY.optional(),
  metrics: METRICS.optional(),
  heartbeat: section({ url: httpUrl(), every: duration('1s', '1d').optional() }).optional(),
  codex: CODEX.optional(),
  model: MODEL.optional(),
  chaos: CHAOS.optional(),
  costs: COSTS.optional(),
});
export type SiteText = z.output<typeof SITE>;

/** Sections whose entries are merged by name when several files have them. */
export const MERGED_SECTIONS: readonly string[] = [
  'people',
  'services',
  'sources',
  'jobs',
  'runbooks',
  'notify',
  'chaos',
];

// The standing as it travels: scores, reach, claims against reality, the streak, and the causes of what is in trouble.

import * as z from 'zod';
import type { Finding, FindingKind } from '#kernel/finding.ts';
import type { Break, Claim, HealthScore, Reach, Reality, Streak } from '#kernel/standing.ts';
import type { CauseCandidate, Clue, Suspect } from '#kernel/suspect.ts';
import type { TargetId } from '#kernel/target.ts';
import { instantSchema, reasonSchema, serviceIdSchema, severitySchema } from './noun.ts';
import { branded, mirrors, named } from './schema.ts';

const text = z.string();
const count = z.number();
const when = instantSchema.nullable();
const part = count.nullable();

export const scoreSchema = mirrors<HealthScore>()(
  'HealthScore',
  z.object({ value: count, checks: count, targets: part, needs: part, freshness: count }),
);

const breakSchema = mirrors<Break>()(
  'Break',
  z.object({ kind: z.enum(['incident', 'not-watched', 'unknown']), from: instantSchema, to: when, what: text }),
);

export const streakSchema = mirrors<Streak>()(
  'Streak',
  z.object({
    days: count,
    timezone: text,
    since: when,
    isTodaySmooth: z.boolean(),
    brokenBy: breakSchema.nullable(),
    isAtLeast: z.boolean(),
  }),
);

const reachSchema = mirrors<Reach>()(
  'Reach',
  z.object({
    from: serviceIdSchema,
    to: serviceIdSchema,
    hops: count,
    state: z.enum(['reached', 'broken', 'unknown']),
    stoppedBy: serviceIdSchema.nullable(),
  }),
);

export const reachesSchema = named('Reaches', z.object({ reach: z.array(reachSchema) }));
export const reachQuerySchema = z.object({ from: z.string().max(200).optional() });

const claimSchema = mirrors<Claim>()(
  'Claim',
  z.object({
    service: serviceIdSchema.nullable(),
    kind: z.enum(['running', 'replicas', 'version', 'limit', 'target', 'schedule', 'declared']),
    name: text,
    declared: text,
    measured: text.nullable(),
    state: z.enum(['agrees', 'differs', 'unknown']),
    since: when,
    why: text,
  }),
);

const findingKindSchema = mirrors<FindingKind>()(
  'FindingKind',
  z.enum([
    'target-burn',
    'target-breach',
    'anomaly',
    'release-regression',
    'stale-source',
    'reality-gap',
    'alert-noise',
    'drift',
    'codex',
    'room',
  ]),
);

const findingSchema = mirrors<Finding>()(
  'Finding',
  z.object({
    key: text,
    kind: findingKindSchema,
    service: serviceIdSchema.nullable(),
    target: branded<TargetId>(text).nullable(),
    severityHint: severitySchema,
    since: instantSchema,
    title: text,
    reasons: z.array(reasonSchema),
  }),
);

export const realitySchema = mirrors<Reality>()(
  'Reality',
  z.object({ at: instantSchema, claims: z.array(claimSchema), findings: z.array(findingSchema) }),
);

const clueSchema = mirrors<Clue>()(
  'Clue',
  z.object({ says: text, ratio: count, origin: z.enum(['published', 'measured', 'declared', 'assumed']) }),
);

const suspectSchema = mirrors<Suspect>()(
  'Suspect',
  z.object({
    kind: z.enum([
      'deployment',
      'configuration',
      'flag',
      'operation',
      'job',
      'resource',
      'dependency',
      'fault',
      'path',
      'watchman',
    ]),
    subject: serviceIdSchema.nullable(),
    what: text,
    at: instantSchema,
    probability: count,
    clues: z.array(clueSchema),
  }),
);

const causeSchema = mirrors<CauseCandidate>()(
  'CauseCandidate',
  z.object({ since: instantSchema, services: z.array(serviceIdSchema), suspects: z.array(suspectSchema) }),
);

export const causesSchema = named('Causes', z.object({ causes: z.array(causeSchema) }));

// Releases as they travel: what began to run when, and what is known of it.

import * as z from 'zod';
import type { DeploymentSource, ReleaseEffect } from '#kernel/deployment.ts';
import { VERSION_FORM } from '#kernel/deployment.ts';
import type { ReleaseVerdict, ReleaseView } from '#kernel/release.ts';
import { dryRunSchema } from './ask.ts';
import { checkIdSchema, instantSchema, reasonSchema, serviceIdSchema } from './noun.ts';
import { mirrors, named } from './schema.ts';

const text = z.string();
const count = z.number();

const effectSchema = mirrors<ReleaseEffect>()(
  'ReleaseEffect',
  z.object({
    metric: z.enum(['errors', 'slow-p95', 'slow-p99']),
    check: checkIdSchema.nullable(),
    afterPercent: count,
    comparedPercent: count,
    ratioLow: count,
    ratioHigh: count.nullable(),
  }),
);

const verdictSchema = mirrors<ReleaseVerdict>()(
  'ReleaseVerdict',
  z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('watching'), evidence: count, detectablePercent: count.nullable() }),
    z.object({
      kind: z.literal('regressed'),
      since: instantSchema,
      evidence: count,
      effect: effectSchema,
      reasons: z.array(reasonSchema),
    }),
    z.object({ kind: z.literal('passed'), evidence: count, detectablePercent: count }),
    z.object({ kind: z.literal('not-enough-data'), why: text }),
  ]),
);

const sourceSchema = mirrors<DeploymentSource>()(
  'DeploymentSource',
  z.enum(['api', 'cli', 'process', 'image', 'unit']),
);

const releaseSchema = mirrors<ReleaseView>()(
  'Release',
  z.object({
    id: text,
    service: serviceIdSchema,
    version: text,
    at: instantSchema,
    source: sourceSchema,
    by: text,
    trafficPercent: count,
    until: instantSchema,
    verdict: verdictSchema.nullable(),
    judgedAt: instantSchema.nullable(),
    isOpen: z.boolean(),
    headline: text,
  }),
);

export const deploymentsSchema = named('Deployments', z.object({ deployments: z.array(releaseSchema) }));

export const deploymentsQuerySchema = z.object({ service: z.string().max(200).optional() });

/** A marker: which version began to run, and the share of the traffic of the service that it has. */
export const markSchema = dryRunSchema.extend({
  version: z.string().regex(VERSION_FORM, 'a version is 1 to 128 visible ASCII characters without spaces'),
  traffic: z.coerce.number().gt(0).max(100).default(100),
  source: z.enum(['api', 'cli']).default('api'),
});

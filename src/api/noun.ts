// The small nouns on the wire: instants, identifiers, states, and the reasons behind every decision.

import * as z from 'zod';
import type { CauseClass } from '#kernel/cause.ts';
import type { Json } from '#kernel/evidence.ts';
import type { HealthState } from '#kernel/health.ts';
import type { CheckId, EffectKey, MachineId, ServiceId } from '#kernel/id.ts';
import type { Severity } from '#kernel/notification.ts';
import type { Symptom } from '#kernel/observation.ts';
import type { Reason } from '#kernel/reason.ts';
import type { DurationMs, Instant } from '#kernel/time.ts';
import { branded, mirrors, named } from './schema.ts';

/** The last instant that has a date (ECMA-262, 21.4.1.1); a number beyond it could not be shown. */
const LAST_INSTANT_MS = 8.64e15;

/** Milliseconds since 1970-01-01T00:00:00Z, UTC. */
export const instantSchema = named('Instant', branded<Instant>(z.number().min(-LAST_INSTANT_MS).max(LAST_INSTANT_MS)));
export const durationMsSchema = branded<DurationMs>(z.number());
export const serviceIdSchema = branded<ServiceId>(z.string());
export const checkIdSchema = branded<CheckId>(z.string());
export const machineIdSchema = branded<MachineId>(z.string());
export const effectKeySchema = branded<EffectKey>(z.string());

export const healthSchema = mirrors<HealthState>()('Health', z.enum(['unknown', 'healthy', 'degraded', 'unhealthy']));

export const severitySchema = mirrors<Severity>()('Severity', z.enum(['SEV1', 'SEV2', 'SEV3', 'SEV4']));

export const symptomSchema = mirrors<Symptom>()(
  'Symptom',
  z.enum([
    'none',
    'refused',
    'timeout',
    'unfinished',
    'wrong-answer',
    'slow',
    'not-running',
    'frozen',
    'zombie',
    'not-listening',
    'port-taken',
    'stale',
    'failed',
    'cannot-run',
  ]),
);

export const causeClassSchema = mirrors<CauseClass>()(
  'CauseClass',
  z.enum([
    'out-of-memory',
    'port-taken',
    'dependency',
    'bad-deployment',
    'hang',
    'busy',
    'half-open',
    'unfinished',
    'wrong-answer',
    'overdue',
    'zombie',
    'descriptors',
    'crash',
    'killed',
    'stopped',
    'unknown',
  ]),
);

export const jsonSchema: z.ZodType<Json> = named(
  'Json',
  z.lazy(() =>
    z.union([z.null(), z.boolean(), z.number(), z.string(), z.array(jsonSchema), z.record(z.string(), jsonSchema)]),
  ),
);

const text = z.string();
const count = z.number();

export const reasonSchema = mirrors<Reason>()(
  'Reason',
  z.discriminatedUnion('kind', [
    z.object({
      kind: z.literal('cause'),
      class: causeClassSchema,
      culprit: text.nullable(),
      signs: z.array(text),
    }),
    z.object({ kind: z.literal('check-failed'), check: text, message: text, since: instantSchema }),
    z.object({ kind: z.literal('within-budget'), used: count, count, windowMs: durationMsSchema }),
    z.object({
      kind: z.literal('budget-spent'),
      used: count,
      count,
      windowMs: durationMsSchema,
      freeAt: instantSchema,
    }),
    z.object({ kind: z.literal('dependency-down'), dependency: serviceIdSchema, since: instantSchema }),
    z.object({ kind: z.literal('dependency-back'), dependency: serviceIdSchema, since: instantSchema }),
    z.object({ kind: z.literal('held'), by: text, since: instantSchema, why: text }),
    z.object({ kind: z.literal('canary-failed'), message: text, since: instantSchema }),
    z.object({ kind: z.literal('doubt-over'), since: instantSchema }),
    z.object({
      kind: z.literal('correlated'),
      failing: z.array(serviceIdSchema),
      unnamed: count.exactOptional(),
      total: count,
    }),
    z.object({
      kind: z.literal('path-silent'),
      path: text,
      failing: z.array(serviceIdSchema),
      unnamed: count.exactOptional(),
    }),
    z.object({
      kind: z.literal('shared-cause'),
      failing: z.array(serviceIdSchema),
      unnamed: count.exactOptional(),
      symptom: symptomSchema,
      suspect: serviceIdSchema.nullable(),
    }),
    z.object({ kind: z.literal('selection-changed'), before: count, after: count }),
    z.object({ kind: z.literal('not-allowed'), action: text }),
    z.object({ kind: z.literal('never-rule'), rule: text }),
    z.object({ kind: z.literal('autonomy'), tier: count }),
    z.object({ kind: z.literal('freeze'), until: instantSchema }),
    z.object({ kind: z.literal('traffic-over-limit'), trafficPercent: count, limitPercent: count }),
    z.object({ kind: z.literal('traffic-within-limit'), trafficPercent: count, limitPercent: count }),
    z.object({ kind: z.literal('velocity'), inHands: z.array(z.string()), limit: count }),
    z.object({ kind: z.literal('subject-in-hands'), subject: z.string(), until: instantSchema }),
    z.object({ kind: z.literal('safe-mode'), since: instantSchema }),
    z.object({ kind: z.literal('ineffective'), times: count }),
    z.object({ kind: z.literal('quarantined'), since: instantSchema, retryAt: instantSchema }),
    z.object({ kind: z.literal('no-driver'), workload: text }),
    z.object({ kind: z.literal('state-unknown'), since: instantSchema, message: text }),
    z.object({ kind: z.literal('person-asked'), by: text, why: text }),
    z.object({ kind: z.literal('person-stopped-it'), by: text, since: instantSchema }),
    z.object({ kind: z.literal('port-held'), port: count, holder: text }),
    z.object({
      kind: z.literal('release-worse'),
      version: text,
      comparedWith: z.enum(['control', 'before']),
      evidence: count,
      metric: z.enum(['errors', 'slow-p95', 'slow-p99']),
      check: checkIdSchema.nullable(),
      afterPercent: count,
      comparedPercent: count,
      ratioLow: count,
      ratioHigh: count.nullable(),
    }),
    z.object({ kind: z.literal('observing'), until: instantSchema }),
    z.object({ kind: z.literal('starting'), until: instantSchema }),
    z.object({ kind: z.literal('nothing-wrong'), since: instantSchema }),
  ]),
);

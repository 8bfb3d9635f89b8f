// What people and programs are shown, as it travels: one schema for each view of the kernel.

import * as z from 'zod';
import type { OwnView } from '#kernel/own.ts';
import type { ActionRecord } from '#kernel/action.ts';
import type { AlertFate, DeadChannel, RawAlert, Suppression } from '#kernel/alert.ts';
import type {
  AlertsView,
  ApprovalView,
  CheckView,
  Explanation,
  HoldView,
  IncidentView,
  OwnFigures,
  RuleQuality,
  SampleView,
  ServiceView,
  StartupView,
  TownView,
} from '#kernel/view.ts';
import type { Declared } from '#kernel/site.ts';
import {
  causeClassSchema,
  checkIdSchema,
  effectKeySchema,
  healthSchema,
  instantSchema,
  reasonSchema,
  serviceIdSchema,
  severitySchema,
  symptomSchema,
} from './noun.ts';
import { mirrors } from './schema.ts';
import { scoreSchema, streakSchema } from './standing.ts';

const text = z.string();
const count = z.number();
const when = instantSchema.nullable();
const reasons = z.array(reasonSchema);

export const sampleSchema = mirrors<SampleView>()(
  'Sample',
  z.object({ at: instantSchema, state: healthSchema, latencyMs: count }),
);

export const checkSchema = mirrors<CheckView>()(
  'Check',
  z.object({
    id: checkIdSchema,
    kind: text,
    target: text,
    state: healthSchema,
    symptom: symptomSchema,
    since: when,
    message: text,
    lastAt: when,
    nextAt: when,
    lastLatencyMs: count.nullable(),
    strip: z.array(sampleSchema),
  }),
);

export const actionSchema = mirrors<ActionRecord>()(
  'Action',
  z.object({
    key: effectKeySchema,
    action: z.enum(['restart', 'start', 'stop']),
    at: instantSchema,
    by: text,
    trigger: text,
    cause: causeClassSchema.nullable(),
    outcome: z.enum(['running', 'observing', 'effective', 'ineffective', 'failed', 'refused']),
    endedAt: when,
  }),
);

export const serviceSchema = mirrors<ServiceView>()(
  'Service',
  z.object({
    id: serviceIdSchema,
    tier: z.enum(['core', 'app']),
    workload: text,
    needs: z.array(serviceIdSchema),
    neededBy: z.array(serviceIdSchema),
    trafficPercent: count,
    health: healthSchema,
    score: scoreSchema,
    since: when,
    impairedBy: serviceIdSchema.nullable(),
    phase: z.enum([
      'none',
      'diagnosing',
      'waiting',
      'asking',
      'acting',
      'observing',
      'quarantined',
      'stopped',
      'broken',
    ]),
    headline: text,
    reasons,
    lookAgainAt: when,
    pid: count.nullable(),
    standby: text.nullable(),
    restarts: z.object({ used: count, count, windowMs: count, freeAt: when }),
    actions: z.array(actionSchema),
    checks: z.array(checkSchema),
  }),
);

export const holdSchema = mirrors<HoldView>()('Hold', z.object({ by: text, since: instantSchema, why: text }));

export const approvalSchema = mirrors<ApprovalView>()(
  'Approval',
  z.object({
    id: text,
    subject: text,
    action: text,
    requestedBy: text,
    reasons,
    expiresAt: instantSchema,
    status: z.enum(['pending', 'approved', 'rejected', 'expired']),
  }),
);

export const incidentSchema = mirrors<IncidentView>()(
  'Incident',
  z.object({
    subject: text,
    number: text,
    severity: severitySchema,
    status: z.enum(['open', 'acknowledged', 'resolved']),
    title: text,
    since: instantSchema,
    paged: z.array(text),
    ladder: z.array(text),
    lookAgainAt: when,
  }),
);

export const startupSchema = mirrors<StartupView>()(
  'Startup',
  z.object({
    phase: z.enum(['repair', 'guard', 'core', 'apps', 'verify', 'up', 'down']),
    isDegraded: z.boolean(),
    startedAt: when,
    endedAt: when,
    lines: z.array(z.object({ phase: text, isGood: z.boolean(), text, tookMs: count })),
  }),
);

export const declaredSchema = mirrors<Declared>()('Declared', z.object({ path: text, what: text }));

export const ownSchema = mirrors<OwnView>()(
  'OwnConfiguration',
  z.object({
    kind: z.enum(['config', 'policy', 'runbooks']),
    item: text,
    digest: text,
    version: count.nullable(),
    state: z.enum(['blessed', 'emergency', 'unblessed']),
    by: z.array(text),
    until: when,
    headline: text,
  }),
);

const townLessServices = z.object({
  site: text,
  environment: text,
  at: instantSchema,
  version: text,
  configDigest: text,
  configProblem: text.nullable(),
  own: z.array(ownSchema),
  codexNotices: z.array(text),
  health: healthSchema,
  score: count.nullable(),
  streak: streakSchema,
  hold: holdSchema.nullable(),
  isSafeMode: z.boolean(),
  suspicion: reasons,
  canary: healthSchema,
  incidents: z.array(incidentSchema),
  approvals: z.array(approvalSchema),
  startup: startupSchema,
  brokenMachines: z.array(text),
  declared: z.array(declaredSchema),
  evidence: z.object({ lastSeq: count, isIntact: z.boolean().nullable(), verifiedAt: when }),
});

/** The town without its services: what the event stream sends when something about the whole has changed. */
export type TownSummary = Omit<TownView, 'services'>;

export const townSummarySchema = mirrors<TownSummary>()('TownSummary', townLessServices);

export const townSchema = mirrors<TownView>()('Town', townLessServices.extend({ services: z.array(serviceSchema) }));

export const explanationSchema = mirrors<Explanation>()(
  'Explanation',
  z.object({
    subject: text,
    headline: text,
    why: z.array(text),
    reasons,
    lookAgainAt: when,
    evidence: z.array(count),
  }),
);

export const figuresSchema = mirrors<OwnFigures>()(
  'Figures',
  z.object({
    startedAt: instantSchema,
    eventsTotal: count,
    commitsTotal: count,
    probesTotal: count,
    looksAgainTotal: count,
    probesInFlight: count,
    queueLength: count,
    outboxPending: count,
    loopLagMs: count,
    memoryBytes: count,
    decisionLatencyMs: z.object({ p50: count.nullable(), p99: count.nullable(), count }),
    storeFailures: count,
  }),
);

const fateSchema = mirrors<AlertFate>()(
  'AlertFate',
  z.object({
    kind: z.enum(['waiting', 'notified', 'grouped', 'silenced', 'inhibited']),
    by: text,
    why: text,
    at: instantSchema,
  }),
);

const rawAlertSchema = mirrors<RawAlert>()(
  'RawAlert',
  z.object({
    key: text,
    subject: text,
    service: serviceIdSchema.nullable(),
    severity: severitySchema,
    title: text,
    since: instantSchema,
    endedAt: when,
    fate: fateSchema,
  }),
);

const suppressionSchema = mirrors<Suppression>()(
  'Suppression',
  z.object({
    id: text,
    what: text,
    by: text,
    why: text,
    since: instantSchema,
    until: instantSchema,
    held: count,
  }),
);

const deadChannelSchema = mirrors<DeadChannel>()(
  'DeadChannel',
  z.object({ name: text, since: instantSchema, detail: text }),
);

const ruleQualitySchema = mirrors<RuleQuality>()(
  'RuleQuality',
  z.object({ rule: text, fired: count, actedOn: count, false: count, messages: count, isNoise: z.boolean() }),
);

export const alertsSchema = mirrors<AlertsView>()(
  'Alerts',
  z.object({
    alerts: z.array(rawAlertSchema),
    suppressions: z.array(suppressionSchema),
    deadChannels: z.array(deadChannelSchema),
    quality: z.array(ruleQualitySchema),
  }),
);

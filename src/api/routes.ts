// Every route of the API, as data: the server mounts them, the client calls them, the OpenAPI document is made of them.

import * as z from 'zod';
import type { Role } from '#kernel/actor.ts';
import { answerSchema, dryRunSchema, suppressSchema, whySchema } from './ask.ts';
import {
  evidenceCheckpointSchema,
  evidenceQuerySchema,
  evidenceRecordSchema,
  provenRecordSchema,
  verificationSchema,
} from './evidence.ts';
import { healthSchema, instantSchema, serviceIdSchema } from './noun.ts';
import { deploymentsQuerySchema, deploymentsSchema, markSchema } from './release.ts';
import { named } from './schema.ts';
import { causesSchema, reachesSchema, reachQuerySchema, realitySchema, streakSchema } from './standing.ts';
import {
  alertsSchema,
  approvalSchema,
  explanationSchema,
  figuresSchema,
  incidentSchema,
  serviceSchema,
  startupSchema,
  townSchema,
} from './view.ts';
import { anomaliesSchema } from './anomaly.ts';
import {
  codexContentQuerySchema,
  codexContentSchema,
  codexDiffQuerySchema,
  codexDiffSchema,
  codexItemQuerySchema,
  codexItemSchema,
  codexListSchema,
  codexHeadSchema,
  codexProofQuerySchema,
  codexProofSchema,
} from './codex.ts';
import { seriesListSchema, seriesQuerySchema, seriesRangeQuerySchema, seriesRangeSchema } from './series.ts';
import { sourcesSchema } from './source.ts';
import { burndownSchema, targetSchema, targetsQuerySchema, targetsSchema } from './target.ts';

/** Who may: `anyone` needs no token ever; `reader` needs one only when the server is bound beyond loopback. */
export type Access = 'anyone' | 'reader' | Role;

export type Route = {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** With `{name}` for each parameter in the path. */
  readonly path: string;
  readonly access: Access;
  readonly summary: string;
  readonly query: z.ZodObject | null;
  /** A change can be tried with `?dryRun=true`, takes an Idempotency-Key and a body with `why`. */
  readonly isChange: boolean;
  readonly media: 'application/json' | 'text/event-stream' | 'text/plain' | 'application/x-protobuf';
  readonly answer: z.ZodType;
  /** True: sent with an ETag, and 304 when nothing has changed. */
  readonly hasTag: boolean;
  /** True: answers 503 with the same body when what it tells of is not well. */
  readonly mayBeUnwell: boolean;
};

const read = <Answer extends z.ZodType>(path: string, answer: Answer, summary: string) =>
  ({
    method: 'GET',
    path,
    access: 'reader',
    summary,
    query: null,
    isChange: false,
    media: 'application/json',
    answer,
    hasTag: false,
    mayBeUnwell: false,
  }) as const;

const change = (path: string, access: Role, summary: string) =>
  ({
    method: 'POST',
    path,
    access,
    summary,
    query: dryRunSchema,
    isChange: true,
    media: 'application/json',
    answer: answerSchema,
    hasTag: false,
    mayBeUnwell: false,
  }) as const;

const servicesSchema = named('Services', z.object({ services: z.array(serviceSchema) }));
const incidentsSchema = named('Incidents', z.object({ incidents: z.array(incidentSchema) }));
const approvalsSchema = named('Approvals', z.object({ approvals: z.array(approvalSchema) }));
const recordsSchema = named('EvidenceRecords', z.object({ records: z.array(evidenceRecordSchema) }));
const checkpointsSchema = named('EvidenceCheckpoints', z.object({ checkpoints: z.array(evidenceCheckpointSchema) }));

const healthReportSchema = named(
  'HealthReport',
  z.object({
    health: healthSchema,
    score: z.number().nullable(),
    at: instantSchema,
    services: z.array(z.object({ id: serviceIdSchema, health: healthSchema, score: z.number(), headline: z.string() })),
  }),
);

const word = (path: string, access: Access, summary: string) =>
  ({ ...read(path, z.string(), summary), access, media: 'text/plain' }) as const;

export const ROUTES = {
  town: { ...read('/api/town', townSchema, 'The whole site: services, incidents, approvals, start-up'), hasTag: true },
  services: read('/api/services', servicesSchema, 'All services'),
  service: { ...read('/api/services/{id}', serviceSchema, 'One service'), hasTag: true },
  reach: {
    ...read('/api/reach', reachesSchema, 'Who reaches whom along `needs`, as the checks measured it; `from` names one'),
    query: reachQuerySchema,
  },
  reality: read('/api/reality', realitySchema, 'What is declared beside what is measured'),
  streak: read('/api/streak', streakSchema, 'Whole days in a row on which nothing broke, in the zone of the site'),
  causes: read('/api/causes', causesSchema, 'What is in trouble now, with ranked suspects for each cause'),
  targets: {
    ...read(
      '/api/targets',
      targetsSchema,
      'All targets: state, budget, burn rates, who ate the budget; `service`: of one',
    ),
    query: targetsQuerySchema,
  },
  target: { ...read('/api/targets/{id}', targetSchema, 'One target, by `service.name`'), hasTag: false },
  burndown: read('/api/targets/{id}/burndown', burndownSchema, 'How the budget of the window came to what it is'),
  explain: read(
    '/api/explain/{subject}',
    explanationSchema,
    'Why something is as it is: a service, `gate`, `startup`, an incident number, an action key',
  ),
  evidence: {
    ...read('/api/evidence', recordsSchema, 'Evidence records, newest first unless told otherwise'),
    query: evidenceQuerySchema,
  },
  checkpoints: read('/api/evidence/checkpoints', checkpointsSchema, 'Signed heads of the evidence chain'),
  proof: read(
    '/api/evidence/{seq}/proof',
    provenRecordSchema,
    'Proof that one record was in the chain when its end was signed, for the public key alone',
  ),
  verifyEvidence: {
    ...read('/api/evidence/verify', verificationSchema, 'Walk the whole evidence chain and say whether it holds'),
    method: 'POST',
    access: 'viewer',
  },
  incidents: read('/api/incidents', incidentsSchema, 'Incidents, newest first'),
  acknowledge: change('/api/incidents/{subject}/ack', 'operator', 'Say that a person looks after the incident'),
  sources: read(
    '/api/sources',
    sourcesSchema,
    'Sources of metrics: when each was last seen, and what is wrong with it',
  ),
  series: {
    ...read('/api/series', seriesListSchema, 'Series that are kept: looks of checks, and what sources bring'),
    query: seriesQuerySchema,
  },
  seriesRange: {
    ...read(
      '/api/series/range',
      seriesRangeSchema,
      'The steps of one series, each with the band in which it was expected',
    ),
    query: seriesRangeQuerySchema,
  },
  anomalies: read(
    '/api/anomalies',
    anomaliesSchema,
    'What series have never done lately: those that last, then the newest',
  ),
  alerts: read('/api/alerts', alertsSchema, 'Raw events, what became of each, and what keeps words from people'),
  suppress: {
    ...change('/api/alerts/suppressions', 'operator', 'Tell nobody about something until an end; only a person may'),
    query: suppressSchema,
  },
  unsuppress: {
    ...change('/api/alerts/suppressions/{id}', 'operator', 'End a suppression before its time'),
    method: 'DELETE',
  },
  approvals: read('/api/approvals', approvalsSchema, 'Approvals that were asked for'),
  approve: change('/api/approvals/{id}/approve', 'approver', 'Agree to an action that another has asked for'),
  deny: change('/api/approvals/{id}/deny', 'approver', 'Refuse an action that another has asked for'),
  deployments: {
    ...read(
      '/api/deployments',
      deploymentsSchema,
      'Releases that were marked or seen, newest first; `service`: of one',
    ),
    query: deploymentsQuerySchema,
  },
  markDeployment: {
    ...change('/api/services/{id}/deployments', 'operator', 'Say that a version begins to run: it is watched'),
    query: markSchema,
  },
  codex: read('/api/codex', codexListSchema, 'Items of the codex: what is active, what is newest, who blessed it'),
  codexItem: {
    ...read('/api/codex/{item}', codexItemSchema, 'One item: versions, what was attested of each, tags, history'),
    query: codexItemQuerySchema,
  },
  codexDiff: {
    ...read('/api/codex/{item}/diff', codexDiffSchema, 'What differs between two versions, by field and by line'),
    query: codexDiffQuerySchema,
  },
  codexContent: {
    ...read('/api/codex/{item}/{ref}', codexContentSchema, 'A blessed revision: by version, tag, digest, or `active`'),
    query: codexContentQuerySchema,
    hasTag: true,
  },
  codexProof: {
    ...read('/api/codex/{item}/{ref}/proof', codexProofSchema, 'All that is needed to verify a revision offline'),
    query: codexProofQuerySchema,
  },
  codexHead: {
    ...read('/api/codex-head', codexHeadSchema, 'The signed end of the log of the codex, and what each item stands at'),
    query: codexProofQuerySchema,
  },
  restart: change('/api/services/{id}/restart', 'operator', 'Restart a service'),
  start: change('/api/services/{id}/start', 'operator', 'Start a service'),
  stop: change('/api/services/{id}/stop', 'operator', 'Stop a service and leave it stopped'),
  hold: change('/api/hold', 'operator', 'Stop all acting until it is released; watching goes on'),
  release: change('/api/release', 'operator', 'End the hold'),
  confirmSelection: change('/api/confirm-selection', 'operator', 'Confirm that the number of services really changed'),
  answer: read('/api/answers/{askKey}', answerSchema, 'What has become of an earlier request'),
  figures: read('/api/figures', figuresSchema, 'The watchman’s own figures, measured in this run'),
  startup: read('/api/startup', startupSchema, 'How the start went, phase by phase'),
  events: {
    ...read('/api/events', z.string(), 'Live changes as server-sent events; Last-Event-ID catches up on evidence'),
    media: 'text/event-stream',
  },
  live: word('/livez', 'anyone', 'The process answers'),
  ready: { ...word('/readyz', 'anyone', 'Start-up is over'), mayBeUnwell: true },
  health: {
    ...read(
      '/health',
      healthReportSchema,
      'Health of the site: degraded is 200, unhealthy or unknown 503; text or JSON',
    ),
    mayBeUnwell: true,
  },
  metrics: word('/metrics', 'reader', 'Prometheus exposition'),
  pushMetrics: {
    ...read('/v1/metrics', z.string(), 'Takes metrics over OTLP/HTTP, as Protocol Buffers or JSON, gzip or not'),
    method: 'POST',
    access: 'reporter',
    media: 'application/x-protobuf',
  },
  openApi: { ...read('/api/openapi.json', z.looseObject({ openapi: z.string() }), 'This document'), access: 'anyone' },
} as const satisfies Readonly<Record<string, Route>>;

export type RouteName = keyof typeof ROUTES;

export type AnswerOf<Name extends RouteName> = z.output<(typeof ROUTES)[Name]['answer']>;

type NameWhere<Part> = {
  [Name in RouteName]: (typeof ROUTES)[Name] extends Part ? Name : never;
}[RouteName];

/** Routes that ask a machine for something. */
export type ChangeName = NameWhere<{ readonly isChange: true }>;
/** Routes that answer with one JSON document and change nothing. */
export type ReadName = NameWhere<{ readonly isChange: false; readonly media: 'application/json' }>;

const isRouteName = (name: string): name is RouteName => Object.hasOwn(ROUTES, name);

export const ROUTE_NAMES: readonly RouteName[] = Object.keys(ROUTES).filter(isRouteName);

/** The body of every change. */
export const CHANGE_BODY = whySchema;

/** Longest Idempotency-Key. Visible ASCII only: it becomes the askKey, which is shown and kept. */
export const IDEMPOTENCY_KEY = /^[\x21-\x7e]{1,200}$/;

/** The path with its parameters filled in; a parameter that is not given stays as it is and will not be found. */
export const fillPath = (path: string, parameters: Readonly<Record<string, string>>): string =>
  path.replaceAll(/\{(\w+)\}/g, (whole, name: string) => {
    const value = parameters[name];
    return value === undefined ? whole : encodeURIComponent(value);
  });

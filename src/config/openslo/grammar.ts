// The grammar of OpenSLO v1: every kind of object with every field of the specification, and no other field.
// Written from the text of the specification (github.com/OpenSLO/OpenSLO, version 1.0).

import * as z from 'zod';
import { section } from '../section.ts';
import { flag, json, name, oneOf, patterned, text } from '../word.ts';

export const API_VERSION = 'openslo/v1';

/** `5m`, `4w`, `1M`: a whole number and one letter; M, Q and Y are months, quarters and years. */
export const SHORTHAND = /^(\d{1,9})([mhdwMQY])$/;
const shorthand = () => patterned(SHORTHAND, 'a duration of OpenSLO, such as 5m, 1h, 28d, 4w, 1M, 1Q, 1Y');
const numeric = (expected: string) => z.number({ error: expected });

const META = section({
  name: name(),
  displayName: text().optional(),
  labels: z.record(z.string(), z.union([z.string(), z.array(z.string())])).optional(),
  annotations: z.record(z.string(), z.string()).optional(),
});

/** An object of its own. */
const object = <Spec extends z.ZodType>(kind: string, spec: Spec) =>
  section({ apiVersion: z.literal(API_VERSION), kind: z.literal(kind), metadata: META, spec });

/** The same inside another object, where it needs no head. */
const inline = <Spec extends z.ZodType>(kind: string, spec: Spec) =>
  section({
    apiVersion: z.literal(API_VERSION).optional(),
    kind: z.literal(kind).optional(),
    metadata: META.optional(),
    spec,
  });

const METRIC = section({
  metricSource: section({
    metricSourceRef: name().optional(),
    type: text().optional(),
    spec: z.record(z.string(), json(), { error: 'the fields of this kind of source' }),
  }),
});
export type MetricText = z.output<typeof METRIC>;

const SLI_SPEC = section({
  description: text().optional(),
  thresholdMetric: METRIC.optional(),
  ratioMetric: section({
    counter: flag().optional(),
    good: METRIC.optional(),
    bad: METRIC.optional(),
    total: METRIC.optional(),
    rawType: oneOf(['success', 'failure']).optional(),
    raw: METRIC.optional(),
  }).optional(),
});
export type SliSpec = z.output<typeof SLI_SPEC>;

const OPERATORS = ['lte', 'gte', 'lt', 'gt'] as const;

const OBJECTIVE = section({
  displayName: text().optional(),
  op: oneOf(OPERATORS).optional(),
  value: numeric('a number').optional(),
  target: numeric('a share from 0 to 1').min(0).max(1).optional(),
  targetPercent: numeric('a percentage from 0 to 100').min(0).max(100).optional(),
  timeSliceTarget: numeric('a share from 0 to 1').min(0).max(1).optional(),
  timeSliceWindow: z
    .union([numeric('minutes').positive(), shorthand()], { error: 'minutes, or a duration such as 1m' })
    .optional(),
  indicator: inline('SLI', SLI_SPEC).optional(),
  indicatorRef: name().optional(),
  compositeWeight: numeric('a number above 0').positive().optional(),
});
export type ObjectiveText = z.output<typeof OBJECTIVE>;

const WINDOW = section({
  duration: shorthand(),
  isRolling: flag().optional(),
  calendar: section({
    startTime: patterned(/^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}$/, 'a time such as 2020-01-21 00:00:00'),
    timeZone: text('a time zone such as Europe/Berlin'),
  }).optional(),
});
export type WindowText = z.output<typeof WINDOW>;

const CONDITION_SPEC = section({
  description: text().optional(),
  severity: text('a severity'),
  condition: section({
    kind: z.literal('burnrate', { error: 'burnrate' }).optional(),
    op: oneOf(OPERATORS),
    threshold: numeric('a number'),
    lookbackWindow: shorthand(),
    alertAfter: shorthand().optional(),
  }),
});
export type ConditionSpec = z.output<typeof CONDITION_SPEC>;
const CONDITION = inline('AlertCondition', CONDITION_SPEC);
const conditionRef = section({ conditionRef: name() });

const NOTIFIED_SPEC = section({ target: text(), description: text().optional() });

const POLICY_SPEC = section({
  description: text().optional(),
  alertWhenNoData: flag().optional(),
  alertWhenResolved: flag().optional(),
  alertWhenBreaching: flag().optional(),
  conditions: z.array(z.union([conditionRef, CONDITION])).length(1, { error: 'exactly one condition' }),
  notificationTargets: z
    .array(z.union([section({ targetRef: name() }), inline('AlertNotificationTarget', NOTIFIED_SPEC)]))
    .optional(),
});
export type PolicySpec = z.output<typeof POLICY_SPEC>;
export type ConditionText = PolicySpec['conditions'][number];

const SLO_SPEC = section({
  description: text().optional(),
  service: name(),
  indicator: inline('SLI', SLI_SPEC).optional(),
  indicatorRef: name().optional(),
  timeWindow: z.array(WINDOW).length(1, { error: 'exactly one window' }),
  budgetingMethod: oneOf(['Occurrences', 'Timeslices', 'RatioTimeslices']),
  objectives: z.array(OBJECTIVE).min(1, { error: 'at least one objective' }).max(100),
  alertPolicies: z
    .array(z.union([section({ alertPolicyRef: name() }), inline('AlertPolicy', POLICY_SPEC)]))
    .max(10)
    .optional(),
});
export type SloSpec = z.output<typeof SLO_SPEC>;
export type Meta = z.output<typeof META>;

/** Every kind of object. */
export const OBJECTS = {
  SLO: object('SLO', SLO_SPEC),
  SLI: object('SLI', SLI_SPEC),
  Service: object('Service', section({ description: text().optional() })),
  AlertPolicy: object('AlertPolicy', POLICY_SPEC),
  AlertCondition: object('AlertCondition', CONDITION_SPEC),
  AlertNotificationTarget: object('AlertNotificationTarget', NOTIFIED_SPEC),
  DataSource: object(
    'DataSource',
    section({ description: text().optional(), type: text(), connectionDetails: json().optional() }),
  ),
} as const;
export type Kind = keyof typeof OBJECTS;
export const KINDS: readonly string[] = Object.keys(OBJECTS);
export const isKind = (kind: unknown): kind is Kind => typeof kind === 'string' && KINDS.includes(kind);

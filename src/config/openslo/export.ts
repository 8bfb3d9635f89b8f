// Exports targets as OpenSLO v1: one SLO each, with the services and notification targets that they name.

import { stringify } from 'yaml';
import type { Json } from '#kernel/evidence.ts';
import { problem, type Problem } from '#kernel/problem.ts';
import type { Budgeting, BurnRule, Comparator, Indicator, Target, Window } from '#kernel/target.ts';
import { DAY_MS, wallClockAt } from '#kernel/zone.ts';
import { writeDuration } from '../quantity.ts';
import { API_VERSION } from './grammar.ts';
import { OWN_TYPE } from './importIndicator.ts';
import { SHORT_WINDOW, TARGET_NAME } from './names.ts';

export type Exported = {
  /** Several YAML documents; empty when there are problems. */
  readonly yaml: string;
  readonly documents: readonly Json[];
  readonly problems: readonly Problem[];
};

const UNITS = [
  ['w', 7 * DAY_MS],
  ['d', DAY_MS],
  ['h', 3_600_000],
  ['m', 60_000],
] as const;

/** `5m`, `1h`, `4w`: the largest unit of which it is a whole number; null below a minute. */
const shorthandOf = (ms: number): string | null => {
  const unit = UNITS.find(([, size]) => ms > 0 && ms % size === 0);
  return unit === undefined ? null : `${ms / unit[1]}${unit[0]}`;
};

type Writing = { readonly target: Target; readonly problems: Problem[] };

const shorthand = ({ target, problems }: Writing, ms: number, what: string): string => {
  const written = shorthandOf(ms);
  if (written !== null) return written;
  problems.push(
    problem('bad-request', `${target.id}: OpenSLO cannot say ${writeDuration(ms)} (${what})`, {
      expected: 'whole minutes',
    }),
  );
  return '';
};

const LETTERS = { day: 'd', week: 'w', month: 'M', quarter: 'Q', year: 'Y' } as const;

const windowOf = (writing: Writing, window: Window): Json => {
  if (window.kind === 'rolling')
    return { duration: shorthand(writing, window.lengthMs, 'the window'), isRolling: true };
  const day = new Date(wallClockAt(window.startsAt, window.timezone)).toISOString().slice(0, 10);
  const calendar = { startTime: `${day} 00:00:00`, timeZone: window.timezone };
  return { duration: `${window.count}${LETTERS[window.unit]}`, calendar, isRolling: false };
};

const promQl = (source: string, query: string): Json => ({
  metricSource: { metricSourceRef: source, type: 'Prometheus', spec: { query } },
});

const own = (spec: { readonly [key: string]: Json }): Json => ({
  ratioMetric: {
    counter: true,
    good: { metricSource: { type: OWN_TYPE, spec: { ...spec, events: 'good' } } },
    total: { metricSource: { type: OWN_TYPE, spec: { ...spec, events: 'all' } } },
  },
});

const sliOf = (indicator: Indicator): Json => {
  switch (indicator.kind) {
    case 'availability':
      return own({ indicator: 'availability' });
    case 'latency':
      return own({ indicator: 'latency', threshold: writeDuration(indicator.thresholdMs) });
    case 'ratio': {
      const { source, good, total, isCounter } = indicator;
      return { ratioMetric: { counter: isCounter, good: promQl(source, good), total: promQl(source, total) } };
    }
    default:
      return { thresholdMetric: promQl(indicator.source, indicator.query) };
  }
};

const OPERATORS: Record<Comparator, string> = { below: 'lt', 'at-most': 'lte', above: 'gt', 'at-least': 'gte' };

const METHODS: Record<Budgeting['method'], string> = {
  occurrences: 'Occurrences',
  timeslices: 'Timeslices',
  'ratio-timeslices': 'RatioTimeslices',
};

/** A share of 0 to 1, without what 95 / 100 leaves behind. */
const toShare = (percent: number): number => Number((percent / 100).toPrecision(15));

const objectiveOf = (writing: Writing): Json => {
  const { indicator, objectivePercent, budgeting } = writing.target;
  const limit = indicator.kind === 'value' ? { op: OPERATORS[indicator.comparator], value: indicator.limit } : {};
  const slice =
    budgeting.method === 'occurrences' ? {} : { timeSliceWindow: shorthand(writing, budgeting.sliceMs, 'the slice') };
  const share = budgeting.method === 'timeslices' ? { timeSliceTarget: toShare(budgeting.sliceObjectivePercent) } : {};
  return { targetPercent: objectivePercent, ...limit, ...slice, ...share };
};

const notified = (rule: BurnRule): string => `sereno-${rule.severity.toLowerCase()}`;

const policyOf = (writing: Writing, name: string, rule: BurnRule, index: number): Json => {
  const alert = `${name.slice(0, 50)}-burn-${index + 1}`;
  const annotations = { [SHORT_WINDOW]: writeDuration(rule.shortMs) };
  const condition = {
    kind: 'burnrate',
    op: 'gte',
    threshold: rule.factor,
    lookbackWindow: shorthand(writing, rule.longMs, 'the window of a burn rule'),
  };
  return {
    kind: 'AlertPolicy',
    metadata: { name: alert },
    spec: {
      alertWhenBreaching: true,
      alertWhenResolved: true,
      conditions: [
        {
          kind: 'AlertCondition',
          metadata: { name: alert, annotations },
          spec: { severity: rule.severity.toLowerCase(), condition },
        },
      ],
      notificationTargets: [{ targetRef: notified(rule) }],
    },
  };
};

const object = (kind: string, metadata: { readonly [key: string]: Json }, spec: Json): Json => ({
  apiVersion: API_VERSION,
  kind,
  metadata,
  spec,
});

const sloOf = (writing: Writing, name: string): Json => {
  const { target } = writing;
  const policies = target.burn.map((rule, index) => policyOf(writing, name, rule, index));
  return object(
    'SLO',
    { name, displayName: target.said.slice(0, 200), annotations: { [TARGET_NAME]: target.name } },
    {
      service: target.service,
      indicator: { metadata: { name }, spec: sliOf(target.indicator) },
      timeWindow: [windowOf(writing, target.window)],
      budgetingMethod: METHODS[target.budgeting.method],
      objectives: [objectiveOf(writing)],
      ...(policies.length === 0 ? {} : { alertPolicies: policies }),
    },
  );
};

/** Names of RFC 1123, each once: small letters, digits and dashes, at most 63. */
const makeNamer = (): ((target: Target) => string) => {
  const taken = new Set<string>();
  return (target) => {
    const plain = target.id
      .toLowerCase()
      .replaceAll(/[^a-z0-9]+/g, '-')
      .replaceAll(/^-+|-+$/g, '')
      .slice(0, 56);
    let name = plain;
    // Ends: there are not more names taken than targets.
    for (let number = 2; taken.has(name); number += 1) name = `${plain}-${number}`;
    taken.add(name);
    return name;
  };
};

/** Writes targets as OpenSLO v1 objects. Problems: bad-request, for what OpenSLO has no words for, such as seconds. */
export const exportOpenSlo = (targets: readonly Target[]): Exported => {
  const problems: Problem[] = [];
  const nameOf = makeNamer();
  const services = [...new Set(targets.map((target) => target.service))];
  const told = [...new Set(targets.flatMap((target) => target.burn.map(notified)))];
  const documents = [
    ...services.map((name) => object('Service', { name }, {})),
    ...told.map((name) => object('AlertNotificationTarget', { name }, { target: 'sereno' })),
    ...targets.map((target) => sloOf({ target, problems }, nameOf(target))),
  ];
  if (problems.length > 0) return { yaml: '', documents: [], problems };
  const yaml = documents.map((document) => `---\n${stringify(document, { lineWidth: 0 })}`).join('');
  return { yaml, documents, problems };
};

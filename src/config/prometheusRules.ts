// Targets as rules for Prometheus: recorded error ratios, and multiwindow, multi-burn-rate alerts (SRE workbook, ch. 5).
//
// What the checks see is read from Sereno's own /metrics, so both judge the same events. Prometheus has neither a
// sequential test nor attribution: its alerts are the plain ones of the workbook.

import { stringify } from 'yaml';
import type { Json } from '#kernel/evidence.ts';
import { problem, type Problem } from '#kernel/problem.ts';
import type { BurnRule, Comparator, Target } from '#kernel/target.ts';
import { writeDuration } from './quantity.ts';

/** A target with the burn rules that hold for it: declared, or derived from its window. */
export type Ruled = { readonly target: Target; readonly rules: readonly BurnRule[] };

export type PrometheusRules = {
  /** A rule file; empty when there are problems. */
  readonly yaml: string;
  readonly problems: readonly Problem[];
};

/** The workbook's shortest window is 5 minutes: ten evaluations. A shorter one, if declared, has two. */
const INTERVAL_MAX_MS = 30_000;

const EVENTS = 'sereno_target_events_total';
/** Names as Prometheus wants them for recorded series: level, metric, operations. */
const GOOD = 'target:sereno_good:events';
const TOTAL = 'target:sereno_total:events';
const ERRORS = 'target:sereno_errors:ratio_rate';
const REMAINING = 'target:sereno_budget:ratio_remaining';

const OPERATORS: Record<Comparator, string> = { below: '<', 'at-most': '<=', above: '>', 'at-least': '>=' };

const quote = (text: string): string => JSON.stringify(text);

const selector = (target: Target): string => `{target=${quote(target.id)}}`;

/** A bare number is a scalar, which cannot be summed. */
const asVector = (query: string): string => (/^[\d.eE+-]+$/.test(query.trim()) ? `vector(${query.trim()})` : query);

type Rule = { readonly [key: string]: Json };

const labelsOf = (target: Target): Rule => ({ service: target.service, target: target.id });

const record = (target: Target, name: string, expr: string): Rule => ({ record: name, expr, labels: labelsOf(target) });

/** Series of good events and of all, for targets whose queries a source answers; nothing for our own checks. */
const countingRules = (target: Target): readonly Rule[] => {
  const { indicator } = target;
  if (indicator.kind === 'ratio')
    return [
      record(target, GOOD, `sum(${asVector(indicator.good)})`),
      record(target, TOTAL, `sum(${asVector(indicator.total)})`),
    ];
  if (indicator.kind !== 'value') return [];
  const query = asVector(indicator.query);
  return [
    record(target, GOOD, `sum((${query}) ${OPERATORS[indicator.comparator]} bool ${indicator.limit})`),
    record(target, TOTAL, `count(${query})`),
  ];
};

/** The share of bad events within a window, 0 to 1; no data when there were no events. */
const badShare = (target: Target, windowMs: number): string => {
  const { indicator } = target;
  const range = `[${writeDuration(windowMs)}]`;
  if (indicator.kind === 'availability' || indicator.kind === 'latency') {
    const counted = (result: string): string =>
      `sum(increase(${EVENTS}{target=${quote(target.id)},result=~"${result}"}${range}))`;
    return `${counted('bad')} / (${counted('good|bad')} > 0)`;
  }
  const isCounter = indicator.kind === 'ratio' && indicator.isCounter;
  const over = isCounter ? 'increase' : 'sum_over_time';
  const amount = (name: string): string => `sum(${over}(${name}${selector(target)}${range}))`;
  return `1 - ${amount(GOOD)} / (${amount(TOTAL)} > 0)`;
};

const nameOf = (windowMs: number): string => `${ERRORS}${writeDuration(windowMs)}`;

/** Slices are judged by a window of their own length, and counted over the long one. */
const windowRules = ({ target }: Ruled, windows: readonly number[]): readonly Rule[] => {
  const { budgeting } = target;
  if (budgeting.method === 'occurrences')
    return windows.map((windowMs) => record(target, nameOf(windowMs), badShare(target, windowMs)));
  const slice = writeDuration(budgeting.sliceMs);
  const sliced = `${ERRORS}_slice`;
  const share = `${sliced}${selector(target)}`;
  const limit = budgeting.method === 'timeslices' ? 1 - budgeting.sliceObjectivePercent / 100 : null;
  const worth = limit === null ? share : `(${share} > bool ${Number(limit.toPrecision(12))})`;
  return [
    record(target, sliced, badShare(target, budgeting.sliceMs)),
    ...windows.map((windowMs) => {
      const length = writeDuration(Math.max(windowMs, budgeting.sliceMs));
      return record(target, nameOf(windowMs), `avg_over_time(${worth}[${length}:${slice}])`);
    }),
  ];
};

/** The share of events that may be bad. */
const allowanceOf = (target: Target): number => Number(((100 - target.objectivePercent) / 100).toPrecision(12));

const alertRule = (target: Target, rule: BurnRule): Rule => {
  const limit = Number((rule.factor * allowanceOf(target)).toPrecision(12));
  const over = (windowMs: number): string => `${nameOf(windowMs)}${selector(target)} > ${limit}`;
  const [long, short] = [writeDuration(rule.longMs), writeDuration(rule.shortMs)];
  const pace = `the error budget of ${target.id} burns more than ${rule.factor} times its pace`;
  return {
    alert: 'SerenoTargetBurning',
    expr: `${over(rule.longMs)} and ${over(rule.shortMs)}`,
    labels: { ...labelsOf(target), severity: rule.severity, long_window: long, short_window: short },
    annotations: {
      summary: pace,
      // Prometheus reads {{ in annotations as a template; what a person wrote is text.
      description: `Over ${long} and ${short}. Promised: ${target.said.replaceAll('{{', '{ {')}.`,
    },
  };
};

const remainingRules = (target: Target): readonly Rule[] => {
  if (target.window.kind !== 'rolling' || target.budgeting.method !== 'occurrences') return [];
  return [record(target, REMAINING, `1 - (${badShare(target, target.window.lengthMs)}) / ${allowanceOf(target)}`)];
};

/** Prometheus asks no source of ours: what is pushed to Sereno or measured on its host is not there. */
const isElsewhere = ({ indicator }: Target): boolean =>
  'source' in indicator && ['checks', 'host', 'otlp'].includes(indicator.source);

const groupOf = (ruled: Ruled): Rule => {
  const { target, rules } = ruled;
  const windows = [...new Set(rules.flatMap((rule) => [rule.shortMs, rule.longMs]))].toSorted((a, b) => a - b);
  return {
    name: `sereno-${target.id}`,
    interval: writeDuration(Math.min(INTERVAL_MAX_MS, (windows[0] ?? INTERVAL_MAX_MS) / 2)),
    rules: [
      ...countingRules(target),
      ...windowRules(ruled, windows),
      ...remainingRules(target),
      ...rules.map((rule) => alertRule(target, rule)),
    ],
  };
};

/** A rule file with one group for each target. Problems: bad-request, for targets whose figures Prometheus does not have. */
export const prometheusRules = (ruled: readonly Ruled[]): PrometheusRules => {
  const problems = ruled
    .filter(({ target }) => isElsewhere(target))
    .map(({ target }) =>
      problem('bad-request', `${target.id}: its figures are in Sereno only, and Prometheus cannot ask for them`, {
        expected: 'targets of checks, or of a source that is a Prometheus',
        mend: 'name the targets that are wanted: sereno target export --prometheus api.availability',
      }),
    );
  if (problems.length > 0) return { yaml: '', problems };
  return { yaml: stringify({ groups: ruled.map(groupOf) }, { lineWidth: 0 }), problems };
};

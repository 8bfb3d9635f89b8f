// Indicators of OpenSLO, as the keys of a target of ours.

import type { Json } from '#kernel/evidence.ts';
import { SOURCE_DEFAULT } from '../decodeTarget.ts';
import type { MetricText, ObjectiveText, SliSpec } from './grammar.ts';
import { below, find, refuse, type Shelf, type Spot } from './shelf.ts';

/** Keys of the long form of a target. */
export type Keys = Readonly<Record<string, Json>>;

/** What Sereno measures by itself stands under this type; its queries go to a source that speaks PromQL. */
export const OWN_TYPE = 'Sereno';
const PROMQL_TYPE = 'Prometheus';

type Asked = { readonly source: string; readonly query: string };

const isType = (type: string, wanted: string): boolean => type.toLowerCase() === wanted.toLowerCase();

const typeOf = (shelf: Shelf, metric: MetricText, spot: Spot): string | null => {
  const { type, metricSourceRef } = metric.metricSource;
  if (type !== undefined) return type;
  const at = below(spot, 'metricSource');
  if (metricSourceRef !== undefined)
    return find(shelf, 'DataSource', metricSourceRef, below(at, 'metricSourceRef'))?.object.spec.type ?? null;
  refuse(shelf, below(at, 'type'), 'a type, or a metricSourceRef to a DataSource');
  return null;
};

/** A query of a source; null, and told, when it is none that Sereno can ask. */
const askedOf = (shelf: Shelf, metric: MetricText, spot: Spot): Asked | null => {
  const type = typeOf(shelf, metric, spot);
  if (type === null) return null;
  const at = below(spot, 'metricSource');
  const { spec, metricSourceRef } = metric.metricSource;
  if (!isType(type, PROMQL_TYPE) && !isType(type, OWN_TYPE)) {
    refuse(shelf, below(at, 'type'), `${PROMQL_TYPE} or ${OWN_TYPE}: Sereno has no other kind of source`);
    return null;
  }
  const unknown = Object.keys(spec).filter((key) => key !== 'query');
  for (const key of unknown) refuse(shelf, below(at, 'spec', key), 'query and nothing else');
  const { query } = spec;
  if (typeof query === 'string' && query !== '') return { source: metricSourceRef ?? SOURCE_DEFAULT, query };
  refuse(shelf, below(at, 'spec', 'query'), 'a query in PromQL');
  return null;
};

const OPERATORS = { lt: 'below', lte: 'at_most', gt: 'above', gte: 'at_least' } as const;

const thresholdKeys = (shelf: Shelf, metric: MetricText, objective: ObjectiveText, spots: Spots): Keys | null => {
  const asked = askedOf(shelf, metric, below(spots.sli, 'thresholdMetric'));
  const { op, value } = objective;
  if (op === undefined) refuse(shelf, below(spots.objective, 'op'), 'lte, gte, lt or gt beside a thresholdMetric');
  if (value === undefined) refuse(shelf, below(spots.objective, 'value'), 'a number beside a thresholdMetric');
  if (asked === null || op === undefined || value === undefined) return null;
  return { indicator: asked.query, source: asked.source, [OPERATORS[op]]: value };
};

/** `good` and `total` of one source. What is absent is no event: without `or` a query without bad events would give nothing. */
const countedKeys = (good: Asked, total: Asked, isBad: boolean, isCounter: boolean): Keys => ({
  good: isBad ? `(${total.query}) - ((${good.query}) or 0 * (${total.query}))` : good.query,
  total: total.query,
  ...(isCounter ? { counter: true } : {}),
  source: good.source,
});

/** A ratio that is stored as such has no events: each look counts once, and its part that was good. */
const rawKeys = ({ query, source }: Asked, isSuccess: boolean): Keys => ({
  good: isSuccess ? query : `1 - (${query})`,
  total: 'vector(1)',
  source,
});

type Ratio = NonNullable<SliSpec['ratioMetric']>;

/** `{ indicator: latency, threshold: 300ms, events: good }`: what the checks of the service have seen. */
const ownKeys = (ratio: Ratio): Keys | null => {
  const [good, total] = [ratio.good?.metricSource, ratio.total?.metricSource];
  if (good?.type === undefined || total === undefined || !isType(good.type, OWN_TYPE)) return null;
  const { indicator, threshold, events, ...rest } = good.spec;
  if (events !== 'good' || Object.keys(rest).length > 0 || good.metricSourceRef !== undefined) return null;
  const isPair = JSON.stringify(total) === JSON.stringify({ ...good, spec: { ...good.spec, events: 'all' } });
  if (!isPair) return null;
  if (indicator === 'availability' && threshold === undefined) return {};
  return indicator === 'latency' && typeof threshold === 'string' ? { under: threshold } : null;
};

const ratioKeys = (shelf: Shelf, ratio: Ratio, spots: Spots): Keys | null => {
  const own = ownKeys(ratio);
  if (own !== null) return own;
  const spot = below(spots.sli, 'ratioMetric');
  const { good, bad, total, raw, rawType } = ratio;
  const given = [good, bad].filter((metric) => metric !== undefined).length;
  if (raw !== undefined) {
    if (given > 0 || total !== undefined) refuse(shelf, below(spot, 'raw'), 'raw alone, without good, bad and total');
    if (rawType === undefined) refuse(shelf, below(spot, 'rawType'), 'success or failure beside raw');
    const asked = askedOf(shelf, raw, below(spot, 'raw'));
    return asked === null ? null : rawKeys(asked, rawType === 'success');
  }
  if (rawType !== undefined) refuse(shelf, below(spot, 'rawType'), 'rawType only beside raw');
  const numerator = good ?? bad;
  if (numerator === undefined || given !== 1 || total === undefined) {
    refuse(shelf, spot, 'total with either good or bad, or raw');
    return null;
  }
  const asked = askedOf(shelf, numerator, below(spot, good === undefined ? 'bad' : 'good'));
  const all = askedOf(shelf, total, below(spot, 'total'));
  if (asked === null || all === null) return null;
  if (asked.source !== all.source)
    refuse(shelf, below(spot, 'total'), `the same source as its numerator, ${asked.source}`);
  return countedKeys(asked, all, good === undefined, ratio.counter ?? false);
};

export type Spots = { readonly sli: Spot; readonly objective: Spot };

/** The keys of the indicator; null, and told, when Sereno cannot measure it. */
export const indicatorKeys = (shelf: Shelf, sli: SliSpec, objective: ObjectiveText, spots: Spots): Keys | null => {
  const { thresholdMetric, ratioMetric } = sli;
  if ((thresholdMetric === undefined) === (ratioMetric === undefined)) {
    refuse(shelf, spots.sli, 'either thresholdMetric or ratioMetric');
    return null;
  }
  if (thresholdMetric !== undefined) return thresholdKeys(shelf, thresholdMetric, objective, spots);
  for (const key of ['op', 'value'] as const)
    if (objective[key] !== undefined)
      refuse(shelf, below(spots.objective, key), `${key} only beside a thresholdMetric`);
  return ratioMetric === undefined ? null : ratioKeys(shelf, ratioMetric, spots);
};

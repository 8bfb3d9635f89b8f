// Feeding: hands the judge what sources of metrics say of targets: amounts, increases of counters, and values.
//
// A Prometheus server computes one number for each part of a target (tally.ts). All other sources give series, of which a
// target selects some: `http_requests_total{code=~"2.."}`. Selected counters are added up as increases, each by itself, so
// that one program that starts anew is no fall of the sum.

import { increaseOf } from '#judge/budget/counter.ts';
import { isMatch, parseMatcher } from '#judge/noise/matcher.ts';
import { isStale, seriesKey, type Labels } from '#kernel/series.ts';
import type { Site } from '#kernel/site.ts';
import { splitSelector, type MetricSource } from '#kernel/source.ts';
import { isWithin, type Indicator, type Target, type TargetId } from '#kernel/target.ts';
import type { Instant } from '#kernel/time.ts';
import type { NumberReading, Reading } from '#ports/source.ts';

export type Counted = { readonly good: number; readonly bad: number };

/** Who judges; see judging.ts. */
export type Judges = { readonly sawEvents: (target: TargetId, at: Instant, counted: Counted) => unknown };

type Fed = Extract<Indicator, { readonly source: string }>;
type Part = 'good' | 'total' | 'value';
/** Which series of a metric are meant. */
type Selector = { readonly metric: string; readonly isMeant: (labels: Labels) => boolean };
type Picked = { readonly part: Part; readonly readings: readonly NumberReading[] };

/** What one target takes from its source. */
type Feed = {
  readonly target: Target;
  readonly indicator: Fed;
  readonly parts: readonly { readonly part: Part; readonly selector: Selector }[];
  /** Each selected counter as it was last. */
  readonly counters: Map<string, { readonly at: Instant; readonly value: number }>;
  /** When something was last selected. */
  lastAt: Instant | null;
};

const fedBy = ({ indicator }: Target): Fed | null =>
  indicator.kind === 'ratio' || indicator.kind === 'value' ? indicator : null;

/** A text that is no selector selects nothing; `sereno check` says so. */
const selectorOf = (text: string): Selector => {
  const split = splitSelector(text);
  const parsed = split?.matchers.map((written) => parseMatcher(written)) ?? [];
  const matchers = parsed.flatMap((each) => (each.kind === 'matcher' ? [each.matcher] : []));
  const isRead = split !== null && matchers.length === parsed.length;
  return {
    metric: split?.metric ?? '',
    isMeant: (labels) => isRead && matchers.every((matcher) => isMatch(matcher, labels)),
  };
};

const partsOf = (indicator: Fed): readonly (readonly [Part, string])[] =>
  indicator.kind === 'value'
    ? [['value', indicator.query]]
    : [
        ['good', indicator.good],
        ['total', indicator.total],
      ];

const makeFeed = (target: Target, indicator: Fed): Feed => ({
  target,
  indicator,
  parts: partsOf(indicator).map(([part, text]) => ({ part, selector: selectorOf(text) })),
  counters: new Map(),
  lastAt: null,
});

export class Feeding {
  readonly #judges: Judges;
  readonly #feeds = new Map<string, Feed[]>();
  #marks = new Map<TargetId, string>();

  constructor(site: Site, judges: Judges) {
    this.#judges = judges;
    this.setSite(site);
  }

  /** A target and a source that are declared as before go on. */
  setSite(site: Site): void {
    const before = new Map([...this.#feeds.values()].flat().map((feed) => [feed.target.id, feed]));
    const marks = new Map<TargetId, string>();
    this.#feeds.clear();
    for (const target of site.services.flatMap((service) => service.targets)) {
      const indicator = fedBy(target);
      const source = site.sources.find(({ name }) => name === indicator?.source);
      if (indicator === null || source === undefined || source.origin.kind === 'prometheus') continue;
      const mark = JSON.stringify([indicator, source]);
      const known = this.#marks.get(target.id) === mark ? before.get(target.id) : undefined;
      const feed = known ?? makeFeed(target, indicator);
      marks.set(target.id, mark);
      const those = this.#feeds.get(source.name);
      if (those === undefined) this.#feeds.set(source.name, [feed]);
      else those.push(feed);
    }
    this.#marks = marks;
  }

  /** Takes what a source has said at once, oldest first. */
  take(source: MetricSource, readings: readonly Reading[]): void {
    const feeds = this.#feeds.get(source.name);
    if (feeds === undefined) return;
    const numbers = readings.filter((reading): reading is NumberReading => reading.kind !== 'histogram');
    const ofMetric = groupBy(numbers, ({ metric }) => metric);
    for (const feed of feeds) {
      const picked = feed.parts.map(({ part, selector }) => ({
        part,
        readings: (ofMetric.get(selector.metric) ?? []).filter(({ labels }) => selector.isMeant(labels)),
      }));
      this.#feed(feed, source, picked);
    }
  }

  #feed(feed: Feed, source: MetricSource, picked: readonly Picked[]): void {
    const times = picked.flatMap((each) => each.readings.map(({ at }) => at));
    if (times.length === 0) return;
    const at = times.reduce((newest, time) => (time > newest ? time : newest));
    // What was there before, and is now seen for the first time, has begun at 0 since then.
    const isKnown = !isStale(source, feed.lastAt, at);
    const sums = new Map(picked.map((each) => [each.part, valuesOf(feed, each, { source, isKnown })]));
    feed.lastAt = at;
    const counted = countedOf(feed.indicator, sums);
    if (counted !== null && counted.good + counted.bad > 0) this.#judges.sawEvents(feed.target.id, at, counted);
  }
}

const groupBy = <Item, Key>(items: readonly Item[], keyOf: (item: Item) => Key): ReadonlyMap<Key, readonly Item[]> => {
  const groups = new Map<Key, Item[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group === undefined) groups.set(keyOf(item), [item]);
    else group.push(item);
  }
  return groups;
};

/** What each selected series says: its increase when it is a counter, otherwise its value. Nothing of a first look at a counter. */
const valuesOf = (
  feed: Feed,
  { part, readings }: Picked,
  { source, isKnown }: { readonly source: MetricSource; readonly isKnown: boolean },
): readonly number[] => {
  const { indicator, counters } = feed;
  const first = isKnown ? 0 : null;
  return readings.flatMap(({ kind, metric, labels, at, value }) => {
    if (indicator.kind === 'value' || (kind !== 'counter' && !indicator.isCounter)) return [value];
    const key = `${part} ${seriesKey(metric, labels)}`;
    const before = counters.get(key);
    if (before !== undefined && at <= before.at) return [];
    counters.set(key, { at, value });
    // Of a silence it is not known when in it things happened: nothing is counted over it.
    if (before !== undefined && isStale(source, before.at, at)) return [];
    const increase = increaseOf(before?.value ?? first, value);
    return increase === null ? [] : [increase];
  });
};

const add = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);

/** Null: this look says nothing of the target. */
const countedOf = (indicator: Fed, sums: ReadonlyMap<Part, readonly number[]>): Counted | null => {
  const [good = [], total = [], value = []] = [sums.get('good'), sums.get('total'), sums.get('value')];
  if (indicator.kind === 'value') {
    if (value.length === 0) return null;
    const isGood = value.every((each) => isWithin(indicator.comparator, each, indicator.limit));
    return { good: Number(isGood), bad: Number(!isGood) };
  }
  // A series that is not there has not happened.
  if (total.length === 0) return null;
  const all = Math.max(0, add(total));
  const fine = Math.min(Math.max(0, add(good)), all);
  return { good: fine, bad: all - fine };
};

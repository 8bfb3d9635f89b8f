// Anomalies on live series: every series that is watched has a detector, all of them together have one budget, and what
// is told begins once and ends once. A surprise is a finding of SEV3: it takes nothing from a target and pages nobody.
//
// Points come ten thousand a minute, so what is known of them lives here in hot memory, as in lookout.ts and judging.ts.

import type { Anomaly, AnomaliesView, AnomalyEnd } from '#kernel/anomaly.ts';
import type { Check } from '#kernel/check.ts';
import type { Finding } from '#kernel/finding.ts';
import { serviceId, type ServiceId } from '#kernel/id.ts';
import type { Message } from '#kernel/message.ts';
import type { Observation } from '#kernel/observation.ts';
import { checkSeries, isStale, seriesKey, type SeriesKey } from '#kernel/series.ts';
import { findService, type Site } from '#kernel/site.ts';
import type { MetricSource } from '#kernel/source.ts';
import { hours, type DurationMs, type Instant } from '#kernel/time.ts';
import { SeriesWatch, type Surprise } from '#judge/anomaly/seriesWatch.ts';
import { SiteBudget, type SiteMemory } from '#judge/anomaly/siteBudget.ts';
import type { NumberReading, Reading } from '#ports/source.ts';
import { anomalyTitle } from './anomalyWords.ts';

/** 4.3 KB each. Sources bring thousands of series; half of the places are for checks alone. */
export const SERIES_MAX = 2_000;
const OF_SOURCES_MAX = SERIES_MAX / 2;
/** A series that brought nothing for as long gives its place up. */
const FORGOTTEN_MS = hours(24);
/** Of those that are over, so many are shown; all of them are in the evidence. */
const ENDED_KEPT = 200;
/** They look at something on this machine: how long that takes says nothing of the service. */
const WITHOUT_LATENCY: readonly string[] = ['process', 'file'];
const DEFAULT_PER_WEEK = 1;

export type AnomaliesParts = {
  readonly now: () => Instant;
  /** Something else explains what is seen of it now: agreed work, or the watchman's own blindness. */
  readonly isExcused: (service: ServiceId | null, at: Instant) => boolean;
  /** Tells the alert desk. */
  readonly tell: (message: Message) => void;
};

type Identity = {
  readonly key: SeriesKey;
  readonly source: string;
  readonly unit: string;
  readonly everyMs: DurationMs;
  readonly service: ServiceId | null;
  /** What people call it. */
  readonly name: string;
};

type Watched = {
  identity: Identity;
  readonly watch: SeriesWatch;
  lastAt: Instant | null;
  /** Of a counter: its last value. */
  lastValue: number | null;
  open: Anomaly | null;
};

type KeptHead = { readonly identity: Identity; readonly lastAt: Instant | null; readonly open: Anomaly | null };

/** What is kept of one series over a restart, and under the empty key of all together. */
export type KeptSeries = { readonly id: string; readonly head: KeptHead | SiteMemory; readonly memory: Uint8Array };

const SITE = '';

export class Anomalies {
  readonly #parts: AnomaliesParts;
  readonly #watched = new Map<SeriesKey, Watched>();
  readonly #ended: Anomaly[] = [];
  #site: Site;
  #budget: SiteBudget;
  #perWeek: number;
  #ofSources = 0;
  #left = new Set<SeriesKey>();
  #heldBack = 0;

  constructor(site: Site, parts: AnomaliesParts) {
    this.#parts = parts;
    this.#site = site;
    this.#perWeek = site.anomaly?.perWeek ?? DEFAULT_PER_WEEK;
    this.#budget = new SiteBudget(this.#perWeek);
  }

  /** What is not declared any more is not watched any more. Another rate begins with what was spent so far. */
  setSite(site: Site): void {
    this.#site = site;
    const perWeek = site.anomaly?.perWeek ?? DEFAULT_PER_WEEK;
    if (perWeek !== this.#perWeek) this.#budget = new SiteBudget(perWeek, this.#budget.memory());
    this.#perWeek = perWeek;
    const checks = new Set(site.services.flatMap((service) => service.checks.map((check) => check.id as string))); // brand
    const sources = new Set(site.sources.map((source) => source.name));
    for (const each of this.#watched.values()) {
      const { source, name } = each.identity;
      const isDeclared = source === 'checks' ? checks.has(name) : sources.has(source);
      if (!isDeclared || site.anomaly === null) this.#forget(each);
    }
  }

  /** One look was taken. Only how long right answers take is a series; failing is the business of the checks. */
  sawLook(check: Check, { at, state, latencyMs }: Observation): void {
    if (this.#site.anomaly === null || WITHOUT_LATENCY.includes(check.probe.kind)) return;
    if (state !== 'healthy' && state !== 'degraded') return;
    if (findService(this.#site, check.service) === null) return;
    const { metric, labels, unit, source, everyMs } = checkSeries(check.id, check.slowestMs);
    const key = seriesKey(metric, labels);
    const identity = (): Identity => ({ key, source, unit, everyMs, service: check.service, name: check.id });
    this.#take(this.#find(key, identity), at, latencyMs);
  }

  /** What a source brought, oldest first. Of a counter the increase per second counts; a histogram is no one value. */
  sawReadings(source: MetricSource, readings: readonly Reading[]): void {
    if (this.#site.anomaly === null) return;
    for (const reading of readings) if (reading.kind !== 'histogram') this.#takeReading(source, reading);
  }

  /** Series of which nothing comes any more: their anomalies are over, and after a day their places free. */
  tick(): void {
    const now = this.#parts.now();
    for (const each of this.#watched.values()) {
      if (each.open !== null && isStale(each.identity, each.lastAt, now)) {
        each.watch.close();
        this.#end(each, 'silent', now);
      }
      if (each.lastAt !== null && now - each.lastAt > FORGOTTEN_MS) this.#forget(each);
    }
    this.#left = new Set();
  }

  view(): AnomaliesView {
    const open = [...this.#watched.values()].flatMap((each) => (each.open === null ? [] : [each.open]));
    return {
      isOn: this.#site.anomaly !== null,
      perWeek: this.#perWeek,
      seriesWatched: this.#watched.size,
      seriesMax: SERIES_MAX,
      seriesLeft: this.#left.size,
      heldBack: this.#heldBack,
      anomalies: [...open.toSorted((a, b) => b.at - a.at), ...this.#ended],
    };
  }

  count(): number {
    return this.#watched.size;
  }

  /** What is known of all series, to be kept over a restart. */
  kept(): readonly KeptSeries[] {
    const series = [...this.#watched.values()].map(({ identity, watch, lastAt, open }) => ({
      id: identity.key,
      head: { identity, lastAt, open },
      memory: new Uint8Array(watch.snapshot().buffer),
    }));
    return [{ id: SITE, head: this.#budget.memory(), memory: new Uint8Array(0) }, ...series];
  }

  /** Goes on from what was kept. */
  takeUp(kept: readonly KeptSeries[]): void {
    for (const { head, memory } of kept) {
      if (!('identity' in head)) {
        this.#budget = new SiteBudget(this.#perWeek, head);
        continue;
      }
      this.#takeUpOne(head, memory);
    }
    this.setSite(this.#site);
  }

  #takeUpOne({ identity, lastAt, open }: KeptHead, memory: Uint8Array): void {
    if (this.#site.anomaly === null || !this.#hasPlace(identity.source)) {
      if (open !== null) this.#parts.tell({ kind: 'found-over', key: open.key, how: ENDS.silent });
      return;
    }
    // A copy of its own: what was read from a file is a part of a larger buffer, and begins anywhere in it.
    const watch = new SeriesWatch(this.#perWeek, new Float64Array(Uint8Array.from(memory).buffer));
    this.#add({ identity, watch, lastAt, lastValue: null, open });
    // Told before; the alert desk shows it again.
    if (open !== null) this.#parts.tell({ kind: 'found', finding: findingOf(open) });
  }

  #takeReading(source: MetricSource, { metric, labels, unit, kind, at, value }: NumberReading): void {
    const key = seriesKey(metric, labels);
    const { service } = labels;
    const identity = (): Identity => ({
      key,
      source: source.name,
      unit: kind === 'counter' ? `${unit}/s` : unit,
      everyMs: source.everyMs,
      service: service === undefined ? null : (findService(this.#site, serviceId(service))?.id ?? null),
      name: key,
    });
    const each = this.#find(key, identity);
    if (each === null || kind === 'gauge') return this.#take(each, at, value);
    const { lastAt, lastValue } = each;
    [each.lastAt, each.lastValue] = [at, value];
    if (lastAt === null || lastValue === null || at <= lastAt) return undefined;
    // A fall is a restart from 0 (Prometheus, `increase`).
    const increase = value >= lastValue ? value - lastValue : value;
    return this.#take(each, at, increase / ((at - lastAt) / 1_000));
  }

  #take(each: Watched | null, at: Instant, value: number): void {
    if (each === null) return;
    each.lastAt = at;
    const seen = each.watch.take(at, value);
    if (seen.kind === 'surprise') this.#begin(each, seen, { at, value });
    if (seen.kind === 'over') this.#end(each, seen.end, at);
  }

  #begin(each: Watched, surprise: Surprise, { at, value }: { readonly at: Instant; readonly value: number }): void {
    const { key, source, unit, service, name } = each.identity;
    const isTold = !this.#parts.isExcused(service, at) && this.#budget.isTold(at, surprise.times);
    if (!isTold) {
      this.#heldBack += 1;
      return;
    }
    const { band, view, steps, times } = surprise;
    const said = { name, unit, value, band, view, steps };
    const anomaly: Anomaly = {
      key: `anomaly:${key}@${Math.round(at)}`,
      series: key,
      service,
      source,
      unit,
      at,
      value,
      band,
      view,
      steps,
      times,
      title: anomalyTitle(said),
      endedAt: null,
      end: null,
    };
    each.watch.open(band);
    each.open = anomaly;
    this.#parts.tell({ kind: 'found', finding: findingOf(anomaly) });
  }

  #end(each: Watched, end: AnomalyEnd, at: Instant): void {
    const { open } = each;
    if (open === null) return;
    each.open = null;
    this.#ended.unshift({ ...open, endedAt: at, end });
    this.#ended.length = Math.min(this.#ended.length, ENDED_KEPT);
    this.#parts.tell({ kind: 'found-over', key: open.key, how: ENDS[end] });
  }

  #find(key: SeriesKey, identity: () => Identity): Watched | null {
    const known = this.#watched.get(key);
    if (known !== undefined) return known;
    const made = identity();
    if (!this.#hasPlace(made.source)) {
      this.#left.add(key);
      return null;
    }
    const watch = new SeriesWatch(this.#perWeek);
    return this.#add({ identity: made, watch, lastAt: null, lastValue: null, open: null });
  }

  #hasPlace(source: string): boolean {
    if (this.#watched.size >= SERIES_MAX) return false;
    return source === 'checks' || this.#ofSources < OF_SOURCES_MAX;
  }

  #add(each: Watched): Watched {
    this.#watched.set(each.identity.key, each);
    if (each.identity.source !== 'checks') this.#ofSources += 1;
    return each;
  }

  #forget(each: Watched): void {
    this.#end(each, 'silent', this.#parts.now());
    this.#watched.delete(each.identity.key);
    if (each.identity.source !== 'checks') this.#ofSources -= 1;
  }
}

const ENDS: Record<AnomalyEnd, string> = {
  returned: 'it is back where it was expected',
  usual: 'it stays where it went, which is usual by now',
  silent: 'the series brings no values any more',
};

const findingOf = ({ key, service, at, title }: Anomaly): Finding => ({
  key,
  kind: 'anomaly',
  service,
  target: null,
  severityHint: 'SEV3',
  since: at,
  title,
  reasons: [],
});

// Replay: what was recorded is judged again, by the same judges as live, under one or several declarations at once. Each
// declaration is a lane with judges of its own; all lanes see the same looks and readings at the same times.
//
// Of old times only minutes or hours are left. Their looks are handed to the judge together, at the end of the minute or
// the hour: the budget is the same, and when something began is known no better than that.

import { incidentsByService, TargetBook, type RealIncident, type TargetScore } from '#judge/backtest.ts';
import type { Check } from '#kernel/check.ts';
import type { CheckId } from '#kernel/id.ts';
import { maintenanceAt } from '#kernel/maintenance.ts';
import type { Message } from '#kernel/message.ts';
import type { Observation } from '#kernel/observation.ts';
import { allChecks, findService, type Site } from '#kernel/site.ts';
import type { MetricSource } from '#kernel/source.ts';
import type { Indicator, Target, TargetId } from '#kernel/target.ts';
import type { BudgetView } from '#kernel/targetView.ts';
import { durationMs, later, minutes, type DurationMs, type Instant } from '#kernel/time.ts';
import type { RangeStep, RecordedMetrics, Span } from '#ports/metrics.ts';
import { Anomalies } from './anomalies.ts';
import { Feeding } from './feeding.ts';
import { everyMsOf, Judging, WITHOUT_LATENCY } from './judging.ts';
import {
  eachRecorded,
  seriesLeftOut,
  stretchesOf,
  type LooksOf,
  type Recorded,
  type Stretch,
  type Wanted,
} from './replayHistory.ts';
import { Tally } from './tally.ts';

export type ReplayRequest = {
  readonly history: RecordedMetrics;
  readonly span: Span;
  /** The declarations, each with the targets that are to be judged. */
  readonly sites: readonly Site[];
  readonly incidents: readonly RealIncident[];
  /** What Sereno looks at to know that it can see; null: it always could. */
  readonly canary: Check | null;
  /** Whether anomalies of the series are looked for as well. */
  readonly hasAnomalies: boolean;
};

export type ReplayedTarget = {
  readonly target: Target;
  /** Null: nothing was recorded that this target is judged by. */
  readonly budget: BudgetView | null;
  readonly score: TargetScore;
};

export type ReplayedAnomalies = {
  readonly perWeek: number;
  readonly seriesWatched: number;
  /** The times at which one would have been told. */
  readonly told: readonly Instant[];
  readonly heldBack: number;
};

export type Replayed = {
  /** The first that was recorded; null: nothing was. */
  readonly from: Instant | null;
  readonly stretches: readonly Stretch[];
  /** Series of sources that were left out, because they are too many. */
  readonly seriesLeft: number;
  /** One for each site, in their order. */
  readonly sides: readonly {
    readonly targets: readonly ReplayedTarget[];
    /** Null: they are off, or were not looked for. */
    readonly anomalies: ReplayedAnomalies | null;
  }[];
};

/** What all lanes share. */
type World = {
  now: Instant;
  canSee: boolean;
  readonly looks: Map<CheckId, Observation>;
};

/** Judges the recorded time again. The same history and the same declarations give the same answer. */
export const replay = (request: ReplayRequest): Replayed => {
  const { history, span, sites } = request;
  const wanted = wantedBy(request);
  const world: World = { now: span.from, canSee: true, looks: new Map() };
  const canary = new Canary(request.canary);
  let lanes: readonly Lane[] = [];
  let from: Instant | null = null;
  for (const recorded of eachRecorded(history, wanted, span)) {
    if (from === null) {
      from = beginOf(recorded);
      world.now = from;
      lanes = sites.map((site) => new Lane(site, world, request));
    }
    world.now = recorded.at;
    world.canSee = canary.take(recorded);
    noteLooks(world, recorded);
    for (const lane of lanes) lane.take(recorded);
  }
  world.now = span.to;
  const since = from ?? span.from;
  return {
    from,
    stretches: stretchesOf(history, { from: since, to: span.to }),
    seriesLeft: seriesLeftOut(history, wanted),
    sides: lanes.map((lane) => lane.side(since, span.to)),
  };
};

/** A minute or an hour is told at its end, and was judged from its beginning on. */
const beginOf = (recorded: Recorded): Instant =>
  recorded.kind === 'looks' ? later(recorded.at, 1 - recorded.stepMs) : recorded.at;

const wantedBy = ({ sites, canary, hasAnomalies }: ReplayRequest): Wanted => {
  const checks = new Set(sites.flatMap((site) => allChecks(site).map(({ id }) => id)));
  if (canary !== null) checks.add(canary.id);
  const asked = new Set(sites.flatMap((site) => targetsOf(site).map(({ indicator }) => sourceOf(indicator))));
  const sources = new Map<string, DurationMs>();
  for (const { name, everyMs } of sites.flatMap((site) => site.sources))
    if (hasAnomalies || asked.has(name)) sources.set(name, everyMs);
  return { checks: [...checks], sources };
};

const targetsOf = (site: Site): readonly Target[] => site.services.flatMap((service) => service.targets);

const sourceOf = (indicator: Indicator): string | null => ('source' in indicator ? indicator.source : null);

/** The last look at everything must be known before anybody asks whose fault a failure is. */
const noteLooks = ({ looks }: World, recorded: Recorded): void => {
  if (recorded.kind === 'look') looks.set(recorded.check, observationOf(recorded));
  if (recorded.kind !== 'looks') return;
  for (const { check, step } of recorded.of) {
    const state = (step.outcomes?.unhealthy ?? 0) > 0 ? 'unhealthy' : 'healthy';
    looks.set(check, { check, at: recorded.at, state, symptom: 'none', latencyMs: durationMs(0), message: '' });
  }
};

/** How it failed is not kept. What could not be seen is nobody's fault either way. */
const observationOf = ({ check, sample }: Extract<Recorded, { kind: 'look' }>): Observation => ({
  check,
  at: sample.at,
  state: sample.state,
  symptom: 'none',
  latencyMs: durationMs(sample.latencyMs),
  message: '',
});

/** The eyes: believed shut after `fall` failures in a row, and open again at the first look that is well. */
class Canary {
  readonly #check: Check | null;
  #failures = 0;

  constructor(check: Check | null) {
    this.#check = check;
  }

  /** Whether Sereno could see. */
  take(recorded: Recorded): boolean {
    if (this.#check !== null && recorded.kind === 'look' && recorded.check === this.#check.id) {
      if (recorded.sample.state === 'unhealthy') this.#failures += 1;
      else if (recorded.sample.state !== 'unknown') this.#failures = 0;
    }
    if (recorded.kind === 'looks') this.#takeMany(recorded.of.find(({ check }) => check === this.#check?.id));
    return this.#failures < (this.#check?.fall ?? 1);
  }

  #takeMany(looks: LooksOf | undefined): void {
    const { unhealthy = 0, healthy = 0 } = looks?.step.outcomes ?? {};
    this.#failures = unhealthy > healthy ? (this.#check?.fall ?? 0) : 0;
  }
}

/** How often it is looked whether a series has fallen silent; live it is done in a turn of some seconds. */
const TICK_MS = minutes(1);

type Counted = { readonly good: number; readonly bad: number };

class Lane {
  readonly #site: Site;
  readonly #world: World;
  readonly #judging: Judging;
  readonly #feeding: Feeding;
  readonly #tally: Tally;
  readonly #anomalies: Anomalies | null;
  readonly #checks: ReadonlyMap<CheckId, Check>;
  readonly #sources: ReadonlyMap<string, MetricSource>;
  readonly #books = new Map<TargetId, TargetBook>();
  readonly #told: Instant[] = [];
  #tickedAt: Instant;
  /** Parts of events that a coarse step left over, by target and check. */
  readonly #owed = new Map<string, Counted>();

  constructor(site: Site, world: World, { incidents, hasAnomalies }: ReplayRequest) {
    this.#site = site;
    this.#world = world;
    this.#tickedAt = world.now;
    this.#checks = new Map(allChecks(site).map((check) => [check.id, check]));
    this.#sources = new Map(site.sources.map((source) => [source.name, source]));
    this.#openBooks(incidents);
    const [now, canSee] = [() => world.now, () => world.canSee];
    this.#judging = new Judging(site, {
      now,
      canSee,
      lastLook: (check) => world.looks.get(check) ?? null,
      tell: (_service, message) => this.#hear(message),
      lookAgain: () => true,
      onEvent: (target, at, bad) => this.#books.get(target)?.took(at, bad),
    });
    this.#feeding = new Feeding(site, this.#judging);
    this.#tally = new Tally(site, this.#judging);
    const isExcused = (service: Check['service'] | null, at: Instant): boolean =>
      !canSee() || (service !== null && maintenanceAt(site.maintenance, service, at) !== null);
    const isOn = hasAnomalies && site.anomaly !== null;
    this.#anomalies = isOn ? new Anomalies(site, { now, isExcused, tell: (message) => this.#hear(message) }) : null;
  }

  take(recorded: Recorded): void {
    if (recorded.kind === 'look') this.#look(recorded);
    else if (recorded.kind === 'looks') for (const looks of recorded.of) this.#looks(looks, recorded);
    else this.#read(recorded);
    // All that is known of a minute or an hour is known at its end.
    if (recorded.kind !== 'look' && recorded.stepMs !== null) this.#judging.settle();
    if (this.#anomalies === null || recorded.at - this.#tickedAt < TICK_MS) return;
    this.#tickedAt = recorded.at;
    this.#anomalies.tick();
  }

  side(from: Instant, to: Instant): Replayed['sides'][number] {
    this.#judging.settle();
    const budgets = new Map(this.#judging.views().map((view) => [view.id, view.budget]));
    const targets = targetsOf(this.#site).flatMap((target) => {
      const score = this.#books.get(target.id)?.score(from, to);
      return score === undefined ? [] : [{ target, budget: budgets.get(target.id) ?? null, score }];
    });
    const view = this.#anomalies?.view() ?? null;
    if (view === null) return { targets, anomalies: null };
    const { perWeek, seriesWatched, heldBack } = view;
    return { targets, anomalies: { perWeek, seriesWatched, heldBack, told: this.#told } };
  }

  #openBooks(incidents: readonly RealIncident[]): void {
    const site = this.#site;
    const known = incidentsByService(
      incidents,
      site.services.map(({ id }) => id),
    );
    for (const service of site.services)
      for (const target of service.targets) {
        const everyMs = everyMsOf(site, service, target);
        this.#books.set(target.id, new TargetBook(service.id, known.get(service.id) ?? [], everyMs));
      }
  }

  #look(recorded: Extract<Recorded, { kind: 'look' }>): void {
    const check = this.#checks.get(recorded.check);
    if (check === undefined) return;
    const seen = observationOf(recorded);
    this.#judging.saw(check, seen);
    this.#anomalies?.sawLook(check, seen);
  }

  /** A minute or an hour of looks. */
  #looks({ check: id, step }: LooksOf, { at, stepMs }: Extract<Recorded, { kind: 'looks' }>): void {
    const check = this.#checks.get(id);
    if (check === undefined) return;
    for (const { id: target, indicator } of findService(this.#site, check.service)?.targets ?? []) {
      const counted = countedIn(indicator, check, step);
      if (counted === null) continue;
      const due = this.#dueOf(`${target} ${id}`, counted, stepMs / check.slowestMs);
      if (due.good + due.bad > 0) this.#judging.sawEvents(target, at, due);
    }
  }

  #read({ source: name, readings, stepMs }: Extract<Recorded, { kind: 'readings' }>): void {
    const source = this.#sources.get(name);
    if (source === undefined) return;
    if (source.origin.kind === 'prometheus') this.#tally.feed(name, readings);
    else this.#feeding.take(stepMs === null ? source : { ...source, everyMs: stepMs }, readings);
    if (stepMs === null) this.#anomalies?.sawReadings(source, readings);
  }

  /** Live, a look counts once in the slowest pace; of a step it is not known which were the others. No event is lost by rounding. */
  #dueOf(key: string, { good, bad }: Counted, most: number): Counted {
    const part = Math.min(1, most / (good + bad));
    if (!(part < 1)) return { good, bad };
    const owed = this.#owed.get(key) ?? { good: 0, bad: 0 };
    const [allGood, allBad] = [good * part + owed.good, bad * part + owed.bad];
    const due = { good: Math.floor(allGood), bad: Math.floor(allBad) };
    this.#owed.set(key, { good: allGood - due.good, bad: allBad - due.bad });
    return due;
  }

  #hear(message: Message): void {
    const at = this.#world.now;
    if (message.kind === 'found') this.#told.push(at);
    if (message.kind === 'burn-began')
      this.#books.get(message.alert.target)?.began(message.alert.key, message.alert, at);
    if (message.kind === 'burn-over') for (const book of this.#books.values()) book.over(message.key, at);
  }
}

/** Of a step of looks, what counts for an indicator; null: these looks are none of its events. */
const countedIn = (indicator: Indicator, check: Check, { outcomes, histogram }: RangeStep): Counted | null => {
  if (outcomes === null) return null;
  const answered = outcomes.healthy + outcomes.degraded;
  if (indicator.kind === 'availability') return { good: answered, bad: outcomes.unhealthy };
  if (indicator.kind !== 'latency' || WITHOUT_LATENCY.includes(check.probe.kind)) return null;
  const good = Math.min(answered, histogram.countUpTo(indicator.thresholdMs));
  return { good, bad: answered - good };
};

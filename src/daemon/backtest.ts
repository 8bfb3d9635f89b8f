// Backtest: opens what a Sereno has recorded, for looking only, and judges it again under the running declaration and
// under a changed one. Sereno may run meanwhile.

import { incidentsIn, INCIDENT_TYPES, type RealIncident, type TargetScore } from '#judge/backtest.ts';
import { problem, ProblemError } from '#kernel/problem.ts';
import type { Site } from '#kernel/site.ts';
import type { Target, TargetId } from '#kernel/target.ts';
import { instant, sayDuration, type DurationMs, type Instant } from '#kernel/time.ts';
import { replay, type Replayed, type ReplayedAnomalies, type ReplayedTarget } from '#loop/replay.ts';
import type { Stretch } from '#loop/replayHistory.ts';
import type { Span } from '#ports/metrics.ts';
import { openMetricsReadOnly } from '#adapters/sqlite/metrics/reading.ts';
import { offlineEvidence } from './offline.ts';
import { canaryCheck } from './sensors.ts';

export type BacktestRequest = {
  readonly stateDirectory: string;
  /** As declared now. */
  readonly running: Site;
  /** As it might be declared; null: only the present declaration is looked at. */
  readonly changed: Site | null;
  readonly sinceMs: DurationMs;
  /** Only this target; null: all of them, and the anomalies. */
  readonly target: string | null;
  readonly now: Instant;
};

/** What one declaration of a target would have made. */
export type BacktestSide = {
  readonly said: string;
  /** At the end of the time, in its own window; null: nothing was recorded that it is judged by. */
  readonly budget: { readonly allowed: number; readonly used: number; readonly remainingPercent: number } | null;
  /** Why it cannot be looked back at, in one sentence; null when it can. */
  readonly cannot: string | null;
  readonly score: TargetScore | null;
};

export type BacktestTarget = {
  readonly id: TargetId;
  /** Null: it is not declared there. */
  readonly running: BacktestSide | null;
  readonly changed: BacktestSide | null;
};

export type Backtest = {
  /** The first that was recorded of the time that was asked for, and the end. */
  readonly from: Instant;
  readonly to: Instant;
  readonly hasChanged: boolean;
  readonly stretches: readonly Stretch[];
  readonly targets: readonly BacktestTarget[];
  readonly incidents: readonly RealIncident[];
  /** Null: one target was asked for. */
  readonly anomalies: {
    readonly running: ReplayedAnomalies | null;
    readonly changed: ReplayedAnomalies | null;
  } | null;
  /** Series of sources that were left out, because they are too many. */
  readonly seriesLeft: number;
};

/** Newest first; more than any time that is looked back at has. */
const RECORDS_MAX = 10_000;

/**
 * Throws ProblemError: `no-history` when nothing was recorded, `not-found` for a target that nobody declares, and what
 * opening the state may give (`store-newer`, `store-corrupt`, `store-unusable`).
 */
export const backtest = (request: BacktestRequest): Backtest => {
  const { stateDirectory, running, changed, sinceMs, target, now } = request;
  const names = namesIn(request);
  const reading = openMetricsReadOnly(stateDirectory);
  if (reading.kind === 'refused') throw new ProblemError([reading.problem]);
  const { metrics } = reading;
  try {
    const span: Span = { from: instant(now - sinceMs), to: now };
    const incidents = incidentsOf(stateDirectory, span);
    const declared = changed === null ? [running] : [running, changed];
    const replayed = replay({
      history: metrics,
      span,
      sites: declared.map((site) => only(site, (each) => names.has(each.id) && cannotOf(each, running, site) === null)),
      incidents,
      canary: canaryCheck(''),
      hasAnomalies: target === null,
    });
    return accountOf(request, { replayed, incidents, names });
  } finally {
    metrics.close();
  }
};

const targetsOf = (site: Site | null): readonly Target[] => site?.services.flatMap((service) => service.targets) ?? [];

/** The targets that are looked at, of both declarations, in their order. */
const namesIn = ({ running, changed, target }: BacktestRequest): ReadonlySet<TargetId> => {
  const all = new Set([...targetsOf(running), ...targetsOf(changed)].map(({ id }) => id));
  if (target === null && all.size > 0) return all;
  const wanted = [...all].filter((id) => id === target);
  if (wanted.length > 0) return new Set(wanted);
  const message = target === null ? 'no target is declared' : `no target called ${target}`;
  throw new ProblemError([problem('not-found', message, { mend: 'sereno check shows the targets' })]);
};

const only = (site: Site, isMeant: (target: Target) => boolean): Site => ({
  ...site,
  services: site.services.map((service) => ({ ...service, targets: service.targets.filter(isMeant) })),
});

/** A Prometheus server has answered the query of then: of another query nothing is known. */
const cannotOf = (target: Target, running: Site, site: Site): string | null => {
  const { indicator } = target;
  if (!('source' in indicator)) return null;
  const source = site.sources.find(({ name }) => name === indicator.source);
  if (source?.origin.kind !== 'prometheus') return null;
  const known = targetsOf(running).find(({ id }) => id === target.id)?.indicator;
  return known !== undefined && queriesOf(known) === queriesOf(indicator)
    ? null
    : `${source.name} was never asked this: only answers to the queries of the running declaration are recorded`;
};

/** What is asked; on which side of which limit the answer should be is judged anew. */
const queriesOf = (indicator: Target['indicator']): string => {
  if (indicator.kind === 'ratio') return JSON.stringify([indicator.source, indicator.good, indicator.total]);
  return indicator.kind === 'value' ? JSON.stringify([indicator.source, indicator.query]) : indicator.kind;
};

const incidentsOf = (stateDirectory: string, span: Span): readonly RealIncident[] => {
  const evidence = offlineEvidence(stateDirectory);
  try {
    const records = INCIDENT_TYPES.flatMap((typePrefix) => evidence.evidence({ typePrefix, limit: RECORDS_MAX }));
    return incidentsIn(records, span);
  } finally {
    evidence.close();
  }
};

type Account = {
  readonly replayed: Replayed;
  readonly incidents: readonly RealIncident[];
  readonly names: ReadonlySet<TargetId>;
};

const accountOf = (request: BacktestRequest, { replayed, incidents, names }: Account): Backtest => {
  const { running, changed, sinceMs, now } = request;
  const [ofRunning, ofChanged] = replayed.sides;
  const targets = [...names].map((id) => ({
    id,
    running: sideOf(id, running, ofRunning?.targets, running),
    changed: changed === null ? null : sideOf(id, changed, ofChanged?.targets, running),
  }));
  const sides = targets.flatMap((each) => [each.running, each.changed]);
  if (replayed.from === null || sides.every((side) => side === null || side.budget === null)) {
    const why = sides.map((side) => side?.cannot ?? null).find((cannot) => cannot !== null);
    const mend = `let Sereno watch them for a while, or look further back than ${sayDuration(sinceMs)} with --since`;
    throw new ProblemError([
      problem('no-history', why ?? 'nothing was recorded that these targets are judged by', { mend }),
    ]);
  }
  const told = new Set(sides.flatMap((side) => side?.score?.incidents.map(({ number }) => number) ?? []));
  return {
    from: replayed.from,
    to: now,
    hasChanged: changed !== null,
    stretches: replayed.stretches,
    targets,
    incidents: incidents.filter(({ number }) => told.has(number)),
    anomalies:
      request.target === null ? { running: ofRunning?.anomalies ?? null, changed: ofChanged?.anomalies ?? null } : null,
    seriesLeft: replayed.seriesLeft,
  };
};

const sideOf = (
  id: TargetId,
  site: Site,
  judged: readonly ReplayedTarget[] | undefined,
  running: Site,
): BacktestSide | null => {
  const target = targetsOf(site).find((each) => each.id === id);
  if (target === undefined) return null;
  const found = judged?.find((each) => each.target.id === id);
  const budget = found?.budget ?? null;
  return {
    said: target.said,
    cannot: cannotOf(target, running, site) ?? (budget === null ? 'nothing was recorded that it is judged by' : null),
    budget:
      budget === null
        ? null
        : { allowed: budget.allowed, used: budget.used, remainingPercent: budget.remainingPercent },
    score: budget === null ? null : (found?.score ?? null),
  };
};

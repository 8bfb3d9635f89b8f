// Figures in Prometheus text exposition, format 0.0.4 (prometheus.io/docs/instrumenting/exposition_formats).
//
// Written by hand: everything shown is read from the views at the moment of the scrape, so a registry that keeps
// counters of its own would only be a second truth.

import type { AnomaliesView } from '#kernel/anomaly.ts';
import type { HealthState } from '#kernel/health.ts';
import type { SourceView } from '#kernel/source.ts';
import type { TargetState } from '#kernel/target.ts';
import type { TargetView } from '#kernel/targetView.ts';
import type { OwnFigures, ServiceView, TownView } from '#kernel/view.ts';

type Labels = Readonly<Record<string, string>>;
type Point = { readonly labels: Labels; readonly value: number | null };
type Family = {
  readonly name: string;
  readonly type: 'gauge' | 'counter';
  readonly help: string;
  readonly points: readonly Point[];
};

const STATES: readonly HealthState[] = ['healthy', 'degraded', 'unhealthy', 'unknown'];

const escapeLabel = (text: string): string =>
  text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');

const line = (name: string, point: Point): string => {
  const labels = Object.entries(point.labels).map(([label, value]) => `${label}="${escapeLabel(value)}"`);
  return `${name}${labels.length === 0 ? '' : `{${labels.join(',')}}`} ${point.value}`;
};

/** What is not known is left out: a missing series can be alerted on, an invented zero cannot. */
const familyText = (family: Family): string => {
  const known = family.points.filter((point) => point.value !== null);
  const head = `# HELP ${family.name} ${family.help}\n# TYPE ${family.name} ${family.type}\n`;
  return known.length === 0 ? '' : `${head}${known.map((point) => line(family.name, point)).join('\n')}\n`;
};

const bit = (isTrue: boolean): number => (isTrue ? 1 : 0);

const stateSeries = (labels: Labels, state: HealthState): readonly Point[] =>
  STATES.map((each) => ({ labels: { ...labels, state: each }, value: bit(each === state) }));

const gauge = (name: string, help: string, points: readonly Point[]): Family => ({ name, type: 'gauge', help, points });
const single = (name: string, help: string, value: number | null): Family => gauge(name, help, [{ labels: {}, value }]);
const counter = (name: string, help: string, value: number): Family => ({
  name,
  type: 'counter',
  help,
  points: [{ labels: {}, value }],
});

const serviceFamilies = (services: readonly ServiceView[]): readonly Family[] => {
  const checks = services.flatMap((service) =>
    service.checks.map((check) => ({ labels: { service: service.id, check: check.id }, check })),
  );
  return [
    gauge(
      'sereno_service_health',
      'Health of a service: 1 for the state that it is in.',
      services.flatMap((service) => stateSeries({ service: service.id }, service.health)),
    ),
    gauge(
      'sereno_service_restarts_in_window',
      'Restarts within the sliding window of the budget.',
      services.map((service) => ({ labels: { service: service.id }, value: service.restarts.used })),
    ),
    gauge(
      'sereno_service_restart_budget',
      'Restarts that the budget allows within its window.',
      services.map((service) => ({ labels: { service: service.id }, value: service.restarts.count })),
    ),
    gauge(
      'sereno_check_health',
      'Health of a check: 1 for the state that it is in.',
      checks.flatMap(({ labels, check }) => stateSeries(labels, check.state)),
    ),
    gauge(
      'sereno_check_latency_seconds',
      'Latency of the last probe of a check.',
      checks.map(({ labels, check }) => ({
        labels,
        value: check.lastLatencyMs === null ? null : check.lastLatencyMs / 1_000,
      })),
    ),
    gauge(
      'sereno_check_last_seen_timestamp_seconds',
      'When a check was last looked at.',
      checks.map(({ labels, check }) => ({ labels, value: check.lastAt === null ? null : check.lastAt / 1_000 })),
    ),
  ];
};

const STATES_OF_TARGETS: readonly TargetState[] = ['no-data', 'meeting', 'burning', 'breached', 'exhausted'];

const targetFamilies = (targets: readonly TargetView[]): readonly Family[] => {
  const labelled = targets.map((target) => ({ labels: { service: target.service, target: target.id }, target }));
  return [
    gauge(
      'sereno_target_state',
      'State of a target: 1 for the state that it is in.',
      labelled.flatMap(({ labels, target }) =>
        STATES_OF_TARGETS.map((state) => ({ labels: { ...labels, state }, value: bit(state === target.state) })),
      ),
    ),
    {
      name: 'sereno_target_events_total',
      type: 'counter',
      help: 'Events judged in this run: good, bad, and bad ones that are not taken from the budget.',
      points: labelled.flatMap(({ labels, target }) =>
        Object.entries(target.events).map(([result, value]) => ({ labels: { ...labels, result }, value })),
      ),
    },
    gauge(
      'sereno_target_objective_ratio',
      'What is promised, 0 to 1.',
      labelled.map(({ labels, target }) => ({ labels, value: target.objectivePercent / 100 })),
    ),
    gauge(
      'sereno_target_budget_remaining_ratio',
      'What is left of the error budget: 1 all of it, below 0 more is gone than there was.',
      labelled.map(({ labels, target }) => ({
        labels,
        value: target.budget === null ? null : target.budget.remainingPercent / 100,
      })),
    ),
  ];
};

const sourceFamilies = (sources: readonly SourceView[]): readonly Family[] => {
  const points = (value: (source: SourceView) => number | null): readonly Point[] =>
    sources.map((source) => ({ labels: { source: source.name, kind: source.kind }, value: value(source) }));
  return [
    gauge(
      'sereno_source_up',
      'Whether the last look at a source of metrics succeeded.',
      points(({ isUp }) => (isUp === null ? null : bit(isUp))),
    ),
    gauge(
      'sereno_source_stale',
      '1 when a source has brought nothing for two intervals.',
      points(({ staleSince }) => bit(staleSince !== null)),
    ),
    gauge(
      'sereno_source_series',
      'Series in the last look that succeeded.',
      points(({ series }) => series),
    ),
    gauge(
      'sereno_source_last_seen_timestamp_seconds',
      'When a source last brought values.',
      points(({ lastAt }) => (lastAt === null ? null : lastAt / 1_000)),
    ),
  ];
};

const anomalyFamilies = (it: AnomaliesView): readonly Family[] =>
  it.isOn
    ? [
        single(
          'sereno_anomalies_open',
          'Anomalies that last.',
          it.anomalies.filter(({ endedAt }) => endedAt === null).length,
        ),
        single('sereno_anomaly_series', 'Series that are watched for anomalies.', it.seriesWatched),
        counter('sereno_anomalies_held_back_total', 'Surprises of this run over the declared rate.', it.heldBack),
      ]
    : [];

const townFamilies = (town: TownView): readonly Family[] => [
  gauge('sereno_site_health', 'Health of the site: 1 for the state that it is in.', stateSeries({}, town.health)),
  gauge(
    'sereno_canary_health',
    'The watchman looking at something known: 1 for the state.',
    stateSeries({}, town.canary),
  ),
  gauge('sereno_build_info', 'The version that runs; always 1.', [{ labels: { version: town.version }, value: 1 }]),
  single('sereno_held', '1 while a person holds all acting.', bit(town.hold !== null)),
  single('sereno_safe_mode', '1 after an unclean stop, until it is over.', bit(town.isSafeMode)),
  single(
    'sereno_incidents_open',
    'Incidents that are not resolved.',
    town.incidents.filter((incident) => incident.status !== 'resolved').length,
  ),
  single(
    'sereno_approvals_pending',
    'Actions that wait for a person.',
    town.approvals.filter((approval) => approval.status === 'pending').length,
  ),
  single('sereno_broken_machines', 'State machines set aside because of a bug.', town.brokenMachines.length),
  single('sereno_evidence_last_seq', 'Sequence number of the newest evidence record.', town.evidence.lastSeq),
  single(
    'sereno_evidence_intact',
    '1 when the chain was intact when last verified, 0 when it was broken.',
    town.evidence.isIntact === null ? null : bit(town.evidence.isIntact),
  ),
];

const ownFamilies = (own: OwnFigures): readonly Family[] => [
  single('sereno_start_time_seconds', 'When this run started.', own.startedAt / 1_000),
  counter('sereno_events_total', 'Events stepped in this run.', own.eventsTotal),
  counter('sereno_commits_total', 'Transactions committed in this run.', own.commitsTotal),
  counter('sereno_probes_total', 'Probes sent in this run.', own.probesTotal),
  counter(
    'sereno_probes_again_total',
    'Probes sent before their time, because a judge was in doubt.',
    own.looksAgainTotal,
  ),
  counter('sereno_store_failures_total', 'Transactions that failed in this run.', own.storeFailures),
  single('sereno_probes_in_flight', 'Probes that wait for an answer.', own.probesInFlight),
  single('sereno_queue_length', 'Events that wait to be stepped.', own.queueLength),
  single('sereno_outbox_pending', 'Effects that wait for their report.', own.outboxPending),
  single('sereno_loop_lag_seconds', 'Worst lag of the event loop in the last 10 s.', own.loopLagMs / 1_000),
  single('sereno_memory_bytes', 'Resident memory.', own.memoryBytes),
  counter('sereno_decisions_total', 'Decisions whose latency was measured.', own.decisionLatencyMs.count),
  gauge(
    'sereno_decision_latency_seconds',
    'From event to decision, by quantile.',
    [
      { labels: { quantile: '0.5' }, value: own.decisionLatencyMs.p50 },
      { labels: { quantile: '0.99' }, value: own.decisionLatencyMs.p99 },
    ].map(({ labels, value }) => ({ labels, value: value === null ? null : value / 1_000 })),
  ),
];

/** Media type of the text below. */
export const EXPOSITION_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/** What is shown on the page of figures. */
export type Exposed = {
  readonly town: TownView;
  readonly own: OwnFigures;
  readonly targets: readonly TargetView[];
  readonly sources: readonly SourceView[];
  readonly anomalies: AnomaliesView;
};

export const exposition = ({ town, own, targets, sources, anomalies }: Exposed): string =>
  [
    ...townFamilies(town),
    ...serviceFamilies(town.services),
    ...targetFamilies(targets),
    ...sourceFamilies(sources),
    ...anomalyFamilies(anomalies),
    ...ownFamilies(own),
  ]
    .map(familyText)
    .join('');

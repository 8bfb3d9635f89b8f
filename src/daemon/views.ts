// Views: from the states of the machines and the hot memory of the round to what people are shown.
// Nothing is stored and nothing is guessed: what is not known is null or unknown.

import type { Check } from '#kernel/check.ts';
import { worstHealth, type HealthState } from '#kernel/health.ts';
import type { ServiceId } from '#kernel/id.ts';
import type { Streak } from '#kernel/standing.ts';
import { sayDoubt, sayReason, type Reason } from '#kernel/reason.ts';
import type { Service } from '#kernel/service.ts';
import { dependantsOf, watchMachine, type Site } from '#kernel/site.ts';
import type { MachineId } from '#kernel/id.ts';
import type { Instant } from '#kernel/time.ts';
import { unreachable } from '#kernel/unreachable.ts';
import type {
  CheckView,
  IncidentView,
  RemedyPhase,
  ServiceView,
  StartupView,
  TownSummaryView,
  TownView,
} from '#kernel/view.ts';
import type { Incidents } from '#duties/incidents/incidents.ts';
import type { Startup } from '#duties/startup/startup.ts';
import type { Metrics } from '#ports/metrics.ts';
import type { Engine } from '#loop/engine.ts';
import type { Gate } from '#loop/gateState.ts';
import { siteScore } from '#judge/score.ts';
import { budgetOf } from '#loop/gatePermit.ts';
import type { Watch } from '#loop/watchState.ts';
import { scoreNow, type Grounds } from './standing.ts';
import { gateOf, incidentsOf, startupOf, watchOf } from './states.ts';

/** Cells of the strip on the page. */
const STRIP = 60;
/** Cells in one view of the whole town: with ten thousand services, sixty cells of each would be 30 MB of JSON. */
const TOWN_CELLS_MAX = 60_000;

/** The store does not write: what was committed last is old, and nothing is decided. */
export type StoreTrouble = { readonly since: Instant; readonly detail: string };

export type Sources = {
  readonly engine: Engine;
  readonly metrics: Metrics;
  readonly now: () => Instant;
  readonly storeTrouble: StoreTrouble | null;
  readonly standbyOf: (service: ServiceId) => string | null;
  readonly targetsOf: Grounds['targetsOf'];
};

type Shown = Sources & { readonly broken: ReadonlySet<MachineId>; readonly cells: number; readonly grounds: Grounds };

/** What a probe is aimed at, in a few words and without credentials. */
export const targetOf = (check: Check): string => {
  const { probe } = check;
  switch (probe.kind) {
    case 'http':
    case 'redis':
    case 'postgres':
      return probe.url.replace(/\/\/[^/@]*@/, '//');
    case 'tcp':
      return `${probe.host}:${probe.port}`;
    case 'command':
      return probe.argv.join(' ');
    case 'process':
      return `${probe.pattern ?? 'its own child'}${probe.port === undefined ? '' : ` on port ${probe.port}`}`;
    case 'file':
      return probe.path;
    case 'golden':
      return probe.target.kind === 'http' ? probe.target.url : probe.target.argv.join(' ');
    default:
      return unreachable(probe);
  }
};

const checkView = (sources: Shown, check: Check): CheckView => {
  const { round } = sources.engine;
  const belief = round.belief(check.id);
  const last = round.lastObservation(check.id);
  return {
    id: check.id,
    kind: check.probe.kind,
    target: targetOf(check),
    state: belief?.state ?? 'unknown',
    symptom: last !== null && last.state === belief?.state ? last.symptom : (belief?.symptom ?? 'none'),
    since: belief?.since ?? null,
    message: last?.message ?? belief?.message ?? 'not looked at yet',
    lastAt: last?.at ?? null,
    nextAt: round.nextLookAt(check.id),
    lastLatencyMs: last?.latencyMs ?? null,
    strip: sources.metrics.recent(check.id, sources.cells),
  };
};

const phaseOf = (watch: Watch): RemedyPhase => {
  if (watch.wanted === 'stopped') return 'stopped';
  return watch.remedy.kind;
};

const lookAgainAt = (watch: Watch): Instant | null => {
  const { remedy } = watch;
  if (remedy.kind === 'waiting' || remedy.kind === 'acting' || remedy.kind === 'observing') return remedy.until;
  return remedy.kind === 'quarantined' ? remedy.retryAt : null;
};

/** Why it is so, and why nothing else is being done: the newest decision first, then what was judged. */
export const reasonsOf = (watch: Watch): readonly Reason[] => {
  const { remedy, stoppedBy } = watch;
  if (watch.wanted === 'stopped' && stoppedBy !== null) {
    return [{ kind: 'person-stopped-it', by: stoppedBy.by, since: stoppedBy.since }];
  }
  const state: readonly Reason[] =
    remedy.kind === 'quarantined'
      ? [{ kind: 'quarantined', since: remedy.since, retryAt: remedy.retryAt }]
      : remedy.kind === 'observing'
        ? [{ kind: 'observing', until: remedy.until }]
        : [];
  const isCalm = watch.health === 'healthy' && remedy.kind === 'none';
  if (isCalm) return [{ kind: 'nothing-wrong', since: watch.since }];
  // With nothing under way, what is seen says more than what was decided before.
  const isIdle = remedy.kind === 'none';
  return isIdle ? [...watch.reasons, ...watch.decided] : [...state, ...watch.decided, ...watch.reasons];
};

const headlineOf = (watch: Watch): string => {
  const [first] = reasonsOf(watch);
  if (watch.remedy.kind === 'diagnosing') return 'finding out why';
  if (watch.remedy.kind === 'asking') return 'asking the gate';
  if (watch.remedy.kind === 'acting') return `${watch.remedy.action} under way`;
  return first === undefined ? 'not looked at yet' : sayReason(first);
};

/** While the store does not write, the committed states are no longer known to be true. */
const blindView = (trouble: StoreTrouble): Pick<ServiceView, 'health' | 'since' | 'headline' | 'reasons'> => {
  const message = `the store does not write (${trouble.detail}); nothing is decided`;
  const reason: Reason = { kind: 'state-unknown', since: trouble.since, message };
  return { health: 'unknown', since: trouble.since, headline: sayReason(reason), reasons: [reason] };
};

const brokenView = { phase: 'broken', headline: 'set aside after a fault inside Sereno' } as const;

const shown = (sources: Sources, cells: number): Shown => {
  const grounds = groundsOf(sources);
  return { ...sources, broken: grounds.broken, cells, grounds };
};

/** What the standing is judged from, at this moment. */
export const groundsOf = ({ engine, now, storeTrouble, targetsOf }: Sources): Grounds & Pick<Shown, 'broken'> => ({
  engine,
  at: now(),
  broken: new Set(engine.crank.brokenMachines()),
  isBlind: storeTrouble !== null,
  targetsOf,
});

/** One service, with the whole strip of each check. */
export const serviceView = (sources: Sources, service: Service): ServiceView => viewOf(shown(sources, STRIP), service);

const viewOf = (sources: Shown, service: Service): ServiceView => {
  const { engine } = sources;
  const machine = watchMachine(service.id);
  const watch = watchOf(engine, service.id);
  const gate = gateOf(engine);
  const budget = budgetOf(service, gate, sources.now());
  const isBroken = sources.broken.has(machine);
  // A watch that was set aside sees nothing any more.
  const health = isBroken ? 'unknown' : (watch?.health ?? 'unknown');
  return {
    id: service.id,
    tier: service.tier,
    workload: service.workload.kind,
    needs: service.needs,
    neededBy: dependantsOf(engine.site(), service.id).map((dependant) => dependant.id),
    trafficPercent: service.trafficPercent,
    health,
    score: scoreNow(sources.grounds, service, sources.grounds.isBlind ? 'unknown' : health),
    since: watch === null || watch.since === 0 ? null : watch.since,
    impairedBy: watch?.impairedBy ?? null,
    phase: watch === null ? 'none' : phaseOf(watch),
    headline: watch === null ? 'not looked at yet' : headlineOf(watch),
    reasons: watch === null ? [] : reasonsOf(watch),
    lookAgainAt: watch === null ? null : lookAgainAt(watch),
    pid: watch?.pid ?? null,
    standby: sources.standbyOf(service.id),
    restarts: {
      used: budget.used,
      count: service.restartBudget.count,
      windowMs: service.restartBudget.windowMs,
      freeAt: budget.freeAt,
    },
    actions: watch?.actions ?? [],
    checks: service.checks.map((check) => checkView(sources, check)),
    ...(isBroken ? brokenView : {}),
    ...(sources.storeTrouble === null ? {} : blindView(sources.storeTrouble)),
  };
};

const incidentViews = (incidents: Incidents | null): readonly IncidentView[] =>
  (incidents?.incidents ?? []).map((incident) => ({
    subject: incident.subject,
    number: incident.number,
    severity: incident.severity,
    status: incident.status,
    title: incident.title,
    since: incident.openedAt,
    paged: incident.paged,
    ladder: incident.ladder,
    lookAgainAt: incident.lookAgainAt,
  }));

const SHOWN_PHASE: Record<Startup['phase'], StartupView['phase']> = {
  asleep: 'repair',
  repair: 'repair',
  guard: 'guard',
  adopt: 'guard',
  core: 'core',
  apps: 'apps',
  verify: 'verify',
  up: 'up',
  stopping: 'down',
  down: 'down',
};

const startupView = (startup: Startup | null): StartupView => ({
  phase: SHOWN_PHASE[startup?.phase ?? 'asleep'],
  isDegraded: startup?.isDegraded ?? false,
  startedAt: startup?.startedAt ?? null,
  endedAt: startup?.endedAt ?? null,
  lines: startup?.lines ?? [],
});

/** What the daemon knows beside the machines. */
export type Surroundings = {
  readonly version: string;
  readonly configProblem: string | null;
  readonly own: TownView['own'];
  readonly codexNotices: TownView['codexNotices'];
  readonly evidence: TownView['evidence'];
  readonly streak: Streak;
};

/** The health that the view of the service shows; null: it was stopped and does not count. */
const countedHealth = ({ engine, broken, storeTrouble }: Shown, service: Service): HealthState | null => {
  const watch = watchOf(engine, service.id);
  const isBroken = broken.has(watchMachine(service.id));
  if (watch?.wanted === 'stopped' && !isBroken) return null;
  return isBroken || storeTrouble !== null ? 'unknown' : (watch?.health ?? 'unknown');
};

/** The town without its services: what it costs does not show, however many there are. */
export const townSummary = (sources: Sources, around: Surroundings): TownSummaryView => {
  const { engine } = sources;
  const site: Site = engine.site();
  const gate = gateOf(engine);
  const counted = shown(sources, 0);
  const healths = site.services.flatMap((service) => {
    const health = countedHealth(counted, service);
    return health === null ? [] : [{ service, health }];
  });
  return {
    site: site.name,
    environment: site.environment,
    at: sources.now(),
    version: around.version,
    configDigest: site.digest,
    configProblem: around.configProblem,
    own: around.own,
    codexNotices: around.codexNotices,
    health: worstHealth(healths.map((it) => it.health)),
    score: siteScore(healths.map(({ service, health }) => scoreNow(counted.grounds, service, health).value)),
    streak: around.streak,
    hold: gate?.hold ?? null,
    isSafeMode: gate !== null && gate.safeModeSince !== null,
    suspicion: gate?.suspicion?.reasons ?? [],
    canary: gate?.canary?.state ?? 'unknown',
    incidents: incidentViews(incidentsOf(engine)),
    approvals: (gate?.approvals ?? []).map(({ request: _request, ...approval }) => approval),
    startup: startupView(startupOf(engine)),
    brokenMachines: engine.crank.brokenMachines(),
    declared: site.declared,
    evidence: around.evidence,
  };
};

export const townView = (sources: Sources, around: Surroundings): TownView => {
  const { services } = sources.engine.site();
  const cells = Math.min(STRIP, Math.ceil(TOWN_CELLS_MAX / Math.max(1, services.length)));
  const all = shown(sources, cells);
  return { ...townSummary(sources, around), services: services.map((service) => viewOf(all, service)) };
};

/** Reasons as sentences, each once. */
export const sentences = (reasons: readonly Reason[]): readonly string[] => [...new Set(reasons.map(sayReason))];

export const gateHeadline = (gate: Gate | null, trouble: StoreTrouble | null): string => {
  if (trouble !== null) return `shut: the store does not write (${trouble.detail})`;
  if (gate === null) return 'the gate has not begun';
  if (gate.hold !== null) return `held by ${gate.hold.by}: ${gate.hold.why}`;
  if (gate.suspicion !== null) return sayDoubt(gate.suspicion.reasons);
  if (gate.safeModeSince !== null) return 'open, one action at a time (safe mode)';
  return gate.leases.length === 0
    ? 'open, nothing in hands'
    : `open; in hands: ${gate.leases.map((lease) => lease.subject).join(', ')}`;
};

// Towns for the dashboard's test: a quiet night, trouble, hostile names, and a town of a thousand services.

import type { EvidenceRecord } from '#kernel/evidence.ts';
import type { HealthState } from '#kernel/health.ts';
import { checkId, effectKey, machineId, serviceId } from '#kernel/id.ts';
import { durationMs, instant, later, minutes, seconds, type Instant } from '#kernel/time.ts';
import type { CauseCandidate, Suspect } from '#kernel/suspect.ts';
import type { CheckView, SampleView, ServiceView, TownView } from '#kernel/view.ts';

export const now = (): Instant => instant(Date.now());

const ago = (ms: number): Instant => later(now(), -ms);

/** Sixty looks, ten seconds apart; the newest `bad` of them in `state`. */
export const strip = (state: HealthState, bad: number, latencyMs = 4): readonly SampleView[] =>
  Array.from({ length: 60 }, (_, index) => ({
    at: ago((60 - index) * 10_000),
    state: index >= 60 - bad ? state : ('healthy' as const),
    latencyMs: latencyMs * (1 + ((index * 7919) % 13) / 6),
  }));

export const check = (service: string, kind: string, more: Partial<CheckView> = {}): CheckView => ({
  id: checkId(`${service}/${kind}`),
  kind,
  target: kind === 'http' ? 'http://127.0.0.1:8080/health' : `${service}:6379`,
  state: 'healthy',
  symptom: 'none',
  since: ago(minutes(83)),
  message: kind === 'http' ? '200 as expected' : 'answered PONG',
  lastAt: ago(2_000),
  nextAt: later(now(), 8_000),
  lastLatencyMs: 3.4,
  strip: strip('healthy', 0),
  ...more,
});

export const service = (id: string, more: Partial<ServiceView> = {}): ServiceView => ({
  id: serviceId(id),
  tier: 'app',
  workload: 'process',
  needs: [],
  neededBy: [],
  trafficPercent: 10,
  health: 'healthy',
  score: { value: 100, checks: 100, targets: null, needs: null, freshness: 100 },
  since: ago(minutes(83)),
  impairedBy: null,
  phase: 'none',
  headline: 'all checks pass',
  reasons: [{ kind: 'nothing-wrong', since: ago(minutes(83)) }],
  lookAgainAt: null,
  pid: 4711,
  standby: null,
  restarts: { used: 0, count: 3, windowMs: 3_600_000, freeAt: null },
  actions: [],
  checks: [check(id, 'http')],
  ...more,
});

const needs = (...names: readonly string[]) => names.map(serviceId);

const quietServices = (): readonly ServiceView[] => [
  service('redis', {
    tier: 'core',
    neededBy: needs('api', 'worker'),
    checks: [check('redis', 'redis', { lastLatencyMs: 0.4, strip: strip('healthy', 0, 0.4) })],
  }),
  service('postgres', {
    tier: 'core',
    neededBy: needs('api', 'report'),
    checks: [
      check('postgres', 'postgres', { target: 'postgres://127.0.0.1:5432/town', message: 'select 1 answered 1' }),
      check('postgres', 'process', { message: 'pid 4711 listens on 5432' }),
    ],
  }),
  service('api', {
    needs: needs('redis', 'postgres'),
    neededBy: needs('web'),
    trafficPercent: 100,
    checks: [check('api', 'http', { lastLatencyMs: 12, strip: strip('healthy', 0, 12) })],
  }),
  service('web', { needs: needs('api'), trafficPercent: 100 }),
  service('worker', { needs: needs('redis') }),
  service('mailer', { needs: needs('worker') }),
  service('report', { needs: needs('postgres'), trafficPercent: 0 }),
];

export const quietTown = (more: Partial<TownView> = {}): TownView => ({
  site: 'harbour-street',
  environment: 'production',
  at: now(),
  version: '0.1.0',
  configDigest: 'd1a6'.repeat(16),
  configProblem: null,
  own: [],
  codexNotices: [],
  health: 'healthy',
  score: 100,
  streak: {
    days: 12,
    timezone: 'Europe/Zurich',
    since: ago(12.4 * 86_400_000),
    isTodaySmooth: true,
    brokenBy: null,
    isAtLeast: false,
  },
  services: quietServices(),
  hold: null,
  isSafeMode: false,
  suspicion: [],
  canary: 'healthy',
  incidents: [],
  approvals: [],
  startup: { phase: 'up', isDegraded: false, startedAt: ago(minutes(90)), endedAt: ago(minutes(89)), lines: [] },
  brokenMachines: [],
  declared: [{ path: 'services.report.targets', what: 'targets are judged from the next release on' }],
  evidence: { lastSeq: 4, isIntact: true, verifiedAt: ago(minutes(30)) },
  ...more,
});

const brokenRedis = (it: ServiceView): ServiceView => {
  const since = ago(minutes(2));
  return {
    ...it,
    health: 'unhealthy',
    since,
    phase: 'acting',
    headline: 'restarting: it was killed from outside',
    reasons: [
      { kind: 'cause', class: 'killed', culprit: null, signs: ['SIGKILL', 'memory was far from its limit'] },
      { kind: 'within-budget', used: 2, count: 3, windowMs: durationMs(3_600_000) },
    ],
    lookAgainAt: later(now(), seconds(20)),
    pid: null,
    restarts: { used: 2, count: 3, windowMs: 3_600_000, freeAt: later(now(), minutes(41)) },
    actions: [
      {
        key: effectKey(machineId('watch', 'redis'), 12, 0),
        action: 'restart',
        at: ago(20_000),
        by: 'sereno',
        trigger: 'the process ended with SIGKILL',
        cause: 'killed',
        outcome: 'running',
        endedAt: null,
      },
      {
        key: effectKey(machineId('watch', 'redis'), 7, 0),
        action: 'restart',
        at: ago(minutes(19)),
        by: 'sereno',
        trigger: 'check redis/redis fails: connection refused',
        cause: 'crash',
        outcome: 'effective',
        endedAt: ago(minutes(18)),
      },
    ],
    checks: it.checks.map((each) => ({
      ...each,
      state: 'unhealthy' as const,
      symptom: 'refused' as const,
      since,
      message: 'connection refused on 127.0.0.1:6379',
      strip: strip('unhealthy', 12, 0.4),
    })),
  };
};

const symptomOf = (it: ServiceView, cause: string, health: HealthState): ServiceView => ({
  ...it,
  health,
  since: ago(minutes(1)),
  impairedBy: serviceId(cause),
  phase: 'waiting',
  headline: `waiting on ${cause}`,
  reasons: [{ kind: 'dependency-down', dependency: serviceId(cause), since: ago(minutes(2)) }],
  lookAgainAt: later(now(), seconds(25)),
  checks: it.checks.map((each) => ({
    ...each,
    state: health,
    symptom: 'wrong-answer' as const,
    since: ago(minutes(1)),
    message: '503 where 200 was expected',
    strip: strip(health, 8, 12),
  })),
});

const trouble: Readonly<Record<string, (it: ServiceView) => ServiceView>> = {
  redis: brokenRedis,
  api: (it) => symptomOf(it, 'redis', 'unhealthy'),
  worker: (it) => symptomOf(it, 'redis', 'degraded'),
  report: (it) => ({
    ...it,
    health: 'unknown',
    since: ago(minutes(6)),
    headline: 'its check cannot run: no such program',
    reasons: [{ kind: 'state-unknown', since: ago(minutes(6)), message: 'spawn ./check-report: no such file' }],
    checks: it.checks.map((each) => ({
      ...each,
      state: 'unknown' as const,
      symptom: 'cannot-run' as const,
      message: 'spawn ./check-report: no such file',
      lastLatencyMs: null,
      strip: [...strip('healthy', 0).slice(0, 30), ...strip('unknown', 20).slice(40)],
    })),
  }),
};

/** What the ranking would say of the town in trouble. */
export const causesOf = (town: TownView): readonly CauseCandidate[] => {
  const troubled = town.services.filter((it) => it.health !== 'healthy' && it.impairedBy !== null);
  const [root] = troubled.flatMap((it) => it.impairedBy ?? []);
  if (root === undefined) return [];
  const fault: Suspect = {
    kind: 'fault',
    subject: root,
    what: `${root} itself`,
    at: ago(minutes(2)),
    probability: 0.91,
    clues: [{ says: `${root} was seen to end`, ratio: 3, origin: 'assumed' }],
  };
  const deployment: Suspect = { ...fault, kind: 'deployment', what: 'a new version of web', probability: 0.06 };
  return [{ since: fault.at, services: [root, ...troubled.map((it) => it.id)], suspects: [fault, deployment] }];
};

export const troubledTown = (more: Partial<TownView> = {}): TownView => {
  const town = quietTown();
  return {
    ...town,
    health: 'unhealthy',
    services: town.services.map((it) => trouble[it.id]?.(it) ?? it),
    incidents: [
      {
        subject: 'redis',
        number: 'INC-2026-014',
        severity: 'SEV2',
        status: 'open',
        title: 'redis was killed twice within 20 minutes',
        since: ago(minutes(2)),
        paged: ['ada'],
        ladder: [
          'Look who kills it: sereno explain redis',
          'Restart it by hand: sereno service restart redis',
          'If it stays down, hold Sereno (sereno hold) and start it under a shell to read its last words',
        ],
        lookAgainAt: later(now(), minutes(13)),
      },
    ],
    approvals: [
      {
        id: 'APR-2026-003',
        subject: serviceId('api'),
        action: 'restart',
        requestedBy: 'sereno',
        reasons: [{ kind: 'traffic-over-limit', trafficPercent: 100, limitPercent: 25 }],
        expiresAt: later(now(), minutes(28)),
        status: 'pending',
      },
    ],
    ...more,
  };
};

export const HOSTILE = '<script>window.wasHurt=1</script><img src=x onerror=window.wasHurt=1>';

/** Names and messages as an attacker would choose them: markup, direction marks, one word without end. */
export const hostileTown = (): TownView => {
  const longWord = 'verylongword'.repeat(20);
  const reversed = '\u202Eevil\u2066 txt.exe';
  return quietTown({
    site: `${HOSTILE}${longWord}`,
    health: 'unhealthy',
    services: [
      service(longWord, { health: 'unhealthy', headline: longWord, neededBy: needs(reversed) }),
      service(reversed, { health: 'degraded', headline: HOSTILE, impairedBy: serviceId(longWord) }),
      service(HOSTILE, {
        headline: `${longWord} ${HOSTILE}`,
        needs: needs(longWord),
        reasons: [{ kind: 'check-failed', check: HOSTILE, message: longWord, since: now() }],
        checks: [check(HOSTILE, 'http', { target: longWord, message: HOSTILE })],
      }),
    ],
    hold: { by: HOSTILE, since: now(), why: longWord },
    configProblem: `sereno.yaml:1:1: ${longWord} ${HOSTILE}`,
    brokenMachines: [longWord],
  });
};

/** Every tenth needs the first; one in fifty is not well. */
export const largeTown = (count: number): TownView =>
  quietTown({
    health: 'unhealthy',
    services: Array.from({ length: count }, (_, index) => {
      const id = `unit-${String(index).padStart(4, '0')}`;
      const more: Partial<ServiceView> = index % 10 === 9 ? { needs: needs('unit-0000') } : {};
      return index % 50 === 49
        ? service(id, { ...more, health: 'unhealthy', headline: 'it ended by itself' })
        : service(id, more);
    }),
  });

type Deed = {
  readonly type: string;
  readonly subject: string;
  readonly trigger: string;
  readonly action?: string;
  readonly outcome?: string;
};

export const record = (seq: number, deed: Deed): EvidenceRecord => ({
  seq,
  at: now(),
  actor: { kind: 'system', name: 'sereno' },
  machine: machineId('watch', deed.subject),
  type: deed.type,
  trigger: deed.trigger,
  action: deed.action ?? null,
  outcome: deed.outcome ?? null,
  refs: { key: `watch:${deed.subject}/${seq}/0` },
  prevHash: (seq - 1).toString(16).padStart(64, '7'),
  hash: seq.toString(16).padStart(64, 'c0ffee'),
});

export const troubledRecords = (): readonly EvidenceRecord[] => [
  record(1, { type: 'startup.up', subject: 'mailer', trigger: 'all seven services answered', outcome: 'up in 1.9 s' }),
  record(2, {
    type: 'health.changed',
    subject: 'redis',
    trigger: 'the process ended with SIGKILL',
    outcome: 'unhealthy',
  }),
  record(3, {
    type: 'gate.allowed',
    subject: 'redis',
    trigger: 'watch:redis asked for a restart',
    outcome: 'lease 12',
  }),
  record(4, {
    type: 'action.started',
    subject: 'redis',
    trigger: 'it was killed from outside',
    action: 'restart redis',
  }),
];

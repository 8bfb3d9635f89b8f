// Views: what people and programs are shown. Computed from states and hot memory, never stored, never invented:
// what is not known is null or 'unknown'.

import type { ActionRecord } from './action.ts';
import type { DeadChannel, RawAlert, Suppression } from './alert.ts';
import type { HealthState } from './health.ts';
import type { CheckId, ServiceId } from './id.ts';
import type { Symptom } from './observation.ts';
import type { Severity } from './notification.ts';
import type { OwnView } from './own.ts';
import type { Reason } from './reason.ts';
import type { Tier } from './service.ts';
import type { Instant } from './time.ts';
import type { Declared } from './site.ts';
import type { HealthScore, Streak } from './standing.ts';

/** One cell of the strip: the last checks, oldest first. */
export type SampleView = { readonly at: Instant; readonly state: HealthState; readonly latencyMs: number };

export type CheckView = {
  readonly id: CheckId;
  readonly kind: string;
  readonly target: string;
  readonly state: HealthState;
  readonly symptom: Symptom;
  readonly since: Instant | null;
  readonly message: string;
  /** When it was last looked at; null: never in this run. */
  readonly lastAt: Instant | null;
  readonly nextAt: Instant | null;
  readonly lastLatencyMs: number | null;
  readonly strip: readonly SampleView[];
};

/** Where a service stands between trouble and rest. */
export type RemedyPhase =
  'none' | 'diagnosing' | 'waiting' | 'asking' | 'acting' | 'observing' | 'quarantined' | 'stopped' | 'broken';

export type ServiceView = {
  readonly id: ServiceId;
  readonly tier: Tier;
  readonly workload: string;
  readonly needs: readonly ServiceId[];
  readonly neededBy: readonly ServiceId[];
  readonly trafficPercent: number;
  readonly health: HealthState;
  readonly score: HealthScore;
  readonly since: Instant | null;
  readonly impairedBy: ServiceId | null;
  readonly phase: RemedyPhase;
  /** One sentence: `waiting on redis`, `in quarantine, careful retry at …`. */
  readonly headline: string;
  readonly reasons: readonly Reason[];
  readonly lookAgainAt: Instant | null;
  readonly pid: number | null;
  /** How its warm standby is: `ready, pid 7`; null when none is declared. */
  readonly standby: string | null;
  readonly restarts: {
    readonly used: number;
    readonly count: number;
    readonly windowMs: number;
    readonly freeAt: Instant | null;
  };
  readonly actions: readonly ActionRecord[];
  readonly checks: readonly CheckView[];
};

export type HoldView = { readonly by: string; readonly since: Instant; readonly why: string };

export type ApprovalView = {
  readonly id: string;
  /** A service, or a copy of a blessed configuration. */
  readonly subject: string;
  readonly action: string;
  readonly requestedBy: string;
  readonly reasons: readonly Reason[];
  readonly expiresAt: Instant;
  readonly status: 'pending' | 'approved' | 'rejected' | 'expired';
};

export type IncidentView = {
  readonly subject: string;
  readonly number: string;
  readonly severity: Severity;
  readonly status: 'open' | 'acknowledged' | 'resolved';
  readonly title: string;
  readonly since: Instant;
  readonly paged: readonly string[];
  readonly ladder: readonly string[];
  readonly lookAgainAt: Instant | null;
};

export type StartupView = {
  readonly phase: 'repair' | 'guard' | 'core' | 'apps' | 'verify' | 'up' | 'down';
  readonly isDegraded: boolean;
  readonly startedAt: Instant | null;
  readonly endedAt: Instant | null;
  readonly lines: readonly {
    readonly phase: string;
    readonly isGood: boolean;
    readonly text: string;
    readonly tookMs: number;
  }[];
};

export type TownView = {
  readonly site: string;
  readonly environment: string;
  readonly at: Instant;
  readonly version: string;
  readonly configDigest: string;
  /** Set while the file on disk is bad and the old configuration goes on. */
  readonly configProblem: string | null;
  /** What of the configuration must be blessed, and how what runs stands to that; empty: nothing of it must be. */
  readonly own: readonly OwnView[];
  /** What people are to know of the codex: it cannot be read, its root of trust ends soon; empty: nothing. */
  readonly codexNotices: readonly string[];
  readonly health: HealthState;
  /** 0..100, the mean of the services that count; null: there are none. */
  readonly score: number | null;
  readonly streak: Streak;
  readonly services: readonly ServiceView[];
  readonly hold: HoldView | null;
  readonly isSafeMode: boolean;
  /** Why the watchman does not trust its own eyes now; empty when it does. */
  readonly suspicion: readonly Reason[];
  readonly canary: HealthState;
  readonly incidents: readonly IncidentView[];
  readonly approvals: readonly ApprovalView[];
  readonly startup: StartupView;
  readonly brokenMachines: readonly string[];
  readonly declared: readonly Declared[];
  readonly evidence: {
    readonly lastSeq: number;
    readonly isIntact: boolean | null;
    readonly verifiedAt: Instant | null;
  };
};

/** The town without its services, for those who ask often: with ten thousand services the views of all take 100 ms. */
export type TownSummaryView = Omit<TownView, 'services'>;

/** How a rule has done in the last seven days. */
export type RuleQuality = {
  readonly rule: string;
  /** Times that it called people. */
  readonly fired: number;
  /** Of those: a person or Sereno did something about it. */
  readonly actedOn: number;
  /** Of those: it was over by itself. */
  readonly false: number;
  /** Messages that it cost. */
  readonly messages: number;
  /** It calls for nothing, more than five times a week. */
  readonly isNoise: boolean;
};

/** Raw events with what became of each, and what keeps words from people. */
export type AlertsView = {
  /** Those that last first, then those that are over, the newest first. */
  readonly alerts: readonly RawAlert[];
  readonly suppressions: readonly Suppression[];
  readonly deadChannels: readonly DeadChannel[];
  readonly quality: readonly RuleQuality[];
};

/** The answer to "why is it so" and "why did you not act". */
export type Explanation = {
  readonly subject: string;
  readonly headline: string;
  readonly why: readonly string[];
  readonly reasons: readonly Reason[];
  readonly lookAgainAt: Instant | null;
  /** Sequence numbers of the evidence behind it, newest first. */
  readonly evidence: readonly number[];
};

/** The watchman's own figures, all measured in this run. */
export type OwnFigures = {
  readonly startedAt: Instant;
  readonly eventsTotal: number;
  readonly commitsTotal: number;
  readonly probesTotal: number;
  /** Of those, looks before their time because a judge was in doubt. */
  readonly looksAgainTotal: number;
  readonly probesInFlight: number;
  readonly queueLength: number;
  readonly outboxPending: number;
  /** Worst lag of its own event loop in the last 10 s. */
  readonly loopLagMs: number;
  readonly memoryBytes: number;
  readonly decisionLatencyMs: { readonly p50: number | null; readonly p99: number | null; readonly count: number };
  readonly storeFailures: number;
};

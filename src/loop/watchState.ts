// What is remembered of one watched service.
//
//   none ──trouble──▶ diagnosing ──▶ asking ──leave──▶ acting ──carried out──▶ observing ──measured──▶ none
//                        │  ▲           │ no                                      │ did not help
//                        ▼  │           ▼                                         ▼
//                     waiting ◀─── (look again)                             diagnosing, or quarantined ─▶ careful retry
//
// Every state but `none` has the wake 'remedy' pending; unknown health has the wake 'unknown' pending.

import type { ActionKind, ActionRecord } from '#kernel/action.ts';
import type { Actor } from '#kernel/actor.ts';
import type { BlackBox, Cause, CauseClass, Exit } from '#kernel/cause.ts';
import type { Deployment } from '#kernel/deployment.ts';
import type { HealthState } from '#kernel/health.ts';
import type { CheckId, EffectKey, ServiceId } from '#kernel/id.ts';
import type { Answer, HealthNews } from '#kernel/message.ts';
import type { Belief } from '#kernel/observation.ts';
import type { Reason } from '#kernel/reason.ts';
import { instant, minutes, type Instant } from '#kernel/time.ts';
import type { Trial } from '#learn/outcome.ts';

export type Remedy =
  | { readonly kind: 'none' }
  | {
      /** The black box is being frozen and the dependencies look at themselves. */
      readonly kind: 'diagnosing';
      readonly token: number;
      readonly since: Instant;
      readonly awaiting: readonly ServiceId[];
      readonly hasBlackBox: boolean;
      readonly isProbation: boolean;
    }
  | { readonly kind: 'waiting'; readonly on: ServiceId | null; readonly since: Instant; readonly until: Instant }
  | {
      readonly kind: 'asking';
      readonly token: number;
      readonly action: ActionKind;
      readonly since: Instant;
      readonly isProbation: boolean;
    }
  | {
      readonly kind: 'acting';
      readonly epoch: number;
      readonly action: ActionKind;
      readonly since: Instant;
      readonly until: Instant;
    }
  | {
      /** `epoch` null: it came back without an action of ours; the way back is measured all the same. */
      readonly kind: 'observing';
      readonly epoch: number | null;
      readonly action: ActionKind | null;
      readonly isLeaseOut: boolean;
      readonly trial: Trial;
      readonly until: Instant;
    }
  | { readonly kind: 'quarantined'; readonly since: Instant; readonly retryAt: Instant };

/** The trouble that is open, under one name from its first sign to its confirmed end. */
export type OpenTrouble = {
  readonly since: Instant;
  readonly trigger: string;
  readonly isNotified: boolean;
  readonly isEscalated: boolean;
};

/** A person's request that is being served. */
export type OpenAsk = {
  readonly askKey: string;
  readonly token: number;
  readonly by: Actor;
  readonly action: ActionKind;
  readonly epoch: number | null;
};

/** A person's stop; `since` leave was given for it, as what runs down fails before it has ended (stopped.ts). */
export type PersonStop = { readonly by: string; readonly since: Instant };

export type Lesson = { readonly tried: number; readonly worked: number };

export type Watch = {
  readonly service: ServiceId;
  readonly wanted: 'running' | 'stopped';
  readonly stoppedBy: { readonly by: string; readonly since: Instant } | null;
  /** The last stop of a person; left out until there is one, and null when something else was done to it since. */
  readonly stop?: PersonStop | null;
  readonly isRunning: boolean;
  /** Sereno looked for it at its start and it did not run; until it is started. */
  readonly isAbsent: boolean;
  readonly pid: number | null;
  readonly exit: Exit | null;
  readonly isUnproven: boolean;
  /** Start-up waits to hear that it is up. */
  readonly isComingUp: boolean;
  /** The whole site is being stopped. */
  readonly isComingDown: boolean;
  readonly beliefs: Readonly<Record<CheckId, Belief>>;
  readonly health: HealthState;
  readonly since: Instant;
  readonly reasons: readonly Reason[];
  readonly impairedBy: ServiceId | null;
  readonly needs: Readonly<Record<ServiceId, HealthNews>>;
  readonly askers: readonly { readonly asker: ServiceId; readonly token: number }[];
  readonly remedy: Remedy;
  /** The reasons of the last decision: why it acts, waits or asks. */
  readonly decided: readonly Reason[];
  readonly token: number;
  readonly ineffective: number;
  readonly lastFailedAt: Instant | null;
  readonly quarantine: { readonly since: Instant; readonly attempts: number } | null;
  readonly blackBox: BlackBox | null;
  /** The newest release of it that is known of; left out until there is one. */
  readonly deployment?: Deployment;
  readonly cause: Cause | null;
  readonly trouble: OpenTrouble | null;
  readonly actions: readonly ActionRecord[];
  readonly ask: OpenAsk | null;
  readonly answers: readonly Answer[];
  readonly lessons: Readonly<Partial<Record<CauseClass, Lesson>>>;
};

/** Unknown for this long is told to people: not being able to see is a trouble of its own. */
export const UNKNOWN_TOLD_MS = minutes(5);

/** Actions and answers that are kept for those who ask; the whole history is in the evidence. */
export const KEPT_MAX = 20;

export const firstWatch = (service: ServiceId): Watch => ({
  service,
  wanted: 'running',
  stoppedBy: null,
  isRunning: false,
  isAbsent: false,
  pid: null,
  exit: null,
  isUnproven: false,
  isComingUp: false,
  isComingDown: false,
  beliefs: {},
  health: 'unknown',
  since: instant(0),
  reasons: [],
  impairedBy: null,
  needs: {},
  askers: [],
  remedy: { kind: 'none' },
  decided: [],
  token: 0,
  ineffective: 0,
  lastFailedAt: null,
  quarantine: null,
  blackBox: null,
  cause: null,
  trouble: null,
  actions: [],
  ask: null,
  answers: [],
  lessons: {},
});

/** The newest first, bounded. */
export const keep = <T>(newest: T, earlier: readonly T[]): readonly T[] => [newest, ...earlier].slice(0, KEPT_MAX);

export const newsOf = (watch: Watch): HealthNews => ({
  service: watch.service,
  health: watch.wanted === 'stopped' ? 'unhealthy' : watch.health,
  since: watch.since,
  impairedBy: watch.impairedBy,
  isFirstHand: watch.exit !== null || watch.isAbsent || watch.isUnproven || watch.wanted === 'stopped',
  symptom: Object.values(watch.beliefs).find((belief) => belief.state === 'unhealthy')?.symptom ?? 'none',
  isStopped: watch.wanted === 'stopped',
});

export const changeAction = (watch: Watch, key: EffectKey, change: Partial<ActionRecord>): readonly ActionRecord[] =>
  watch.actions.map((action) => (action.key === key ? { ...action, ...change } : action));

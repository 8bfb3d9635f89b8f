// What the gate remembers: the one place through which every change to the world passes.

import type { ActionRequest, Lease } from '#kernel/action.ts';
import type { ConfigLease, ConfigRequest, CopyId } from '#kernel/drift.ts';
import type { ServiceId } from '#kernel/id.ts';
import type { Answer, HealthNews } from '#kernel/message.ts';
import type { Reason } from '#kernel/reason.ts';
import type { Instant } from '#kernel/time.ts';
import type { ApprovalView } from '#kernel/view.ts';
import type { Canary } from '#judge/correlate.ts';
import { NOBODY, type Roll } from './roll.ts';

/** A request that waits until the watchman has looked around, or until a person has agreed. */
export type Looking = {
  readonly request: ActionRequest;
  readonly until: Instant;
  readonly isApproved: boolean;
  /** It does not ask for leave, but whether people are to be called for what was seen. */
  readonly isForPeople: boolean;
};

export type Approval = ApprovalView & { readonly request: ActionRequest | ConfigRequest };

/** What the gate remembers of the watch over deployed configurations. */
export type Configs = {
  readonly leases: readonly ConfigLease[];
  /** What a person has agreed to and was not asked for again yet. */
  readonly agreed: readonly { readonly subject: CopyId; readonly version: number; readonly until: Instant }[];
  /** By copy: the kinds of reasons of the last refusal, so that the same one is written down once. */
  readonly refused: Readonly<Record<CopyId, string>>;
  /** Something was refused for a bar, and is called when that goes up. */
  readonly isBarred: boolean;
};

export const FIRST_CONFIGS: Configs = { leases: [], agreed: [], refused: {}, isBarred: false };

export type Gate = {
  /** Grows with every lease and every hold; never reused. */
  readonly epoch: number;
  readonly hold: { readonly by: string; readonly since: Instant; readonly why: string } | null;
  readonly safeModeSince: Instant | null;
  readonly canary: Canary | null;
  /** The last news of the services that are unhealthy, until other news of them come. */
  readonly news: Readonly<Record<ServiceId, HealthNews>>;
  /** Who was last heard to be healthy or degraded. Who is neither here nor in the news was not looked at yet. */
  readonly up: Roll;
  readonly suspicion: {
    readonly since: Instant;
    readonly reasons: readonly Reason[];
    readonly isPaged: boolean;
  } | null;
  /** When the last suspicion ended; null: there was none in this run. */
  readonly trustedSince: Instant | null;
  /** A person said to go on in spite of these failures, until this number of them has changed. */
  readonly isTrustedByPerson: boolean;
  readonly serviceCount: number;
  readonly selection: { readonly before: number; readonly after: number } | null;
  readonly leases: readonly Lease[];
  readonly spent: Readonly<Record<ServiceId, readonly Instant[]>>;
  readonly looking: readonly Looking[];
  /** Who was refused in this run because too many were in hands; each is told when a place is free, in this order. */
  readonly queue: readonly ServiceId[];
  /** Who was refused for a hold or for doubt of the own eyes, and is called when that ends. */
  readonly barred: readonly ServiceId[];
  readonly approvals: readonly Approval[];
  readonly answers: readonly Answer[];
  /** Left out until something was asked for. */
  readonly configs?: Configs;
};

export const FIRST_GATE: Gate = {
  epoch: 0,
  hold: null,
  safeModeSince: null,
  canary: null,
  news: {},
  up: NOBODY,
  suspicion: null,
  trustedSince: null,
  isTrustedByPerson: false,
  serviceCount: 0,
  selection: null,
  leases: [],
  spent: {},
  looking: [],
  queue: [],
  barred: [],
  approvals: [],
  answers: [],
};

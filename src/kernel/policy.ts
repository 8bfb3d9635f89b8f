// Policy: what people allow Sereno to do by itself, what it must ask for, and what it must never do.

import type { Role } from './actor.ts';
import type { DurationMs, Instant } from './time.ts';

/** Action kinds that a policy can allow. Kinds of later duties are accepted and listed as not yet active. */
export type PolicyAction = string;

export type ApprovalRule =
  | { readonly kind: 'traffic-over'; readonly percent: number; readonly from: Role | 'policy_author' }
  | { readonly kind: 'cost-over'; readonly timesNormal: number; readonly from: Role | 'policy_author' };

export type FreezeWindow = {
  readonly from: Instant;
  readonly to: Instant;
  readonly except: readonly PolicyAction[];
};

/** The never-rules that the gate can judge by itself; others are kept as text and shown. */
export type NeverRule = { readonly text: string; readonly forbids: readonly PolicyAction[] };

export type Policy = {
  /** 1 human-directed, 2 supervised, 3 monitored, 4 full. Tiers 1 and 2 do not act without a person. */
  readonly autonomy: 1 | 2 | 3 | 4;
  readonly allow: readonly PolicyAction[];
  readonly approval: readonly ApprovalRule[];
  readonly never: readonly NeverRule[];
  readonly freeze: readonly FreezeWindow[];
  readonly restartBudget: { readonly count: number; readonly windowMs: DurationMs };
  /** Share of traffic above which a person must agree; 25 unless declared. */
  readonly trafficLimitPercent: number;
};

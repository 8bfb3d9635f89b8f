// A target: what was promised of a service, over which window, and when its burning is told (an SLO; SRE workbook, ch. 2, 5).

import type { ServiceId } from './id.ts';
import type { Severity } from './notification.ts';
import type { DurationMs, Instant } from './time.ts';
import { unreachable } from './unreachable.ts';

declare const targetBrand: unique symbol;
/** `<service>.<name>`, for example `api.availability`. */
export type TargetId = string & { readonly [targetBrand]: true };
export const targetId = (service: ServiceId, name: string): TargetId => `${service}.${name}` as TargetId; // brand

/** `below` and `above` leave the limit itself out, the other two include it. */
export type Comparator = 'below' | 'at-most' | 'above' | 'at-least';

/** How good events are told from bad ones. */
export type Indicator =
  /** Of the looks of all checks of the service, those that were answered rightly. */
  | { readonly kind: 'availability' }
  /** Of the looks that were answered rightly, those within the threshold. */
  | { readonly kind: 'latency'; readonly thresholdMs: DurationMs }
  /** Of all events that a source counts, the good ones. */
  | {
      readonly kind: 'ratio';
      readonly source: string;
      readonly good: string;
      readonly total: string;
      /** The queries give counters, of which the increase since the last look counts; otherwise each gives an amount. */
      readonly isCounter: boolean;
    }
  /** Any number that a source gives: a look is good while the number is on the right side of the limit. */
  | {
      readonly kind: 'value';
      readonly source: string;
      readonly query: string;
      readonly comparator: Comparator;
      readonly limit: number;
    };

/** Over which time the promise holds. Calendar windows begin anew at midnight of the zone. */
export type Window =
  | { readonly kind: 'rolling'; readonly lengthMs: DurationMs }
  | {
      readonly kind: 'calendar';
      readonly unit: 'day' | 'week' | 'month' | 'quarter' | 'year';
      readonly count: number;
      /** IANA name; a day in it may have 23 or 25 hours. */
      readonly timezone: string;
      /** The windows are counted from here. */
      readonly startsAt: Instant;
    };

/** What is counted (OpenSLO v1): events; slices of time that were good as a whole; or the mean of the slices' ratios. */
export type Budgeting =
  | { readonly method: 'occurrences' }
  | { readonly method: 'timeslices'; readonly sliceMs: DurationMs; readonly sliceObjectivePercent: number }
  | { readonly method: 'ratio-timeslices'; readonly sliceMs: DurationMs };

/** Burning faster than `factor` times the budget's own pace in both windows is told at `severity`. */
export type BurnRule = {
  readonly severity: Severity;
  readonly longMs: DurationMs;
  readonly shortMs: DurationMs;
  readonly factor: number;
};

export type Target = {
  readonly id: TargetId;
  readonly service: ServiceId;
  readonly name: string;
  readonly indicator: Indicator;
  /** 0..100, both left out: nothing is promised at 0, and 100 has no budget. */
  readonly objectivePercent: number;
  readonly window: Window;
  readonly budgeting: Budgeting;
  /** Empty: derived from the window by the workbook's table. */
  readonly burn: readonly BurnRule[];
  /** In the words of the configuration: `99.9% over 30d`. */
  readonly said: string;
};

/**
 * `no-data`: nothing fresh to judge by. `meeting`: within the budget's pace. `burning`: a burn rule holds, with enough evidence.
 * `breached`: the objective is missed over what the window has seen. `exhausted`: the whole window's budget is gone.
 */
export type TargetState = 'no-data' | 'meeting' | 'burning' | 'breached' | 'exhausted';

/**
 * Who ate the budget: the service, what it needs, the watchman's own blindness, agreed work, nobody knows, or a person who
 * stopped it.
 */
export type BudgetShare = 'own' | 'upstream' | 'watchman' | 'maintenance' | 'no-data' | 'stopped';
/** Their places are kept in memory over restarts: a new one comes last. */
export const BUDGET_SHARES: readonly BudgetShare[] = [
  'own',
  'upstream',
  'watchman',
  'maintenance',
  'no-data',
  'stopped',
];

/** Only these count against the objective; the others are shown beside it. */
export const countsAgainst = (share: BudgetShare): boolean => share === 'own';

/** True when a number that a source gave is on the right side of the limit. */
export const isWithin = (comparator: Comparator, value: number, limit: number): boolean => {
  switch (comparator) {
    case 'below':
      return value < limit;
    case 'at-most':
      return value <= limit;
    case 'above':
      return value > limit;
    case 'at-least':
      return value >= limit;
    default:
      return unreachable(comparator);
  }
};

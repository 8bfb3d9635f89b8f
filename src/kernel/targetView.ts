// What people and programs are shown of a target. What is not known is null, never zero.

import type { ServiceId } from './id.ts';
import type { Severity } from './notification.ts';
import type { Reason } from './reason.ts';
import type { BudgetShare, TargetId, TargetState } from './target.ts';
import type { DurationMs, Instant } from './time.ts';

/** One burn rule: how many times faster than its own pace the budget goes, in both windows. */
export type BurnView = {
  readonly severity: Severity;
  readonly longMs: DurationMs;
  readonly shortMs: DurationMs;
  readonly factor: number;
  readonly longRate: number;
  readonly shortRate: number;
  readonly isHolding: boolean;
};

/** When and by whom the budget was eaten. */
export type EpisodeView = {
  readonly from: Instant;
  readonly to: Instant;
  readonly share: BudgetShare;
  readonly bad: number;
};

export type BudgetView = {
  /** Bad events, or slices, that the window allows, and those that there were. */
  readonly allowed: number;
  readonly used: number;
  /** Below 0 when more is gone than there was. */
  readonly remainingPercent: number;
  /** How long everything could fail from now on. */
  readonly remainingMs: DurationMs;
  /** Bad events by who caused them; only `own` was taken from the budget. */
  readonly shares: Readonly<Record<BudgetShare, number>>;
  readonly withoutDataMs: DurationMs;
  /** At the pace of now, with the interval that holds 19 times in 20; null: not within this window. */
  readonly exhaustedAt: Instant | null;
  readonly exhaustedEarliest: Instant | null;
  readonly exhaustedLatest: Instant | null;
};

export type TargetView = {
  readonly id: TargetId;
  readonly service: ServiceId;
  readonly name: string;
  /** In the words of the configuration: `99.9% over 30d`. */
  readonly said: string;
  readonly indicator: 'availability' | 'latency' | 'ratio' | 'value';
  readonly objectivePercent: number;
  readonly state: TargetState;
  /** Null until the first event was judged. */
  readonly budget: BudgetView | null;
  readonly burns: readonly BurnView[];
  readonly episodes: readonly EpisodeView[];
  readonly reasons: readonly Reason[];
  /** Events judged in this run; they only grow. */
  readonly events: { readonly good: number; readonly bad: number; readonly excused: number };
  readonly lastAt: Instant | null;
  /** Since when nothing fresh came; null while something does. */
  readonly staleSince: Instant | null;
};

/** How the budget of the window went, from its beginning until now. Between two moments it went evenly, as far as is known. */
export type BurndownView = {
  readonly target: TargetId;
  /** When the window began, or the target was first judged, whichever is later. */
  readonly from: Instant;
  readonly at: Instant;
  /** When the window ends; of one that rolls, when it is full. Not before `at`. */
  readonly endsAt: Instant;
  /** Bad events, or slices, that the whole window allows, as it is reckoned now. */
  readonly allowed: number;
  /** Only where it changed, oldest first. */
  readonly steps: readonly { readonly at: Instant; readonly used: number }[];
};

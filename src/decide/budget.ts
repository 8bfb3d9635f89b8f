// Restart budgets: a true sliding window. Never more than `count` in any window of the length, wherever it is laid.

import type { Reason } from '#kernel/reason.ts';
import type { RestartBudget } from '#kernel/service.ts';
import { later, type Instant } from '#kernel/time.ts';

export type BudgetState = {
  readonly isFree: boolean;
  readonly used: number;
  /** When the next one is free; null when one is free now. */
  readonly freeAt: Instant | null;
  readonly reason: Reason;
};

/** The spendings that still count: strictly younger than the window. */
export const withinWindow = (spent: readonly Instant[], budget: RestartBudget, at: Instant): readonly Instant[] =>
  spent.filter((when) => when > at - budget.windowMs);

/**
 * Looks at a budget. `spent` holds the instants of all earlier restarts, oldest first.
 * The window is half open: a restart exactly one window ago no longer counts.
 */
export const lookAtBudget = (spent: readonly Instant[], budget: RestartBudget, at: Instant): BudgetState => {
  const counting = withinWindow(spent, budget, at);
  const used = counting.length;
  const { count, windowMs } = budget;
  if (used < count)
    return { isFree: true, used, freeAt: null, reason: { kind: 'within-budget', used, count, windowMs } };
  // The one whose ageing out brings the number below `count`.
  const decisive = counting[used - count] ?? at;
  const freeAt = later(decisive, windowMs);
  return { isFree: false, used, freeAt, reason: { kind: 'budget-spent', used, count, windowMs, freeAt } };
};

// The burn-down as a chart takes it: what was left of the budget, in percent, and where it leads at the pace of now.

import type { BurndownView, TargetView } from '../live/wire.ts';

/** Times in seconds. */
export type BurnColumns = {
  readonly at: readonly number[];
  readonly left: readonly (number | null)[];
  readonly ahead: readonly (number | null)[];
};

const SECOND_MS = 1_000;

/** Below this the chart would say less: a budget may be overdrawn a hundred times in a town that was just begun. */
const LEAST_PERCENT = -100;

const leftOf = (used: number, allowed: number): number => {
  if (allowed <= 0) return used > 0 ? LEAST_PERCENT : 100;
  return Math.max(LEAST_PERCENT, 100 * (1 - used / allowed));
};

/** `until`: when the budget is gone at the pace of now; null: not within the window. */
export const burnColumns = ({ steps, allowed }: BurndownView, until: number | null): BurnColumns => {
  const at = steps.map((step) => step.at / SECOND_MS);
  const left = steps.map((step) => leftOf(step.used, allowed));
  const last = left.at(-1);
  if (until === null || last === undefined) return { at, left, ahead: left.map(() => null) };
  return {
    at: [...at, until / SECOND_MS],
    left: [...left, null],
    ahead: [...left.map((_, index) => (index === left.length - 1 ? last : null)), 0],
  };
};

/** What was seen takes at least a fifth of the width; an end that is further away is told in words. */
const AHEAD_TIMES_SEEN = 4;

/** The time that is drawn: from the beginning to now, and on to where it leads. */
export const burnTime = (
  { from, at, endsAt }: BurndownView,
  until: number | null,
): { readonly from: number; readonly to: number } => {
  const seen = Math.max(at - from, 60 * SECOND_MS);
  const margin = at + seen / 8;
  const ahead = until === null ? margin : Math.max(until + (until - from) / 20, margin);
  return { from, to: Math.min(Math.max(endsAt, margin), ahead, at + AHEAD_TIMES_SEEN * seen) };
};

/** What ate the budget, the newest first, and how much was eaten in bits too small to be kept apart. */
export const eatersOf = (target: TargetView): { readonly rows: TargetView['episodes']; readonly rest: number } => {
  const own = target.episodes.filter((it) => it.share === 'own').reduce((sum, it) => sum + it.bad, 0);
  const used = target.budget?.used ?? 0;
  // Sums of products of the window's slots: a hundredth of an event is none.
  const rest = used - own > 0.01 ? used - own : 0;
  return { rows: target.episodes.toReversed(), rest };
};

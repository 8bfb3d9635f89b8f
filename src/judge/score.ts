// The health score: one number, 0 to 100, with the parts that it is made of.
//
// It never says other than the word beside it: half of it is the worst check, so that what is unhealthy or unknown has 50
// at most and what is healthy has 50 at least. What cannot be seen counts nothing; a part that does not apply (no targets,
// no needs) is left out, and the others share its weight.

import type { HealthState } from '#kernel/health.ts';
import type { HealthScore } from '#kernel/standing.ts';
import type { TargetState } from '#kernel/target.ts';

/** Half of it for what is seen now; the promise and the ground it stands on the next; how fresh the look is the least. */
const WEIGHT = { checks: 50, targets: 20, needs: 20, freshness: 10 } as const;

const OF_HEALTH: Record<HealthState, number> = { healthy: 1, degraded: 0.5, unknown: 0, unhealthy: 0 };
/** No data is not a promise kept. */
const OF_TARGET: Record<TargetState, number> = { meeting: 1, burning: 0.5, breached: 0, exhausted: 0, 'no-data': 0 };

export type Scored = {
  readonly health: HealthState;
  readonly targets: readonly TargetState[];
  readonly needs: readonly HealthState[];
  /** Checks that were looked at within twice their interval, and how many there are. */
  readonly fresh: number;
  readonly checks: number;
};

const meanOf = <T>(items: readonly T[], value: (item: T) => number): number | null =>
  items.length === 0 ? null : items.reduce((sum, item) => sum + value(item), 0) / items.length;

const percent = (share: number | null): number | null => (share === null ? null : Math.round(share * 100));

/** Scores one service. Every part is 0..100; null: there is nothing to judge it by. */
export const scoreOf = ({ health, targets, needs, fresh, checks }: Scored): HealthScore => {
  const parts = {
    checks: OF_HEALTH[health],
    targets: meanOf(targets, (state) => OF_TARGET[state]),
    needs: meanOf(needs, (state) => OF_HEALTH[state]),
    freshness: checks === 0 ? 0 : fresh / checks,
  };
  let weights = WEIGHT.checks + WEIGHT.freshness;
  let sum = parts.checks * WEIGHT.checks + parts.freshness * WEIGHT.freshness;
  if (parts.targets !== null) {
    weights += WEIGHT.targets;
    sum += parts.targets * WEIGHT.targets;
  }
  if (parts.needs !== null) {
    weights += WEIGHT.needs;
    sum += parts.needs * WEIGHT.needs;
  }
  return {
    value: Math.round((100 * sum) / weights),
    checks: percent(parts.checks) ?? 0,
    targets: percent(parts.targets),
    needs: percent(parts.needs),
    freshness: percent(parts.freshness) ?? 0,
  };
};

/** The site: the mean of its services. Its word is the worst of theirs, so the two are read together. */
export const siteScore = (scores: readonly number[]): number | null => {
  const mean = meanOf(scores, (score) => score);
  return mean === null ? null : Math.floor(mean);
};

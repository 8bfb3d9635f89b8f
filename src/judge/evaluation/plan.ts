// The plan of a comparison: how many pairs are asked so that a regression is seen, worked out exactly and not by a rule of thumb.
//
// Each case is answered by both, the blessed and the candidate; that is a pair. Only pairs that differ say anything: a loss
// (only blessed passed) or a win (only the candidate passed). If nothing is worse, a pair that differs is a loss with
// probability 1/2 at most (McNemar 1947), and each is a bet of `Bets` at even shares. Evidence depends on the numbers of losses
// and wins alone, so that the chance to have reached the threshold by each number of differing pairs is a sum over a
// lattice; over the binomial number of them it gives the exact power, and the exact rate of false blocks, at every n.

import { evidenceAtOnce, RELEASE_STAKES, type Stakes } from '../release/bets.ts';
import { clopperPearson } from './interval.ts';

/** What the comparison promises. */
export type Goal = {
  /** Of unchanged configurations, this part may be blocked. */
  readonly falseBlocks: number;
  /** A fall of the pass rate by so much, 0..1, … */
  readonly regression: number;
  /** … is caught with this probability at least. */
  readonly power: number;
};

export const GOAL: Goal = { falseBlocks: 0.05, regression: 0.1, power: 0.9 };

/** The part of a miss that is allowed to come from passing early; the rest is for not having seen it by the last pair. */
export const EARLY_PASS_PART = 0.2;

/**
 * Four fifths are staked on the ratio that the regression would have, the rest on all others: of what was tried (all, 4/5,
 * half, none), n grows by 4, 12 and 40 % from one to the next at a pass rate of 55 %; and all on one gains nothing from worse.
 */
const ON_PLANNED = 0.8;
/** Where the candidate is never better, the ratio has no bound; this one wins nearly all that there is to win. */
const RATIO_MAX = 60;
/** Beyond this nobody would ask, and a plan says so. */
export const PAIRS_MAX = 20_000;

export type Plan = {
  readonly goal: Goal;
  /** The pass rate of the blessed one that was supposed. */
  readonly passRate: number;
  readonly pairs: number;
  /** Exact, at these pairs: caught with this probability by the last of them. */
  readonly power: number;
  /** Exact, for answers as independent and equal as supposed. */
  readonly falseBlocks: number;
  readonly stakes: Stakes;
};

/** How pairs fall: the part that differs, and the part of those that are losses. */
type Fall = { readonly differing: number; readonly losing: number };

/**
 * When answers of both are independent. Cases of unequal difficulty differ less often at the same mean, so that this is the
 * hardest case of its pass rate.
 */
const fallOf = (passRate: number, regression: number): Fall => {
  const loss = passRate * (1 - passRate + regression);
  const win = (1 - passRate) * (passRate - regression);
  return { differing: loss + win, losing: loss / (loss + win) };
};

/** The pass rate at which a regression is hardest to see. */
const hardest = (regression: number): number => 0.5 + regression / 2;

/** A case can be no worse than failed: under this rate the regression cannot be. */
const within = (passRate: number, regression: number): number => Math.min(1, Math.max(regression, passRate));

const stakesOf = ({ losing }: Fall): Stakes => {
  const planned = losing >= 1 ? RATIO_MAX : Math.min(RATIO_MAX, losing / (1 - losing));
  const rest = RELEASE_STAKES.bets.map(({ ratio, part }) => ({ ratio, part: part * (1 - ON_PLANNED) }));
  return { bets: [{ ratio: planned, part: ON_PLANNED }, ...rest], atOnce: 1 };
};

/** The least losses of so many differing pairs that are proof, for 0, 1, 2 … of them. */
const boundaryOf = (stakes: Stakes, threshold: number, most: number): readonly number[] => {
  const boundary: number[] = [];
  let losses = 0;
  for (let differing = 0; differing <= most; differing += 1) {
    const isProof = (): boolean =>
      evidenceAtOnce({ share: 0.5, hits: losses, misses: differing - losses }, stakes) >= threshold;
    while (losses <= differing && !isProof()) losses += 1;
    boundary.push(losses);
  }
  return boundary;
};

/** The chance to have been proven by each number of differing pairs, when `losing` of them are losses. */
const provenBy = (boundary: readonly number[], losing: number): Float64Array => {
  const proven = new Float64Array(boundary.length);
  let open = new Float64Array(boundary.length + 1);
  open[0] = 1;
  let sum = 0;
  for (let differing = 1; differing < boundary.length; differing += 1) {
    const next = new Float64Array(boundary.length + 1);
    const from = boundary[differing] ?? 0;
    for (let losses = 0; losses <= differing; losses += 1) {
      const chance = (open[losses] ?? 0) * (1 - losing) + (losses > 0 ? (open[losses - 1] ?? 0) * losing : 0);
      if (losses >= from) sum += chance;
      else next[losses] = chance;
    }
    proven[differing] = sum;
    open = next;
  }
  return proven;
};

/** The chance to have been proven within so many pairs, of which a binomial number differ. */
const provenWithin = (proven: Float64Array, pairs: number, differing: number): number => {
  if (differing >= 1) return proven[Math.min(pairs, proven.length - 1)] ?? 0;
  if (differing <= 0) return 0;
  let logChance = pairs * Math.log1p(-differing);
  let sum = 0;
  for (let count = 0; count <= pairs; count += 1) {
    sum += Math.exp(logChance) * (proven[Math.min(count, proven.length - 1)] ?? 0);
    logChance += Math.log((pairs - count) / (count + 1)) + Math.log(differing / (1 - differing));
  }
  return sum;
};

/** What is left of the lattice is four standard deviations and more of the number of differing pairs. */
const LATTICE_PART = 0.8;
/** A lattice no smaller than this: few pairs stray further from their mean. */
const LATTICE_LEAST = 256;

/** Least n in 1..most that `isEnough`; `most` when none is. */
const leastOf = (most: number, isEnough: (pairs: number) => boolean): number => {
  let [low, high] = [1, most];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (isEnough(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
};

const planFor = (goal: Goal, passRate: number): Plan => {
  const { regression, falseBlocks } = goal;
  const needed = 1 - (1 - goal.power) * (1 - EARLY_PASS_PART);
  const fall = fallOf(passRate, regression);
  const stakes = stakesOf(fall);
  const equal = 2 * passRate * (1 - passRate);
  for (let most = LATTICE_LEAST; ; most *= 2) {
    const boundary = boundaryOf(stakes, 1 / falseBlocks, most);
    const proven = provenBy(boundary, fall.losing);
    // So far that hardly ever more pairs differ than the lattice has: a plan that needs more takes a larger one.
    const reach = Math.min(PAIRS_MAX, Math.floor((LATTICE_PART * most) / Math.max(fall.differing, equal)));
    const pairs = leastOf(reach, (count) => provenWithin(proven, count, fall.differing) >= needed);
    const power = provenWithin(proven, pairs, fall.differing);
    if (power < needed && reach < PAIRS_MAX) continue;
    const blocked = provenWithin(provenBy(boundary, 0.5), pairs, equal);
    return { goal, passRate, pairs, power, falseBlocks: blocked, stakes };
  }
};

/**
 * The plan of a comparison. `known`: what is known of the blessed one's pass rate, or null; then, and within what its
 * counts leave possible, the pass rate that needs most pairs is supposed.
 */
export const planPairs = (goal: Goal, known: { readonly passed: number; readonly total: number } | null): Plan => {
  const worst = hardest(goal.regression);
  if (known === null) return planFor(goal, worst);
  const { low, high } = clopperPearson(known.passed, known.total);
  return planFor(goal, within(Math.min(high, Math.max(low, worst)), goal.regression));
};

/** The same plan with another number of pairs: what it then catches, and blocks wrongly, worked out as exactly. */
export const withPairs = (plan: Plan, pairs: number): Plan => {
  const fall = fallOf(plan.passRate, plan.goal.regression);
  const equal = 2 * plan.passRate * (1 - plan.passRate);
  const most = Math.min(pairs, LATTICE_LEAST + Math.ceil((pairs * Math.max(fall.differing, equal)) / LATTICE_PART));
  const boundary = boundaryOf(plan.stakes, 1 / plan.goal.falseBlocks, most);
  const power = provenWithin(provenBy(boundary, fall.losing), pairs, fall.differing);
  const falseBlocks = provenWithin(provenBy(boundary, 0.5), pairs, equal);
  return { ...plan, pairs, power, falseBlocks };
};

// What repeats of a case tell: does it pass every time, or at least once, when it is asked k times?

import { clopperPearson } from './interval.ts';

/** Of one case: how often it passed, in the order in which it was asked. */
export type Repeats = readonly boolean[];

export type OfRepeats = {
  /** Mean over the cases of the unbiased estimate of each. */
  readonly estimate: number;
  /** 95 %, from groups of k repeats that share no answer. */
  readonly low: number;
  readonly high: number;
  /** Cases with at least k repeats; others say nothing and are left out. */
  readonly cases: number;
};

/** C(some, k) / C(all, k): the share of the choices of k that lie wholly among `some`. */
const shareOfChoices = (some: number, all: number, k: number): number => {
  let share = 1;
  for (let index = 0; index < k; index += 1) share *= Math.max(0, some - index) / (all - index);
  return share;
};

const passedOf = (repeats: Repeats): number => repeats.filter(Boolean).length;

const groupsOf = (repeats: Repeats, k: number): readonly Repeats[] =>
  Array.from({ length: Math.floor(repeats.length / k) }, (_, index) => repeats.slice(index * k, (index + 1) * k));

const over = (
  cases: readonly Repeats[],
  k: number,
  estimateOf: (repeats: Repeats) => number,
  isHit: (group: Repeats) => boolean,
): OfRepeats | null => {
  const asked = cases.filter((repeats) => repeats.length >= k);
  if (k < 1 || asked.length === 0) return null;
  const groups = asked.flatMap((repeats) => groupsOf(repeats, k));
  const { low, high } = clopperPearson(groups.filter(isHit).length, groups.length);
  const estimate = asked.reduce((sum, repeats) => sum + estimateOf(repeats), 0) / asked.length;
  return { estimate, low: Math.min(low, estimate), high: Math.max(high, estimate), cases: asked.length };
};

/** pass^k: all of k repeats pass (Yao et al. 2024, arXiv 2406.12045). Null: no case was asked k times. */
export const passEveryOf = (cases: readonly Repeats[], k: number): OfRepeats | null =>
  over(
    cases,
    k,
    (repeats) => shareOfChoices(passedOf(repeats), repeats.length, k),
    (group) => group.every(Boolean),
  );

/** pass@k: at least one of k repeats passes (Chen et al. 2021, arXiv 2107.03374). Null: no case was asked k times. */
export const passAnyOf = (cases: readonly Repeats[], k: number): OfRepeats | null =>
  over(
    cases,
    k,
    (repeats) => 1 - shareOfChoices(repeats.length - passedOf(repeats), repeats.length, k),
    (group) => group.some(Boolean),
  );

// Intervals of a rate from a fixed number of looks, as reports of evaluations show them.

import { logGamma, turningPoint, type Interval } from '../release/rate.ts';

/** Of 20 intervals, 19 hold the truth. */
export const INTERVAL_RISK = 0.05;
/** The normal quantile that leaves 2.5 % on either side. */
const Z_TWO_SIDED_95 = 1.959963984540054;

/** Wilson's score interval, 95 % (Wilson 1927): right on average, and narrower than Clopper and Pearson's. 0..1 of nothing. */
export const wilson = (hits: number, total: number): Interval => {
  if (total === 0) return { low: 0, high: 1 };
  const z2 = Z_TWO_SIDED_95 ** 2;
  const rate = hits / total;
  const middle = (rate + z2 / (2 * total)) / (1 + z2 / total);
  const reach = (Z_TWO_SIDED_95 * Math.sqrt((rate * (1 - rate)) / total + z2 / (4 * total ** 2))) / (1 + z2 / total);
  return { low: hits === 0 ? 0 : Math.max(0, middle - reach), high: hits === total ? 1 : Math.min(1, middle + reach) };
};

/** The probability of exactly so many hits. */
const chanceOf = (hits: number, total: number, rate: number): number => {
  const choose = logGamma(total + 1) - logGamma(hits + 1) - logGamma(total - hits + 1);
  return Math.exp(choose + hits * Math.log(rate) + (total - hits) * Math.log1p(-rate));
};

/** Summed from its largest term outwards, so that nothing is lost where the first term is too small to be written. */
const tailOf = (least: number, total: number, rate: number): number => {
  const odds = rate / (1 - rate);
  let term = chanceOf(least, total, rate);
  let sum = term;
  for (let hits = least; hits < total; hits += 1) {
    term *= (odds * (total - hits)) / (hits + 1);
    sum += term;
  }
  return sum;
};

/** The probability of `least` or more hits of `total` at this rate. */
export const chanceOfAtLeast = (least: number, total: number, rate: number): number => {
  if (least <= 0) return 1;
  if (rate <= 0 || least > total) return 0;
  if (rate >= 1) return 1;
  const isBelowMean = least < total * rate;
  const chance = isBelowMean ? 1 - tailOf(total - least + 1, total, 1 - rate) : tailOf(least, total, rate);
  return Math.min(1, Math.max(0, chance));
};

/**
 * Clopper and Pearson's interval (1934): the truth is outside with probability `risk` at most, whatever it is; for
 * independent looks of different rates it holds their mean all the more (Hoeffding 1956).
 */
export const clopperPearson = (hits: number, total: number, risk = INTERVAL_RISK): Interval => ({
  low: hits === 0 ? 0 : turningPoint(0, 1, (rate) => chanceOfAtLeast(hits, total, rate) >= risk / 2),
  high: hits === total ? 1 : turningPoint(0, 1, (rate) => 1 - chanceOfAtLeast(hits + 1, total, rate) <= risk / 2),
});

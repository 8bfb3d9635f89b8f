// Rates: how large an unknown rate may be, from counts; by bounds that hold for every number of looks.

/** Halvings of an interval: 2^-60 of it is below what a double can tell. */
const HALVINGS = 60;

/** Where an increasing test turns true between `low` and `high`. */
export const turningPoint = (low: number, high: number, isBeyond: (value: number) => boolean): number => {
  let from = low;
  let to = high;
  for (let step = 0; step < HALVINGS; step += 1) {
    const middle = (from + to) / 2;
    if (isBeyond(middle)) to = middle;
    else from = middle;
  }
  return to;
};

const term = (share: number, of: number): number => (share === 0 ? 0 : share * Math.log(share / of));

/** Kullback-Leibler divergence of two coins, in nats. */
const divergence = (seen: number, rate: number): number => term(seen, rate) + term(1 - seen, 1 - rate);

/**
 * The largest rate that `hits` of `total` leave possible: a larger one would show so few hits with probability `risk` at
 * most (Chernoff's bound, exact for no hits). 1 when nothing was counted.
 */
export const largestRate = (hits: number, total: number, risk: number): number => {
  if (total <= 0 || hits >= total) return 1;
  const seen = hits / total;
  return turningPoint(seen, 1, (rate) => rate >= 1 || total * divergence(seen, rate) >= Math.log(1 / risk));
};

/** Lanczos' approximation (g = 7, nine terms): fifteen digits for arguments over 0.5. */
const LANCZOS = [
  0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059,
  12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
] as const;

export const logGamma = (x: number): number => {
  const base = x + 6.5;
  const series = LANCZOS.reduce((sum, factor, index) => sum + (index === 0 ? factor : factor / (x - 1 + index)), 0);
  return 0.5 * Math.log(2 * Math.PI) + (x - 0.5) * Math.log(base) - base + Math.log(series);
};

const logBeta = (a: number, b: number): number => logGamma(a) + logGamma(b) - logGamma(a + b);

export type Interval = { readonly low: number; readonly high: number };

/**
 * The rates that `hits` and `misses` leave possible, at every look at once with probability 1 − `risk`: those against
 * which a mixture of bets by Jeffreys' prior has not gained 1 / risk (Robbins 1970; Howard et al., arXiv 1810.08240).
 */
export const rateInterval = (hits: number, misses: number, risk: number): Interval => {
  const mixture = logBeta(hits + 0.5, misses + 0.5) - logBeta(0.5, 0.5);
  const gain = (rate: number): number =>
    mixture - (hits === 0 ? 0 : hits * Math.log(rate)) - (misses === 0 ? 0 : misses * Math.log(1 - rate));
  const isOut = (rate: number): boolean => gain(rate) >= Math.log(1 / risk);
  const seen = hits + misses === 0 ? 0.5 : hits / (hits + misses);
  return {
    low: hits === 0 ? 0 : turningPoint(0, seen, (rate) => !isOut(rate)),
    high: misses === 0 ? 1 : turningPoint(seen, 1, isOut),
  };
};

/** The odds of a rate; infinite at 1. */
export const oddsOf = (rate: number): number => (rate >= 1 ? Infinity : rate / (1 - rate));

// The band: where the next value of a feature is expected, as a chart can draw it.
//
// A territory has several stretches, and most of them are where the series went once. The band is the stretch that it is
// in: those of both generations that lie around its present place, grown together as long as another one is near.

import type { Band } from '#kernel/anomaly.ts';
import { stepOf, territoriesOf } from './novelty.ts';
import { eachInterval, INTERVALS } from './territory.ts';

/** In usual steps: a value so far outside, in one view alone, is half of a surprise that is told at first (detector.ts). */
const NEAR = 4;
/** In usual steps: the stretch ends where the series has been, and its next record is as a rule no further than this. */
const MARGIN = 1;

/** The stretch of the feature around its present place. */
export const bandOf = (memory: Float64Array, base: number, around: number): Band => {
  const step = stepOf(memory, base);
  const near = NEAR * step;
  let band: Band = { low: around, high: around };
  // Each round takes in at least one more of the intervals, or is the last.
  for (let round = 0; round <= 2 * INTERVALS; round += 1) {
    const before = band;
    for (const territory of territoriesOf(base)) {
      eachInterval(memory, territory, (low, high) => {
        if (low > band.high + near || high < band.low - near) return;
        band = { low: Math.min(band.low, low), high: Math.max(band.high, high) };
      });
    }
    if (band.low === before.low && band.high === before.high) break;
  }
  return { low: band.low - MARGIN * step, high: band.high + MARGIN * step };
};

/** What both allow. Where they exclude each other it is the first: the series has left its day, and is where it is. */
export const meet = (one: Band, other: Band): Band => {
  const low = Math.max(one.low, other.low);
  const high = Math.min(one.high, other.high);
  return low <= high ? { low, high } : one;
};

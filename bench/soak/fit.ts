// Fit: does a curve grow? The slope by Theil and Sen (median of the slopes between all pairs), which a few wild samples
// cannot bend, and a verdict in words.

import { quantile } from '../measure.ts';

export type Point = { readonly atS: number; readonly value: number };

/** Value per second; 0 for fewer than two points. Theil (1950), Sen (1968). */
export const slopeOf = (points: readonly Point[]): number => {
  const slopes = points.flatMap((from, index) =>
    points.slice(index + 1).map((to) => (to.value - from.value) / (to.atS - from.atS)),
  );
  return slopes.length === 0 ? 0 : quantile(slopes, 0.5);
};

/** The least value of each window: the floor of a saw tooth, whose teeth are collections up to a minute apart. */
export const floorsOf = (points: readonly Point[], windowS: number): readonly Point[] => {
  const floors = new Map<number, Point>();
  for (const point of points) {
    const window = Math.floor(point.atS / windowS);
    const floor = floors.get(window);
    if (floor === undefined || point.value < floor.value) floors.set(window, point);
  }
  return [...floors.values()];
};

export type Verdict = {
  readonly median: number;
  readonly most: number;
  /** What the slope comes to over the time that was fitted. */
  readonly growth: number;
  readonly perHour: number;
  readonly isFlat: boolean;
};

/** Flat: over the time that was fitted the slope comes to less than `share` of the median, or less than `least`. */
export const judge = (points: readonly Point[], least: number, share = 0.1): Verdict => {
  const values = points.map((point) => point.value);
  const median = quantile(values, 0.5);
  const slope = slopeOf(points);
  const growth = slope * ((points.at(-1)?.atS ?? 0) - (points[0]?.atS ?? 0));
  const isFlat = points.length > 2 && growth <= Math.max(least, median * share);
  return { median, most: Math.max(...values), growth, perHour: slope * 3_600, isFlat };
};

// The scoring rules of the Numenta Anomaly Benchmark (Lavin and Ahmad, 2015; numenta/NAB 1.1, sweeper.py and scorer.py).
//
// A detection inside a window earns the more the earlier it is, once a window; one outside costs, the more the farther
// it is behind the last window. One threshold for the whole corpus, the best one: published scores are tuned so too.

import type { Scores, Series } from './corpus.ts';

export type Profile = { readonly name: string; readonly hit: number; readonly miss: number; readonly alarm: number };

export const PROFILES: readonly Profile[] = [
  { name: 'standard', hit: 1, miss: 1, alarm: 0.11 },
  { name: 'low FP', hit: 1, miss: 1, alarm: 0.22 },
  { name: 'low FN', hit: 1, miss: 2, alarm: 0.11 },
];

/** The first rows are not scored: a detector may learn from them. */
const PROBATION_SHARE = 0.15;
const PROBATION_MOST = 750;
/** Beyond three widths of a window behind it, a detection costs all. */
const FAR = 3;
const STEEPNESS = 5;

const sigmoid = (y: number): number => (y > FAR ? -1 : 2 / (1 + Math.exp(STEEPNESS * y)) - 1);
const BEST = sigmoid(-1);

/** What a detection in each row is worth, and in which window it is (-1: in none). */
export type Worth = { readonly from: number; readonly value: Float64Array; readonly window: Int32Array };

/** Row `i` of a window from L to R: y = -(R - i + 1) / (R - L + 1). Behind it: y = (i - R) / (R - L). Before all: -1. */
export const worthOf = (series: Series): Worth => {
  const count = series.values.length;
  const value = new Float64Array(count).fill(-1);
  const window = new Int32Array(count).fill(-1);
  series.windows.forEach(([first, last], index) => {
    const width = last - first + 1;
    for (let row = first; row <= last; row += 1) {
      window[row] = index;
      value[row] = sigmoid(-(last - row + 1) / width) / BEST;
    }
    const end = series.windows[index + 1]?.[0] ?? count;
    for (let row = last + 1; row < end; row += 1) value[row] = sigmoid((row - last) / (width - 1));
  });
  return { from: Math.min(Math.floor(PROBATION_SHARE * count), PROBATION_MOST), value, window };
};

/** The score of one series under one threshold. Windows wholly inside the probation are not counted. */
export const scoreOf = (series: Series, scores: Float64Array, threshold: number, profile: Profile): number => {
  const { from, value, window } = worthOf(series);
  const best = new Float64Array(series.windows.length).fill(-profile.miss);
  let total = 0;
  for (let row = from; row < scores.length; row += 1) {
    if ((scores[row] ?? 0) < threshold) continue;
    const index = window[row] ?? -1;
    if (index < 0) total += (value[row] ?? 0) * profile.alarm;
    else best[index] = Math.max(best[index] ?? 0, (value[row] ?? 0) * profile.hit);
  }
  return series.windows.reduce((sum, [, last], index) => (last < from ? sum : sum + (best[index] ?? 0)), total);
};

/** 0 for a detector that says nothing, 100 for one that is right at the first row of each window and never else. */
export const normalised = (total: number, corpus: readonly Series[], profile: Profile): number => {
  const windows = corpus.reduce((sum, series) => sum + series.windows.length, 0);
  return (100 * (total + windows * profile.miss)) / (windows * (profile.hit + profile.miss));
};

type Detection = { readonly score: number; readonly series: number; readonly row: number };

const detectionsOf = (corpus: readonly Series[], scores: Scores, worth: readonly Worth[]): readonly Detection[] =>
  corpus
    .flatMap((series, index) => {
      const from = worth[index]?.from ?? 0;
      const own = scores.get(series.name) ?? new Float64Array(0);
      return [...own.entries()]
        .filter(([row, score]) => row >= from && score > 0)
        .map(([row, score]): Detection => ({ score, series: index, row }));
    })
    .sort((a, b) => b.score - a.score);

export type Best = {
  readonly threshold: number;
  /** Normalised. */
  readonly score: number;
  /** Detections in no window. */
  readonly alarms: number;
};

/** Sweeps the threshold from above over all scores of the corpus, and keeps the best. */
export const sweep = (corpus: readonly Series[], scores: Scores, profile: Profile): Best => {
  const worth = corpus.map(worthOf);
  const detections = detectionsOf(corpus, scores, worth);
  const best = corpus.map((series) => new Float64Array(series.windows.length).fill(-profile.miss));
  const counted = corpus.map((series, index) =>
    series.windows.reduce((sum, [, last]) => (last < (worth[index]?.from ?? 0) ? sum : sum + 1), 0),
  );
  let total = -profile.miss * counted.reduce((sum, it) => sum + it, 0);
  let alarms = 0;
  let found = { threshold: 1.1, total, alarms };
  detections.forEach(({ score, series, row }, place) => {
    const value = worth[series]?.value[row] ?? 0;
    const window = worth[series]?.window[row] ?? -1;
    const before = best[series]?.[window] ?? 0;
    const after = window < 0 ? 0 : Math.max(before, value * profile.hit);
    if (window < 0) {
      total += value * profile.alarm;
      alarms += 1;
    } else {
      total += after - before;
      best[series]?.fill(after, window, window + 1);
    }
    if (detections[place + 1]?.score !== score && total > found.total) found = { threshold: score, total, alarms };
  });
  return { threshold: found.threshold, score: normalised(found.total, corpus, profile), alarms: found.alarms };
};

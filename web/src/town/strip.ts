// The strip: the last checks as bars, one path for each state, so that a thousand strips stay light.

import type { HealthState, SampleView } from '../live/wire.ts';

export const BARS_MAX = 60;
/** Room for one bar, and how much of it the bar takes. */
export const SLOT = 4;
const BAR = 3;
export const STRIP_HEIGHT = 20;

/** What a gap takes: wide enough to be seen between two bars. */
const GAP_SLOTS = 2;
/** Checks slow down to 60 s while all is well, so a shorter silence is no gap. */
const GAP_AT_LEAST_MS = 75_000;
/** Nor is one that is usual for this check. */
const GAP_TIMES_MEDIAN = 3;

/** A bar that says `well` is low: healthy is quiet. Its height tells the latency, a tenfold being 4 units. */
const wellHeight = (latencyMs: number): number => Math.min(14, 4 + 4 * Math.log10(1 + Math.max(0, latencyMs) / 10));

const HEIGHTS: Readonly<Record<HealthState, (latencyMs: number) => number>> = {
  healthy: wellHeight,
  degraded: (latencyMs) => Math.max(11, wellHeight(latencyMs)),
  unknown: () => STRIP_HEIGHT,
  unhealthy: () => STRIP_HEIGHT,
};

export type Strip = {
  readonly width: number;
  readonly paths: Readonly<Record<HealthState, string>>;
  /** Where nothing was looked at. */
  readonly gaps: string;
};

const medianOf = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

/** Silence before each sample that is too long to be the check's own pace. */
export const findGaps = (samples: readonly SampleView[]): readonly boolean[] => {
  const silences = samples.map((sample, index) => sample.at - (samples[index - 1]?.at ?? sample.at));
  const limit = Math.max(GAP_AT_LEAST_MS, GAP_TIMES_MEDIAN * medianOf(silences.slice(1)));
  return silences.map((silence) => silence > limit);
};

const round = (value: number): number => Number(value.toFixed(1));

/** The newest samples as paths, newest at the right. Coordinates are in units of the drawing. */
export const drawStrip = (all: readonly SampleView[]): Strip => {
  const samples = all.slice(-BARS_MAX);
  const gaps = findGaps(samples);
  const paths = { healthy: '', degraded: '', unknown: '', unhealthy: '' };
  let drawnGaps = '';
  const width = BARS_MAX * SLOT;
  const slots = samples.length + GAP_SLOTS * gaps.filter(Boolean).length;
  let x = width - slots * SLOT;
  samples.forEach((sample, index) => {
    if (gaps[index] === true) {
      drawnGaps += `M${x} ${STRIP_HEIGHT - 0.5}h${GAP_SLOTS * SLOT - 1}`;
      x += GAP_SLOTS * SLOT;
    }
    const height = round(HEIGHTS[sample.state](sample.latencyMs));
    paths[sample.state] += `M${x} ${STRIP_HEIGHT}v${-height}h${BAR}v${height}z`;
    x += SLOT;
  });
  return { width, paths, gaps: drawnGaps };
};

/** For those who do not see it: `60 looks: 57 healthy, 3 unhealthy`. */
export const sayStrip = (samples: readonly SampleView[]): string => {
  const shown = samples.slice(-BARS_MAX);
  if (shown.length === 0) return 'not looked at yet';
  const states: readonly HealthState[] = ['healthy', 'degraded', 'unknown', 'unhealthy'];
  const parts = states
    .map((state) => ({ state, count: shown.filter((sample) => sample.state === state).length }))
    .filter((part) => part.count > 0)
    .map((part) => `${part.count} ${part.state}`);
  return `${shown.length} looks: ${parts.join(', ')}`;
};

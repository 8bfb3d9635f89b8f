// Columns: the steps of a series as a chart takes them. Where nobody looked there is a gap, and never a line across it.

import type { SeriesStep, SeriesRange } from '../live/wire.ts';

/** One list for each thing that is drawn, all of one length; times in seconds, as the chart counts them. */
export type Columns = {
  readonly at: readonly number[];
  readonly mean: readonly (number | null)[];
  readonly p99: readonly (number | null)[];
  readonly low: readonly (number | null)[];
  readonly high: readonly (number | null)[];
  /** Of the looks of a step, in percent: those that failed, and with them those that could not look. */
  readonly failed: readonly (number | null)[];
  readonly notGood: readonly (number | null)[];
};

/** More than one step without a look: then the step after it is marked as empty. */
const isGapBefore = (step: SeriesStep, before: SeriesStep | undefined, stepMs: number): boolean =>
  before !== undefined && step.at - before.at > stepMs;

const percentOf = (step: SeriesStep, ...states: readonly ('unhealthy' | 'unknown')[]): number | null => {
  if (step.outcomes === null || step.count === 0) return null;
  const { outcomes } = step;
  return (100 * states.reduce((sum, state) => sum + outcomes[state], 0)) / step.count;
};

const SECOND_MS = 1_000;

/** With an empty step after each last one before a gap. */
const withGaps = (range: SeriesRange): readonly (SeriesStep | number)[] =>
  range.steps.flatMap((step, index): readonly (SeriesStep | number)[] => {
    const before = range.steps[index - 1];
    return isGapBefore(step, before, range.stepMs) && before !== undefined ? [before.at + range.stepMs, step] : [step];
  });

export const columnsOf = (range: SeriesRange): Columns => {
  const all = withGaps(range);
  const column = <Value>(read: (step: SeriesStep) => Value): readonly (Value | null)[] =>
    all.map((step) => (typeof step === 'number' ? null : read(step)));
  return {
    at: all.map((step) => (typeof step === 'number' ? step : step.at) / SECOND_MS),
    mean: column((step) => step.value),
    p99: column((step) => step.p99),
    low: column((step) => (step.band === null ? null : Math.max(0, step.band.low))),
    high: column((step) => step.band?.high ?? null),
    failed: column((step) => percentOf(step, 'unhealthy')),
    notGood: column((step) => percentOf(step, 'unhealthy', 'unknown')),
  };
};

/** All looks of the range, by how they ended. */
export const countLooks = (
  range: SeriesRange,
): { readonly looks: number; readonly failed: number; readonly unknown: number } =>
  range.steps.reduce(
    (sum, { count, outcomes }) => ({
      looks: sum.looks + count,
      failed: sum.failed + (outcomes?.unhealthy ?? 0),
      unknown: sum.unknown + (outcomes?.unknown ?? 0),
    }),
    { looks: 0, failed: 0, unknown: 0 },
  );

export type Mark = { readonly at: number; readonly version: string; readonly source: string; readonly by: string };

type Told = {
  readonly at: number;
  readonly type: string;
  readonly actor: { readonly name: string };
  readonly refs: Readonly<Record<string, unknown>>;
};

/** Releases of a service, oldest first, from the evidence: one that was named later has its last name. */
export const marksOf = (newestFirst: readonly Told[], service: string): readonly Mark[] => {
  const marks = new Map<string, Mark>();
  for (const { at, type, actor, refs } of newestFirst.toReversed()) {
    const { release, version, source } = refs;
    const isMark = type === 'release.opened' || type === 'release.named';
    if (!isMark || refs['service'] !== service || typeof release !== 'string' || typeof version !== 'string') continue;
    const began = marks.get(release)?.at ?? at;
    marks.set(release, { at: began, version, source: typeof source === 'string' ? source : 'unknown', by: actor.name });
  }
  return [...marks.values()];
};

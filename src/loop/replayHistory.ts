// What was recorded, in order of time: looks and readings as they came while the detail has them, and before that what the
// minutes and the hours have left of them. It is read in chunks, so that memory does not grow with the time.

import type { CheckId } from '#kernel/id.ts';
import { checkSeries, seriesKey, type Series, type SeriesKey } from '#kernel/series.ts';
import { durationMs, hours, instant, later, minutes, type DurationMs, type Instant } from '#kernel/time.ts';
import { LEVELS, type Level, type RangeStep, type RecordedMetrics, type Sample, type Span } from '#ports/metrics.ts';
import type { NumberReading } from '#ports/source.ts';

/** A minute or an hour of one check. */
export type LooksOf = { readonly check: CheckId; readonly step: RangeStep };

export type Recorded =
  | { readonly kind: 'look'; readonly at: Instant; readonly check: CheckId; readonly sample: Sample }
  /** All checks of one minute or hour, told at its end. */
  | { readonly kind: 'looks'; readonly at: Instant; readonly stepMs: DurationMs; readonly of: readonly LooksOf[] }
  /** What a source brought at once; of a minute or an hour the last values in it. `stepMs`: null for the detail. */
  | {
      readonly kind: 'readings';
      readonly at: Instant;
      readonly source: string;
      readonly stepMs: DurationMs | null;
      readonly readings: readonly NumberReading[];
    };

/** From when to when which level is read. */
export type Stretch = { readonly level: Level; readonly from: Instant; readonly to: Instant };

export type Wanted = {
  readonly checks: readonly CheckId[];
  /** Sources by name, with how often they bring something. */
  readonly sources: ReadonlyMap<string, DurationMs>;
};

/** Rows of the store hold so much time: smaller chunks would unpack them more than once. */
const CHUNK_MS: Readonly<Record<Level, DurationMs>> = { detail: minutes(20), minutes: hours(2), hours: hours(24) };
/** More checks than this are read in quarters of a chunk: 5,000 of them at one look in ten seconds are 150,000 looks at once. */
const MANY_CHECKS = 1_000;
/** Of sources. More of them than any target selects; what is left out is told. */
export const SOURCE_SERIES_MAX = 5_000;

const ceilTo = (at: number, stepMs: number): number => Math.ceil(at / stepMs) * stepMs;

/** The finest level that is whole, for each part of the span; oldest first. Where two levels meet a whole hour ends. */
export const stretchesOf = (history: RecordedMetrics, span: Span): readonly Stretch[] => {
  const wholeFrom = (level: Level): number => ceilTo(history.wholeFrom(level), LEVELS.hours.bucketMs);
  const detailFrom = Math.min(span.to, Math.max(span.from, wholeFrom('detail')));
  const minutesFrom = Math.min(detailFrom, Math.max(span.from, wholeFrom('minutes')));
  const hoursFrom = Math.min(minutesFrom, Math.max(span.from, wholeFrom('hours')));
  const stretches: readonly (readonly [Level, number, number])[] = [
    ['hours', hoursFrom, minutesFrom],
    ['minutes', minutesFrom, detailFrom],
    ['detail', detailFrom, span.to],
  ];
  return stretches
    .filter(([, from, to]) => from < to)
    .map(([level, from, to]) => ({ level, from: instant(from), to: instant(to) }));
};

type NumberSeries = Series & { readonly kind: 'gauge' | 'counter' };
type Line = { readonly key: SeriesKey; readonly series: NumberSeries };

const isNumber = (series: Series): series is NumberSeries => series.kind === 'gauge' || series.kind === 'counter';

/** The series of the sources that are wanted, and how many found no place. */
const linesOf = (history: RecordedMetrics, { sources }: Wanted): readonly Line[] =>
  sources.size === 0
    ? []
    : history
        .list()
        .flatMap(({ key, series }) => (sources.has(series.source) && isNumber(series) ? [{ key, series }] : []));

/** Series of sources that are too many to be replayed. */
export const seriesLeftOut = (history: RecordedMetrics, wanted: Wanted): number =>
  Math.max(0, linesOf(history, wanted).length - SOURCE_SERIES_MAX);

/** All that was recorded in the span, in order of time. */
export function* eachRecorded(history: RecordedMetrics, wanted: Wanted, span: Span): Iterable<Recorded> {
  const lines = linesOf(history, wanted).slice(0, SOURCE_SERIES_MAX);
  for (const { level, from, to } of stretchesOf(history, span)) {
    const chunkMs = CHUNK_MS[level] / (wanted.checks.length > MANY_CHECKS ? 4 : 1);
    for (let at: number = from; at < to; at = Math.floor(at / chunkMs) * chunkMs + chunkMs) {
      const end = Math.min(to, Math.floor(at / chunkMs) * chunkMs + chunkMs);
      const chunk = { from: instant(at), to: instant(end) };
      const all =
        level === 'detail' ? finely(history, wanted, lines, chunk) : coarsely(history, wanted, lines, { chunk, level });
      yield* all.toSorted((a, b) => a.at - b.at);
    }
  }
}

const finely = (history: RecordedMetrics, wanted: Wanted, lines: readonly Line[], chunk: Span): readonly Recorded[] => {
  const all: Recorded[] = [];
  for (const check of wanted.checks)
    history.eachSample(check, chunk, (sample) => all.push({ kind: 'look', at: sample.at, check, sample }));
  const bySource = Map.groupBy(
    lines.flatMap(({ key, series }) =>
      history.points(key, chunk).map((point) => readingOf(series, point.at, point.value)),
    ),
    ({ source }) => source,
  );
  for (const [source, said] of bySource) {
    const apartMs = (wanted.sources.get(source) ?? 0) / 2;
    for (const readings of batchesOf(
      said.map(({ reading }) => reading),
      apartMs,
    ))
      all.push({ kind: 'readings', at: readings.at(-1)?.at ?? chunk.from, source, stepMs: null, readings });
  }
  return all;
};

type Said = { readonly source: string; readonly reading: NumberReading };

const readingOf = ({ metric, labels, unit, kind, source }: NumberSeries, at: Instant, value: number): Said => ({
  source,
  reading: { metric, labels, unit, kind, at, value },
});

/** What came within half an interval came at once. */
const batchesOf = (readings: readonly NumberReading[], apartMs: number): readonly (readonly NumberReading[])[] => {
  const batches: NumberReading[][] = [];
  let beganAt = -Infinity;
  for (const reading of readings.toSorted((a, b) => a.at - b.at)) {
    if (reading.at - beganAt > apartMs) {
      batches.push([]);
      beganAt = reading.at;
    }
    batches.at(-1)?.push(reading);
  }
  return batches;
};

type Coarse = { readonly chunk: Span; readonly level: 'minutes' | 'hours' };

const coarsely = (
  history: RecordedMetrics,
  wanted: Wanted,
  lines: readonly Line[],
  { chunk, level }: Coarse,
): readonly Recorded[] => {
  const stepMs = LEVELS[level].bucketMs;
  /** The last millisecond of the step: what is told then is past, and still of its hour. */
  const endOf = (step: RangeStep): Instant => later(step.at, stepMs - 1);
  const looks = wanted.checks.flatMap((check) =>
    history.range(keyOf(check), chunk, stepMs).steps.map((step) => ({ check, step })),
  );
  const said = lines.flatMap(({ key, series }) =>
    history
      .range(key, chunk, stepMs)
      .steps.flatMap((step) => (step.last === null ? [] : [readingOf(series, endOf(step), step.last)])),
  );
  return [
    ...[...Map.groupBy(looks, ({ step }) => endOf(step))].map(([at, of]): Recorded => ({
      kind: 'looks',
      at,
      stepMs,
      of,
    })),
    ...[...Map.groupBy(said, ({ source, reading }) => `${reading.at} ${source}`).values()].flatMap(
      (group): readonly Recorded[] => {
        const [first] = group;
        if (first === undefined) return [];
        const readings = group.map(({ reading }) => reading);
        return [{ kind: 'readings', at: first.reading.at, source: first.source, stepMs, readings }];
      },
    ),
  ];
};

const keyOf = (check: CheckId): SeriesKey => {
  const { metric, labels } = checkSeries(check, durationMs(0));
  return seriesKey(metric, labels);
};

// What is asked of a series: which one, over which time, in steps of which length.

import { seriesRangeQuerySchema } from '#api/series.ts';
import { checkId } from '#kernel/id.ts';
import { problem, type Problem } from '#kernel/problem.ts';
import { checkSeries, seriesKey, type SeriesKey } from '#kernel/series.ts';
import { durationMs, hours, instant, later, type Instant } from '#kernel/time.ts';
import type { SeriesAsked } from '#ports/desk.ts';

export type RangeAsked =
  { readonly kind: 'asked'; readonly asked: SeriesAsked } | { readonly kind: 'wrong'; readonly problem: Problem };

/** As much as a chart shows: four pixels for each step of a wide one. */
const STEPS = 240;
const SPAN_MS = hours(2);

const wrong = (message: string, expected: string): RangeAsked => ({
  kind: 'wrong',
  problem: problem('bad-request', message, { expected }),
});

/** A key that no series has finds nothing. */
const asKey = (text: string): SeriesKey => text as SeriesKey; // brand

const checkKey = (id: string): SeriesKey => {
  const { metric, labels } = checkSeries(checkId(id), durationMs(0));
  return seriesKey(metric, labels);
};

const instantOf = (text: string | undefined): Instant | null => (text === undefined ? null : instant(Date.parse(text)));

/** `query` has passed the schema of the route. Error: `bad-request`. */
export const rangeAsked = (query: unknown, now: Instant): RangeAsked => {
  const { series, check, from: begin, to: end, step } = seriesRangeQuerySchema.parse(query);
  if ((series === undefined) === (check === undefined))
    return wrong('which series?', 'either `series`, a key of /api/series, or `check`, the id of a check');
  const to = instantOf(end) ?? now;
  const from = instantOf(begin) ?? later(to, -SPAN_MS);
  if (from >= to) return wrong('the span is empty', '`from` before `to`');
  const stepMs = durationMs(step === undefined ? Math.ceil((to - from) / STEPS) : step * 1_000);
  const key = series === undefined ? checkKey(check ?? '') : asKey(series);
  return { kind: 'asked', asked: { key, span: { from, to }, stepMs } };
};

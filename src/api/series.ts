// Series as they travel: the list, and the steps of one with the band in which it was expected.

import * as z from 'zod';
import type { SeriesRangeView, SeriesStepView, SeriesView } from '#kernel/seriesView.ts';
import { bandSchema, seriesKeySchema } from './anomaly.ts';
import { durationMsSchema, instantSchema } from './noun.ts';
import { mirrors, named } from './schema.ts';

const number = z.number();
const known = number.nullable();

export const seriesSchema = mirrors<SeriesView>()(
  'Series',
  z.object({
    key: seriesKeySchema,
    metric: z.string(),
    labels: z.record(z.string(), z.string()),
    kind: z.enum(['gauge', 'counter', 'histogram', 'check']),
    unit: z.string(),
    source: z.string(),
    everyMs: durationMsSchema,
    lastAt: instantSchema.nullable(),
    lastValue: known,
    isStale: z.boolean(),
  }),
);

/** A list may be long, and is cut: ask for a part of the name. */
export const SERIES_LISTED_MAX = 1_000;

export const seriesListSchema = named(
  'SeriesList',
  z.object({ series: z.array(seriesSchema), total: number.describe('How many match; at most 1,000 are listed') }),
);

export const seriesQuerySchema = z.object({
  match: z.string().max(500).optional().describe('A part of the key: name and labels'),
  source: z.string().max(200).optional(),
});

const stepSchema = mirrors<SeriesStepView>()(
  'SeriesStep',
  z.object({
    at: instantSchema,
    count: number,
    value: known,
    min: known,
    max: known,
    p50: known,
    p95: known,
    p99: known,
    increase: known,
    outcomes: z.object({ unknown: number, healthy: number, degraded: number, unhealthy: number }).nullable(),
    band: bandSchema.nullable(),
  }),
);

export const seriesRangeSchema = mirrors<SeriesRangeView>()(
  'SeriesRange',
  z.object({
    series: seriesSchema,
    from: instantSchema,
    to: instantSchema,
    stepMs: durationMsSchema,
    steps: z.array(stepSchema),
  }),
);

/** The shortest step of the store is 10 s; nobody draws steps longer than a year. */
const STEP_SECONDS_MAX = 366 * 86_400;

/** `series` is a key as it is listed; `check` the id of a check, for its latencies. One of the two. */
export const seriesRangeQuerySchema = z.object({
  series: z.string().min(1).max(4_000).optional(),
  check: z.string().min(1).max(500).optional(),
  from: z.iso.datetime({ offset: true }).optional().describe('Two hours before `to` unless given'),
  to: z.iso.datetime({ offset: true }).optional().describe('Now unless given'),
  step: z.coerce
    .number()
    .int()
    .min(1)
    .max(STEP_SECONDS_MAX)
    .optional()
    .describe('Seconds; unless given, what makes some 240 steps'),
});

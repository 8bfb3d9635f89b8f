// Anomalies as they travel.

import * as z from 'zod';
import type { AnomaliesView, Anomaly, Band } from '#kernel/anomaly.ts';
import type { SeriesKey } from '#kernel/series.ts';
import { instantSchema, serviceIdSchema } from './noun.ts';
import { branded, mirrors } from './schema.ts';

export const bandSchema = mirrors<Band>()('Band', z.object({ low: z.number(), high: z.number() }));

export const seriesKeySchema = branded<SeriesKey>(z.string());

export const anomalySchema = mirrors<Anomaly>()(
  'Anomaly',
  z.object({
    key: z.string(),
    series: seriesKeySchema,
    service: serviceIdSchema.nullable(),
    source: z.string(),
    unit: z.string(),
    at: instantSchema,
    value: z.number(),
    band: bandSchema,
    view: z.enum(['value', 'step', 'trend', 'spread', 'daily', 'detrended']),
    steps: z.number(),
    times: z.number(),
    title: z.string(),
    endedAt: instantSchema.nullable(),
    end: z.enum(['returned', 'usual', 'silent']).nullable(),
  }),
);

export const anomaliesSchema = mirrors<AnomaliesView>()(
  'Anomalies',
  z.object({
    isOn: z.boolean(),
    perWeek: z.number(),
    seriesWatched: z.number(),
    seriesMax: z.number(),
    seriesLeft: z.number(),
    heldBack: z.number(),
    anomalies: z.array(anomalySchema),
  }),
);

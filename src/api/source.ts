// Sources of metrics as they travel.

import * as z from 'zod';
import type { SourceView } from '#kernel/source.ts';
import { durationMsSchema, instantSchema } from './noun.ts';
import { mirrors, named } from './schema.ts';

export const sourceSchema = mirrors<SourceView>()(
  'Source',
  z.object({
    name: z.string(),
    kind: z.enum(['prometheus', 'scrape', 'otlp', 'host']),
    everyMs: durationMsSchema,
    lastAt: instantSchema.nullable(),
    lastError: z.string().nullable(),
    isUp: z.boolean().nullable(),
    series: z.number(),
    staleSince: instantSchema.nullable(),
  }),
);

export const sourcesSchema = named('Sources', z.object({ sources: z.array(sourceSchema) }));

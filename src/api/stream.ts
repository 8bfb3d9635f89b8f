// The event stream: what GET /api/events sends, one schema for each event name.

import * as z from 'zod';
import type { EvidenceRecord } from '#kernel/evidence.ts';
import type { ServiceView } from '#kernel/view.ts';
import { evidenceRecordSchema } from './evidence.ts';
import { instantSchema } from './noun.ts';
import { named } from './schema.ts';
import { serviceSchema, townSummarySchema, type TownSummary } from './view.ts';

/** First message of every stream. */
export const helloSchema = named(
  'StreamHello',
  z.object({ version: z.string(), site: z.string(), lastSeq: z.number(), at: instantSchema }),
);

/** Something was left out: fetch everything again. When the stream ends after it, the client was too slow. */
export const resyncSchema = named('StreamResync', z.object({ why: z.string() }));

export const STREAM_SCHEMAS = {
  hello: helloSchema,
  service: serviceSchema,
  town: townSummarySchema,
  evidence: evidenceRecordSchema,
  resync: resyncSchema,
} as const;

export type StreamMessage =
  | { readonly event: 'hello'; readonly body: z.output<typeof helloSchema> }
  | { readonly event: 'service'; readonly body: ServiceView }
  | { readonly event: 'town'; readonly body: TownSummary }
  | { readonly event: 'evidence'; readonly body: EvidenceRecord }
  | { readonly event: 'resync'; readonly body: z.output<typeof resyncSchema> };

/** One decoded message; null: an event of a newer Sereno that this client does not know, or a body that it cannot read. */
export const decodeStreamMessage = (event: string, body: unknown): StreamMessage | null => {
  switch (event) {
    case 'hello': {
      const decoded = helloSchema.safeParse(body);
      return decoded.success ? { event, body: decoded.data } : null;
    }
    case 'service': {
      const decoded = serviceSchema.safeParse(body);
      return decoded.success ? { event, body: decoded.data } : null;
    }
    case 'town': {
      const decoded = townSummarySchema.safeParse(body);
      return decoded.success ? { event, body: decoded.data } : null;
    }
    case 'evidence': {
      const decoded = evidenceRecordSchema.safeParse(body);
      return decoded.success ? { event, body: decoded.data } : null;
    }
    case 'resync': {
      const decoded = resyncSchema.safeParse(body);
      return decoded.success ? { event, body: decoded.data } : null;
    }
    default:
      return null;
  }
};

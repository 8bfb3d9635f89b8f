// The grammar of sources: where metrics come from that are not Sereno's own checks.

import * as z from 'zod';
import { section } from './section.ts';
import { duration, httpUrl, name, plainValue, text, whole } from './word.ts';

const BASIC = section({ user: text('a user'), password: text('a password') });

/** The keys of a source; which of them stand beside which kind is looked at when it is decoded. */
const SOURCE = section({
  prometheus: httpUrl().optional(),
  scrape: httpUrl().optional(),
  otlp: z.literal(true, { error: 'true' }).optional(),
  host: z.literal(true, { error: 'true' }).optional(),
  every: duration('1s', '1h').optional(),
  timeout: duration('100ms', '5m').optional(),
  service: name().optional(),
  queries: z.record(name(), text('a query in PromQL'), { error: 'queries in PromQL by name' }).optional(),
  headers: z.record(z.string(), plainValue()).optional(),
  basic: BASIC.optional(),
  bearer: text('a token').optional(),
  series_max: whole(1, 1_000_000).optional(),
}).check((context) => {
  const kinds = SOURCE_KINDS.filter((kind) => kind in context.value);
  if (kinds.length <= 1) return;
  const message = `a source with one of ${SOURCE_KINDS.join(', ')}`;
  context.issues.push({ code: 'custom', input: context.value, path: [], message });
});
export type SourceText = z.output<typeof SOURCE>;

export const SOURCE_KINDS = ['prometheus', 'scrape', 'otlp', 'host'] as const;

export const SOURCES = z
  .record(name(), SOURCE, { error: 'sources of metrics by name' })
  .describe('Where metrics come from: by name, such as prometheus: { prometheus: http://127.0.0.1:9090 }.');

// Scrape: a page of metrics as a source.

import type { MetricSource, SourceOrigin } from '#kernel/source.ts';
import { instant } from '#kernel/time.ts';
import type { Clock } from '#ports/clock.ts';
import { failedLook, type Look, type Source } from '#ports/source.ts';
import { download, excerptOf, type Downloaded } from './download.ts';
import { readPage } from './exposition.ts';

/** The page of a Prometheus that watches itself has 100 KB; 16 MB hold some 150,000 series. */
const BYTES_MAX = 16 * 1_048_576;

/** As Prometheus asks: OpenMetrics when there is a choice. */
const ACCEPT = 'application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5,*/*;q=0.1';

const lookAt = (got: Downloaded, declared: MetricSource, clock: Clock): Look => {
  if (got.kind === 'failed') return got.look;
  if (got.status !== 200) return failedLook('bad-answer', `it answered ${got.status}: ${excerptOf(got.body)}`);
  const now = instant(Math.floor(clock.now()));
  const parsed = readPage(got.body, got.mediaType, now, { seriesMax: declared.seriesMax });
  if (parsed.kind === 'page') return { kind: 'seen', ...parsed.page, notes: [] };
  return failedLook(parsed.kind === 'bad' ? 'bad-answer' : 'too-much', parsed.detail);
};

/** Makes a source that reads one page, in Prometheus text format or OpenMetrics. */
export const makeScrapeSource = (
  clock: Clock,
  declared: MetricSource,
  origin: Extract<SourceOrigin, { readonly kind: 'scrape' }>,
): Source => ({
  look: (_since, report) => {
    const headers = { accept: ACCEPT, ...origin.headers };
    const { timeoutMs } = declared;
    return download(clock, { url: origin.url, headers, timeoutMs, bytesMax: BYTES_MAX }, (got) =>
      report(lookAt(got, declared, clock)),
    );
  },
});

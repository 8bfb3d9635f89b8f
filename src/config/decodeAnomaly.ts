// Decodes how series are watched for anomalies, and how much room their metrics have.

import type { Site } from '#kernel/site.ts';
import { hours } from '#kernel/time.ts';
import type { Decoding } from './decoding.ts';
import { about } from './finding.ts';
import type { SiteText } from './grammar.ts';

/** One false alarm a week, of all series together: as much as a person bears who did nothing for it. */
const PER_WEEK = 1;
/** Over this nobody reads them; under it nothing would ever be told. */
const PER_WEEK_MOST = 1_000;
const PER_WEEK_LEAST = 0.01;
/** The metrics of one day of one small town (adapters/sqlite/metrics). */
const CAP_LEAST_BYTES = 8 * 1_024 ** 2;

/** On unless it is switched off. */
export const decodeAnomaly = (decoding: Decoding, text: SiteText['anomaly']): Site['anomaly'] => {
  if (text === undefined) return { perWeek: PER_WEEK };
  if (text === 'off' || text === false) return null;
  const { count, windowMs } = text.false_alarms;
  const perWeek = (count * hours(24 * 7)) / windowMs;
  if (perWeek >= PER_WEEK_LEAST && perWeek <= PER_WEEK_MOST) return { perWeek };
  const expected = 'a rate between 1 per 100w and 1000 per 1w; to have none at all: anomaly: off';
  decoding.problems.push(about(decoding.ground, ['anomaly', 'false_alarms'], 'config-bad-value', expected));
  return null;
};

export const decodeMetricsCap = (decoding: Decoding, text: SiteText['metrics']): Site['metricsCapBytes'] => {
  if (text === undefined || text.cap >= CAP_LEAST_BYTES) return text?.cap ?? null;
  decoding.problems.push(about(decoding.ground, ['metrics', 'cap'], 'config-bad-value', '8 MiB or more'));
  return null;
};

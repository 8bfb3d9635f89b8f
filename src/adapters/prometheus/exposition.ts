// Exposition: the text of a page of metrics, read as Prometheus reads it: one bad line makes the whole page bad, because
// half a page would look like series that have ended.
//
// Prometheus text format 0.0.4 (prometheus.io/docs/instrumenting/exposition_formats) and OpenMetrics 1.0
// (prometheus.io/docs/specs/om/open_metrics_spec). They differ in timestamps (milliseconds, seconds), in the names of
// types, in `# EOF`, and in exemplars, which are read over.

import { seriesKey } from '#kernel/series.ts';
import { instant, type Instant } from '#kernel/time.ts';
import type { NumberReading } from '#ports/source.ts';
import { excerpt } from '#ports/visible.ts';
import { readSample, type SampleLine } from './sampleLine.ts';

export type Page = {
  readonly readings: readonly NumberReading[];
  /** Values that are no number (NaN, ±Inf), come from the future, or repeat a series at the same time. */
  readonly skipped: number;
};

export type Parsed =
  { readonly kind: 'page'; readonly page: Page } | { readonly kind: 'bad' | 'too-many'; readonly detail: string };

export type PageLimits = { readonly seriesMax: number };

/** What the page says of a family of series. */
type Family = { type: string; unit: string };

/** Prometheus refuses values from further in the future than this; a wrong clock must not block the right one. */
const FUTURE_MAX_MS = 600_000;

const TYPES: ReadonlySet<string> = new Set([
  'counter',
  'gauge',
  'histogram',
  'summary',
  'untyped',
  'unknown',
  'info',
  'stateset',
  'gaugehistogram',
]);

/** Endings that a family's name gets in its series, longest first. */
const SUFFIXES = ['_bucket', '_gcount', '_count', '_total', '_gsum', '_sum', '_info', '_created'] as const;

type Suffix = (typeof SUFFIXES)[number] | '';

/** The series of these types that only rise. */
const RISING: Readonly<Record<string, readonly Suffix[]>> = {
  counter: ['', '_total'],
  histogram: ['_bucket', '_count', '_sum'],
  summary: ['_count', '_sum'],
};

const splitName = (
  metric: string,
  families: ReadonlyMap<string, Family>,
): { family: Family | null; suffix: Suffix } => {
  const whole = families.get(metric);
  if (whole !== undefined) return { family: whole, suffix: '' };
  const suffix = SUFFIXES.find((it) => metric.endsWith(it));
  if (suffix === undefined) return { family: null, suffix: '' };
  return { family: families.get(metric.slice(0, -suffix.length)) ?? null, suffix };
};

/** UCUM for the units that OpenMetrics names. */
const UCUM: Readonly<Record<string, string>> = { seconds: 's', bytes: 'By', ratio: '1', celsius: 'Cel', volts: 'V' };

const unitOf = (metric: string, family: Family | null): string => {
  const said = family?.unit ?? '';
  const word = said === '' ? (/_(seconds|bytes|ratio)(?:_|$)/.exec(metric)?.[1] ?? '') : said;
  return UCUM[word] ?? word;
};

const kindOf = (metric: string, family: Family | null, suffix: Suffix): 'gauge' | 'counter' => {
  const isUntyped = family === null || family.type === 'untyped' || family.type === 'unknown';
  // The naming of both formats: what ends so is a counter.
  if (isUntyped) return metric.endsWith('_total') ? 'counter' : 'gauge';
  return RISING[family.type]?.includes(suffix) === true ? 'counter' : 'gauge';
};

class PageReader {
  readonly #isOpenMetrics: boolean;
  readonly #families = new Map<string, Family>();
  readonly #samples: SampleLine[] = [];
  #isEnded = false;

  constructor(isOpenMetrics: boolean) {
    this.#isOpenMetrics = isOpenMetrics;
  }

  get samples(): readonly SampleLine[] {
    return this.#samples;
  }

  /** What is wrong with this line; null when nothing is. */
  take(line: string): string | null {
    if (this.#isEnded) return 'there is more after # EOF';
    // What is indented is no sample for Prometheus either; only empty lines and comments may be.
    const text = /^[ \t]*(?:#|$)/.test(line) ? line.trim() : line;
    if (text === '') return this.#isOpenMetrics && line !== '' ? 'an empty line' : null;
    if (text.startsWith('#')) return this.#takeComment(text);
    const sample = readSample(text, this.#isOpenMetrics);
    if (typeof sample === 'string') return sample;
    this.#samples.push(sample);
    return null;
  }

  end(): string | null {
    return this.#isOpenMetrics && !this.#isEnded ? 'the page does not end in # EOF: it was cut off' : null;
  }

  read(now: Instant): Page {
    const seen = new Set<string>();
    const readings: NumberReading[] = [];
    for (const sample of this.#samples) {
      const reading = this.#reading(sample, now);
      if (reading === null) continue;
      const key = `${seriesKey(reading.metric, reading.labels)} ${reading.at}`;
      if (seen.has(key)) continue;
      seen.add(key);
      readings.push(reading);
    }
    return { readings, skipped: this.#samples.length - readings.length };
  }

  #reading(sample: SampleLine, now: Instant): NumberReading | null {
    const at = sample.at ?? now;
    if (!Number.isFinite(sample.value) || at > now + FUTURE_MAX_MS) return null;
    const { metric, labels, value } = sample;
    const { family, suffix } = splitName(metric, this.#families);
    return {
      kind: kindOf(metric, family, suffix),
      metric,
      labels,
      unit: unitOf(metric, family),
      at: instant(at),
      value,
    };
  }

  #takeComment(text: string): string | null {
    if (this.#isOpenMetrics && text === '# EOF') {
      this.#isEnded = true;
      return null;
    }
    const found = /^#[ \t]+(TYPE|UNIT)[ \t]+(\S+)(?:[ \t]+(.*))?$/.exec(text);
    if (found === null) return null;
    const [, word, name = '', rest = ''] = found;
    const family = this.#families.get(name) ?? { type: 'untyped', unit: '' };
    const value = rest.trim();
    if (word === 'TYPE' && !TYPES.has(value)) return `${excerpt(value, 40)} is not a type`;
    if (word === 'TYPE') family.type = value;
    else family.unit = value;
    this.#families.set(name, family);
    return null;
  }
}

const decode = (bytes: Uint8Array): string | null => {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
};

/** True for the media type of OpenMetrics; everything else is read as the older format, as Prometheus does. */
export const isOpenMetrics = (mediaType: string): boolean => /^application\/openmetrics-text\b/i.test(mediaType.trim());

/**
 * Reads a page. `now` is the time of values that carry none. Never throws, whatever the bytes are; takes one pass over
 * the text and memory for at most `seriesMax` series.
 */
export const readPage = (bytes: Uint8Array, mediaType: string, now: Instant, limits: PageLimits): Parsed => {
  const text = decode(bytes);
  if (text === null) return { kind: 'bad', detail: 'it is not text in UTF-8' };
  const reader = new PageReader(isOpenMetrics(mediaType));
  let number = 0;
  for (let from = 0; from < text.length; number += 1) {
    const to = text.indexOf('\n', from);
    const line = text.slice(from, to < 0 ? text.length : to);
    from = to < 0 ? text.length : to + 1;
    const wrong = reader.take(line);
    if (wrong !== null) return { kind: 'bad', detail: `line ${number + 1}: ${wrong}` };
    if (reader.samples.length > limits.seriesMax)
      return { kind: 'too-many', detail: `more than ${limits.seriesMax} series` };
  }
  const wrong = reader.end();
  return wrong === null ? { kind: 'page', page: reader.read(now) } : { kind: 'bad', detail: wrong };
};

// Quantities as people write them in the configuration: durations, percentages, sizes, rates.
// The patterns are also published in the JSON Schema, so they are plain regular expressions without look-around.

import { durationMs, type DurationMs } from '#kernel/time.ts';

const NUMBER = '\\d{1,12}(?:\\.\\d{1,6})?';
const DURATION = `(?:${NUMBER}(?:ms|s|m|h|d|w))+`;

const whole = (pattern: string): RegExp => new RegExp(`^${pattern}$`);

/** `500ms`, `2s`, `5m`, `1h`, `30d`, `2w`, and sums: `1h30m`. */
export const DURATION_PATTERN = whole(DURATION);
/** `60%`, `99.95%`. */
export const PERCENT_PATTERN = whole(`${NUMBER} ?%`);
/** `512Mi`, `4Gi`, `1500M`, `4096`. */
export const SIZE_PATTERN = whole(`${NUMBER} ?(?:B|[KMGT]i?B?)?`);
/** `3 per 1h`. */
export const RATE_PATTERN = whole(`${NUMBER} per ${DURATION}`);
/** `3 per 1h per service`. */
export const RATE_PER_SERVICE_PATTERN = whole(`${NUMBER} per ${DURATION}(?: per service)?`);
/** `25 EUR per 1d`. */
export const MONEY_RATE_PATTERN = whole(`${NUMBER} [A-Z]{3} per ${DURATION}`);
/** `2x`, `14.4x`. */
export const MULTIPLE_PATTERN = whole(`${NUMBER} ?x`);
/** `99.9% over 30d`. */
export const AVAILABILITY_PATTERN = whole(`${NUMBER} ?% over ${DURATION}`);
/** `95% under 300ms over 7d`. */
export const LATENCY_PATTERN = whole(`${NUMBER} ?% under ${DURATION} over ${DURATION}`);

const UNIT_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};

/** One part of a sum. Bounded: it is asked about texts of the wrong form too, and a million digits took minutes. */
const PART = /(\d{1,12}(?:\.\d{1,6})?)(ms|s|m|h|d|w)/g;

/** Milliseconds of a text that matches DURATION_PATTERN; parts are summed and the sum rounded to a whole millisecond. */
export const readDuration = (text: string): DurationMs => {
  let sum = 0;
  for (const part of text.matchAll(PART)) {
    sum += Number(part[1]) * (UNIT_MS[part[2] ?? ''] ?? 0);
  }
  return durationMs(Math.round(sum));
};

/** 0..100 and above of a text that matches PERCENT_PATTERN. */
export const readPercent = (text: string): number => Number(text.replace(/ ?%$/, ''));

const SIZE_FACTOR: Readonly<Record<string, number>> = {
  '': 1,
  K: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  Ki: 1024,
  Mi: 1024 ** 2,
  Gi: 1024 ** 3,
  Ti: 1024 ** 4,
};

/** Bytes of a text that matches SIZE_PATTERN. */
export const readSize = (text: string): number => {
  const parts = /^([\d.]+) ?(.*)$/.exec(text);
  const unit = (parts?.[2] ?? '').replace(/B$/, '');
  return Math.round(Number(parts?.[1]) * (SIZE_FACTOR[unit] ?? 1));
};

export type Rate = { readonly count: number; readonly windowMs: DurationMs };

/** `3 per 1h`, with or without `per service`. */
export const readRate = (text: string): Rate => {
  const [count, window] = text.split(' per ');
  return { count: Number(count), windowMs: readDuration(window ?? '') };
};

export const readMultiple = (text: string): number => Number(text.replace(/ ?x$/, ''));

/** A duration in the shortest form of the language itself: `90000` becomes `1m30s`. */
export const writeDuration = (ms: number): string => {
  const units = ['d', 'h', 'm', 's', 'ms'] as const;
  let rest = Math.round(ms);
  let text = '';
  for (const unit of units) {
    const size = UNIT_MS[unit] ?? 1;
    const count = Math.floor(rest / size);
    rest -= count * size;
    if (count > 0) text += `${count}${unit}`;
  }
  return text === '' ? '0s' : text;
};

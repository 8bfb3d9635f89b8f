// Answer: what a server with Prometheus' HTTP API says to a query (prometheus.io/docs/prometheus/latest/querying/api).
// decoder: the answer is JSON of a foreign server; nothing of it is believed before it was looked at.

import type { Labels } from '#kernel/series.ts';
import type { Query } from '#kernel/source.ts';
import { instant } from '#kernel/time.ts';
import { failedLook, type Look, type NumberReading } from '#ports/source.ts';
import { excerpt } from '#ports/visible.ts';
import { excerptOf, type Downloaded } from './download.ts';
import { readNumber } from './number.ts';

export type Answered =
  | {
      readonly kind: 'answered';
      readonly readings: readonly NumberReading[];
      readonly skipped: number;
      readonly notes: readonly string[];
    }
  /** The server works; this query does not. */
  | { readonly kind: 'bad-query'; readonly detail: string }
  | { readonly kind: 'failed'; readonly look: Look };

type Json = Readonly<Record<string, unknown>>;
type Pair = { readonly at: number; readonly value: number };

const SAID_MAX = 200;

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const say = (value: unknown): string => (typeof value === 'string' ? excerpt(value, SAID_MAX) : 'nothing');

const badAnswer = (detail: string): Answered => ({ kind: 'failed', look: failedLook('bad-answer', detail) });

const parse = (body: Uint8Array): Json | null => {
  try {
    const value: unknown = JSON.parse(Buffer.from(body).toString('utf8'));
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
};

/** `[ <seconds>, "<value>" ]` */
const readPair = (pair: unknown): Pair | null => {
  if (!Array.isArray(pair) || pair.length !== 2) return null;
  const [seconds, text] = pair as readonly unknown[];
  const value = typeof text === 'string' ? readNumber(text) : null;
  if (typeof seconds !== 'number' || value === null || Math.abs(seconds) > 8.64e12) return null;
  return { at: Math.round(seconds * 1_000), value };
};

const readLabels = (metric: unknown): Labels | null => {
  if (!isObject(metric)) return null;
  const entries = Object.entries(metric).filter(([name]) => name !== '__name__');
  return entries.every(([, value]) => typeof value === 'string') ? (Object.fromEntries(entries) as Labels) : null;
};

type Series = { readonly labels: Labels; readonly name: string; readonly pairs: readonly Pair[] };

const readSeries = (part: unknown, isRange: boolean): Series | null => {
  if (!isObject(part)) return null;
  const labels = readLabels(part['metric']);
  const raw = isRange ? part['values'] : [part['value']];
  const pairs = Array.isArray(raw) ? raw.map(readPair) : [];
  const known = pairs.filter((pair) => pair !== null);
  if (labels === null || pairs.length === 0 || known.length < pairs.length) return null;
  const name = isObject(part['metric']) ? part['metric']['__name__'] : '';
  return { labels, name: typeof name === 'string' ? name : '', pairs: known };
};

const toReadings = (query: Query, series: readonly Series[]): { readings: NumberReading[]; skipped: number } => {
  const all = series.flatMap(({ labels, name, pairs }) =>
    pairs.map(({ at, value }) => ({
      // A bare selector keeps its name; whatever was computed is a value of its own.
      kind: name.endsWith('_total') ? ('counter' as const) : ('gauge' as const),
      metric: query.metric,
      labels: query.isSingle ? {} : labels,
      unit: '',
      at: instant(at),
      value,
    })),
  );
  const readings = all.filter((reading) => Number.isFinite(reading.value));
  return { readings, skipped: all.length - readings.length };
};

const textsOf = (value: unknown): readonly string[] =>
  (Array.isArray(value) ? value : [])
    .filter((it): it is string => typeof it === 'string')
    .slice(0, 5)
    .map((it) => `it warns: ${excerpt(it, SAID_MAX)}`);

const EXPECTED = { instant: 'vector', range: 'matrix' } as const;

const readResult = (query: Query, data: Json, how: keyof typeof EXPECTED, seriesMax: number): Answered => {
  const { resultType, result } = data as { resultType: unknown; result: unknown };
  if (resultType === 'scalar' && how === 'instant') {
    const pair = readPair(result);
    if (pair === null) return badAnswer('its scalar is not a time and a number');
    return { kind: 'answered', ...toReadings(query, [{ labels: {}, name: '', pairs: [pair] }]), notes: [] };
  }
  if (resultType !== EXPECTED[how]) {
    const mend = resultType === 'matrix' ? '; ask for one value, such as rate(…[5m])' : '';
    return { kind: 'bad-query', detail: `it gives a ${say(resultType)}, not a ${EXPECTED[how]}${mend}` };
  }
  if (!Array.isArray(result)) return badAnswer('its result is not a list');
  if (query.isSingle && result.length > 1)
    return { kind: 'bad-query', detail: `it gives ${result.length} series where one number is needed; use sum(…)` };
  if (result.length > seriesMax) return { kind: 'bad-query', detail: `it gives more than ${seriesMax} series` };
  const series = result.map((part) => readSeries(part, how === 'range'));
  const known = series.filter((it) => it !== null);
  const lost = series.length - known.length;
  const notes = lost === 0 ? [] : [`${lost} series of ${query.metric} are not numbers (native histograms?)`];
  return { kind: 'answered', ...toReadings(query, known), notes };
};

/** Reads what was downloaded. A query that the server refuses is told apart from a server that does not work. */
export const readAnswer = (
  got: Downloaded,
  asked: { readonly query: Query; readonly how: 'instant' | 'range'; readonly seriesMax: number },
): Answered => {
  if (got.kind === 'failed') return got;
  const answer = parse(got.body);
  if (answer === null || (answer['status'] !== 'success' && answer['status'] !== 'error'))
    return badAnswer(`it answered ${got.status}, not as Prometheus does: ${excerptOf(got.body)}`);
  if (answer['status'] === 'error') {
    const detail = `${say(answer['errorType'])}: ${say(answer['error'])}`;
    const isQuery = got.status === 400 || got.status === 422;
    return isQuery ? { kind: 'bad-query', detail } : badAnswer(`it answered ${got.status}: ${detail}`);
  }
  const { data } = answer as { data: unknown };
  if (!isObject(data)) return badAnswer('it answered without data');
  const read = readResult(asked.query, data, asked.how, asked.seriesMax);
  return read.kind === 'answered' ? { ...read, notes: [...read.notes, ...textsOf(answer['warnings'])] } : read;
};

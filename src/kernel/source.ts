// A source of metrics: where values come from that are not Sereno's own checks.

import type { Labels } from './series.ts';
import type { DurationMs, Instant } from './time.ts';

/** A question in PromQL, and the name under which its answer is kept. */
export type Query = {
  readonly metric: string;
  readonly text: string;
  /** The answer must be one number: a target cannot be judged by a list. */
  readonly isSingle: boolean;
};

/** Where and how. Closed: a new kind is a new member here and an adapter. */
export type SourceOrigin =
  /** A server with Prometheus' HTTP API, asked by PromQL. */
  | {
      readonly kind: 'prometheus';
      readonly url: string;
      readonly headers: Readonly<Record<string, string>>;
      readonly queries: readonly Query[];
    }
  /** A page of metrics, read as Prometheus reads it. */
  | { readonly kind: 'scrape'; readonly url: string; readonly headers: Readonly<Record<string, string>> }
  /** OTLP over HTTP, pushed to Sereno. */
  | { readonly kind: 'otlp' }
  /** The machine that Sereno runs on, its services and its containers. */
  | { readonly kind: 'host' };

export type SourceKind = SourceOrigin['kind'];

export type MetricSource = {
  readonly name: string;
  readonly origin: SourceOrigin;
  /** It is asked, or pushes, this often. */
  readonly everyMs: DurationMs;
  readonly timeoutMs: DurationMs;
  /** Put on every series that does not have them: `service` when the source speaks of one service. */
  readonly labels: Labels;
  /** More series than this in one look are refused as a whole: one label too many can make millions. */
  readonly seriesMax: number;
  /** Why it cannot be asked at all, such as a missing variable; null when it can. */
  readonly cannotLook: string | null;
};

/** What people are shown of a source. */
export type SourceView = {
  readonly name: string;
  readonly kind: SourceKind;
  readonly everyMs: DurationMs;
  /** Its newest values came at this time; null: none in this run. */
  readonly lastAt: Instant | null;
  /** Why the last look failed, or what was missing from it; null when it was whole. */
  readonly lastError: string | null;
  /** Whether the last look succeeded; null before the first has ended. */
  readonly isUp: boolean | null;
  /** Series in the last look that succeeded. */
  readonly series: number;
  /** Since when its values say nothing of now; null while they do. */
  readonly staleSince: Instant | null;
};

/** The name under which the answer to a query of a target is kept: `api.errors:total`. */
export const targetMetric = (target: string, part: 'good' | 'total' | 'value'): string => `${target}:${part}`;

/**
 * The parts of a selector as Prometheus writes it: `http_requests_total{code=~"2..",service="api"}`. Null when the text is
 * something else, such as a query that must be computed.
 */
export const splitSelector = (
  text: string,
): { readonly metric: string; readonly matchers: readonly string[] } | null => {
  const [, metric, inside = ''] = /^\s*([a-zA-Z_:][\w:]*)\s*(?:\{(.*)\})?\s*$/s.exec(text) ?? [];
  if (metric === undefined) return null;
  const matchers = inside.match(/[^,"]+"(?:[^"\\]|\\.)*"/g) ?? [];
  const isAll = matchers.join(',').replace(/[\s,]/g, '') === inside.replace(/[\s,]/g, '');
  return isAll ? { metric, matchers: matchers.map((each) => each.trim()) } : null;
};

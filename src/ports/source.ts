// Source: asks one source of metrics for its values. It never changes anything there.

import type { Histogram } from '#kernel/histogram.ts';
import type { Labels } from '#kernel/series.ts';
import type { MetricSource } from '#kernel/source.ts';
import type { DurationMs, Instant } from '#kernel/time.ts';
import type { Cancel } from './clock.ts';

type Identity = {
  readonly metric: string;
  readonly labels: Labels;
  /** UCUM; empty when it is not said. */ readonly unit: string;
};

/** One value of one series. Always a finite number: what is not (NaN, ±Inf) is left out and counted. */
export type NumberReading = Identity & {
  readonly kind: 'gauge' | 'counter';
  readonly at: Instant;
  readonly value: number;
};

/** What was counted since the reading before. */
export type HistogramReading = Identity & {
  readonly kind: 'histogram';
  readonly at: Instant;
  readonly histogram: Histogram;
};

export type Reading = NumberReading | HistogramReading;

/** What became of one look. Expected failures are values. */
export type Look =
  | {
      readonly kind: 'seen';
      readonly readings: readonly Reading[];
      /** Values that are no number. */
      readonly skipped: number;
      /** What the source itself warned of, or could not answer; never holds a secret of ours. */
      readonly notes: readonly string[];
    }
  | { readonly kind: 'failed'; readonly why: LookFailure; readonly detail: string };

/**
 * `unreachable`: no connection, or it broke. `timeout`: no whole answer in time. `refused`: it does not let us in.
 * `bad-answer`: it answered, but not what was asked. `too-much`: over the limit of bytes or series. `cannot-look`: our
 * own side.
 */
export type LookFailure = 'unreachable' | 'timeout' | 'refused' | 'bad-answer' | 'too-much' | 'cannot-look';

export interface Source {
  /**
   * Looks once and calls `report` exactly once, never inside this call, at the latest shortly after `timeoutMs`.
   * Never throws. After the cancel nothing is reported and nothing is left open.
   * `since`: the last look that succeeded. A source that keeps history also brings what it has between then and now.
   */
  look(since: Instant | null, report: (look: Look) => void): Cancel;
}

/** Makes the source for a declaration; null for those that push by themselves. */
export type MakeSource = (declared: MetricSource) => Source | null;

/** A request that was pushed to us. */
export type Pushed = { readonly mediaType: string; readonly bytes: Uint8Array };

/** The answer to a push, ready to be sent. */
export type Receipt = {
  readonly status: 200 | 400 | 404 | 415 | 429 | 503;
  readonly mediaType: string;
  readonly body: Uint8Array<ArrayBuffer>;
};

/** Takes metrics that are pushed to us. Never throws. */
export interface Intake {
  take(pushed: Pushed): Receipt;
}

export const failedLook = (why: LookFailure, detail: string): Look => ({ kind: 'failed', why, detail });

/** How much longer than its timeout a look may take before it is taken for lost. */
export const lostAfterMs = (timeoutMs: DurationMs): number => timeoutMs + 2_000;

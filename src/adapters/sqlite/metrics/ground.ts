// Ground for the tests of the metrics: a directory, a clock that the test moves, and one check that counts its looks.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkId } from '#kernel/id.ts';
import { seriesKey } from '#kernel/series.ts';
import { instant, later, type Instant } from '#kernel/time.ts';
import { openMetrics, type MetricsOptions, type SqliteMetrics } from './store.ts';

export const CHECK = checkId('api/http');
export const CHECK_KEY = seriesKey('sereno_check_duration_milliseconds', { check: CHECK });
/** Midnight of 20 November 2026. */
export const START = instant(Math.floor(1_795_239_865_804 / 86_400_000) * 86_400_000);

export type Ground = {
  readonly directory: string;
  readonly clock: { now: Instant };
  readonly notices: string[];
  readonly open: (more?: Partial<MetricsOptions>) => SqliteMetrics;
  readonly clear: () => void;
};

export const makeGround = (directory = mkdtempSync(join(tmpdir(), 'sereno-metrics-'))): Ground => {
  const clock = { now: START };
  const notices: string[] = [];
  return {
    directory,
    clock,
    notices,
    open: (more = {}) =>
      openMetrics({
        directory,
        clock: { now: () => clock.now },
        stopwatch: () => performance.now(),
        onNotice: (line) => notices.push(line),
        ...more,
      }),
    clear: () => rmSync(directory, { recursive: true, force: true }),
  };
};

/** Looks number `from` to `to`, one every ten seconds from the start on; the latency is the number in tenths of a ms. */
export const look = (store: SqliteMetrics, clock: Ground['clock'], [from, to]: readonly [number, number]): void => {
  for (let index = from; index < to; index += 1) {
    clock.now = later(START, index * 10_000);
    store.sample(CHECK, clock.now, 'healthy', index / 10);
  }
};

/** The numbers of all looks that can be read back, in order of time. */
export const looksIn = (store: SqliteMetrics): readonly number[] => {
  const numbers: number[] = [];
  const span = { from: instant(0), to: later(START, 10 ** 12) };
  store.eachSample(CHECK, span, ({ latencyMs }) => numbers.push(Math.round(latencyMs * 10)));
  return numbers;
};

export const upTo = (count: number): readonly number[] => Array.from({ length: count }, (_, index) => index);

/** Turns until nothing is left to do. */
export const turnAll = (store: SqliteMetrics): void => {
  for (let pauseMs = 0; pauseMs < 1_000;) pauseMs = store.turn();
};

// The watchman's own figures, measured in this run: the lag of his event loop, his memory, his store's failures.

import { monitorEventLoopDelay } from 'node:perf_hooks';
import { seconds, type Instant } from '#kernel/time.ts';
import type { Cancel, Clock } from '#ports/clock.ts';
import { every } from './every.ts';

/** The event loop's worst lag is told over this long. */
const LAG_WINDOW_MS = seconds(10);

/** Lag of the event loop, memory, failures of the store: the watchman's own figures, measured. */
export const makeGauges = (clock: Clock): Gauge => {
  const delay = monitorEventLoopDelay({ resolution: 20 });
  delay.enable();
  const startedAt = clock.now();
  let storeFailures = 0;
  let loopLagMs = 0;
  const roll = (): void => {
    loopLagMs = Math.max(0, delay.max / 1e6 - 20);
    delay.reset();
  };
  const cancel = every(clock, LAG_WINDOW_MS, roll);
  return {
    read: () => ({ startedAt, loopLagMs, memoryBytes: process.memoryUsage.rss(), storeFailures }),
    storeFailed: () => {
      storeFailures += 1;
    },
    stop: () => {
      cancel();
      delay.disable();
    },
  };
};

export type Gauge = { readonly read: () => Gauges; readonly storeFailed: () => void; readonly stop: Cancel };

export type Gauges = {
  readonly startedAt: Instant;
  readonly loopLagMs: number;
  readonly memoryBytes: number;
  readonly storeFailures: number;
};

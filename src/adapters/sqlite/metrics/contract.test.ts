// SQLite passes the conformance suite of the metrics port, with all heads cut at every settling.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { metricsContract, type MetricsUnderTest, type TestClock } from '#ports/metrics.contract.ts';
import { openMetrics } from './store.ts';

const open = (directory: string, clock: TestClock): MetricsUnderTest => {
  const store = openMetrics({
    directory,
    clock: { now: () => clock.now },
    stopwatch: () => performance.now(),
    onNotice: (line) => {
      throw new Error(line);
    },
  });
  return {
    store,
    settle: () => store.settle(),
    reopen: () => {
      store.close();
      return open(directory, clock);
    },
    close: () => {
      store.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
};

metricsContract('sqlite', (clock) => open(mkdtempSync(join(tmpdir(), 'sereno-metrics-')), clock));

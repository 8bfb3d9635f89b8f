// The fake passes the conformance suite of the metrics port.

import { metricsContract } from '#ports/metrics.contract.ts';
import { makeMemoryMetrics } from './metrics.ts';

metricsContract('memory', (clock) => ({
  store: makeMemoryMetrics({ now: () => clock.now, seriesMax: 1_000 }),
  settle: () => undefined,
  reopen: null,
  close: () => undefined,
}));

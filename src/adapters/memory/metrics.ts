// Samples in memory: the last sixty of each check, in flat arrays. What is older is gone, and a restart begins anew.

import type { HealthState } from '#kernel/health.ts';
import type { CheckId } from '#kernel/id.ts';
import { instant } from '#kernel/time.ts';
import type { Metrics, Sample } from '#ports/metrics.ts';

/** The strip on the page shows sixty cells. 60 × (8 + 4 + 1) bytes are 780 bytes a check. */
const KEPT = 60;

const STATES: readonly HealthState[] = ['unknown', 'healthy', 'degraded', 'unhealthy'];

type Ring = {
  readonly at: Float64Array;
  readonly latencyMs: Float32Array;
  readonly state: Uint8Array;
  total: number;
};

const makeRing = (): Ring => ({
  at: new Float64Array(KEPT),
  latencyMs: new Float32Array(KEPT),
  state: new Uint8Array(KEPT),
  total: 0,
});

const read = (ring: Ring, limit: number): readonly Sample[] => {
  const count = Math.min(limit, KEPT, ring.total);
  return Array.from({ length: count }, (_, offset) => {
    const index = (ring.total - count + offset) % KEPT;
    return {
      at: instant(ring.at[index] ?? 0),
      state: STATES[ring.state[index] ?? 0] ?? 'unknown',
      latencyMs: Math.round((ring.latencyMs[index] ?? 0) * 10) / 10,
    };
  });
};

/** Makes the in-memory metrics: constant memory for each check, a few nanoseconds a sample. */
export const makeMemoryMetrics = (): Metrics => {
  const rings = new Map<CheckId, Ring>();
  return {
    sample: (check, at, state, latencyMs) => {
      const ring = rings.get(check) ?? makeRing();
      rings.set(check, ring);
      const index = ring.total % KEPT;
      ring.at[index] = at;
      ring.latencyMs[index] = latencyMs;
      ring.state[index] = STATES.indexOf(state);
      ring.total += 1;
    },
    recent: (check, limit) => {
      const ring = rings.get(check);
      return ring === undefined ? [] : read(ring, limit);
    },
  };
};

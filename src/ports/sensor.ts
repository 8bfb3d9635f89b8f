// Sensor: asks the world one read-only question. It never changes anything.

import type { Check } from '#kernel/check.ts';
import type { Observation } from '#kernel/observation.ts';

export interface Sensor {
  /**
   * Runs the probe once and calls `report` exactly once, at the latest shortly after `check.timeoutMs`.
   * It never throws: what cannot run is an observation with state unknown and symptom cannot-run.
   */
  probe(check: Check, report: (observation: Observation) => void): void;
}

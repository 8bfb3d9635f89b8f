// Sensor: asks the world one read-only question. It never changes anything.

import type { Check, Probe, ProbeKind } from '#kernel/check.ts';
import type { Observation } from '#kernel/observation.ts';
import { unreachable } from '#kernel/unreachable.ts';

export interface Sensor {
  /**
   * Runs the probe once and calls `report` exactly once, at the latest shortly after `check.timeoutMs`.
   * It never throws: what cannot run is an observation with state unknown and symptom cannot-run.
   */
  probe(check: Check, report: (observation: Observation) => void): void;
}

export type Report = (observation: Observation) => void;

/** The part of a check that one prober understands. */
export type Question<Kind extends ProbeKind> = Extract<Probe, { readonly kind: Kind }>;

/** One kind of probe, under the rules of `Sensor`. `question` is `check.probe`, already narrowed. */
export interface Prober<Kind extends ProbeKind> {
  probe(check: Check, question: Question<Kind>, report: Report): void;
}

export type Probers = { readonly [Kind in ProbeKind]: Prober<Kind> };

/** One sensor out of a prober for each kind. */
export const composeSensor = (probers: Probers): Sensor => ({
  probe(check, report) {
    const question = check.probe;
    switch (question.kind) {
      case 'http':
        return probers.http.probe(check, question, report);
      case 'tcp':
        return probers.tcp.probe(check, question, report);
      case 'redis':
        return probers.redis.probe(check, question, report);
      case 'postgres':
        return probers.postgres.probe(check, question, report);
      case 'command':
        return probers.command.probe(check, question, report);
      case 'process':
        return probers.process.probe(check, question, report);
      case 'file':
        return probers.file.probe(check, question, report);
      case 'golden':
        return probers.golden.probe(check, question, report);
      default:
        return unreachable(question);
    }
  },
});

// Actuator: starts, stops and restarts workloads, and freezes their black box.

import type { Operation, OperationOutcome } from '#kernel/action.ts';
import type { BlackBox, Exit } from '#kernel/cause.ts';
import type { EffectKey } from '#kernel/id.ts';
import type { Service } from '#kernel/service.ts';

export type Presence = {
  readonly isRunning: boolean;
  readonly pid: number | null;
  /** What a person should know besides: a second copy that was stopped, or why it cannot be told. */
  readonly detail?: string;
};

export interface Actuator {
  /**
   * Carries out the operation and calls `report` exactly once.
   * A key that was carried out before reports the same outcome and touches nothing. An epoch below the highest that
   * this actuator has seen for the subject is refused. `start` on something that runs is applied without a second
   * copy; `stop` on something that does not run is applied. Applied means carried out, not that the service is well.
   */
  operate(key: EffectKey, operation: Operation, service: Service, report: (outcome: OperationOutcome) => void): void;
  /** Reads only. Reports within 500 ms, or 2 s while it lives or another program holds its port; what could not be read in time is a gap. */
  examine(service: Service, report: (blackBox: BlackBox) => void): void;
  /** Is it running? Adopts a child that outlived an earlier Sereno. */
  find(service: Service, report: (presence: Presence) => void): void;
  /** The one listener for workloads that end by themselves or from outside; ends caused by `operate` are not told. */
  onExit(listener: (service: Service, exit: Exit) => void): void;
}

// The process driver: Sereno is the parent. It starts, stops, adopts and examines workloads on this machine.
//
// Operations on one service run one after another; different services never wait for each other. See docs/drivers.md.

import type { Operation, OperationOutcome } from '#kernel/action.ts';
import type { BlackBox, Exit } from '#kernel/cause.ts';
import type { EffectKey, ServiceId } from '#kernel/id.ts';
import type { Service } from '#kernel/service.ts';
import { unreachable } from '#kernel/unreachable.ts';
import type { Actuator, Presence } from '#ports/actuator.ts';
import { makeTurns, type ReportOutcome, type Turns } from '#ports/turns.ts';
import { ownWorkload } from './birth.ts';
import type { Slot } from './child.ts';
import { takeBlackBox } from './examine.ts';
import { Supervisor, type SupervisorOptions } from './supervisor.ts';

export type ProcessActuator = Actuator & {
  /** The child of a service as last known; null when it does not run, or was not looked for yet. */
  readonly pidOf: (service: ServiceId) => number | null;
  /** How the standby of a service is, in one sentence; null when none is declared. */
  readonly standbyOf: (service: ServiceId) => string | null;
  /** Lets go: stops the timers and leaves every workload running. */
  readonly close: () => void;
};

const FOREIGN = 'not a workload of kind process';

class Driver implements ProcessActuator {
  readonly #supervisor: Supervisor;
  readonly #options: SupervisorOptions;

  constructor(options: SupervisorOptions) {
    this.#supervisor = new Supervisor(options);
    this.#options = options;
  }

  operate(key: EffectKey, operation: Operation, service: Service, report: ReportOutcome): void {
    const slot = this.#slotOf(service);
    if (slot !== null) return this.#turnsOf(slot).operate(key, operation, report);
    queueMicrotask(() => report({ kind: 'refused', detail: FOREIGN }));
  }

  find(service: Service, report: (presence: Presence) => void): void {
    const slot = this.#slotOf(service);
    if (slot === null) return queueMicrotask(() => report({ isRunning: false, pid: null, detail: FOREIGN }));
    this.#turnsOf(slot).inTurn(async () => {
      await this.#supervisor.know(slot);
      const detail = slot.notes.map((note) => note.what).join('; ');
      const pid = slot.child?.pid ?? null;
      queueMicrotask(() => report({ isRunning: pid !== null, pid, ...(detail === '' ? {} : { detail }) }));
    });
  }

  examine(service: Service, report: (blackBox: BlackBox) => void): void {
    const slot = this.#slotOf(service);
    const taken = takeBlackBox(service, slot, this.#supervisor, this.#options.clock);
    void taken.then((box) => queueMicrotask(() => report(box)));
  }

  onExit(listener: (service: Service, exit: Exit) => void): void {
    this.#supervisor.onExit(listener);
  }

  pidOf(service: ServiceId): number | null {
    return this.#supervisor.pidOf(service);
  }

  standbyOf(service: ServiceId): string | null {
    return this.#supervisor.sayStandby(service);
  }

  close(): void {
    this.#supervisor.close();
  }

  #slotOf(service: Service): Slot | null {
    const workload = ownWorkload(service);
    return workload === null ? null : this.#supervisor.slotOf(service, workload);
  }

  #turnsOf(slot: Slot): Turns {
    slot.turns ??= makeTurns(slot.ledger, (key, operation) => this.#perform(slot, key, operation));
    return slot.turns;
  }

  async #perform(slot: Slot, key: EffectKey, operation: Operation): Promise<OperationOutcome> {
    await this.#supervisor.know(slot);
    const { child } = slot;
    switch (operation.action) {
      case 'start':
        return this.#supervisor.start(slot, key, operation.epoch);
      case 'stop':
        return this.#stop(slot, operation);
      case 'restart':
        if (child === null || child.key !== key) return this.#restart(slot, key, operation);
        // This very operation started it, and Sereno died before it could say so.
        return { kind: 'applied', detail: `had been carried out, pid ${child.pid}`, pid: child.pid };
      default:
        return unreachable(operation.action);
    }
  }

  async #stop(slot: Slot, operation: Operation): Promise<OperationOutcome> {
    this.#supervisor.dismissStandby(slot);
    const { isGone, detail } = await this.#supervisor.stop(slot, graceOf(slot, operation));
    return isGone ? { kind: 'applied', detail, pid: null } : { kind: 'failed', detail };
  }

  async #restart(slot: Slot, key: EffectKey, operation: Operation): Promise<OperationOutcome> {
    const ending = await this.#supervisor.stop(slot, graceOf(slot, operation));
    if (!ending.isGone) return { kind: 'failed', detail: ending.detail };
    const outcome = await this.#supervisor.start(slot, key, operation.epoch);
    return { ...outcome, detail: `${ending.detail}; ${outcome.detail}` };
  }
}

const graceOf = (slot: Slot, operation: Operation): number =>
  Math.min(slot.workload.stopTimeoutMs, operation.timeoutMs);

/**
 * Makes the driver for workloads of kind `process`. `directory` is `<state>/run`: each service has a folder in it with
 * its birth record, its ledger and its log. One Sereno at a time holds it, by the lock of the state directory.
 */
export const makeProcessActuator = (options: SupervisorOptions): ProcessActuator => new Driver(options);

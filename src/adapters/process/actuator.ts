// The process driver: Sereno is the parent. It starts, stops, adopts and examines workloads on this machine.
//
// Operations on one service run one after another; different services never wait for each other. See docs/drivers.md.

import type { Operation, OperationOutcome } from '#kernel/action.ts';
import type { EffectKey, ServiceId } from '#kernel/id.ts';
import type { Service } from '#kernel/service.ts';
import { unreachable } from '#kernel/unreachable.ts';
import type { Actuator } from '#ports/actuator.ts';
import { makeTurns, type Turns } from '#ports/turns.ts';
import { processWorkload } from './birth.ts';
import type { Slot } from './child.ts';
import { takeBlackBox } from './examine.ts';
import { makeSupervisor, type SupervisorOptions } from './supervisor.ts';

export type ProcessActuator = Actuator & {
  /** The child of a service as last known; null when it does not run, or was not looked for yet. */
  readonly pidOf: (service: ServiceId) => number | null;
  /** Lets go: stops the timers and leaves every workload running. */
  readonly close: () => void;
};

const FOREIGN = 'not a workload of kind process';

/**
 * Makes the driver for workloads of kind `process`. `directory` is `<state>/run`: each service has a folder in it with
 * its birth record, its ledger and its log. One Sereno at a time holds it, by the lock of the state directory.
 */
export const makeProcessActuator = (options: SupervisorOptions): ProcessActuator => {
  const supervisor = makeSupervisor(options);

  const restart = async (slot: Slot, key: EffectKey, operation: Operation): Promise<OperationOutcome> => {
    const grace = Math.min(slot.workload.stopTimeoutMs, operation.timeoutMs);
    const ending = await supervisor.stop(slot, grace);
    if (!ending.isGone) return { kind: 'failed', detail: ending.detail };
    const outcome = await supervisor.start(slot, key, operation.epoch);
    return { ...outcome, detail: `${ending.detail}; ${outcome.detail}` };
  };

  const stop = async (slot: Slot, operation: Operation): Promise<OperationOutcome> => {
    const ending = await supervisor.stop(slot, Math.min(slot.workload.stopTimeoutMs, operation.timeoutMs));
    return ending.isGone
      ? { kind: 'applied', detail: ending.detail, pid: null }
      : { kind: 'failed', detail: ending.detail };
  };

  const perform = async (slot: Slot, key: EffectKey, operation: Operation): Promise<OperationOutcome> => {
    await supervisor.know(slot);
    const { child } = slot;
    switch (operation.action) {
      case 'start':
        return supervisor.start(slot, key, operation.epoch);
      case 'stop':
        return stop(slot, operation);
      case 'restart':
        if (child === null || child.key !== key) return restart(slot, key, operation);
        // This very operation started it, and Sereno died before it could say so.
        return { kind: 'applied', detail: `had been carried out, pid ${child.pid}`, pid: child.pid };
      default:
        return unreachable(operation.action);
    }
  };

  const turnsOf = (slot: Slot): Turns => {
    slot.turns ??= makeTurns(slot.ledger, (key, operation) => perform(slot, key, operation));
    return slot.turns;
  };

  const slotOf = (service: Service): Slot | null => {
    const workload = processWorkload(service);
    return workload === null ? null : supervisor.slotOf(service, workload);
  };

  const operate: Actuator['operate'] = (key, operation, service, report) => {
    const slot = slotOf(service);
    if (slot !== null) return turnsOf(slot).operate(key, operation, report);
    queueMicrotask(() => report({ kind: 'refused', detail: FOREIGN }));
  };

  const find: Actuator['find'] = (service, report) => {
    const slot = slotOf(service);
    if (slot === null) return queueMicrotask(() => report({ isRunning: false, pid: null, detail: FOREIGN }));
    turnsOf(slot).inTurn(async () => {
      await supervisor.know(slot);
      const detail = slot.notes.map((note) => note.what).join('; ');
      const pid = slot.child?.pid ?? null;
      queueMicrotask(() => report({ isRunning: pid !== null, pid, ...(detail === '' ? {} : { detail }) }));
    });
  };

  const examine: Actuator['examine'] = (service, report) => {
    const slot = slotOf(service);
    void takeBlackBox(service, slot, supervisor, options.clock).then((box) => queueMicrotask(() => report(box)));
  };

  const { onExit, pidOf, close } = supervisor;
  return { operate, find, examine, onExit, pidOf, close };
};

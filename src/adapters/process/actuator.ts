// The process driver: Sereno is the parent. It starts, stops, adopts and examines workloads on this machine.
//
// Operations on one service run one after another; different services never wait for each other. See docs/drivers.md.

import type { Operation, OperationOutcome } from '#kernel/action.ts';
import type { EffectKey } from '#kernel/id.ts';
import type { Service } from '#kernel/service.ts';
import { unreachable } from '#kernel/unreachable.ts';
import type { Actuator } from '#ports/actuator.ts';
import { processWorkload } from './birth.ts';
import type { Slot } from './child.ts';
import { takeBlackBox } from './examine.ts';
import { makeSupervisor, type SupervisorOptions } from './supervisor.ts';

/** The driver, and how to let go of it: `close` stops its timers and leaves every workload running. */
export type ProcessActuator = Actuator & { readonly close: () => void };

/** More than this on one service means that somebody asks in a circle. */
const WAITING_MAX = 16;

type Report = (outcome: OperationOutcome) => void;

/** Reports come after the call, never inside it, and a listener that throws does not stop the queue. */
const tell = (reports: readonly Report[], outcome: OperationOutcome): void => {
  for (const report of reports) queueMicrotask(() => report(outcome));
};

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
    if (slot.ledger.isStale(operation.epoch)) {
      return { kind: 'refused', detail: `epoch ${operation.epoch} was overtaken while waiting; nothing was touched` };
    }
    await supervisor.know(slot);
    const { child } = slot;
    const isDoneBefore = child !== null && child.key === key;
    switch (operation.action) {
      case 'start':
        return supervisor.start(slot, key, operation.epoch);
      case 'stop':
        return stop(slot, operation);
      case 'restart':
        // This very operation started it, and Sereno died before it could say so.
        if (isDoneBefore) return { kind: 'applied', detail: `had been carried out, pid ${child.pid}`, pid: child.pid };
        return restart(slot, key, operation);
      default:
        return unreachable(operation.action);
    }
  };

  const carryOut = async (slot: Slot, key: EffectKey, operation: Operation): Promise<void> => {
    const outcome = await perform(slot, key, operation).catch((error: unknown): OperationOutcome => ({
      kind: 'failed',
      detail: `a bug in the process driver: ${String(error)}`,
    }));
    slot.ledger.settle(key, outcome);
    const reports = slot.reports.get(key) ?? [];
    slot.reports.delete(key);
    slot.waiting -= 1;
    tell(reports, outcome);
  };

  const slotOf = (service: Service): Slot | null => {
    const workload = processWorkload(service);
    return workload === null ? null : supervisor.slotOf(service, workload);
  };

  const operate: Actuator['operate'] = (key, operation, service, report) => {
    const slot = slotOf(service);
    if (slot === null) return tell([report], { kind: 'refused', detail: 'not a workload of kind process' });
    const underWay = slot.reports.get(key);
    if (underWay !== undefined) return void underWay.push(report);
    if (slot.waiting >= WAITING_MAX) {
      return tell([report], { kind: 'failed', detail: `${WAITING_MAX} operations wait already; nothing was touched` });
    }
    const admission = slot.ledger.admit(key, operation);
    if (admission.kind === 'ended' || admission.kind === 'barred') return tell([report], admission.outcome);
    slot.reports.set(key, [report]);
    slot.waiting += 1;
    slot.turn = slot.turn.then(() => carryOut(slot, key, operation));
  };

  const find: Actuator['find'] = (service, report) => {
    const slot = slotOf(service);
    if (slot === null) {
      return queueMicrotask(() => report({ isRunning: false, pid: null, detail: 'not a workload of kind process' }));
    }
    const present = (): void => {
      const detail = slot.notes.map((note) => note.what).join('; ');
      const pid = slot.child?.pid ?? null;
      queueMicrotask(() => report({ isRunning: pid !== null, pid, ...(detail === '' ? {} : { detail }) }));
    };
    slot.turn = slot.turn.then(() => supervisor.know(slot)).then(present, present);
  };

  const examine: Actuator['examine'] = (service, report) => {
    const slot = slotOf(service);
    void takeBlackBox(service, slot, supervisor, options.clock).then((box) => queueMicrotask(() => report(box)));
  };

  return { operate, find, examine, onExit: supervisor.onExit, close: supervisor.close };
};

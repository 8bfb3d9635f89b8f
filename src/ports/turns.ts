// Turns: the operations on one subject, one after another, each key once, none under an old epoch.
//
// Every driver puts its operations through this, so the promises of the Actuator port are kept in one place; a driver
// only says how one operation is carried out.

import type { Operation, OperationOutcome } from '#kernel/action.ts';
import type { EffectKey } from '#kernel/id.ts';
import type { Ledger } from './ledger.ts';

export type ReportOutcome = (outcome: OperationOutcome) => void;

/**
 * Carries one operation out, under the contract's rules: looks before it touches, and never rejects for something that
 * can be expected. `isUnfinished`: begun by an earlier run that did not live to see its end.
 */
export type Perform = (key: EffectKey, operation: Operation, isUnfinished: boolean) => Promise<OperationOutcome>;

export interface Turns {
  /** Reports exactly once, never inside this call. */
  operate(key: EffectKey, operation: Operation, report: ReportOutcome): void;
  /** Runs when everything before it has ended, and before everything after it. */
  inTurn(task: () => Promise<void>): void;
}

/** More than this on one subject means that somebody asks in a circle. */
const WAITING_MAX = 16;

/** Reports come in a turn of their own: a listener that throws is seen as the bug it is, and stops no queue. */
const tell = (reports: readonly ReportOutcome[], outcome: OperationOutcome): void => {
  for (const report of reports) void Promise.resolve().then(() => report(outcome));
};

/** Makes the queue of one subject. */
export const makeTurns = (ledger: Ledger, perform: Perform): Turns => {
  const reports = new Map<EffectKey, ReportOutcome[]>();
  let last: Promise<void> = Promise.resolve();

  const carryOut = async (key: EffectKey, operation: Operation, isUnfinished: boolean): Promise<void> => {
    const outcome: OperationOutcome = ledger.isStale(operation.epoch)
      ? { kind: 'refused', detail: `epoch ${operation.epoch} was overtaken by a newer one; nothing was touched` }
      : await perform(key, operation, isUnfinished).catch((error: unknown) => ({
          kind: 'failed',
          detail: `a bug in the driver: ${String(error)}`,
        }));
    ledger.settle(key, outcome);
    const waiting = reports.get(key) ?? [];
    reports.delete(key);
    tell(waiting, outcome);
  };

  const operate: Turns['operate'] = (key, operation, report) => {
    const underWay = reports.get(key);
    if (underWay !== undefined) {
      underWay.push(report);
      return;
    }
    if (reports.size >= WAITING_MAX) {
      return tell([report], { kind: 'failed', detail: `${WAITING_MAX} operations wait already; nothing was touched` });
    }
    const admission = ledger.admit(key, operation);
    if (admission.kind === 'ended' || admission.kind === 'barred') return tell([report], admission.outcome);
    reports.set(key, [report]);
    last = last.then(() => carryOut(key, operation, admission.kind === 'unfinished'));
  };

  const inTurn: Turns['inTurn'] = (task) => {
    last = last.then(task).catch(() => undefined);
  };

  return { operate, inTurn };
};

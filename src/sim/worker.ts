// Worker: runs the seeds it is handed, one after the other, in a thread of its own.

import { parentPort } from 'node:worker_threads';
import { findMutant } from './mutants.ts';
import { simulate, type SimulationReport } from './simulation.ts';

/** What is asked of a worker: one world, perhaps with one guard taken out. */
export type Task = {
  readonly seed: number;
  readonly stormMs: number;
  readonly serviceCount: number;
  /** Null: nothing is tampered with. */
  readonly mutant: string | null;
};

export type Done = { readonly task: Task; readonly report: SimulationReport; readonly tookMs: number };

/** Runs one task in this thread. */
export const perform = (task: Task): Done => {
  const began = performance.now();
  const { seed, stormMs, serviceCount } = task;
  const mutant = task.mutant === null ? null : findMutant(task.mutant);
  const report = simulate({
    seed,
    stormMs,
    serviceCount,
    ...(mutant === null ? {} : { tampering: mutant.tampering, faults: mutant.faults }),
  });
  return { task, report, tookMs: performance.now() - began };
};

parentPort?.on('message', (task: Task) => {
  parentPort?.postMessage(perform(task));
});

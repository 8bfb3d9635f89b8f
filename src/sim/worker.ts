// Worker: runs the seeds it is handed, one after the other, in a thread of its own.

import { parentPort } from 'node:worker_threads';
import { DAY, STORM, type Faults } from './faults.ts';
import { INVARIANTS } from './invariants/all.ts';
import { findMutant } from './mutants.ts';
import { untouched, type Mutant } from './museum/exhibit.ts';
import { simulate, type SimulationOptions, type SimulationReport } from './simulation.ts';

/** What is asked of a worker: one world, perhaps with one guard taken out. */
export type Task = {
  readonly seed: number;
  readonly stormMs: number;
  readonly serviceCount: number;
  /** Null: nothing is tampered with. */
  readonly mutant: string | null;
};

export type Done = { readonly task: Task; readonly report: SimulationReport; readonly tookMs: number };

/** Every eighth world is a storm, the others are bad days. */
const STORMS_EVERY = 8;

export const weatherOf = (seed: number): Faults => (seed % STORMS_EVERY === 0 ? STORM : DAY);

type Place = Pick<SimulationOptions, 'tampering' | 'faults' | 'bend' | 'invariants'>;

/** Where a mutant lives: only its own killers are asked. */
export const placeOf = (mutant: Mutant): Place => ({
  tampering: mutant.tampering,
  faults: mutant.faults,
  bend: mutant.town,
  invariants: mutant.killers,
});

/** The same place with the guard where it belongs; everything is asked. */
export const controlOf = (mutant: Mutant): Place => ({
  ...placeOf(mutant),
  tampering: untouched(mutant),
  invariants: INVARIANTS.map((it) => it.name).filter((name) => !(name in mutant.unasked)),
});

/** Runs one task in this thread. */
export const perform = (task: Task): Done => {
  const began = performance.now();
  const { seed, stormMs, serviceCount } = task;
  const mutant = task.mutant === null ? null : findMutant(task.mutant);
  const report = simulate({
    seed,
    stormMs,
    serviceCount,
    ...(mutant === null ? { faults: weatherOf(seed) } : placeOf(mutant)),
  });
  return { task, report, tookMs: performance.now() - began };
};

parentPort?.on('message', (task: Task) => {
  parentPort?.postMessage(perform(task));
});

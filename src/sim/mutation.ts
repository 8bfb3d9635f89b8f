// Mutation: runs every mutant through short worlds until a named invariant notices it.

import { campaign } from './campaign.ts';
import { MUTANTS, type Mutant } from './mutants.ts';
import type { Violation } from './witness.ts';
import type { Task } from './worker.ts';

/** A guard that three hundred short worlds do not miss is not proven by them. */
export const SEEDS_MAX = 300;
/** Three hours of storm over eight services: about twelve ailments. */
export const MUTANT_STORM_MS = 3 * 3_600_000;
export const MUTANT_SERVICES = 8;

export type Death = { readonly mutant: Mutant; readonly seed: number; readonly violation: Violation };

const tasksFor = function* (mutant: Mutant): Generator<Task> {
  for (let seed = 1; seed <= SEEDS_MAX; seed += 1) {
    yield { seed, stormMs: MUTANT_STORM_MS, serviceCount: MUTANT_SERVICES, mutant: mutant.name };
  }
};

/** The first death of a mutant, or null when it survives. Only its own killers count. */
const hunt = async (mutant: Mutant, workers: number): Promise<Death | null> => {
  const deaths: Death[] = [];
  await campaign(tasksFor(mutant), workers, ({ task, report }) => {
    const { violation } = report;
    if (violation === null) return false;
    deaths.push({ mutant, seed: task.seed, violation });
    return true;
  });
  return deaths.toSorted((a, b) => a.seed - b.seed)[0] ?? null;
};

/** Prints the table; true when every mutant was killed by one of its killers. */
export const printMutants = async (workers: number, print: (line: string) => void): Promise<boolean> => {
  let killed = 0;
  for (const mutant of MUTANTS) {
    const death = await hunt(mutant, workers);
    if (death === null) {
      print(`SURVIVES  ${mutant.name.padEnd(26)} ${mutant.missing}; expected ${mutant.killers.join(' or ')}`);
      continue;
    }
    killed += 1;
    print(
      `killed    ${mutant.name.padEnd(26)} by ${death.violation.invariant} (seed ${death.seed}): ${death.violation.detail}`,
    );
  }
  print(`${killed} of ${MUTANTS.length} mutants killed by a named invariant`);
  return killed === MUTANTS.length;
};

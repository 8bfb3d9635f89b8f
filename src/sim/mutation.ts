// Mutation: runs every mutant through short worlds until a named invariant notices it.
//
// A kill counts only if the untouched watchman survives the very same world with every invariant asked: a weather that
// he does not survive would prove nothing.

import { campaign } from './campaign.ts';
import type { Mutant } from './museum/exhibit.ts';
import { scoreOf } from './museum/score.ts';
import { MUTANTS } from './mutants.ts';
import { simulate } from './simulation.ts';
import type { Violation } from './witness.ts';
import { controlOf, placeOf, type Task } from './worker.ts';

/** A guard that two hundred short worlds do not miss is not proven by them. */
export const SEEDS_MAX = 200;
/** Three hours of storm over eight services: about twelve ailments. */
export const MUTANT_STORM_MS = 3 * 3_600_000;
export const MUTANT_SERVICES = 8;

const WORLD = { stormMs: MUTANT_STORM_MS, serviceCount: MUTANT_SERVICES };

/** What became of one mutant. */
export type Fate = {
  readonly mutant: Mutant;
  /** Null: it survived every world. */
  readonly death: { readonly seed: number; readonly violation: Violation } | null;
  /** Worlds that were run until then. */
  readonly worlds: number;
  readonly tookMs: number;
  /** What broke the untouched watchman in the same world; null: nothing did. */
  readonly control: Violation | null;
};

const tasksFor = function* (mutant: Mutant): Generator<Task> {
  for (let seed = 1; seed <= SEEDS_MAX; seed += 1) yield { ...WORLD, seed, mutant: mutant.name };
};

/** What the named killers of a mutant find in one world. */
export const findingIn = (mutant: Mutant, seed: number): Violation | null =>
  simulate({ ...WORLD, ...placeOf(mutant), seed }).violation;

/** What any invariant finds in the same world with every guard in its place. */
export const controlIn = (mutant: Mutant, seed: number): Violation | null =>
  simulate({ ...WORLD, ...controlOf(mutant), seed }).violation;

/** Runs a mutant through worlds until it dies in one that the untouched watchman survives. */
const hunt = async (mutant: Mutant, workers: number): Promise<Fate> => {
  const began = performance.now();
  const deaths: Pick<Fate, 'death' | 'control'>[] = [];
  let worlds = 0;
  await campaign(tasksFor(mutant), workers, ({ task, report }) => {
    worlds += 1;
    const { violation } = report;
    if (violation === null) return false;
    const control = controlIn(mutant, task.seed);
    deaths.push({ death: { seed: task.seed, violation }, control });
    return control === null;
  });
  const last = deaths.find(({ control }) => control === null) ?? deaths[0] ?? { death: null, control: null };
  return { mutant, ...last, worlds, tookMs: performance.now() - began };
};

/** True when the mutant was killed by one of its killers, and nothing but the missing guard can be to blame. */
export const isProven = (fate: Fate): boolean => fate.death !== null && fate.control === null;

const sayFate = ({ mutant, death, worlds, tookMs, control }: Fate): string => {
  const seconds = `${(tookMs / 1_000).toFixed(1)} s`.padStart(7);
  const name = mutant.name.padEnd(44);
  const peer = (mutant.peer?.name ?? 'our own').padEnd(24).slice(0, 24);
  const link = mutant.peer?.link ?? '';
  if (death === null) return `SURVIVES  ${name} ${peer} expected ${mutant.killers.join(' or ')}; ${link}`;
  const killer = death.violation.invariant.padEnd(24);
  const said = `${name} ${peer} ${killer} ${String(worlds).padStart(4)} ${seconds}  ${link}`;
  if (control === null) return `killed    ${said}`;
  return `NO PROOF  ${said}\n          seed ${death.seed} breaks the untouched watchman too: ${control.invariant}: ${control.detail}`;
};

/** Runs the whole museum and prints its table as it goes. */
export const runMuseum = async (workers: number, print: (line: string) => void): Promise<readonly Fate[]> => {
  const fates: Fate[] = [];
  print(
    `          ${'mutant'.padEnd(44)} ${'peer'.padEnd(24)} ${'killed by'.padEnd(24)} worlds   took  the bug of the peer`,
  );
  const began = performance.now();
  for (const mutant of MUTANTS) {
    const fate = await hunt(mutant, workers);
    fates.push(fate);
    print(sayFate(fate));
  }
  print(`${scoreOf(fates)} (${((performance.now() - began) / 1_000).toFixed(0)} s)`);
  return fates;
};

// Mutants: all guards that can be taken out, by theme. See museum/exhibit.ts for what one is.

import type { Mutant } from './museum/exhibit.ts';
import { BUDGETS } from './museum/budgets.ts';
import { COPIES } from './museum/copies.ts';
import { EYES } from './museum/eyes.ts';
import { HANDS } from './museum/hands.ts';
import { MEMORY } from './museum/memory.ts';
import { NEEDS } from './museum/needs.ts';
import { NEWS } from './museum/news.ts';
import { POLICY } from './museum/policy.ts';
import { SELECTION } from './museum/selection.ts';

export const MUTANTS: readonly Mutant[] = [
  ...BUDGETS,
  ...EYES,
  ...HANDS,
  ...NEEDS,
  ...NEWS,
  ...POLICY,
  ...SELECTION,
  ...MEMORY,
  ...COPIES,
];

export const findMutant = (name: string): Mutant | null => MUTANTS.find((mutant) => mutant.name === name) ?? null;

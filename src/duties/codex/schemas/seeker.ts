// What those who make values ask of each other, so that a value of one kind can be made of values of every kind.

import type { Json } from '#kernel/evidence.ts';
import type { Atom, Goal } from './demands.ts';
import { fits } from './fit.ts';
import type { Language, Size } from './language.ts';

/** `none` is a proof that no value has what is asked; `unsure` is the end of the patience, or of the method. */
export type Witness = { readonly kind: 'found'; readonly value: Json } | { readonly kind: 'none' | 'unsure' };

/** What the makers of arrays and objects ask for the values inside. */
export type Seeker = {
  readonly find: (goals: readonly Goal[]) => Witness;
  /** A string in the language that also fits the goals: the name of a property. */
  readonly findName: (language: Language, goals: readonly Goal[]) => Witness;
  /** So many more steps of work, one unless told; false when all patience is spent. */
  readonly spend: (steps?: number) => boolean;
};

/** The size that all of them allow. */
export const sizeOf = (atoms: readonly Atom[]): Size => {
  const sizes = atoms.flatMap((atom) => (atom.kind === 'size' ? [atom.size] : []));
  return { min: Math.max(0, ...sizes.map(({ min }) => min)), max: Math.min(Infinity, ...sizes.map(({ max }) => max)) };
};

/** Whether the value has what the goals ask. */
export const meets = (value: Json, goals: readonly Goal[]): boolean =>
  goals.every(({ schema, isWanted }) => fits(schema, value) === isWanted);

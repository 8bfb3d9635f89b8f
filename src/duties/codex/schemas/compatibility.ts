// Whether whoever reads with one schema can read everything that is written with another: every value that fits the one must
// fit the other. What is said to be incompatible is shown by a value; what cannot be decided is never said to be compatible.

import type { Json } from '#kernel/evidence.ts';
import { unwanted, wanted } from './demands.ts';
import { fits, misfits, type Misfit } from './fit.ts';
import type { Schema } from './schema.ts';
import { findWitness } from './witness.ts';

export type Inclusion =
  | { readonly kind: 'included' }
  /** The value fits the writer's schema; `breaks` is what the reader's finds in it. */
  | { readonly kind: 'not-included'; readonly value: Json; readonly breaks: readonly Misfit[] }
  | { readonly kind: 'undecided' };

/** Whether every value that fits `writer` fits `reader`. A counter-example is tried on both before it is told. */
export const inclusionOf = (writer: Schema, reader: Schema): Inclusion => {
  const witness = findWitness([wanted(writer), unwanted(reader)]);
  if (witness.kind !== 'found') return { kind: witness.kind === 'none' ? 'included' : 'undecided' };
  const { value } = witness;
  const isProven = fits(writer, value) && !fits(reader, value);
  return isProven ? { kind: 'not-included', value, breaks: misfits(reader, value) } : { kind: 'undecided' };
};

// Mutants.
import type { Faults } from './faults.ts';
import type { Tampering } from './tampering.ts';
export type Mutant = { readonly name: string; readonly tampering: Tampering; readonly faults: Faults };
export const findMutant = (name: string): Mutant | null => (name === '' ? null : null);

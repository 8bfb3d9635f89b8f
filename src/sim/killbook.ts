// Killbook: the world in which each mutant was last killed, so that a check needs one world for each and no search.

import { readFileSync, writeFileSync } from 'node:fs';
import { museumPage, type Kill } from './museum/page.ts';
import { isProven, type Fate } from './mutation.ts';
import { MUTANTS } from './mutants.ts';

const BOOK = new URL('./kills.json', import.meta.url);
const PAGE = new URL('../../docs/museum.md', import.meta.url);

const isKill = (value: unknown): value is Kill =>
  typeof value === 'object' &&
  value !== null &&
  'mutant' in value &&
  typeof value.mutant === 'string' &&
  'seed' in value &&
  typeof value.seed === 'number' &&
  'killer' in value &&
  typeof value.killer === 'string';

/** All kills, in the order of the museum. A damaged book is a bug and throws. */
export const readKills = (): readonly Kill[] => {
  const parsed: unknown = JSON.parse(readFileSync(BOOK, 'utf8'));
  if (!Array.isArray(parsed) || !parsed.every(isKill)) throw new Error('src/sim/kills.json is not a list of kills');
  return parsed;
};

/** Writes down what a visit to the museum has found: the killing worlds, and docs/museum.md. */
export const keepMuseum = (fates: readonly Fate[]): void => {
  const kills = fates
    .filter(isProven)
    .flatMap(({ mutant, death }): readonly Kill[] =>
      death === null ? [] : [{ mutant: mutant.name, seed: death.seed, killer: death.violation.invariant }],
    );
  const lines = kills.map((kill) => `  ${JSON.stringify(kill)}`);
  writeFileSync(BOOK, `[\n${lines.join(',\n')}\n]\n`);
  writeFileSync(PAGE, museumPage(MUTANTS, kills));
};

// Seedbook: the seeds that once found something. They are replayed first, for ever.

import { readFileSync, writeFileSync } from 'node:fs';

export type Found = {
  readonly seed: number;
  readonly stormMs: number;
  readonly serviceCount: number;
  /** The invariant that it broke when it was found. */
  readonly invariant: string;
};

const BOOK = new URL('./seeds.json', import.meta.url);
/** Seeds that are kept for one invariant: the third of a kind teaches nothing new. */
const KEPT_OF_A_KIND = 3;

const isFound = (value: unknown): value is Found =>
  typeof value === 'object' &&
  value !== null &&
  'seed' in value &&
  typeof value.seed === 'number' &&
  'stormMs' in value &&
  typeof value.stormMs === 'number' &&
  'serviceCount' in value &&
  typeof value.serviceCount === 'number' &&
  'invariant' in value &&
  typeof value.invariant === 'string';

/** The kept seeds, oldest first. A damaged book is a bug and throws. */
export const readBook = (): readonly Found[] => {
  const parsed: unknown = JSON.parse(readFileSync(BOOK, 'utf8'));
  if (!Array.isArray(parsed) || !parsed.every(isFound)) throw new Error('src/sim/seeds.json is not a list of seeds');
  return parsed;
};

/** Adds what is new; answers how many that were. */
export const keepInBook = (found: readonly Found[]): number => {
  const known = readBook();
  const isKnown = (it: Found): boolean =>
    known.some((old) => old.seed === it.seed && old.stormMs === it.stormMs && old.serviceCount === it.serviceCount);
  const all = [...known];
  for (const it of found) {
    const alike = all.filter((old) => old.invariant === it.invariant).length;
    if (!isKnown(it) && alike < KEPT_OF_A_KIND) all.push(it);
  }
  if (all.length === known.length) return 0;
  const lines = all.map((it) => `  ${JSON.stringify(it)}`);
  writeFileSync(BOOK, `[\n${lines.join(',\n')}\n]\n`);
  return all.length - known.length;
};

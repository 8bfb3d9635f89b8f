// Rows as SQLite gives them, decoded column by column; what has the wrong type is a DamagedRow, never a guess. // decoder

import type { SQLOutputValue } from 'node:sqlite';

export type Row = Readonly<Record<string, SQLOutputValue>>;

/** Thrown inside this folder only; every public function turns it into a value. */
export class DamagedRow extends Error {}

export const readNumber = (row: Row, column: string): number => {
  const value = row[column];
  if (typeof value !== 'number') throw new DamagedRow(`column ${column} holds no number`);
  return value;
};

export const readText = (row: Row, column: string): string => {
  const value = row[column];
  if (typeof value !== 'string') throw new DamagedRow(`column ${column} holds no text`);
  return value;
};

/** Parses JSON that Sereno wrote itself; `T` is what was written. */
export const readJson = <T>(row: Row, column: string): T => {
  const text = readText(row, column);
  try {
    return JSON.parse(text) as T; // decoder: written by this program, in the same transaction as its version
  } catch {
    throw new DamagedRow(`column ${column} holds no JSON`);
  }
};

/** The same, for values that must be an object with a text under `kind`. */
export const readKind = <T extends { readonly kind: string }>(row: Row, column: string): T => {
  const value = readJson<unknown>(row, column);
  const hasKind = typeof value === 'object' && value !== null && 'kind' in value && typeof value.kind === 'string';
  if (!hasKind) throw new DamagedRow(`column ${column} has no kind`);
  return value as T; // decoder: kind was looked at; the rest was written by this program
};

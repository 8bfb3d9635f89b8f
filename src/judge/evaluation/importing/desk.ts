// Importing: files that were written for other tools. What cannot be taken over is told, with its place; nothing is dropped
// in silence, because an expectation that is gone makes every answer look better.

import type { Json } from '#kernel/evidence.ts';
import { problem, type Place, type Problem } from '#kernel/problem.ts';

export type FilePath = readonly (string | number)[];

/** A file as it was read: its values, and the way back from each of them to its line. */
export type ParsedFile = { readonly value: Json; readonly locate: (path: FilePath) => Place };

/** Something that is right where it comes from, and has no place here. */
export type NotTaken = { readonly place: Place; readonly what: string; readonly why: string };

export type Block = { readonly [key: string]: Json };

export const isBlock = (value: Json | undefined): value is Block =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export const isList = (value: Json | undefined): value is readonly Json[] => Array.isArray(value);

/** A text, or what has one plain way to be written as a text; null: neither. */
export const sayScalar = (value: Json | undefined): string | null =>
  typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : null;

/** Gathers what is wrong with a file and what of it is left behind. */
export class Desk {
  readonly problems: Problem[] = [];
  readonly notTaken: NotTaken[] = [];
  readonly #file: ParsedFile;
  /** A test that stands for many cases is told once. */
  readonly #told = new Set<string>();

  constructor(file: ParsedFile) {
    this.#file = file;
  }

  /** The file is not what it should be. Answers null, to stand for the value that is not there. */
  refuse(path: FilePath, message: string, expected: string | null = null): null {
    const place = this.#file.locate(path);
    if (this.#isNew(place, message)) this.problems.push(problem('bad-input', message, { place, expected }));
    return null;
  }

  /** It is right, and is not taken. */
  leave(path: FilePath, what: string, why: string): null {
    const place = this.#file.locate(path);
    if (this.#isNew(place, `${what}: ${why}`)) this.notTaken.push({ place, what, why });
    return null;
  }

  #isNew({ line, column }: Place, words: string): boolean {
    const key = `${line}:${column}: ${words}`;
    if (this.#told.has(key)) return false;
    this.#told.add(key);
    return true;
  }
}

// Reading: takes apart a document that somebody else has written, and notes all that is wrong with it, each with its path.

import { problem, type Problem } from '#kernel/problem.ts';

export type Fields = { readonly [key: string]: unknown };

export type Read<Value> =
  | { readonly kind: 'read'; readonly value: Value }
  | { readonly kind: 'refused'; readonly problems: readonly Problem[] };

/** So much of a wrong document is told; the rest would only scroll. */
const PROBLEMS_MAX = 20;

/** Each method gives back something harmless when the value is wrong, so that the rest is looked at too. */
export class Reading {
  readonly #what: string;
  readonly #problems: Problem[] = [];

  /** `what`: how the document is called in the messages, `envelope` or `root of trust`. */
  constructor(what: string) {
    this.#what = what;
  }

  wrong(path: string, expected: string): void {
    if (this.#problems.length >= PROBLEMS_MAX) return;
    const where = path === '' ? this.#what : `${this.#what}, ${path}`;
    this.#problems.push(problem('bad-input', `${where}: not what it must be`, { expected }));
  }

  json(text: string): unknown {
    try {
      return JSON.parse(text);
    } catch {
      this.wrong('', 'JSON');
      return null;
    }
  }

  object(value: unknown, path: string): Fields {
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Fields; // decoder
    this.wrong(path, 'an object');
    return {};
  }

  list(value: unknown, path: string, max: number): readonly unknown[] {
    if (Array.isArray(value) && value.length <= max) return value;
    this.wrong(path, `a list of at most ${max}`);
    return [];
  }

  text(value: unknown, path: string, max: number): string {
    if (typeof value === 'string' && value.length <= max && value.isWellFormed()) return value;
    this.wrong(path, `a text of at most ${max} characters`);
    return '';
  }

  /** A whole number from `min` on. */
  whole(value: unknown, path: string, min: number): number {
    if (typeof value === 'number' && Number.isSafeInteger(value) && value >= min) return value;
    this.wrong(path, `a whole number, ${min} or more`);
    return min;
  }

  chosen<Choice extends string>(value: unknown, path: string, choices: readonly [Choice, ...Choice[]]): Choice {
    const found = choices.find((choice) => choice === value);
    if (found === undefined) this.wrong(path, `one of ${choices.join(', ')}`);
    return found ?? choices[0];
  }

  /** The value when nothing was wrong. */
  result<Value>(value: Value): Read<Value> {
    return this.#problems.length === 0 ? { kind: 'read', value } : { kind: 'refused', problems: this.#problems };
  }
}

/** A field of its own; what every object inherits (`constructor`) is no field. */
export const field = (fields: Fields, name: string): unknown =>
  Object.hasOwn(fields, name) ? fields[name] : undefined;

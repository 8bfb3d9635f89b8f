// Flaws of a template: what the library throws, as one sentence with its line.

import type { TemplateFlaw } from '#kernel/template.ts';

/** Flaws on their way out of code that cannot return them. */
export class Flawed extends Error {
  readonly flaws: readonly TemplateFlaw[];
  constructor(flaws: readonly TemplateFlaw[]) {
    super(flaws.map((it) => it.message).join('; '));
    this.flaws = flaws;
  }
}

/** The library puts the place behind the message. */
const PLACE = /(?:, file:(?<file>.*?))?, line:(?<line>\d+), col:(?<column>\d+)$/s;

/** A message is one line of a report, and quotes hostile text. */
const MESSAGE_LENGTH_MAX = 200;

/** What the stack or the memory of the engine refused, in words of the template. */
const WORDS: Readonly<Record<string, string>> = {
  'Maximum call stack size exceeded': 'it is nested too deeply',
  'Invalid string length': 'it makes a text that is too long',
  'memory alloc limit exceeded': 'it makes more than a template may',
  'parse length limit exceeded': 'it is too long',
};

/** The flaw behind anything that was thrown; `path` and its first line when the library does not say where. */
export const flawOf = (error: unknown, path: string): TemplateFlaw => {
  const said = error instanceof Error ? error.message : String(error);
  const place = PLACE.exec(said);
  const bare = place === null ? said : said.slice(0, place.index);
  const [first = ''] = bare.split('\n');
  return {
    path: place?.groups?.['file'] ?? path,
    line: Math.max(1, Number(place?.groups?.['line'] ?? 1)),
    column: Math.max(1, Number(place?.groups?.['column'] ?? 1)),
    message: (WORDS[first] ?? first).slice(0, MESSAGE_LENGTH_MAX) || 'it is not a template',
    expected: null,
  };
};

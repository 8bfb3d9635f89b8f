// Patterns: the part of ECMAScript's regular expressions that JSON Schema recommends (core 6.4), read into languages.
// A pattern may match anywhere in a string unless it is anchored. Not read, because they have no language or none that is
// worth its cost: references to groups, looking ahead and behind, word bounds, \p, anchors elsewhere than at the ends.

import { ALL, allBut, characters, type Characters } from './characters.ts';
import { ANYTHING, either, follow, NOTHING, one, repeat, word, type Language } from './language.ts';

export type PatternReading =
  { readonly kind: 'read'; readonly language: Language } | { readonly kind: 'refused'; readonly says: string };

const PATTERN_MAX = 1_000;
const NESTING_MAX = 20;
const REPEAT_MAX = 1_000;

const DIGIT: Characters = [[0x30, 0x39]];
const LETTER: Characters = characters([...DIGIT, [0x41, 0x5a], [0x5f, 0x5f], [0x61, 0x7a]]);
const LINE_END: Characters = characters([
  [0x0a, 0x0a],
  [0x0d, 0x0d],
  [0x2028, 0x2029],
]);
/** WhiteSpace and LineTerminator of ECMAScript. */
const SPACE: Characters = characters([
  ...LINE_END,
  [0x09, 0x0d],
  [0x20, 0x20],
  [0xa0, 0xa0],
  [0x1680, 0x1680],
  [0x2000, 0x200a],
  [0x202f, 0x202f],
  [0x205f, 0x205f],
  [0x3000, 0x3000],
  [0xfeff, 0xfeff],
]);

const CLASSES: Readonly<Record<string, Characters>> = {
  d: DIGIT,
  D: allBut(DIGIT),
  w: LETTER,
  W: allBut(LETTER),
  s: SPACE,
  S: allBut(SPACE),
};
const CONTROLS: Readonly<Record<string, number>> = { t: 9, n: 10, v: 11, f: 12, r: 13 };

/** A text with a place in it: parsing moves the place on, and the first thing that cannot be read ends it. */
class Reader {
  readonly #points: readonly string[];
  #at = 0;
  depth = 0;
  refusal: string | null = null;

  constructor(text: string) {
    this.#points = [...text];
  }
  peek(ahead = 0): string {
    return this.#points[this.#at + ahead] ?? '';
  }
  take(): string {
    this.#at += 1;
    return this.#points[this.#at - 1] ?? '';
  }
  isNext(text: string): boolean {
    return [...text].every((each, index) => this.peek(index) === each);
  }
  skip(text: string): boolean {
    const isNext = this.isNext(text);
    if (isNext) this.#at += [...text].length;
    return isNext;
  }
  get isDone(): boolean {
    return this.refusal !== null || this.#at >= this.#points.length;
  }
  refuse(says: string): null {
    this.refusal ??= `${says}, at character ${this.#at + 1}`;
    return null;
  }
}

/** Reads a pattern as JSON Schema means it: unanchored, by code points. */
export const readPattern = (text: string): PatternReading => {
  if (text.length > PATTERN_MAX) return { kind: 'refused', says: `longer than ${PATTERN_MAX} characters` };
  const reader = new Reader(text);
  const language = readTop(reader);
  if (!reader.isDone) reader.refuse('a bracket that is closed and was never opened');
  return reader.refusal === null ? { kind: 'read', language } : { kind: 'refused', says: reader.refusal };
};

const readTop = (reader: Reader): Language => {
  const parts: Language[] = [];
  do {
    const before = reader.skip('^') ? word('') : ANYTHING;
    const middle = readSequence(reader);
    const after = reader.skip('$') ? word('') : ANYTHING;
    parts.push(follow(before, follow(middle, after)));
  } while (reader.skip('|'));
  return either(parts);
};

const readSequence = (reader: Reader): Language => {
  const parts: Language[] = [];
  while (!reader.isDone && !'|)$'.includes(reader.peek())) parts.push(readRepeated(reader));
  return parts.reduceRight<Language>((rest, part) => follow(part, rest), word(''));
};

const readRepeated = (reader: Reader): Language => {
  const atom = readAtom(reader);
  const times = readTimes(reader);
  if (times === null) return atom;
  reader.skip('?'); // how much is taken first does not change what is matched
  if ('*+?'.includes(reader.peek()) && !reader.isDone) reader.refuse('nothing to repeat');
  return repeat(atom, times.min, times.max);
};

const readTimes = (reader: Reader): { readonly min: number; readonly max: number } | null => {
  if (reader.skip('*')) return { min: 0, max: Infinity };
  if (reader.skip('+')) return { min: 1, max: Infinity };
  if (reader.skip('?')) return { min: 0, max: 1 };
  if (!reader.skip('{')) return null;
  const min = readNumber(reader);
  const max = reader.skip(',') ? (reader.peek() === '}' ? Infinity : readNumber(reader)) : min;
  if (!reader.skip('}') || Number.isNaN(min) || Number.isNaN(max))
    return reader.refuse('a repetition is {2}, {2,} or {2,5}');
  if (max < min) return reader.refuse('a repetition from more to less');
  const most = max === Infinity ? min : max;
  return most > REPEAT_MAX ? reader.refuse(`repeated more than ${REPEAT_MAX} times`) : { min, max };
};

const readNumber = (reader: Reader): number => {
  let digits = '';
  while (/^[0-9]$/.test(reader.peek())) digits += reader.take();
  return digits === '' ? Number.NaN : Number(digits);
};

const refused = (reader: Reader, says: string): Language => {
  reader.refuse(says);
  return NOTHING;
};

const readAtom = (reader: Reader): Language => {
  const first = reader.peek();
  if (first === '(') return readGroup(reader);
  if (first === '[') return one(readClass(reader));
  if (first === '.') {
    reader.take();
    return one(allBut(LINE_END));
  }
  if (first === '^') return refused(reader, '^ elsewhere than at the beginning');
  if ('*+?{}]'.includes(first)) return refused(reader, `a bare ${first}; write \\${first}`);
  if (first === '\\') return one(readEscape(reader));
  return word(reader.take());
};

const readGroup = (reader: Reader): Language => {
  reader.take();
  if (reader.peek() === '?' && !reader.skip('?:')) return refused(reader, 'looking ahead or behind, or a named group');
  reader.depth += 1;
  if (reader.depth > NESTING_MAX) return refused(reader, `brackets nested deeper than ${NESTING_MAX}`);
  const parts: Language[] = [];
  do {
    parts.push(readSequence(reader));
    if (reader.peek() === '$') reader.refuse('$ elsewhere than at the end');
  } while (reader.skip('|'));
  reader.depth -= 1;
  return reader.skip(')') ? either(parts) : refused(reader, 'a bracket that is not closed');
};

const NOT_READ = /^[bBkpP1-9]$/;

/** An escape, in brackets or outside. */
const readEscape = (reader: Reader): Characters => {
  reader.take();
  const letter = reader.take();
  const known = CLASSES[letter];
  if (known !== undefined) return known;
  const control = CONTROLS[letter];
  if (control !== undefined) return [[control, control]];
  if (letter === 'x') return readHex(reader, 2);
  if (letter === 'u') return readUnicode(reader);
  if (letter === '0' && !/^[0-9]$/.test(reader.peek())) return [[0, 0]];
  if (NOT_READ.test(letter)) reader.refuse(`\\${letter} is not read`);
  // With the flag u, as JSON Schema asks, only these may be escaped, and the dash within brackets.
  if (!/^[\^$\\.*+?()[\]{}|/-]$/.test(letter)) reader.refuse(`\\${letter} means nothing`);
  const point = letter.codePointAt(0) ?? 0;
  return [[point, point]];
};

const readHex = (reader: Reader, digits: number): Characters => {
  let text = '';
  while (text.length < digits && /^[0-9a-fA-F]$/.test(reader.peek())) text += reader.take();
  if (text.length < digits) reader.refuse(`${digits} hexadecimal digits were expected`);
  const point = Number.parseInt(`0${text}`, 16);
  return [[point, point]];
};

const readUnicode = (reader: Reader): Characters => {
  if (!reader.skip('{')) return readHex(reader, 4);
  let text = '';
  while (text.length < 6 && /^[0-9a-fA-F]$/.test(reader.peek())) text += reader.take();
  const point = Number.parseInt(`0${text}`, 16);
  if (text === '' || !reader.skip('}') || point > 0x10ffff) reader.refuse('\\u{…} needs a code point');
  return [[point, point]];
};

const readClass = (reader: Reader): Characters => {
  reader.take();
  const isNegated = reader.skip('^');
  const ranges: (readonly [number, number])[] = [];
  while (!reader.isDone && reader.peek() !== ']') ranges.push(...readRange(reader));
  if (!reader.skip(']')) reader.refuse('a [ that is not closed');
  const set = characters(ranges);
  return isNegated ? allBut(set) : set;
};

const readRange = (reader: Reader): Characters => {
  const from = readMember(reader);
  if (reader.peek() !== '-' || reader.peek(1) === ']' || reader.peek(1) === '') return from;
  reader.take();
  const to = readMember(reader);
  const [low, high] = [from[0]?.[0] ?? 0, to[0]?.[0] ?? 0];
  const isPlain = from.length === 1 && to.length === 1 && from[0]?.[0] === from[0]?.[1] && to[0]?.[0] === to[0]?.[1];
  if (!isPlain || high < low) reader.refuse('a range that does not go from a character to a later one');
  return isPlain && high >= low ? [[low, high]] : ALL;
};

const readMember = (reader: Reader): Characters => {
  if (reader.peek() === '\\') return readEscape(reader);
  const point = reader.take().codePointAt(0) ?? 0;
  return [[point, point]];
};

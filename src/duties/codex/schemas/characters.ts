// Sets of characters: sorted ranges of code points. The alphabet is all of Unicode; a string is read code point by code point.

/** Inclusive ranges, sorted, with a gap between any two. */
export type Characters = readonly (readonly [from: number, to: number])[];

export const LAST = 0x10ffff;
export const ALL: Characters = [[0, LAST]];

/** Sorts and joins ranges in any order. */
export const characters = (ranges: Characters): Characters => {
  const joined: [number, number][] = [];
  for (const [from, to] of ranges.toSorted((a, b) => a[0] - b[0])) {
    const last = joined.at(-1);
    if (last !== undefined && from <= last[1] + 1) last[1] = Math.max(last[1], to);
    else joined.push([from, to]);
  }
  return joined;
};

export const allBut = (set: Characters): Characters => {
  const gaps: [number, number][] = [];
  let next = 0;
  for (const [from, to] of set) {
    if (from > next) gaps.push([next, from - 1]);
    next = to + 1;
  }
  return next > LAST ? gaps : [...gaps, [next, LAST]];
};

export const hasCharacter = (set: Characters, point: number): boolean =>
  set.some(([from, to]) => from <= point && point <= to);

/** Halves of pairs of UTF-16: alone they are no character, and no witness is made of them. */
const SURROGATES = [0xd800, 0xdfff] as const;
/** Best for the eye of a person, in this order: small letters, digits, capital letters, the rest of ASCII that has a shape. */
const READABLE: Characters = [
  [0x61, 0x7a],
  [0x30, 0x39],
  [0x41, 0x5a],
  [0x21, 0x7e],
  [0x20, 0x20],
];

/** How readable a character is: less is better. */
const rank = (point: number): number => {
  const index = READABLE.findIndex(([from, to]) => from <= point && point <= to);
  return index < 0 ? READABLE.length : index;
};

/** The most readable character between two points; null when there is none but halves of pairs. */
const bestBetween = (from: number, to: number): number | null => {
  for (const [low, high] of READABLE) {
    const first = Math.max(low, from);
    if (first <= Math.min(high, to)) return first;
  }
  const first = from >= SURROGATES[0] && from <= SURROGATES[1] ? SURROGATES[1] + 1 : from;
  return first <= to ? first : null;
};

/** One character for each stretch between neighbouring bounds, the readable ones first. */
export const representatives = (bounds: ReadonlySet<number>): readonly number[] => {
  const starts = [...new Set([0, ...bounds])].filter((point) => point <= LAST).toSorted((a, b) => a - b);
  const points = starts.map((start, index) => bestBetween(start, (starts[index + 1] ?? LAST + 1) - 1));
  return points.filter((point) => point !== null).toSorted((a, b) => rank(a) - rank(b) || a - b);
};

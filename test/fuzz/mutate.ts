// Mutation: a valid input changed by a few small accidents, byte by byte, or value by value when it is JSON.

import type { Chance } from './chance.ts';

/** Longer inputs find nothing that shorter ones do not, and cost time; the named attacks are the long ones. */
const INPUT_BYTES_MAX = 16_384;
const CHANGES_MAX = 6;

const NASTY_BYTES = [0x00, 0x01, 0x0a, 0x0d, 0x1b, 0x22, 0x27, 0x5c, 0x7f, 0x80, 0x9b, 0xc0, 0xe2, 0xff] as const;

/** Texts that have broken programs before. */
export const NASTY_TEXTS: readonly string[] = [
  '',
  '\u0000',
  '\u001b[2J\u001b]0;owned\u0007',
  '\u202egnp.exe',
  '\u2066\u200e\ufeff',
  '<script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>',
  '${env:HOME}',
  '${file:/etc/passwd}',
  '../../etc/passwd',
  '__proto__',
  'constructor',
  '\ud800',
  '%00%ff',
  '\r\nX: y\r\n\r\n',
  'a'.repeat(3_000),
  '('.repeat(300),
  '://:::::@@@',
  '1e999',
  '-1',
  '99999999999999999999',
];

const NASTY_VALUES: readonly unknown[] = [
  null,
  true,
  0,
  -1,
  0.5,
  1e300,
  -8.64e15 - 1,
  Number.MAX_SAFE_INTEGER + 1,
  [],
  {},
  [[[[[]]]]],
];

type Change = (input: Buffer, chance: Chance, words: readonly string[]) => Buffer;

const splice = (input: Buffer, at: number, removed: number, added: Buffer): Buffer =>
  Buffer.concat([input.subarray(0, at), added, input.subarray(at + removed)]);

const flip: Change = (input, chance) => {
  const copy = Buffer.from(input);
  const at = chance.whole(Math.max(1, copy.length));
  copy[at] = (copy[at] ?? 0) ^ (1 << chance.whole(8));
  return copy;
};

const poke: Change = (input, chance) =>
  splice(input, chance.whole(input.length + 1), chance.whole(2), Buffer.of(chance.one(NASTY_BYTES)));

const cut: Change = (input, chance) =>
  splice(input, chance.whole(input.length + 1), chance.whole(Math.min(64, input.length + 1)), Buffer.alloc(0));

const end: Change = (input, chance) => input.subarray(0, chance.whole(input.length + 1));

const repeat: Change = (input, chance) => {
  const from = chance.whole(input.length + 1);
  const part = input.subarray(from, from + 1 + chance.whole(40));
  const times = 1 + chance.whole(chance.one([2, 8, 200]));
  return splice(input, from, 0, Buffer.concat(Array.from({ length: times }, () => part)));
};

const word: Change = (input, chance, words) => {
  const text = chance.one([...words, ...NASTY_TEXTS]);
  return splice(input, chance.whole(input.length + 1), chance.whole(4), Buffer.from(text));
};

const number: Change = (input, chance) => {
  const places = [...input.toString('latin1').matchAll(/\d+/g)];
  const found = places.length === 0 ? undefined : chance.one(places);
  if (found === undefined) return input;
  const text = chance.one(['0', '-1', '1e999', '2147483648', '4294967295', '99999999999999999999', '1'.repeat(400)]);
  return splice(input, found.index, found[0].length, Buffer.from(text));
};

const CHANGES: readonly Change[] = [flip, poke, poke, cut, end, repeat, word, word, number];

/** Replaces some leaves of a JSON value; the shape mostly stays what a decoder lets through. */
const mutateValue = (value: unknown, chance: Chance, rate: number): unknown => {
  if (chance.next() < rate) {
    if (typeof value === 'string') return chance.one(NASTY_TEXTS);
    if (typeof value === 'number') return chance.one([0, -1, 1e300, -1e300, 8.64e15, 1.5, 2 ** 53]);
    return chance.one(NASTY_VALUES);
  }
  if (Array.isArray(value)) return value.map((item) => mutateValue(item, chance, rate));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, mutateValue(part, chance, rate)]));
};

const mutateJson = (seed: Buffer, chance: Chance): Buffer | null => {
  try {
    const value: unknown = JSON.parse(seed.toString('utf8'));
    return Buffer.from(JSON.stringify(mutateValue(value, chance, chance.one([0.02, 0.1]))));
  } catch {
    return null;
  }
};

const mutateBytes = (seed: Buffer, chance: Chance, words: readonly string[]): Buffer => {
  let input = seed;
  const changes = 1 + chance.whole(CHANGES_MAX);
  for (let index = 0; index < changes; index += 1) {
    input = chance.one(CHANGES)(input, chance, words).subarray(0, INPUT_BYTES_MAX);
  }
  return input;
};

/** The next input of a campaign: the same chance gives the same input. */
export const mutate = (seeds: readonly Buffer[], chance: Chance, words: readonly string[]): Buffer => {
  const seed = chance.one(seeds);
  const isByValue = (seed[0] === 0x7b || seed[0] === 0x5b) && chance.next() < 0.5;
  return (isByValue ? mutateJson(seed, chance) : null) ?? mutateBytes(seed, chance, words);
};

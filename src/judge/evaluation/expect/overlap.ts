// How much two texts have in common, by their words and characters.

import { scored, undecided, yesOrNo, type Found } from './found.ts';

/** Beyond so many steps a comparison of characters would hold up everything else. */
const STEPS_MAX = 25_000_000;

/** Levenshtein's distance (1966) in code points; null: the texts are too long for it. */
export const distance = (a: string, b: string): number | null => {
  const [short, long] = a.length < b.length ? [[...a], [...b]] : [[...b], [...a]];
  if (short.length * long.length > STEPS_MAX) return null;
  let before = Array.from({ length: short.length + 1 }, (_, index) => index);
  for (const [row, sign] of long.entries()) {
    const now = [row + 1];
    for (const [column, other] of short.entries()) {
      const changed = (before[column] ?? 0) + (sign === other ? 0 : 1);
      now.push(Math.min(changed, (before[column + 1] ?? 0) + 1, (now[column] ?? 0) + 1));
    }
    before = now;
  }
  return before[short.length] ?? 0;
};

export const isNear = (text: string, wanted: string, most: number): Found => {
  if (Math.abs([...text].length - [...wanted].length) > most) return yesOrNo(false, `more than ${most} edits away`);
  const edits = distance(text, wanted);
  return edits === null
    ? undecided('too long to be compared by characters')
    : yesOrNo(edits <= most, `${edits} edits away`);
};

const wordsOf = (text: string): readonly string[] => text.toLowerCase().trim().split(/\s+/).filter(Boolean);
/** Words and signs each for themselves, as in the tokens of a tree bank. */
const tokensOf = (text: string): readonly string[] => text.toLowerCase().match(/[\p{L}\p{N}]+|[^\s\p{L}\p{N}]/gu) ?? [];

type Counts = ReadonlyMap<string, number>;

const gramsOf = (words: readonly string[], size: number): Counts => {
  const counts = new Map<string, number>();
  for (let from = 0; from + size <= words.length; from += 1) {
    const gram = words.slice(from, from + size).join(' ');
    counts.set(gram, (counts.get(gram) ?? 0) + 1);
  }
  return counts;
};

const totalOf = (counts: Counts): number => [...counts.values()].reduce((sum, count) => sum + count, 0);

const inCommon = (a: Counts, b: Counts): number =>
  [...a].reduce((sum, [gram, count]) => sum + Math.min(count, b.get(gram) ?? 0), 0);

/** ROUGE-1: the part of the reference's words that is there (Lin 2004). */
const rouge = (text: string, reference: string): number => {
  const wanted = gramsOf(tokensOf(reference), 1);
  const total = totalOf(wanted);
  return total === 0 ? 0 : inCommon(gramsOf(tokensOf(text), 1), wanted) / total;
};

const ORDERS = [1, 2, 3, 4] as const;
/** In place of a share of nothing, whose logarithm does not exist. */
const ALMOST_NOTHING = 1e-7;

/** The most that any reference has of each gram. */
const mostOf = (references: readonly Counts[]): Counts => {
  const most = new Map<string, number>();
  for (const [gram, count] of references.flatMap((counts) => [...counts])) {
    most.set(gram, Math.max(count, most.get(gram) ?? 0));
  }
  return most;
};

/** BLEU of one sentence (Papineni et al. 2002), orders 1 to 4 with even weights. */
const bleu = (text: string, references: readonly string[]): number => {
  const words = wordsOf(text);
  const wanted = references.map(wordsOf).filter((each) => each.length > 0);
  if (words.length === 0 || wanted.length === 0) return 0;
  const logs = ORDERS.map((order) => {
    const grams = gramsOf(words, order);
    const common = inCommon(grams, mostOf(wanted.map((each) => gramsOf(each, order))));
    return Math.log(common === 0 ? ALMOST_NOTHING : common / totalOf(grams));
  });
  const gap = (each: readonly string[]): number => Math.abs(each.length - words.length);
  const nearest = wanted.reduce((best, each) => (gap(each) < gap(best) ? each : best));
  const brevity = words.length > nearest.length ? 0 : 1 - nearest.length / words.length;
  return Math.exp(brevity + logs.reduce((sum, log) => sum + log, 0) / ORDERS.length);
};

/** GLEU of one sentence (Wu et al. 2016, arXiv 1609.08144): the smaller of precision and recall of all grams of 1 to 4 words. */
const gleu = (text: string, reference: string): number => {
  const plain = (it: string): readonly string[] =>
    wordsOf(it)
      .map((word) => word.replace(/\.+$/, ''))
      .filter(Boolean);
  const [said, wanted] = [plain(text), plain(reference)];
  const sum = (of: (order: number) => number): number => ORDERS.reduce((all, order) => all + of(order), 0);
  const common = sum((order) => inCommon(gramsOf(said, order), gramsOf(wanted, order)));
  const most = Math.max(
    sum((order) => totalOf(gramsOf(said, order))),
    sum((order) => totalOf(gramsOf(wanted, order))),
  );
  return most === 0 ? 0 : common / most;
};

export type Measure = 'rouge-n' | 'bleu' | 'gleu';

const SCORES: Readonly<Record<Measure, (text: string, references: readonly string[]) => number>> = {
  'rouge-n': (text, references) => Math.max(0, ...references.map((each) => rouge(text, each))),
  bleu,
  gleu: (text, references) => Math.max(0, ...references.map((each) => gleu(text, each))),
};

export const overlaps = (text: string, measure: Measure, references: readonly string[], least: number): Found =>
  scored(SCORES[measure](text, references), least, measure);

/** The cosine of the angle between two vectors; 0 where one has no length. */
export const cosine = (a: readonly number[], b: readonly number[]): number => {
  const product = (x: readonly number[], y: readonly number[]): number =>
    x.reduce((sum, value, index) => sum + value * (y[index] ?? 0), 0);
  const length = Math.sqrt(product(a, a) * product(b, b));
  return length === 0 ? 0 : product(a, b) / length;
};

// Languages: sets of strings, as regular expressions that also know `both` and `not`. One string after another is taken
// off by derivatives (J. Brzozowski, 1964; S. Owens, J. Reppy, A. Turon: Regular-expression derivatives re-examined, 2009):
// the derivative of a language by a character is what may follow it. There are finitely many of them up to the rules by
// which the makers below join equal parts, so that a search through them ends: with the shortest string, or with none.

import { ALL, hasCharacter, LAST, representatives, type Characters } from './characters.ts';

type Shape =
  | { readonly kind: 'none' }
  | { readonly kind: 'word'; readonly text: string }
  | { readonly kind: 'one'; readonly of: Characters }
  | { readonly kind: 'then'; readonly first: Language; readonly rest: Language }
  | { readonly kind: 'repeat'; readonly of: Language; readonly min: number; readonly max: number }
  | { readonly kind: 'either' | 'both'; readonly of: readonly Language[] }
  | { readonly kind: 'not'; readonly of: Language };

/** `key`: equal keys are equal languages. `hasEmpty`: the empty string is in it. */
export type Language = Shape & { readonly key: string; readonly hasEmpty: boolean };

export const NOTHING: Language = { kind: 'none', key: '0', hasEmpty: false };

/** Exactly this text. */
export const word = (text: string): Language => ({
  kind: 'word',
  text,
  key: JSON.stringify(text),
  hasEmpty: text === '',
});

const EMPTY = word('');

/** One character of a set. */
export const one = (of: Characters): Language =>
  of.length === 0
    ? NOTHING
    : { kind: 'one', of, key: `[${of.map((range) => range.join('-')).join(' ')}]`, hasEmpty: false };

/** First the one, then the other. */
export const follow = (first: Language, rest: Language): Language => {
  if (first.kind === 'none' || rest.kind === 'none') return NOTHING;
  if (first === EMPTY || (first.kind === 'word' && first.text === '')) return rest;
  if (rest.kind === 'word' && rest.text === '') return first;
  // Everything and then whatever may be empty is everything again, and the other way round.
  if (first.key === ANYTHING.key && rest.hasEmpty) return ANYTHING;
  if (rest.key === ANYTHING.key && first.hasEmpty) return ANYTHING;
  if (first.kind === 'word' && rest.kind === 'word') return word(first.text + rest.text);
  if (first.kind === 'then') return follow(first.first, follow(first.rest, rest));
  return {
    kind: 'then',
    first,
    rest,
    key: `(${first.key}.${rest.key})`,
    hasEmpty: first.hasEmpty && rest.hasEmpty,
  };
};

/** `min` to `max` times; `max` may be Infinity. */
export const repeat = (of: Language, min: number, max: number): Language => {
  if (max === 0 || (of.kind === 'word' && of.text === '')) return EMPTY;
  if (of.kind === 'none') return min === 0 ? EMPTY : NOTHING;
  if (min === 1 && max === 1) return of;
  const isStar = of.kind === 'repeat' && of.min === 0 && of.max === Infinity;
  if (isStar) return of;
  const least = of.hasEmpty ? 0 : min;
  return { kind: 'repeat', of, min: least, max, key: `{${of.key} ${least},${max}}`, hasEmpty: least === 0 };
};

/** Every string. */
export const ANYTHING: Language = repeat(one(ALL), 0, Infinity);

/** Not in it. */
export const not = (of: Language): Language => {
  if (of.kind === 'not') return of.of;
  if (of.key === ANYTHING.key) return NOTHING;
  if (of.kind === 'none') return ANYTHING;
  return { kind: 'not', of, key: `!${of.key}`, hasEmpty: !of.hasEmpty };
};

const isOpposite = (keys: ReadonlySet<string>, each: Language): boolean => keys.has(not(each).key);

type Joining = { readonly kind: 'either' | 'both'; readonly zero: Language; readonly all: Language };

/** Flat, sorted, each once; `zero` is left out, and `all` takes all the rest. */
const join = ({ kind, zero, all }: Joining, parts: readonly Language[]): Language => {
  const flat = parts.flatMap((part) => (part.kind === kind ? part.of : [part]));
  const byKey = new Map(flat.filter(({ key }) => key !== zero.key).map((part) => [part.key, part]));
  const keys = new Set(byKey.keys());
  if (keys.has(all.key)) return all;
  const of = [...byKey.values()].toSorted((a, b) => (a.key < b.key ? -1 : 1));
  const whole = new Set(parts.map(({ key }) => key));
  if (of.some((each) => isOpposite(keys, each)) || parts.some((each) => isOpposite(whole, each))) return all;
  const [first, second] = of;
  if (first === undefined) return zero;
  if (second === undefined) return first;
  const hasEmpty = kind === 'both' ? of.every((each) => each.hasEmpty) : of.some((each) => each.hasEmpty);
  return { kind, of, key: `${kind === 'both' ? '&' : '|'}(${of.map(({ key }) => key).join(' ')})`, hasEmpty };
};

/** In one of them at least. */
export const either = (parts: readonly Language[]): Language =>
  join({ kind: 'either', zero: NOTHING, all: ANYTHING }, parts);

/** In all of them. */
export const both = (parts: readonly Language[]): Language =>
  join({ kind: 'both', zero: ANYTHING, all: NOTHING }, parts);

/** What may follow the character in a string of the language. */
const derivative = (of: Language, point: number): Language => {
  switch (of.kind) {
    case 'none':
      return NOTHING;
    case 'word':
      return of.text.codePointAt(0) === point ? word(of.text.slice(point > 0xffff ? 2 : 1)) : NOTHING;
    case 'one':
      return hasCharacter(of.of, point) ? EMPTY : NOTHING;
    case 'then': {
      const within = follow(derivative(of.first, point), of.rest);
      return of.first.hasEmpty ? either([within, derivative(of.rest, point)]) : within;
    }
    case 'repeat':
      return follow(derivative(of.of, point), repeat(of.of, Math.max(0, of.min - 1), of.max - 1));
    case 'either':
      return either(of.of.map((each) => derivative(each, point)));
    case 'both':
      return both(of.of.map((each) => derivative(each, point)));
    default:
      return not(derivative(of.of, point));
  }
};

/** Where the first character may begin to matter: between two neighbouring bounds, all derivatives are the same. */
const addBounds = (of: Language, bounds: Set<number>): void => {
  if (of.kind === 'word') addBoundsOf([[of.text.codePointAt(0) ?? LAST, of.text.codePointAt(0) ?? LAST]], bounds);
  if (of.kind === 'one') addBoundsOf(of.of, bounds);
  if (of.kind === 'then') {
    addBounds(of.first, bounds);
    if (of.first.hasEmpty) addBounds(of.rest, bounds);
  }
  if (of.kind === 'repeat' || of.kind === 'not') addBounds(of.of, bounds);
  if (of.kind === 'either' || of.kind === 'both') for (const each of of.of) addBounds(each, bounds);
};

const addBoundsOf = (set: Characters, bounds: Set<number>): void => {
  for (const [from, to] of set) bounds.add(from).add(to + 1);
};

type State = { readonly rest: Language; readonly next: Map<number, State> };

/** Steps that one language keeps; texts of people take some hundreds. */
const STEPS_KEPT = 10_000;

/** The states of a language that were reached so far, and the steps between them: made while texts are read. */
class Automaton {
  readonly #states = new Map<string, State>();
  #steps = 0;

  stateOf(rest: Language): State {
    const known = this.#states.get(rest.key);
    if (known !== undefined) return known;
    const state: State = { rest, next: new Map() };
    this.#states.set(rest.key, state);
    return state;
  }

  step(from: State, point: number): State {
    const known = from.next.get(point);
    if (known !== undefined) return known;
    if (this.#steps >= STEPS_KEPT) this.#forget();
    const state = this.stateOf(derivative(from.rest, point));
    from.next.set(point, state);
    this.#steps += 1;
    return state;
  }

  #forget(): void {
    this.#states.clear();
    this.#steps = 0;
  }
}

/** Made once for each language: schemas are read once, and answers come in thousands. */
const automata = new WeakMap<Language, Automaton>();

const automatonOf = (language: Language): Automaton => {
  const known = automata.get(language);
  if (known !== undefined) return known;
  const made = new Automaton();
  automata.set(language, made);
  return made;
};

/** Whether the text is in the language. Takes time in proportion to the text: nothing is tried and taken back. */
export const isIn = (language: Language, text: string): boolean => {
  const automaton = automatonOf(language);
  let state = automaton.stateOf(language);
  for (const character of text) {
    state = automaton.step(state, character.codePointAt(0) ?? 0);
    if (state.rest.kind === 'none') return false;
  }
  return state.rest.hasEmpty;
};

export type Size = { readonly min: number; readonly max: number };
export type Found = { readonly kind: 'found'; readonly text: string } | { readonly kind: 'none' | 'unsure' };

type Spot = { readonly rest: Language; readonly length: number; readonly point: number; readonly before: Spot | null };

/** Rests of the language that are looked at before the search is given up, and the length of all their names together. */
const SPOTS_MAX = 4_000;
const NAMES_MAX = 2_000_000;
/** No longer text is made only to be long. */
const LENGTH_MAX = 100_000;

/** Takes so many rests off a patience that others share; false when it is spent. */
export type Spend = (rests: number) => boolean;

type Seen = { readonly keys: Set<string>; length: number };

const isSpent = (seen: Seen): boolean => seen.keys.size > SPOTS_MAX || seen.length > NAMES_MAX;

/** The shortest string of the language whose number of characters is within the size: `none` is a proof, `unsure` is not. */
export const shortest = (language: Language, size: Size, spend: Spend = () => true): Found => {
  if (size.min > size.max) return { kind: 'none' };
  if (language.key === ANYTHING.key)
    return size.min > LENGTH_MAX ? { kind: 'unsure' } : { kind: 'found', text: 'a'.repeat(size.min) };
  const seen: Seen = { keys: new Set(), length: 0 };
  let row: readonly Spot[] = [{ rest: language, length: 0, point: 0, before: null }];
  while (row.length > 0) {
    const end = row.find(({ rest, length }) => rest.hasEmpty && length >= size.min);
    if (end !== undefined) return { kind: 'found', text: spell(end) };
    if ((row[0]?.length ?? 0) >= size.max) return { kind: 'none' };
    row = row.flatMap((spot) => followers(spot, size.min, seen));
    if (isSpent(seen) || !spend(row.length)) return { kind: 'unsure' };
  }
  return { kind: 'none' };
};

const followers = (spot: Spot, min: number, seen: Seen): readonly Spot[] => {
  if (isSpent(seen)) return [];
  const bounds = new Set<number>();
  addBounds(spot.rest, bounds);
  const length = spot.length + 1;
  return representatives(bounds).flatMap((point): readonly Spot[] => {
    const rest = derivative(spot.rest, point);
    const key = `${Math.min(length, min)}${rest.key}`;
    if (rest.kind === 'none' || seen.keys.has(key)) return [];
    seen.keys.add(key);
    seen.length += key.length;
    return [{ rest, length, point, before: spot }];
  });
};

const spell = (end: Spot): string => {
  const points: number[] = [];
  for (let spot: Spot = end; spot.before !== null; spot = spot.before) points.push(spot.point);
  return points
    .toReversed()
    .map((point) => String.fromCodePoint(point))
    .join('');
};

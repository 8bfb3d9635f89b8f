// An array with what is demanded of its items, as short as can be.

import type { Json } from '#kernel/evidence.ts';
import { unwanted, type Atom, type Goal } from './demands.ts';
import { constant } from './keywords.ts';
import { textOf } from './schema.ts';
import { sizeOf, type Seeker, type Witness } from './seeker.ts';

type Stretch = { readonly from: number; readonly to: number; readonly goals: readonly Goal[] };

type Demand = {
  readonly items: readonly Stretch[];
  readonly some: readonly Stretch[];
  readonly min: number;
  readonly max: number;
  readonly isUnique: boolean;
  readonly hasTwins: boolean;
  /** From here on, all places are alike. */
  readonly alikeFrom: number;
};

/** What is asked at each place. */
type Places = readonly (readonly Goal[])[];

const LENGTH_MAX = 2_000;
/** To fill a place that is like another costs little. */
const PLACES_A_STEP = 50;
/** Unique items beyond these are not matched to their places one by one. */
const UNIQUE_MAX = 40;

/** A longest array need not be longer than what is demanded of some item: all else could be left out of it. */
export const findArray = (atoms: readonly Atom[], seeker: Seeker): Witness => {
  const demand = read(atoms);
  if (demand.isUnique && demand.hasTwins) return { kind: 'none' };
  if (demand.min > LENGTH_MAX) return { kind: demand.min > demand.max ? 'none' : 'unsure' };
  const enough = Math.max(demand.min, demand.alikeFrom + demand.some.length + (demand.hasTwins ? 2 : 0));
  let isSure = true;
  for (let length = demand.min; length <= Math.min(enough, demand.max); length += 1) {
    const made = findOfLength(demand, length, seeker);
    if (made.kind === 'found') return made;
    if (made.kind === 'unsure') isSure = false;
    if (!seeker.spend()) return { kind: 'unsure' };
  }
  return { kind: isSure ? 'none' : 'unsure' };
};

const read = (atoms: readonly Atom[]): Demand => {
  const items = atoms.filter((atom) => atom.kind === 'items');
  const some = atoms.filter((atom) => atom.kind === 'someItem');
  const ends = [...items, ...some].flatMap(({ from, to }) => [from, to].filter((end) => end < Infinity));
  return {
    items,
    some,
    ...sizeOf(atoms),
    isUnique: atoms.some((atom) => atom.kind === 'unique' && atom.isWanted),
    hasTwins: atoms.some((atom) => atom.kind === 'unique' && !atom.isWanted),
    alikeFrom: Math.max(0, ...ends),
  };
};

const findOfLength = (demand: Demand, length: number, seeker: Seeker): Witness => {
  if (!seeker.spend(1 + length / PLACES_A_STEP)) return { kind: 'unsure' };
  const places = Array.from({ length }, (_, index) =>
    demand.items.flatMap(({ from, to, goals }) => (index >= from && index < to ? goals : [])),
  );
  let isSure = true;
  for (const seated of seatings(demand, places, demand.some)) {
    const made = demand.hasTwins ? findWithTwins(demand, seated, seeker) : findItems(demand, seated, seeker);
    if (made.kind === 'found') return made;
    if (made.kind === 'unsure') isSure = false;
    if (!seeker.spend()) return { kind: 'unsure' };
  }
  return { kind: isSure ? 'none' : 'unsure' };
};

const add = (places: Places, index: number, goals: readonly Goal[]): Places =>
  places.with(index, [...(places[index] ?? []), ...goals]);

/** Every place for what is demanded of some item. Of places that are alike, so many are tried as there are demands. */
function* seatings(demand: Demand, places: Places, left: readonly Stretch[]): Generator<Places> {
  const [first, ...others] = left;
  if (first === undefined) {
    yield places;
    return;
  }
  const end = Math.min(first.to, places.length, demand.alikeFrom + demand.some.length);
  for (let index = first.from; index < end; index += 1) {
    yield* seatings(demand, add(places, index, first.goals), others);
  }
}

const findWithTwins = (demand: Demand, places: Places, seeker: Seeker): Witness => {
  const end = Math.min(places.length, demand.alikeFrom + demand.some.length + 2);
  let isSure = true;
  for (let second = 1; second < end; second += 1) {
    for (let first = 0; first < second; first += 1) {
      const goals = [...(places[first] ?? []), ...(places[second] ?? [])];
      const twin = seeker.find(goals);
      const made = twin.kind === 'found' ? findItems(demand, places, seeker) : twin;
      if (twin.kind === 'found' && made.kind === 'found' && Array.isArray(made.value))
        return { kind: 'found', value: made.value.with(first, twin.value).with(second, twin.value) };
      if (made.kind === 'unsure') isSure = false;
      if (!seeker.spend()) return { kind: 'unsure' };
    }
  }
  return { kind: isSure ? 'none' : 'unsure' };
};

const findItems = (demand: Demand, places: Places, seeker: Seeker): Witness => {
  if (demand.isUnique) return findUniqueItems(places, seeker);
  const values: Json[] = [];
  let isSure = true;
  for (const goals of places) {
    const witness = seeker.find(goals);
    if (witness.kind === 'found') values.push(witness.value);
    else if (witness.kind === 'none') return witness;
    else isSure = false;
  }
  return isSure ? { kind: 'found', value: values } : { kind: 'unsure' };
};

/** As many different values for a place as there are places are enough: one of them is always free. Then they are matched. */
const findUniqueItems = (places: Places, seeker: Seeker): Witness => {
  if (places.length > UNIQUE_MAX) return { kind: 'unsure' };
  const choices: (readonly Json[])[] = [];
  let isSure = true;
  for (const goals of places) {
    const several = findSeveral(goals, places.length, seeker);
    if (several.values.length === 0) return { kind: several.isSure ? 'none' : 'unsure' };
    if (!several.isSure) isSure = false;
    choices.push(several.values);
  }
  const value = match(choices);
  if (value !== null) return { kind: 'found', value };
  return { kind: isSure ? 'none' : 'unsure' };
};

type Several = { readonly values: readonly Json[]; readonly isSure: boolean };

const findSeveral = (goals: readonly Goal[], count: number, seeker: Seeker): Several => {
  const values: Json[] = [];
  while (values.length < count) {
    const witness = seeker.find([...goals, ...values.map((value) => unwanted(constant(value)))]);
    if (witness.kind !== 'found') return { values, isSure: witness.kind === 'none' };
    values.push(witness.value);
  }
  return { values, isSure: true };
};

/** One value for each place, no two the same (augmenting paths, H. Kuhn 1955); null when there is no such choice. */
const match = (choices: readonly (readonly Json[])[]): readonly Json[] | null => {
  const texts = choices.map((values) => values.map((value) => textOf(value)));
  const owner = new Map<string, number>();
  const seat = (place: number, tried: Set<string>): boolean =>
    (texts[place] ?? []).some((text) => {
      if (tried.has(text)) return false;
      tried.add(text);
      const before = owner.get(text);
      if (before !== undefined && !seat(before, tried)) return false;
      owner.set(text, place);
      return true;
    });
  if (!choices.every((_, place) => seat(place, new Set()))) return null;
  const taken = new Map([...owner].map(([text, place]) => [place, text]));
  return choices.map((values, place) => values.find((value) => textOf(value) === taken.get(place)) ?? null);
};

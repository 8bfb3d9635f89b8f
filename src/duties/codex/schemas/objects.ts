// An object with what is demanded of its properties. Names that are written somewhere stand for themselves; every other name is
// one of those that the patterns cannot tell apart, and one of each sort is tried.

import type { Json } from '#kernel/evidence.ts';
import { ANY_NAME, type Atom, type Goal } from './demands.ts';
import { both, either, not, word, type Language } from './language.ts';
import { meets, sizeOf, type Seeker, type Witness } from './seeker.ts';

type Each = Extract<Atom, { readonly kind: 'each' }>;
type Some = Extract<Atom, { readonly kind: 'some' }>;

type GoalsByName = ReadonlyMap<string, readonly Goal[]>;

type Demand = {
  /** What is asked of the value of a property, if it is there: by its own name, and by patterns. */
  readonly each: GoalsByName;
  readonly patterned: readonly Each[];
  /** With a name of their own: these properties must be there. */
  readonly named: GoalsByName;
  readonly some: readonly Some[];
  readonly nameGoals: readonly Goal[];
  /** All names that are written somewhere. */
  readonly words: readonly string[];
  readonly min: number;
  readonly max: number;
};

/** Where the demanded properties are put: at written names, or at new ones. */
type Seating = { readonly named: GoalsByName; readonly fresh: readonly Some[] };
type Properties = ReadonlyMap<string, Json>;
type Filling = { readonly kind: 'found'; readonly properties: Properties } | { readonly kind: 'none' | 'unsure' };

/** Properties that are added only to make up the number. */
const FILL_MAX = 200;

export const findObject = (atoms: readonly Atom[], seeker: Seeker): Witness => {
  const demand = read(atoms);
  if (demand.min > demand.max) return { kind: 'none' };
  let isSure = true;
  for (const seating of seatings(demand, { named: demand.named, fresh: [] }, demand.some)) {
    const made = furnish(demand, seating, seeker);
    if (made.kind === 'found') return { kind: 'found', value: Object.fromEntries(made.properties) };
    if (made.kind === 'unsure') isSure = false;
    if (!seeker.spend()) return { kind: 'unsure' };
  }
  return { kind: isSure ? 'none' : 'unsure' };
};

const read = (atoms: readonly Atom[]): Demand => {
  const each = atoms.filter((atom) => atom.kind === 'each');
  const some = atoms.filter((atom) => atom.kind === 'some');
  const [byName, named] = [goalsByName(each), goalsByName(some)];
  return {
    each: byName,
    patterned: each.filter(({ name }) => name === null),
    named,
    some: some.filter(({ name }) => name === null),
    nameGoals: atoms.flatMap((atom) => (atom.kind === 'names' ? atom.goals : [])),
    words: [...new Set([...byName.keys(), ...named.keys()])],
    ...sizeOf(atoms),
  };
};

const goalsByName = (list: readonly (Each | Some)[]): GoalsByName => {
  const byName = new Map<string, Goal[]>();
  for (const { name, goals } of list) {
    if (name === null) continue;
    const known = byName.get(name);
    if (known === undefined) byName.set(name, [...goals]);
    else known.push(...goals);
  }
  return byName;
};

/** All that is asked of the value of a property with this name. */
const askedOf = (demand: Demand, name: string): readonly Goal[] => [
  ...(demand.each.get(name) ?? []),
  ...demand.patterned.flatMap((each) => (each.covers(name) ? each.goals : [])),
];

/** Every way to seat what is demanded of some property: at a new name, at a written one, or together with another. */
function* seatings(demand: Demand, seating: Seating, left: readonly Some[]): Generator<Seating> {
  if (seating.named.size > demand.max) return;
  const [first, ...others] = left;
  if (first === undefined) {
    if (seating.named.size + seating.fresh.length <= demand.max) yield seating;
    return;
  }
  yield* seatings(demand, { ...seating, fresh: [...seating.fresh, first] }, others);
  for (const name of demand.words.filter((each) => first.covers(each) && meets(each, first.nameGoals))) {
    const named = new Map(seating.named).set(name, [...(seating.named.get(name) ?? []), ...first.goals]);
    yield* seatings(demand, { ...seating, named }, others);
  }
  for (const [index, host] of seating.fresh.entries()) {
    yield* seatings(demand, { ...seating, fresh: seating.fresh.with(index, merged(host, first)) }, others);
  }
}

const merged = (a: Some, b: Some): Some => ({
  ...a,
  names: both([a.names, b.names]),
  covers: (name) => a.covers(name) && b.covers(name),
  goals: [...a.goals, ...b.goals],
  nameGoals: [...a.nameGoals, ...b.nameGoals],
});

const furnish = (demand: Demand, seating: Seating, seeker: Seeker): Filling => {
  const properties = new Map<string, Json>();
  let isSure = true;
  // Where most is asked a contradiction is most likely, and one is enough.
  const asked = [...seating.named].map(([name, goals]) => ({ name, goals: [...goals, ...askedOf(demand, name)] }));
  for (const { name, goals } of asked.toSorted((a, b) => b.goals.length - a.goals.length)) {
    const witness = findNamed(demand, name, goals, seeker);
    if (witness.kind === 'found') properties.set(name, witness.value);
    else if (witness.kind === 'none') return witness;
    else isSure = false;
  }
  if (!isSure) return { kind: 'unsure' };
  for (const some of seating.fresh) {
    const pair = findFresh(demand, some, { seeker, taken: properties });
    // An earlier one may have taken the only name that this one could have had.
    if (pair.kind === 'none' && seating.fresh.length > 1) return { kind: 'unsure' };
    if (pair.kind !== 'found') return pair;
    properties.set(pair.name, pair.value);
  }
  return fill(demand, properties, seeker);
};

const findNamed = (demand: Demand, name: string, goals: readonly Goal[], seeker: Seeker): Witness =>
  meets(name, demand.nameGoals) ? seeker.find(goals) : { kind: 'none' };

type Pair =
  { readonly kind: 'found'; readonly name: string; readonly value: Json } | { readonly kind: 'none' | 'unsure' };
type Around = { readonly seeker: Seeker; readonly taken: Properties };

/** A name that is written nowhere, with its value. */
const findFresh = (demand: Demand, some: Some, { seeker, taken }: Around): Pair => {
  const written = not(either([...demand.words, ...taken.keys()].map(word)));
  const start: Sort = { names: both([some.names, written]), goals: some.goals };
  const nameGoals = [...some.nameGoals, ...demand.nameGoals];
  let isSure = true;
  for (const sort of sorts(start, demand.patterned, seeker)) {
    const name = findReadable(sort.names, nameGoals, seeker);
    const witness = name.kind === 'found' ? seeker.find(sort.goals) : name;
    if (name.kind === 'found' && witness.kind === 'found' && typeof name.value === 'string')
      return { kind: 'found', name: name.value, value: witness.value };
    if (witness.kind === 'unsure') isSure = false;
  }
  return { kind: isSure && seeker.spend() ? 'none' : 'unsure' };
};

/** The empty name is a name like any other, but a person overlooks it: it is the last that is taken. */
const findReadable = (names: Language, goals: readonly Goal[], seeker: Seeker): Witness => {
  const longer = seeker.findName(both([names, not(word(''))]), goals);
  return longer.kind === 'found' ? longer : seeker.findName(names, goals);
};

type Sort = { readonly names: Language; readonly goals: readonly Goal[] };

/** Names that every pattern either takes or leaves, with what is then asked of the value. */
function* sorts(sort: Sort, patterned: readonly Each[], seeker: Seeker): Generator<Sort> {
  if (sort.names.kind === 'none' || !seeker.spend()) return;
  const [first, ...others] = patterned;
  if (first === undefined) {
    yield sort;
    return;
  }
  yield* sorts({ ...sort, names: both([sort.names, not(first.names)]) }, others, seeker);
  const goals = [...sort.goals, ...first.goals];
  yield* sorts({ names: both([sort.names, first.names]), goals }, others, seeker);
}

const ANY: Some = { ...ANY_NAME, kind: 'some', goals: [], nameGoals: [] };

/** Adds properties until there are enough. Which one is taken first never bars another. */
const fill = (demand: Demand, properties: Properties, seeker: Seeker): Filling => {
  if (demand.min - properties.size > FILL_MAX) return { kind: 'unsure' };
  let isSure = true;
  const filled = new Map(properties);
  for (const name of demand.words.filter((each) => !properties.has(each))) {
    if (filled.size >= demand.min) break;
    const witness = findNamed(demand, name, askedOf(demand, name), seeker);
    if (witness.kind === 'found') filled.set(name, witness.value);
    if (witness.kind === 'unsure') isSure = false;
  }
  while (filled.size < demand.min) {
    const pair = findFresh(demand, ANY, { seeker, taken: filled });
    if (pair.kind !== 'found') return { kind: isSure ? pair.kind : 'unsure' };
    filled.set(pair.name, pair.value);
  }
  return { kind: 'found', properties: filled };
};

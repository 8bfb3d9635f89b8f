// Looks for a value that fits some schemas and does not fit others, or proves that there is none.
//
// Type by type, demands are unfolded until only atoms are left (a tableau), and a value is made from them: a number by exact
// arithmetic, a string by derivatives, arrays and objects from values that are looked for in the same way. A schema that
// speaks of itself ends: whoever needs a value in order to make that same value needs none, because the smallest one is
// made of smaller ones. The method is that of L. Attouche and others, Witness Generation for JSON Schema (2022), in short.

import type { Json } from '#kernel/evidence.ts';
import { findArray } from './arrays.ts';
import { demandsOf, type Atom, type Demands, type Goal } from './demands.ts';
import { both, isIn, shortest, type Language } from './language.ts';
import { findNumber } from './numbers.ts';
import { findObject } from './objects.ts';
import { meets, sizeOf, type Seeker, type Witness } from './seeker.ts';
import { typeOf, VALUE_TYPES, type Schema, type ValueType } from './schema.ts';

/** Steps of one search: some seconds at the very most, and hundreds of times more than schemas of people need. */
const STEPS_MAX = 100_000;
/** A rest of a language costs as much as so many steps; so does a number, which may be tried out. */
const STEPS_A_REST = 4;
const STEPS_A_NUMBER = 20;
const DEPTH_MAX = 100;
/** Choices that are open at once, each of which is a frame on the stack. */
const FORKS_MAX = 500;

/** Looks for a value with all of the goals. */
export const findWitness = (goals: readonly Goal[]): Witness => new Search().find(goals);

type Branch = {
  readonly seen: ReadonlySet<string>;
  readonly atoms: readonly Atom[];
  readonly forks: Demands['forks'];
};

const NO_DEMANDS: Demands = { atoms: [], goals: [], forks: [] };
const ROOT: Branch = { seen: new Set(), atoms: [], forks: [] };

class Search implements Seeker {
  readonly #known = new Map<string, Witness>();
  /** Short names of schemas: their keys are long, and are compared once. */
  readonly #names = new Map<Schema, number>();
  readonly #namesByKey = new Map<string, number>();
  /** Goals that are looked for now, with their depth. */
  readonly #open = new Map<string, number>();
  /** The least depth of an open search that an answer leaned on. */
  #leanedOn = Infinity;
  #steps = 0;

  spend(steps = 1): boolean {
    this.#steps += steps;
    return this.#steps <= STEPS_MAX;
  }

  find(goals: readonly Goal[]): Witness {
    const byKey = new Map(goals.map((goal) => [this.#keyOf(goal), goal]));
    const key = [...byKey.keys()].toSorted().join('\n');
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const open = this.#open.get(key);
    if (open !== undefined) {
      this.#leanedOn = Math.min(this.#leanedOn, open);
      return { kind: 'none' };
    }
    const depth = this.#open.size;
    if (depth >= DEPTH_MAX || !this.spend()) return { kind: 'unsure' };
    const outer = this.#leanedOn;
    this.#leanedOn = Infinity;
    this.#open.set(key, depth);
    const witness = this.#findOfAnyType([...byKey.values()]);
    this.#open.delete(key);
    // That there is none was found while something was taken for impossible that is still being looked for: not for keeps.
    const isForKeeps = witness.kind === 'found' || this.#leanedOn >= depth;
    if (isForKeeps && witness.kind !== 'unsure') this.#known.set(key, witness);
    this.#leanedOn = Math.min(outer, this.#leanedOn >= depth ? Infinity : this.#leanedOn);
    return witness;
  }

  findName(language: Language, goals: readonly Goal[]): Witness {
    let isSure = true;
    for (const atoms of this.#unfold('string', goals)) {
      const witness = this.#findText(atoms, language, goals);
      if (witness.kind === 'found') return witness;
      if (witness.kind === 'unsure') isSure = false;
    }
    return { kind: isSure && this.spend() ? 'none' : 'unsure' };
  }

  #findOfAnyType(goals: readonly Goal[]): Witness {
    let isSure = true;
    for (const type of VALUE_TYPES) {
      const witness = this.#findOfType(type, goals);
      if (witness.kind === 'found') return witness;
      if (witness.kind === 'unsure') isSure = false;
    }
    return { kind: isSure ? 'none' : 'unsure' };
  }

  #findOfType(type: ValueType, goals: readonly Goal[]): Witness {
    let isSure = true;
    for (const atoms of this.#unfold(type, goals)) {
      const witness = this.#make(type, atoms, goals);
      if (witness.kind === 'found') return witness;
      if (witness.kind === 'unsure') isSure = false;
      if (!this.spend()) return { kind: 'unsure' };
    }
    return { kind: isSure && this.#steps <= STEPS_MAX ? 'none' : 'unsure' };
  }

  #keyOf({ schema, isWanted }: Goal): string {
    const known = this.#names.get(schema);
    const name = known ?? this.#namesByKey.get(schema.key) ?? this.#namesByKey.size;
    if (known === undefined) {
      this.#names.set(schema, name);
      this.#namesByKey.set(schema.key, name);
    }
    return `${isWanted ? '+' : '-'}${name}`;
  }

  /** Every way to make all choices, as the atoms that are left. Ways that contradict themselves are left out. */
  #unfold(type: ValueType, goals: readonly Goal[]): Iterable<readonly Atom[]> {
    return this.#branches(type, this.#extend(ROOT, { ...NO_DEMANDS, goals }, type));
  }

  *#branches(type: ValueType, branch: Branch | null): Generator<readonly Atom[]> {
    if (branch === null || !this.spend(branch.forks.length > FORKS_MAX ? Infinity : 1)) return;
    const isSettled = branch.forks.length === 0 || branch.atoms.some(({ kind }) => kind === 'among');
    if (isSettled) {
      yield branch.atoms;
      return;
    }
    const narrow = branch.forks.reduce((least, ways) => (ways.length < least.length ? ways : least));
    const others = { ...branch, forks: branch.forks.filter((ways) => ways !== narrow) };
    for (const way of narrow) yield* this.#branches(type, this.#extend(others, way, type));
  }

  /** Adds demands, and all that follows from them without a choice; null when they contradict what is there. */
  #extend(branch: Branch, demands: Demands, type: ValueType): Branch | null {
    const seen = new Set(branch.seen);
    const atoms = [...branch.atoms, ...demands.atoms];
    const forks = [...branch.forks, ...demands.forks];
    const pending = [...demands.goals];
    for (let goal = pending.pop(); goal !== undefined; goal = pending.pop()) {
      const key = this.#keyOf(goal);
      if (seen.has(key)) continue;
      if (seen.has(this.#keyOf({ ...goal, isWanted: !goal.isWanted }))) return null;
      seen.add(key);
      const more = demandsOf(goal, type);
      atoms.push(...more.atoms);
      forks.push(...more.forks);
      pending.push(...more.goals);
    }
    return forks.some((ways) => ways.length === 0) ? null : { seen, atoms, forks };
  }

  #make(type: ValueType, atoms: readonly Atom[], goals: readonly Goal[]): Witness {
    const among = atoms.find((atom) => atom.kind === 'among');
    if (among !== undefined)
      return firstFit(
        among.values.filter((value) => typeOf(value) === type),
        goals,
      );
    switch (type) {
      case 'null':
        return firstFit([null], goals);
      case 'boolean':
        return firstFit([true, false], goals);
      case 'number':
        return this.spend(STEPS_A_NUMBER) ? findNumber(atoms) : { kind: 'unsure' };
      case 'string':
        return this.#findText(atoms, null, goals);
      case 'array':
        return findArray(atoms, this);
      default:
        return findObject(atoms, this);
    }
  }

  #findText(atoms: readonly Atom[], within: Language | null, goals: readonly Goal[]): Witness {
    const languages = atoms.flatMap((atom) => (atom.kind === 'text' ? [atom.language] : []));
    const among = atoms.find((atom) => atom.kind === 'among');
    if (among !== undefined) return firstName(among.values, within, goals);
    const language = both(within === null ? languages : [within, ...languages]);
    const found = shortest(language, sizeOf(atoms), (rests) => this.spend(rests * STEPS_A_REST));
    return found.kind === 'found' ? { kind: 'found', value: found.text } : found;
  }
}

const firstFit = (values: readonly Json[], goals: readonly Goal[]): Witness => {
  const value = values.find((each) => meets(each, goals));
  return value === undefined ? { kind: 'none' } : { kind: 'found', value };
};

const firstName = (values: readonly Json[], within: Language | null, goals: readonly Goal[]): Witness =>
  firstFit(
    values.filter((value) => typeof value === 'string' && (within === null || isIn(within, value))),
    goals,
  );

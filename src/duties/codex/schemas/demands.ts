// What a schema, or its denial, demands of a value of one type: a part that holds, and a part that does not. Demands that
// leave a choice are forks; what is left when every choice is made are atoms, which say nothing of schemas any more but
// of the values inside.

import type { Json } from '#kernel/evidence.ts';
import { ANYTHING, either, not, word, type Language, type Size } from './language.ts';
import { constant } from './keywords.ts';
import { isArray, isEqual, isObject, named, NEVER, typeOf } from './schema.ts';
import type { Names, Part, Schema, ValueType } from './schema.ts';

/** To fit a schema, or not to fit it. */
export type Goal = { readonly schema: Schema; readonly isWanted: boolean };

export type Atom =
  /** One of these. */
  | { readonly kind: 'among'; readonly values: readonly Json[] }
  | { readonly kind: 'bound'; readonly side: 'low' | 'high'; readonly limit: number; readonly isStrict: boolean }
  | { readonly kind: 'multiple'; readonly step: number; readonly isWanted: boolean }
  | { readonly kind: 'other'; readonly number: number }
  | { readonly kind: 'text'; readonly language: Language }
  | { readonly kind: 'size'; readonly size: Size }
  /** All properties with such a name. */
  | ({ readonly kind: 'each'; readonly goals: readonly Goal[] } & Names)
  /** A property with such a name. */
  | ({ readonly kind: 'some'; readonly goals: readonly Goal[]; readonly nameGoals: readonly Goal[] } & Names)
  /** All names of properties. */
  | { readonly kind: 'names'; readonly goals: readonly Goal[] }
  | { readonly kind: 'items'; readonly from: number; readonly to: number; readonly goals: readonly Goal[] }
  | { readonly kind: 'someItem'; readonly from: number; readonly to: number; readonly goals: readonly Goal[] }
  | { readonly kind: 'unique'; readonly isWanted: boolean };

export type Demands = {
  readonly atoms: readonly Atom[];
  readonly goals: readonly Goal[];
  /** Of each, one. A fork without ways is the end. */
  readonly forks: readonly (readonly Demands[])[];
};

const NONE: Demands = { atoms: [], goals: [], forks: [] };
const IMPOSSIBLE: Demands = { ...NONE, forks: [[]] };

const atoms = (...list: readonly Atom[]): Demands => ({ ...NONE, atoms: list });
const goals = (...list: readonly Goal[]): Demands => ({ ...NONE, goals: list });
const oneOf = (ways: readonly Demands[]): Demands => ({ ...NONE, forks: [ways] });

export const wanted = (schema: Schema): Goal => ({ schema, isWanted: true });
export const unwanted = (schema: Schema): Goal => ({ schema, isWanted: false });

const isEnd = (demands: Demands): boolean => demands.forks.some((ways) => ways.length === 0);

const together = (list: readonly Demands[]): Demands => ({
  atoms: list.flatMap((each) => each.atoms),
  goals: list.flatMap((each) => each.goals),
  forks: list.flatMap((each) => each.forks),
});

/** A goal for a value of one type. To fit, all parts hold; not to fit, one does not. */
export const demandsOf = ({ schema, isWanted }: Goal, type: ValueType): Demands =>
  isWanted
    ? together(schema.parts.map((part) => holding(part, type)))
    : oneOf(schema.parts.map((part) => breaking(part, type)).filter((each) => !isEnd(each)));

const holding = (part: Part, type: ValueType): Demands => {
  switch (part.kind) {
    case 'types':
      return holdingTypes(part.types, type);
    case 'values':
      return atoms({ kind: 'among', values: part.values });
    case 'all':
      return goals(...part.of.map(wanted));
    case 'any':
      return oneOf(part.of.map((each) => goals(wanted(each))));
    case 'one':
      return oneOf(part.of.map((each, at) => goals(wanted(each), ...part.of.toSpliced(at, 1).map(unwanted))));
    case 'none':
      return goals(unwanted(part.of));
    case 'if':
      return oneOf([goals(wanted(part.test), wanted(part.met)), goals(unwanted(part.test), wanted(part.unmet))]);
    case 'ref':
      return goals(wanted(part.target()));
    default:
      return PLACE[part.kind].includes(type) ? holdingInside(part, type) : NONE;
  }
};

const breaking = (part: Part, type: ValueType): Demands => {
  switch (part.kind) {
    case 'types':
      return breakingTypes(part.types, type);
    case 'values':
      return together(part.values.map((value) => differing(value, type)));
    case 'all':
      return oneOf(part.of.map((each) => goals(unwanted(each))));
    case 'any':
      return goals(...part.of.map(unwanted));
    case 'one':
      return breakingOne(part.of);
    case 'none':
      return goals(wanted(part.of));
    case 'if':
      return oneOf([goals(wanted(part.test), unwanted(part.met)), goals(unwanted(part.test), unwanted(part.unmet))]);
    case 'ref':
      return goals(unwanted(part.target()));
    default:
      return PLACE[part.kind].includes(type) ? breakingInside(part, type) : IMPOSSIBLE;
  }
};

const holdingTypes = (types: readonly string[], type: ValueType): Demands => {
  if (types.includes(type)) return NONE;
  return type === 'number' && types.includes('integer')
    ? atoms({ kind: 'multiple', step: 1, isWanted: true })
    : IMPOSSIBLE;
};

const breakingTypes = (types: readonly string[], type: ValueType): Demands => {
  if (types.includes(type)) return IMPOSSIBLE;
  return type === 'number' && types.includes('integer') ? atoms({ kind: 'multiple', step: 1, isWanted: false }) : NONE;
};

/** None of them, or two. */
const breakingOne = (of: readonly Schema[]): Demands =>
  oneOf([
    goals(...of.map(unwanted)),
    ...of.flatMap((a, index) => of.slice(index + 1).map((b) => goals(wanted(a), wanted(b)))),
  ]);

/** Another value than this one: what makes two values of a type differ. */
const differing = (value: Json, type: ValueType): Demands => {
  if (typeOf(value) !== type) return NONE;
  if (typeof value === 'number') return atoms({ kind: 'other', number: value });
  if (typeof value === 'string') return atoms({ kind: 'text', language: not(word(value)) });
  if (isArray(value)) return oneOf(differingItems(value));
  return isObject(value) ? oneOf(differingProperties(value)) : atoms(...rest(value, type));
};

/** Of null there is no other, and of true only false. */
const rest = (value: Json, type: ValueType): readonly Atom[] => [
  { kind: 'among', values: type === 'boolean' ? [true, false].filter((each) => !isEqual(each, value)) : [] },
];

const differingItems = (value: readonly Json[]): readonly Demands[] => [
  atoms({ kind: 'size', size: { min: value.length + 1, max: Infinity } }),
  ...(value.length === 0 ? [] : [atoms({ kind: 'size', size: { min: 0, max: value.length - 1 } })]),
  ...value.map((item, index) =>
    atoms({ kind: 'someItem', from: index, to: index + 1, goals: [unwanted(constant(item))] }),
  ),
];

const differingProperties = (value: { readonly [key: string]: Json }): readonly Demands[] => {
  const names = not(either(Object.keys(value).map(word)));
  return [
    atoms({ kind: 'some', names, name: null, covers: (name) => !Object.hasOwn(value, name), goals: [], nameGoals: [] }),
    ...Object.entries(value).flatMap(([name, each]) => [
      atoms(absent(name)),
      atoms({ ...present(name), goals: [unwanted(constant(each))] }),
    ]),
  ];
};

const absent = (name: string): Atom => ({ kind: 'each', ...named(name), goals: [wanted(NEVER)] });
const present = (name: string): Extract<Atom, { readonly kind: 'some' }> => ({
  kind: 'some',
  ...named(name),
  goals: [],
  nameGoals: [],
});

type Inside = Exclude<Part, { readonly kind: 'types' | 'values' | 'all' | 'any' | 'one' | 'none' | 'if' | 'ref' }>;

/** The types that a part speaks of; it holds of all others. */
const PLACE: { readonly [Kind in Inside['kind']]: readonly ValueType[] } = {
  bound: ['number'],
  multiple: ['number'],
  size: ['string', 'array', 'object'],
  pattern: ['string'],
  each: ['object'],
  required: ['object'],
  names: ['object'],
  when: ['object'],
  items: ['array'],
  contains: ['array'],
  unique: ['array'],
};

const holdingInside = (part: Inside, type: ValueType): Demands => {
  switch (part.kind) {
    case 'bound':
      return atoms(part);
    case 'multiple':
      return atoms({ kind: 'multiple', step: part.step, isWanted: true });
    case 'size':
      return part.type === type ? atoms({ kind: 'size', size: part.size }) : NONE;
    case 'pattern':
      return atoms({ kind: 'text', language: part.language });
    case 'each':
      return atoms({ ...namesOf(part), kind: 'each', goals: [wanted(part.schema)] });
    case 'required':
      return atoms(present(part.name));
    case 'names':
      return atoms({ kind: 'names', goals: [wanted(part.schema)] });
    case 'when':
      return oneOf([atoms(absent(part.name)), { ...atoms(present(part.name)), goals: [wanted(part.schema)] }]);
    case 'items':
      return atoms({ kind: 'items', from: part.from, to: part.to, goals: [wanted(part.schema)] });
    case 'contains':
      return atoms({ kind: 'someItem', from: 0, to: Infinity, goals: [wanted(part.schema)] });
    default:
      return atoms({ kind: 'unique', isWanted: true });
  }
};

const breakingInside = (part: Inside, type: ValueType): Demands => {
  switch (part.kind) {
    case 'bound': {
      const side = part.side === 'low' ? 'high' : 'low';
      return atoms({ kind: 'bound', side, limit: part.limit, isStrict: !part.isStrict });
    }
    case 'multiple':
      return atoms({ kind: 'multiple', step: part.step, isWanted: false });
    case 'size':
      return part.type === type ? oneOf(outside(part.size)) : IMPOSSIBLE;
    case 'pattern':
      return atoms({ kind: 'text', language: not(part.language) });
    case 'each':
      return atoms({ ...namesOf(part), kind: 'some', goals: [unwanted(part.schema)], nameGoals: [] });
    case 'required':
      return atoms(absent(part.name));
    case 'names':
      return atoms({ ...ANY_NAME, kind: 'some', goals: [], nameGoals: [unwanted(part.schema)] });
    case 'when':
      return { ...atoms(present(part.name)), goals: [unwanted(part.schema)] };
    case 'items':
      return atoms({ kind: 'someItem', from: part.from, to: part.to, goals: [unwanted(part.schema)] });
    case 'contains':
      return atoms({ kind: 'items', from: 0, to: Infinity, goals: [unwanted(part.schema)] });
    default:
      return atoms({ kind: 'unique', isWanted: false });
  }
};

const namesOf = ({ names, name, covers }: Names): Names => ({ names, name, covers });

/** Whatever it is called. */
export const ANY_NAME: Names = { names: ANYTHING, name: null, covers: () => true };

const outside = ({ min, max }: Size): readonly Demands[] => [
  ...(min > 0 ? [atoms({ kind: 'size', size: { min: 0, max: min - 1 } })] : []),
  ...(max < Infinity ? [atoms({ kind: 'size', size: { min: max + 1, max: Infinity } })] : []),
];

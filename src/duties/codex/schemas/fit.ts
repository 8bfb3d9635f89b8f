// Whether a value fits a schema, and if not, where it does not. Takes time in proportion to the value and to the schema.

import type { Json } from '#kernel/evidence.ts';
import { unreachable } from '#kernel/unreachable.ts';
import { isIn } from './language.ts';
import { isMultiple, ratio } from './ratio.ts';
import { charactersOf, isArray, isEqual, isObject, typeOf, type Part, type Schema } from './schema.ts';

/** `at`: a JSON pointer into the value. `keyword`: of the schema, which it breaks. */
export type Misfit = { readonly at: string; readonly keyword: string };

/** Whether the value fits. It goes as deep as the value: whoever read it has set a limit to that. */
export const fits = (schema: Schema, value: Json): boolean => schema.parts.every((part) => holds(part, value));

const isOfType = (value: Json, types: readonly string[]): boolean =>
  types.includes(typeOf(value)) || (Number.isInteger(value) && types.includes('integer'));

const isBetween = (count: number, { min, max }: { readonly min: number; readonly max: number }): boolean =>
  count >= min && count <= max;

type Bound = Extract<Part, { readonly kind: 'bound' }>;

/** Two numbers are in the order of the decimals by which they are written. */
const isWithin = ({ side, limit, isStrict }: Bound, value: number): boolean => {
  if (value === limit) return !isStrict;
  return side === 'low' ? value > limit : value < limit;
};

const isTimes = (value: number, step: number): boolean =>
  Number.isSafeInteger(value) && Number.isSafeInteger(step)
    ? value % step === 0
    : isMultiple(ratio(value), ratio(step));

const isUnique = (items: readonly Json[]): boolean =>
  items.every((item, index) => items.slice(0, index).every((other) => !isEqual(item, other)));

const holds = (part: Part, value: Json): boolean => {
  switch (part.kind) {
    case 'types':
      return isOfType(value, part.types);
    case 'values':
      return part.values.some((each) => isEqual(each, value));
    case 'all':
      return part.of.every((each) => fits(each, value));
    case 'any':
      return part.of.some((each) => fits(each, value));
    case 'one':
      return part.of.filter((each) => fits(each, value)).length === 1;
    case 'none':
      return !fits(part.of, value);
    case 'if':
      return fits(fits(part.test, value) ? part.met : part.unmet, value);
    case 'ref':
      return fits(part.target(), value);
    default:
      return holdsWithin(part, value);
  }
};

type Within = Exclude<Part, { readonly kind: 'types' | 'values' | 'all' | 'any' | 'one' | 'none' | 'if' | 'ref' }>;

const holdsWithin = (part: Within, value: Json): boolean => {
  if (typeof value === 'number') {
    if (part.kind === 'bound') return isWithin(part, value);
    return part.kind !== 'multiple' || isTimes(value, part.step);
  }
  if (typeof value === 'string') {
    if (part.kind === 'size' && part.type === 'string') return isBetween(charactersOf(value), part.size);
    return part.kind !== 'pattern' || isIn(part.language, value);
  }
  if (isArray(value)) return holdsOfItems(part, value);
  return isObject(value) ? holdsOfProperties(part, value) : true;
};

const holdsOfItems = (part: Within, items: readonly Json[]): boolean => {
  if (part.kind === 'size' && part.type === 'array') return isBetween(items.length, part.size);
  if (part.kind === 'items') return items.slice(part.from, part.to).every((item) => fits(part.schema, item));
  if (part.kind === 'contains') return items.some((item) => fits(part.schema, item));
  return part.kind !== 'unique' || isUnique(items);
};

const holdsOfProperties = (part: Within, value: { readonly [key: string]: Json }): boolean => {
  switch (part.kind) {
    case 'size':
      return part.type !== 'object' || isBetween(Object.keys(value).length, part.size);
    case 'required':
      return Object.hasOwn(value, part.name);
    case 'names':
      return Object.keys(value).every((name) => fits(part.schema, name));
    case 'when':
      return !Object.hasOwn(value, part.name) || fits(part.schema, value);
    case 'each':
      return Object.entries(value).every(([name, each]) => !part.covers(name) || fits(part.schema, each));
    case 'bound':
    case 'multiple':
    case 'pattern':
    case 'items':
    case 'contains':
    case 'unique':
      return true;
    default:
      return unreachable(part);
  }
};

/** Everything that does not fit, at the deepest place that says it; empty when the value fits. */
export const misfits = (schema: Schema, value: Json, at = ''): readonly Misfit[] =>
  schema.parts.flatMap((part): readonly Misfit[] => {
    if (holds(part, value)) return [];
    const deeper = misfitsWithin(part, value, at);
    return deeper.length > 0 ? deeper : [{ at, keyword: part.keyword }];
  });

const misfitsWithin = (part: Part, value: Json, at: string): readonly Misfit[] => {
  if (part.kind === 'all') return part.of.flatMap((each) => misfits(each, value, at));
  if (part.kind === 'ref') return misfits(part.target(), value, at);
  if (part.kind === 'if') return misfits(fits(part.test, value) ? part.met : part.unmet, value, at);
  if (part.kind === 'each' && isObject(value))
    return Object.entries(value).flatMap(([name, each]) =>
      part.covers(name) ? misfits(part.schema, each, `${at}/${escape(name)}`) : [],
    );
  if (part.kind === 'items' && isArray(value))
    return value.flatMap((item, index) =>
      index >= part.from && index < part.to ? misfits(part.schema, item, `${at}/${index}`) : [],
    );
  return [];
};

const escape = (step: string): string => step.replaceAll('~', '~0').replaceAll('/', '~1');

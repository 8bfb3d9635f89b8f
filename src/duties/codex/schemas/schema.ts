// A JSON Schema as the codex thinks of it: a list of parts that must all hold, each of which can be taken alone and denied.
// Every part speaks of some types of values only, and holds of all others.

import type { Json } from '#kernel/evidence.ts';
import { word, type Language, type Size } from './language.ts';

export type JsonObject = { readonly [key: string]: Json };
/** What a value is. A whole number is a `number`; `integer` only occurs in what a schema allows. */
export type ValueType = 'null' | 'boolean' | 'number' | 'string' | 'array' | 'object';
export const VALUE_TYPES: readonly ValueType[] = ['null', 'boolean', 'number', 'string', 'array', 'object'];

export type Schema = {
  /** Equal keys are equal schemas. */
  readonly key: string;
  /** Empty: every value fits. */
  readonly parts: readonly Part[];
};

/** Some names of properties: as a language, and as a question that is answered faster. `name`: it is this one word. */
export type Names = {
  readonly names: Language;
  readonly name: string | null;
  readonly covers: (name: string) => boolean;
};

/** This one name. */
export const named = (name: string): Names => ({ names: word(name), name, covers: (other) => other === name });

export type Part = { readonly keyword: string } & (
  | { readonly kind: 'types'; readonly types: readonly (ValueType | 'integer')[] }
  | { readonly kind: 'values'; readonly values: readonly Json[] }
  | { readonly kind: 'all' | 'any' | 'one'; readonly of: readonly Schema[] }
  | { readonly kind: 'none'; readonly of: Schema }
  | { readonly kind: 'if'; readonly test: Schema; readonly met: Schema; readonly unmet: Schema }
  /** Read late: a schema may speak of itself. */
  | { readonly kind: 'ref'; readonly target: () => Schema }
  | { readonly kind: 'bound'; readonly side: 'low' | 'high'; readonly limit: number; readonly isStrict: boolean }
  | { readonly kind: 'multiple'; readonly step: number }
  /** Characters of a string, items of an array, properties of an object. */
  | { readonly kind: 'size'; readonly type: 'string' | 'array' | 'object'; readonly size: Size }
  | { readonly kind: 'pattern'; readonly language: Language }
  /** Every property with such a name fits. */
  | ({ readonly kind: 'each'; readonly schema: Schema } & Names)
  | { readonly kind: 'required'; readonly name: string }
  /** Every name of a property fits. */
  | { readonly kind: 'names'; readonly schema: Schema }
  /** With this property, the whole object fits. */
  | { readonly kind: 'when'; readonly name: string; readonly schema: Schema }
  /** Every item at an index from `from` up to, and without, `to` fits. */
  | { readonly kind: 'items'; readonly from: number; readonly to: number; readonly schema: Schema }
  /** One item at least fits. */
  | { readonly kind: 'contains'; readonly schema: Schema }
  /** No two items are equal. */
  | { readonly kind: 'unique' }
);

export const ALWAYS: Schema = { key: 'true', parts: [] };
export const NEVER: Schema = { key: 'false', parts: [{ keyword: 'false', kind: 'types', types: [] }] };

export const typeOf = (value: Json): ValueType => {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  const type = typeof value;
  return type === 'object' ? 'object' : (type as 'boolean' | 'number' | 'string'); // decoder: Json has no other
};

/** Narrows what `typeOf` found; the compiler does not follow a readonly array out of Json. */
export const isObject = (value: Json): value is JsonObject => typeOf(value) === 'object';
export const isArray = (value: Json): value is readonly Json[] => typeOf(value) === 'array';

/** One text for equal values: a key, and no more. What is hashed or signed has its own form. */
export const textOf = (value: Json): string => {
  if (isArray(value)) return `[${value.map(textOf).join(',')}]`;
  if (!isObject(value)) return JSON.stringify(value);
  const keys = Object.keys(value).toSorted();
  return `{${keys.map((key) => `${JSON.stringify(key)}:${textOf(value[key] ?? null)}`).join(',')}}`;
};

/** Equality of JSON: 1 and 1.0 are one number, and the order of keys says nothing. */
export const isEqual = (a: Json, b: Json): boolean => {
  if (isArray(a))
    return isArray(b) && a.length === b.length && a.every((item, index) => isEqual(item, b[index] ?? null));
  if (!isObject(a)) return a === b;
  if (!isObject(b)) return false;
  const keys = Object.keys(a);
  return (
    keys.length === Object.keys(b).length &&
    keys.every((key) => Object.hasOwn(b, key) && isEqual(a[key] ?? null, b[key] ?? null))
  );
};

/** The number of characters, as JSON Schema counts them: code points. */
export const charactersOf = (text: string): number => [...text].length;

// Reading what came from outside: every value is looked at before it is used, and what is not as it must be is not believed.

/** Why something is not believed, in a sentence without the full stop. */
export class Distrust extends Error {}

export type Fields = { readonly [name: string]: unknown };

export const distrust = (why: string): never => {
  throw new Distrust(why);
};

export const jsonIn = (text: string, what: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return distrust(`${what} is not JSON`);
  }
};

export const fieldsIn = (value: unknown, what: string): Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Fields) // decoder
    : distrust(`${what} is not an object`);

/** Only a field of its own: what every object inherits is none. */
export const own = (fields: Fields, name: string): unknown => (Object.hasOwn(fields, name) ? fields[name] : undefined);

export const textIn = (fields: Fields, name: string): string => {
  const value = own(fields, name);
  return typeof value === 'string' ? value : distrust(`${name} is not a text`);
};

export const wholeIn = (fields: Fields, name: string, min = 1): number => {
  const value = own(fields, name);
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= min
    ? value
    : distrust(`${name} is not a whole number from ${min} on`);
};

/** More than anything honest has; it bounds what a hostile answer may cost. */
const LIST_MAX = 1_000;

export const listIn = (fields: Fields, name: string): readonly unknown[] => {
  const value = own(fields, name) ?? [];
  return Array.isArray(value) && value.length <= LIST_MAX ? value : distrust(`${name} is not a list`);
};

export const textsIn = (fields: Fields, name: string): readonly string[] =>
  listIn(fields, name).map((it) => (typeof it === 'string' ? it : distrust(`${name} is not a list of texts`)));

/** A moment of ISO 8601 in UTC, in milliseconds. */
export const momentIn = (fields: Fields, name: string): number => {
  const text = textIn(fields, name);
  const at = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?Z$/.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(at) ? distrust(`${name} is not a moment`) : at;
};

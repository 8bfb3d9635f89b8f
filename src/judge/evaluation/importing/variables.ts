// Variables of foreign tests: `{{ name }}` in their texts, filled once with the values of the test.

import type { Json } from '#kernel/evidence.ts';
import { isBlock, isList, sayScalar, type Block } from './desk.ts';

/** A name, with parts of it behind dots. */
const PLACE = /\{\{\s*([A-Za-z_]\w*(?:\.\w+)*)\s*\}\}/g;

export type Filled = { readonly text: string; readonly missing: readonly string[] };

/** What stands at `a.b.c`; undefined: nothing does. */
const valueAt = (values: Block, path: string): Json | undefined =>
  path.split('.').reduce<Json | undefined>((value, key) => {
    if (isList(value)) return value[Number(key)];
    return isBlock(value) && Object.hasOwn(value, key) ? value[key] : undefined;
  }, values);

/** Fills a text. What is filled in is not looked at again; a value that is no text is written as JSON. */
export const fillText = (text: string, values: Block): Filled => {
  const missing: string[] = [];
  const filled = text.replaceAll(PLACE, (whole: string, path: string) => {
    const value = valueAt(values, path);
    if (value === undefined) missing.push(path);
    return value === undefined ? whole : (sayScalar(value) ?? JSON.stringify(value));
  });
  return { text: filled, missing };
};

/** The names that a text puts in place, each once, without the parts behind their dots. */
export const namesIn = (text: string): readonly string[] => [
  ...new Set([...text.matchAll(PLACE)].flatMap(([, path]) => (path === undefined ? [] : [path.split('.')[0] ?? '']))),
];

/** Whether a text does more than to put values in place: filters, loops, comments of its template language. */
export const isProgrammed = (text: string): boolean => /\{\{|\{%|\{#/.test(text.replaceAll(PLACE, ''));

/** Fills every text of a value. */
export const fillValue = (value: Json, values: Block): Json => {
  if (typeof value === 'string') return fillText(value, values).text;
  if (isList(value)) return value.map((item) => fillValue(item, values));
  if (!isBlock(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, fillValue(item, values)]));
};

/** Every text in a value. */
export const textsIn = (value: Json): readonly string[] => {
  if (typeof value === 'string') return [value];
  if (isList(value)) return value.flatMap(textsIn);
  return isBlock(value) ? Object.values(value).flatMap(textsIn) : [];
};

/** Lists among the values stand for as many tests; all combinations of them, at most `most`. Null: there would be more. */
export const combinationsOf = (values: Block, most: number): readonly Block[] | null => {
  let combinations: readonly Block[] = [{}];
  for (const [name, value] of Object.entries(values)) {
    const choices = isList(value) ? value : [value];
    if (combinations.length * choices.length > most) return null;
    combinations = combinations.flatMap((some) => choices.map((choice) => ({ ...some, [name]: choice })));
  }
  return combinations;
};

// JSON in an answer: as the whole of it, or somewhere between other words.

import type { Json } from '#kernel/evidence.ts';
import { yesOrNo, type Found } from './found.ts';

/** Says how a value does not fit a JSON Schema; null: it fits. Who knows a validator hands it in. */
export type FitsSchema = (schema: Json, value: Json) => string | null;

/** Answers that open more brackets than this hold no JSON that somebody asked for. */
const PLACES_MAX = 100;

/** Undefined: it is not JSON. */
export const parseJson = (text: string): Json | undefined => {
  try {
    return JSON.parse(text) as Json; // decoder: JSON.parse answers nothing else
  } catch {
    return undefined;
  }
};

/** Where the value that begins with a bracket at `from` ends, not counting brackets inside its texts; null: it does not. */
const endOf = (text: string, from: number): number | null => {
  let depth = 0;
  let isInText = false;
  for (let index = from; index < text.length; index += 1) {
    const sign = text[index] ?? '';
    if (isInText && sign === '\\') index += 1;
    else if (sign === '"') isInText = !isInText;
    else if (!isInText && '{['.includes(sign)) depth += 1;
    else if (!isInText && '}]'.includes(sign)) depth -= 1;
    if (depth === 0) return index + 1;
  }
  return null;
};

/** Objects and lists that stand in the text, in their order; those inside another are not told again. */
export const jsonIn = (text: string): readonly Json[] => {
  const found: Json[] = [];
  let from = 0;
  for (let place = 0; place < PLACES_MAX; place += 1) {
    const begin = text.slice(from).search(/[{[]/);
    if (begin < 0) break;
    const end = endOf(text, from + begin);
    const value = end === null ? undefined : parseJson(text.slice(from + begin, end));
    if (value !== undefined) found.push(value);
    from = value === undefined || end === null ? from + begin + 1 : end;
  }
  return found;
};

/** `schema` null: any JSON will do. */
export const holdsJson = (text: string, isWhole: boolean, schema: Json, fits: FitsSchema): Found => {
  const whole = parseJson(text);
  const values = whole !== undefined ? [whole] : isWhole ? [] : jsonIn(text);
  if (values.length === 0) return yesOrNo(false, isWhole ? 'it is not JSON' : 'there is no JSON in it');
  if (schema === null) return yesOrNo(true, 'JSON');
  const misfits = values.map((value) => fits(schema, value));
  const first = misfits.find((misfit) => misfit !== null) ?? null;
  return misfits.includes(null) ? yesOrNo(true, 'fits the schema') : yesOrNo(false, first ?? '');
};

// Sections: the schemas of maps with known keys. They report unknown keys together with the keys that exist.

import * as z from 'zod';

/** How the known keys travel inside the message of a zod issue: after this mark, separated by commas. */
const KNOWN_KEYS_MARK = 'known keys: ';

/** The keys that a message of `section` names; null for any other message. */
export const knownKeysIn = (message: string): readonly string[] | null =>
  message.startsWith(KNOWN_KEYS_MARK) ? message.slice(KNOWN_KEYS_MARK.length).split(',') : null;

const keysError =
  (shape: z.ZodRawShape) =>
  (issue: { readonly code?: string }): string =>
    issue.code === 'unrecognized_keys'
      ? `${KNOWN_KEYS_MARK}${Object.keys(shape).join(',')}`
      : `a block with ${sayKeys(Object.keys(shape))}`;

/** At most this many keys are told in one message. */
const KEYS_SAID_MAX = 8;

const sayKeys = (keys: readonly string[]): string =>
  keys.length <= KEYS_SAID_MAX ? keys.join(', ') : `${keys.slice(0, KEYS_SAID_MAX).join(', ')}, …`;

/** A map with exactly these keys. */
export const section = <Shape extends z.ZodRawShape>(shape: Shape) =>
  z.strictObject(shape, { error: keysError(shape) });

/** A map in which exactly one of `kinds` stands, beside the keys of `rest`. */
export const oneKindOf = <Kinds extends z.ZodRawShape, Rest extends z.ZodRawShape>(
  noun: string,
  kinds: Kinds,
  rest: Rest,
) => {
  const names = Object.keys(kinds);
  const expected = `${noun} with exactly one of ${names.join(', ')}`;
  return section({ ...kinds, ...rest })
    .check((context) => {
      const found = names.filter((name) => name in context.value);
      if (found.length === 1) return;
      context.issues.push({ code: 'custom', input: context.value, path: [], message: expected });
    })
    .meta({ oneOf: names.map((name) => ({ required: [name] })) });
};

/** One, or a list: both are read as a list. */
export const oneOrMany = <Item extends z.ZodType>(item: Item, most: number) =>
  z.union([item.transform((single) => [single]), z.array(item).max(most, { error: `at most ${most}` })]);

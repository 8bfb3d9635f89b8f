// Words: the schemas of single values. Each knows how to say what it expects; zod checks, and the JSON Schema is
// generated from the same definitions.
//
// Convention: the message of every zod issue is what was expected, never what was found. What was found is read from
// the file itself, before ${env:…} was replaced, so that no message can carry a secret.

import * as z from 'zod';
import {
  AVAILABILITY_PATTERN,
  DURATION_PATTERN,
  LATENCY_PATTERN,
  MONEY_RATE_PATTERN,
  MULTIPLE_PATTERN,
  PERCENT_PATTERN,
  RATE_PATTERN,
  RATE_PER_SERVICE_PATTERN,
  readDuration,
  readMultiple,
  readPercent,
  readRate,
  readSize,
  SIZE_PATTERN,
} from './quantity.ts';

/** A text of a known form. */
export const patterned = (pattern: RegExp, expected: string) =>
  z.string({ error: expected }).regex(pattern, { error: expected }).describe(expected);

/** Free text: 1 to 10,000 characters; references like ${env:NAME} may stand in it. */
export const text = (expected = 'text') =>
  z
    .string({ error: expected })
    .min(1, { error: `${expected}, not empty` })
    .max(10_000, { error: `${expected} of at most 10,000 characters` })
    .describe(expected);

export const flag = () => z.boolean({ error: 'true or false' });

export const whole = (least: number, most: number) => {
  const expected = `a whole number from ${least.toLocaleString('en')} to ${most.toLocaleString('en')}`;
  return z.int({ error: expected }).min(least, { error: expected }).max(most, { error: expected }).describe(expected);
};

export const amount = (least: number, most: number) => {
  const expected = `a number from ${least.toLocaleString('en')} to ${most.toLocaleString('en')}`;
  return z
    .number({ error: expected })
    .min(least, { error: expected })
    .max(most, { error: expected })
    .describe(expected);
};

export const oneOf = <const Names extends readonly [string, ...string[]]>(names: Names) =>
  z.enum(names, { error: `one of ${names.join(', ')}` });

/** A duration within limits, decoded to milliseconds. */
export const duration = (least: string, most: string) => {
  const expected = `a duration from ${least} to ${most}, such as 500ms, 2s, 5m, 1h, 30d`;
  const leastMs = readDuration(least);
  const mostMs = readDuration(most);
  return patterned(DURATION_PATTERN, expected)
    .refine((value) => readDuration(value) >= leastMs && readDuration(value) <= mostMs, { error: expected })
    .transform(readDuration);
};

/** `60%` or `60`, decoded to 0..100. */
export const percent = () => {
  const expected = 'a percentage from 0% to 100%, such as 60%';
  return z.union(
    [
      patterned(PERCENT_PATTERN, expected)
        .refine((value) => readPercent(value) <= 100, { error: expected })
        .transform(readPercent),
      z.number({ error: expected }).min(0, { error: expected }).max(100, { error: expected }),
    ],
    { error: expected },
  );
};

/** `4Gi` or a number of bytes, decoded to bytes. */
export const size = () => {
  const expected = 'a size, such as 512Mi, 4Gi or a number of bytes';
  return z.union([patterned(SIZE_PATTERN, expected).transform(readSize), z.int({ error: expected }).min(0)], {
    error: expected,
  });
};

export const rate = () => patterned(RATE_PATTERN, 'a rate, such as 3 per 1h').transform(readRate);
export const ratePerService = () =>
  patterned(RATE_PER_SERVICE_PATTERN, 'a rate, such as 3 per 1h per service').transform(readRate);
export const moneyRate = () => patterned(MONEY_RATE_PATTERN, 'money in a time, such as 25 EUR per 1d');
export const multiple = () => patterned(MULTIPLE_PATTERN, 'a multiple, such as 2x').transform(readMultiple);
export const availability = () => patterned(AVAILABILITY_PATTERN, 'a target such as 99.9% over 30d');
export const latency = () => patterned(LATENCY_PATTERN, 'a target such as 95% under 300ms over 7d');

/** What may name a service, person, job, channel or runbook. No `/` and `:`, which separate names in identifiers. */
export const NAME_PATTERN = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/;
const NAME_EXPECTED = 'a name of letters, digits, dots, dashes and underscores, at most 63';
export const name = () => patterned(NAME_PATTERN, NAME_EXPECTED);

/** A map from names to something. */
export const named = <Value extends z.ZodType>(value: Value) =>
  z.record(name(), value, { error: 'names, each with its declaration below it' });

/** Any text with a reference is let through here: what it stands for is checked when it is known. */
const URL_TAIL = '(?:\\$\\{|[^\\s/])\\S*';
export const url = (schemes: readonly [string, ...string[]], example: string) => {
  const expected = `an address such as ${example}`;
  return patterned(
    new RegExp(`^(?:(?:${schemes.join('|')})://${URL_TAIL}|\\$\\{(?:env|file):[^}]+\\}\\S*)$`),
    expected,
  ).refine((value) => value.includes('${') || URL.canParse(value), { error: expected });
};
export const httpUrl = () => url(['http', 'https'], 'http://127.0.0.1:3000/health');

/** One word of a command line. Numbers are let through when their text is certain: `6390`, not `1.10`. */
const argument = () =>
  z.union([z.string({ error: 'text' }).max(10_000), z.int({ error: 'text, in quotes' }).transform(String)], {
    error: 'text; put other values in quotes',
  });

/** A program and its arguments, as a list. */
export const argumentList = () =>
  z
    .array(argument(), { error: 'a list: the program and its arguments' })
    .min(1, { error: 'a list that names at least the program' })
    .max(1_000, { error: 'a list of at most 1,000 words' });

/** A value of an environment variable or a header. */
export const plainValue = () =>
  z.union(
    [z.string({ error: 'text' }), z.int({ error: 'text, in quotes' }).transform(String), z.boolean().transform(String)],
    { error: 'text; put other values in quotes' },
  );

export const json = () => z.unknown().describe('any value');

// Expectation: is this HTTP answer the one that was declared? Pure: from the answer to the first thing wrong with it.

import { isDeepStrictEqual } from 'node:util';
import type { JsonValue } from 'jsonpath-rfc9535';
import type { HttpExpectation } from '#kernel/check.ts';
import { excerpt, visible } from '#ports/visible.ts';
import { find } from './lookup.ts';

/** Header names in lower case; repeated headers joined by a comma. */
export type Head = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
};

/** No real answer nests deeper; walkers and printers of JSON recurse, and the stack ends at some ten thousand levels. */
const DEPTH_MAX = 500;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPENING: ReadonlySet<number> = new Set([0x5b, 0x7b]);
const CLOSING: ReadonlySet<number> = new Set([0x5d, 0x7d]);

/** Where the string that begins at `from` ends; the length of the text when it never does. */
const endOfString = (text: Buffer, from: number): number => {
  let at = from + 1;
  while (at < text.length && text[at] !== QUOTE) at += text[at] === BACKSLASH ? 2 : 1;
  return at;
};

/** True when arrays and objects in the text stand deeper in each other than `DEPTH_MAX`; linear, and never recurses. */
const isTooDeep = (text: Buffer): boolean => {
  let depth = 0;
  for (let at = 0; at < text.length && depth <= DEPTH_MAX; at += 1) {
    const byte = text[at] ?? 0;
    if (byte === QUOTE) at = endOfString(text, at);
    else if (OPENING.has(byte)) depth += 1;
    else if (CLOSING.has(byte)) depth -= 1;
  }
  return depth > DEPTH_MAX;
};

type Parsed = { readonly kind: 'value'; readonly value: JsonValue } | { readonly kind: 'wrong'; readonly why: string };

const parse = (body: Buffer): Parsed => {
  if (isTooDeep(body)) return { kind: 'wrong', why: `the JSON is nested deeper than ${DEPTH_MAX} levels` };
  try {
    const value: JsonValue = JSON.parse(body.toString('utf8'));
    return { kind: 'value', value };
  } catch {
    return { kind: 'wrong', why: `the body is not JSON: ${excerpt(body.toString('utf8'))}` };
  }
};

const sayValue = (value: unknown): string => {
  const text = JSON.stringify(value);
  return text === undefined ? 'nothing' : excerpt(text, 60);
};

/** The first path that is not JSONPath (RFC 9535); null when all are. */
export const badPath = (expect: HttpExpectation): string | null =>
  Object.keys(expect.json ?? {}).find((path) => find(null, path) === null) ?? null;

/** A path as it was declared; one that is long or cannot be seen, as an excerpt. */
const sayPath = (path: string): string => (path.length <= 80 && visible(path) === path ? path : excerpt(path));

const wrongPath = (value: JsonValue, path: string, wanted: unknown): string | null => {
  const found = find(value, path);
  if (found === null) return `${sayPath(path)} could not be looked up in it`;
  if (found.some((each) => isDeepStrictEqual(each, wanted))) return null;
  const said = found.length === 0 ? 'nothing is there' : `found ${found.slice(0, 3).map(sayValue).join(', ')}`;
  return `${sayPath(path)} should be ${sayValue(wanted)}, ${said}`;
};

/** The first path whose value is not there; null when all are. */
const wrongJson = (body: Buffer, wanted: Readonly<Record<string, unknown>>): string | null => {
  const parsed = parse(body);
  if (parsed.kind === 'wrong') return parsed.why;
  for (const [path, value] of Object.entries(wanted)) {
    const wrong = wrongPath(parsed.value, path, value);
    if (wrong !== null) return wrong;
  }
  return null;
};

const wrongHeader = (head: Head, wanted: Readonly<Record<string, string>>): string | null => {
  for (const [name, value] of Object.entries(wanted)) {
    const present = head.headers[name.toLowerCase()];
    if (present === undefined) return `header ${name} is missing, expected ${excerpt(value)}`;
    const text = typeof present === 'string' ? present : present.join(', ');
    if (!text.toLowerCase().includes(value.toLowerCase())) {
      return `header ${name} is ${excerpt(text)}, expected ${excerpt(value)}`;
    }
  }
  return null;
};

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/** What is wrong with status and headers; null when they are as declared. A header must contain its text, in any case. */
export const wrongHead = (expect: HttpExpectation, head: Head): string | null => {
  if (!expect.status.includes(head.status)) {
    const note = REDIRECTS.has(head.status) ? ' (redirects are not followed)' : '';
    return `expected ${expect.status.join(' or ')}${note}`;
  }
  return expect.headers === undefined ? null : wrongHeader(head, expect.headers);
};

/**
 * What is wrong with the body; null when it is as declared. `contains` compares bytes, so that a body that is not valid
 * UTF-8 is no obstacle. Each JSONPath (RFC 9535) must find a value equal to the declared one. Never throws.
 */
export const wrongBody = (expect: HttpExpectation, body: Buffer): string | null => {
  if (expect.contains !== undefined && !body.includes(expect.contains)) {
    return `the body does not contain ${excerpt(expect.contains)}: ${excerpt(body.toString('utf8'))}`;
  }
  return expect.json === undefined ? null : wrongJson(body, expect.json);
};

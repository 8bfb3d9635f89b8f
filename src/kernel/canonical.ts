// Canonical JSON after RFC 8785: one text for one value, so that its hash names the value and not how it was written.
//
// Keys are sorted by UTF-16 code units, there are no spaces, numbers and strings are written as ECMAScript writes them. The
// strict form refuses what the RFC (its section 3.1, I-JSON) refuses: such a value has no canonical text that others would
// agree on. Records of what others said must be written whatever they said: they take the form that escapes instead.

/** The same shape as `Json` of kernel/evidence.ts, which is written with the help of this file. */
type Value = null | boolean | number | string | readonly Value[] | { readonly [key: string]: Value };

type Members = { readonly [key: string]: Value };

/** Why a value has no canonical form, and where it is: `$.model.temperature`, `$.tags[2]`. */
export type Uncanonical = { readonly path: string; readonly why: string };

/** Nothing that people write is nested this deep; far below what the stack can bear. */
export const CANONICAL_DEPTH_MAX = 500;

/**
 * The canonical text of a value. Members that are undefined are left out, as JSON does. A number that is not finite, half of a
 * surrogate pair, or anything that JSON does not have is a bug of the caller, who asks `uncanonical` first: TypeError.
 */
export const canonical = (value: Value): string => {
  const flaw = uncanonical(value);
  if (flaw !== null) throw new TypeError(`no canonical form: ${flaw.path} ${flaw.why}`);
  return write(value);
};

/**
 * As `canonical`, but total: half a surrogate pair is written as its escape (\ud83d), a number that is not finite as null.
 * Equal values have equal texts; other implementations of the RFC refuse such a value instead of agreeing.
 */
export const canonicalOfAny = (value: Value): string => write(value);

/** The first thing in a value that RFC 8785 has no text for; null when there is none. */
export const uncanonical = (value: unknown): Uncanonical | null => flawIn(value, '$', 0);

const write = (value: Value): string => {
  if (value === null || value === undefined) return 'null';
  if (typeof value !== 'object') return JSON.stringify(value);
  if (isList(value)) return `[${Array.from(value, write).join(',')}]`;
  return `{${writeMembers(value)}}`;
};

const isList = (value: readonly Value[] | Members): value is readonly Value[] => Array.isArray(value);

/** Without a comparer, sort() compares UTF-16 code units, which is the order of the RFC (section 3.2.3). */
const writeMembers = (members: Members): string =>
  Object.keys(members)
    .filter((key) => members[key] !== undefined)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${write(members[key] ?? null)}`)
    .join(',');

const flawIn = (value: unknown, path: string, depth: number): Uncanonical | null => {
  if (value === null || typeof value === 'boolean') return null;
  if (typeof value === 'string') return value.isWellFormed() ? null : { path, why: 'holds half a surrogate pair' };
  if (typeof value === 'number')
    return Number.isFinite(value) ? null : { path, why: `is ${value}, which JSON has not` };
  if (typeof value !== 'object') return { path, why: `is ${typeof value}, which JSON has not` };
  if (depth >= CANONICAL_DEPTH_MAX) return { path, why: `is nested deeper than ${CANONICAL_DEPTH_MAX} levels` };
  return Array.isArray(value) ? flawInList(value, path, depth) : flawInMembers(value, path, depth);
};

/** By index: a hole in a list is undefined too. */
const flawInList = (list: readonly unknown[], path: string, depth: number): Uncanonical | null => {
  for (let index = 0; index < list.length; index += 1) {
    const flaw = flawIn(list[index], `${path}[${index}]`, depth + 1);
    if (flaw !== null) return flaw;
  }
  return null;
};

const flawInMembers = (members: object, path: string, depth: number): Uncanonical | null => {
  const prototype: unknown = Object.getPrototypeOf(members);
  if (prototype !== null && prototype !== Object.prototype) return { path, why: 'is not a plain object' };
  for (const [key, value] of Object.entries(members)) {
    if (!key.isWellFormed()) return { path, why: 'has a key that holds half a surrogate pair' };
    const flaw = value === undefined ? null : flawIn(value, `${path}.${key}`, depth + 1);
    if (flaw !== null) return flaw;
  }
  return null;
};

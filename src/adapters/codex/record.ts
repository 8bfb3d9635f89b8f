// Records: an entry of the log as bytes, and back. What is read is believed only when it is, to the byte, what was written.
//
// The file is `canonical` of the record and a line feed. Its hash is over `canonical` of the entry without the hash: the same
// text with the hash cut out.

import { hash as digestOf } from 'node:crypto';
import { canonical } from '#kernel/canonical.ts';
import {
  COMPATIBILITY_CLASSES,
  digest,
  GENESIS_DIGEST,
  type CodexDeed,
  type CodexEntry,
  type CodexRecord,
} from '#kernel/codex.ts';
import type { Json } from '#kernel/evidence.ts';

/** An entry of `gc` names 500 objects of 67 bytes; nothing else comes near. */
export const RECORD_BYTES_MAX = 65_536;

const HASH_KEY = ',"hash":"';
/** The key, 64 digits, and the closing quote. */
const HASH_LENGTH = HASH_KEY.length + 64 + 1;

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Decodes bytes that must be UTF-8; null when they are not. What comes out would be encoded to the same bytes. */
export const decodeText = (bytes: Uint8Array): string | null => {
  try {
    return UTF8.decode(bytes);
  } catch {
    return null;
  }
};

const jsonOf = (entry: CodexEntry): Json => entry as unknown as Json; // decoder: an entry is JSON

export const sealEntry = (entry: CodexEntry): CodexRecord => ({
  ...entry,
  hash: digest(digestOf('sha256', canonical(jsonOf(entry)))),
});

export const encodeRecord = (record: CodexRecord): Buffer => Buffer.from(`${canonical(jsonOf(record))}\n`);

export type Decoded =
  | { readonly kind: 'record'; readonly record: CodexRecord }
  /** What is wrong with it, as the end of a sentence. */
  | { readonly kind: 'wrong'; readonly why: string; readonly isNewer?: boolean };

const wrong = (why: string): Decoded => ({ kind: 'wrong', why });

/** Reads the entry that must stand at `seq` behind the hash `prev`. */
export const decodeRecord = (bytes: Uint8Array, seq: number, prev: string): Decoded => {
  const text = decodeText(bytes);
  if (text === null || !text.endsWith('\n')) return wrong('it is not a line of UTF-8');
  const line = text.slice(0, -1);
  const at = line.lastIndexOf(HASH_KEY);
  const hash = digestOf('sha256', line.slice(0, at) + line.slice(at + HASH_LENGTH));
  if (at < 0 || line.slice(at + HASH_KEY.length, at + HASH_LENGTH) !== `${hash}"`) {
    return wrong('its content does not have the hash that it names: it was changed');
  }
  const value = parse(line);
  if (isForm(value, { format: isNewerFormat }, false)) {
    return { kind: 'wrong', why: 'it was written by a newer Sereno', isNewer: true };
  }
  if (!isRecord(value)) return wrong('it has not the form of an entry');
  // A key that stands twice would be read by one program so and by another otherwise.
  if (!isCanonical(value, line)) return wrong('it is not in canonical form');
  if (value.seq !== seq) return wrong(`it says that it is the entry ${value.seq}`);
  if (value.prev !== prev) {
    const before = prev === GENESIS_DIGEST ? 'it is not a first entry' : `it does not continue the entry ${seq - 1}`;
    return wrong(`${before}: one of the two was changed, removed or put in`);
  }
  return { kind: 'record', record: value };
};

const parse = (line: string): unknown => {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
};

/**
 * Whether a line is the canonical form of the entry that was read from it. Its values are texts, whole numbers and nothing,
 * which JSON writes in the same way; so what is left to look at is the order of keys. A third of the time that it takes to
 * write the canonical form anew.
 */
const isCanonical = (value: unknown, line: string): boolean => JSON.stringify(value) === line && isSorted(value);

const isSorted = (value: unknown): boolean => {
  if (typeof value !== 'object' || value === null) return true;
  if (Array.isArray(value)) return value.every(isSorted);
  const keys = Object.keys(value);
  return (
    keys.every((key, index) => index === 0 || (keys[index - 1] ?? '') < key) && Object.values(value).every(isSorted)
  );
};

type Check = (value: unknown) => boolean;
type Form = { readonly [key: string]: Check };

/** True when the value has these keys, each right; `isExact`: and no others. */
const isForm = (value: unknown, form: Form, isExact = true): boolean => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const keys = Object.keys(form);
  if (isExact && Object.keys(value).length !== keys.length) return false;
  const held = value as { readonly [key: string]: unknown }; // decoder: an object
  return keys.every((key) => Object.hasOwn(held, key) && form[key]?.(held[key]) === true);
};

/** Longer is a mistake, or somebody's way to fill the disk. */
const TEXT_MAX = 4_000;

const isText: Check = (value) => typeof value === 'string' && value.length <= TEXT_MAX && value.isWellFormed();
const isCount: Check = (value) => Number.isSafeInteger(value) && Number(value) >= 1;
const isInstant: Check = (value) => Number.isSafeInteger(value);
const isNewerFormat: Check = (value) => typeof value === 'number' && value > 1;
const orNull =
  (check: Check): Check =>
  (value) =>
    value === null || check(value);
const isOne =
  (...values: readonly unknown[]): Check =>
  (value) =>
    values.includes(value);
const isDigestText: Check = (value) => typeof value === 'string' && /^[0-9a-f]{64}$/.test(value);
const isDigests: Check = (value) => Array.isArray(value) && value.every(isDigestText);

const isRevision: Check = (value) => isForm(value, { item: isText, version: isCount, digest: isDigestText });

const PREDICATES = ['test-result', 'review', 'blessing', 'revocation', 'emergency'];

const deed = (rest: Form): Form => ({ kind: isText, ...rest });

/** The form of each deed, by its kind. What it may say is decided by the rules of the ledger. */
const DEEDS: Readonly<Record<CodexDeed['kind'], Form>> = {
  exported: deed({ revision: isRevision, parent: orNull(isCount), restores: orNull(isCount), why: orNull(isText) }),
  submitted: deed({ revision: isRevision }),
  rejected: deed({ revision: isRevision, why: isText }),
  attested: deed({ revision: isRevision, predicate: isOne(...PREDICATES), envelope: isDigestText }),
  evaluated: deed({
    revision: isRevision,
    verdict: isOne('passed', 'blocked', 'not-enough-data'),
    statement: isDigestText,
    suite: isDigestText,
  }),
  waived: deed({ revision: isRevision, why: isText, envelope: isDigestText }),
  'schema-registered': deed({ id: isText, compatibility: isOne(...COMPATIBILITY_CLASSES), schema: isDigestText }),
  activated: deed({ revision: isRevision }),
  revoked: deed({ revision: isRevision, why: isText, envelope: orNull(isDigestText) }),
  tagged: deed({ revision: isRevision, tag: isText }),
  untagged: deed({ item: isText, tag: isText }),
  trusted: deed({ root: isDigestText, version: isCount }),
  collected: deed({ objects: isDigests }),
};

const isDeed: Check = (value) => {
  if (typeof value !== 'object' || value === null || !('kind' in value)) return false;
  const { kind } = value;
  const forms: { readonly [kind: string]: Form } = DEEDS;
  const form = typeof kind === 'string' && Object.hasOwn(forms, kind) ? forms[kind] : undefined;
  return form !== undefined && isForm(value, form);
};

const isAuthor: Check = (value) => isForm(value, { name: isText, kind: isOne('person', 'agent', 'system') });

const RECORD: Form = {
  format: isOne(1),
  seq: isCount,
  prev: isDigestText,
  hash: isDigestText,
  at: isInstant,
  by: isAuthor,
  deed: isDeed,
};

const isRecord = (value: unknown): value is CodexRecord => isForm(value, RECORD);

/** What of a draft could not be read again: null when nothing. Asked before it is written. */
export const unwritable = (entry: CodexEntry): string | null => {
  if (!isRecord({ ...entry, hash: GENESIS_DIGEST })) {
    return `an entry that could not be read again: a text of more than ${TEXT_MAX} characters or with half a character, or a value of the wrong kind`;
  }
  const size = encodeRecord(sealEntry(entry)).length;
  return size > RECORD_BYTES_MAX ? `an entry of ${size} bytes, at most ${RECORD_BYTES_MAX} are kept` : null;
};

// Metadata: the signed documents of TUF, `{ signed, signatures }`. What is signed is the canonical form of the value.

import { fromHex, toHex, toUtf8 } from './encoding.ts';
import type { Signature } from './envelope.ts';
import { field, Reading, type Fields, type Read } from './reading.ts';

/** The limit that clients of TUF commonly set for a root. */
export const METADATA_LENGTH_MAX = 512_000;
export const SIGNATURES_MAX = 64;
const DEPTH_MAX = 16;
const SIGNATURE_LENGTH_MAX = 2_048;
const KEY_ID_LENGTH_MAX = 256;

export type Metadata = {
  /** `root`, `timestamp`, … */
  readonly type: string;
  /** As it stands there: what is signed includes fields that we do not know. */
  readonly signed: Fields;
  /** The bytes that were signed. */
  readonly message: Uint8Array;
  readonly signatures: readonly Signature[];
};

/**
 * Canonical JSON of TUF (OLPC): sorted keys, whole numbers only, and in texts only `"` and `\` are escaped, so line breaks stay
 * as they are. Not RFC 8785: the keys of real roots are in PEM, and their signatures are over this form. Null: a value that
 * has no such form (a fraction, half a pair of surrogates, too deep).
 */
export const tufText = (value: unknown, depth = DEPTH_MAX): string | null => {
  if (value === null || typeof value === 'boolean') return String(value);
  if (typeof value === 'number') return Number.isSafeInteger(value) && !Object.is(value, -0) ? String(value) : null;
  if (typeof value === 'string') return quoted(value);
  if (typeof value !== 'object' || depth === 0) return null;
  if (Array.isArray(value))
    return joined(
      value.map((item) => tufText(item, depth - 1)),
      '[',
      ']',
    );
  const fields = value as Fields; // decoder: an object that is no list
  const parts = Object.keys(fields)
    .toSorted()
    .map((key) => pair(quoted(key), tufText(fields[key], depth - 1)));
  return joined(parts, '{', '}');
};

const quoted = (text: string): string | null =>
  text.isWellFormed() ? `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"` : null;

const pair = (key: string | null, value: string | null): string | null =>
  key === null || value === null ? null : `${key}:${value}`;

const joined = (parts: readonly (string | null)[], open: string, close: string): string | null =>
  parts.includes(null) ? null : `${open}${parts.join(',')}${close}`;

/** Reads the outside of a document; what is inside is for `root.ts` and `head.ts`. `bad-input` with all that is wrong. */
export const readMetadata = (text: string): Read<Metadata> => {
  const reading = new Reading('document of trust');
  const isSmall = text.length <= METADATA_LENGTH_MAX;
  if (!isSmall) reading.wrong('', `at most ${METADATA_LENGTH_MAX} characters`);
  const fields = reading.object(isSmall ? reading.json(text) : {}, '');
  const signed = reading.object(field(fields, 'signed'), 'signed');
  const canonical = tufText(signed);
  if (canonical === null) reading.wrong('signed', `values without fractions, at most ${DEPTH_MAX} deep`);
  const listed = reading.list(field(fields, 'signatures'), 'signatures', SIGNATURES_MAX);
  const signatures = listed.map((it, at) => signatureOf(reading, it, `signatures[${at}]`));
  // TUF: "the keyid MUST be unique in the signatures array". One who repeats a signature hopes that it is counted twice.
  const ids = signatures.map(({ keyId }) => keyId);
  if (new Set(ids).size !== ids.length) reading.wrong('signatures', 'one signature for each key');
  const type = reading.text(field(signed, '_type'), 'signed._type', 64);
  return reading.result({ type, signed, message: toUtf8(canonical ?? ''), signatures });
};

/** A signature that is no hexadecimal counts for nothing, and does not spoil those of others. */
const signatureOf = (reading: Reading, value: unknown, path: string): Signature => {
  const fields = reading.object(value, path);
  const keyId = reading.text(field(fields, 'keyid'), `${path}.keyid`, KEY_ID_LENGTH_MAX);
  const signature = fromHex(reading.text(field(fields, 'sig'), `${path}.sig`, SIGNATURE_LENGTH_MAX));
  return { keyId, signature: signature ?? new Uint8Array() };
};

/** The bytes that a signer of this value signs. A value without a canonical form is a bug of whoever made it. */
export const messageOf = (signed: Fields): Uint8Array => {
  const text = tufText(signed);
  if (text === null) throw new Error('a document of trust has whole numbers and texts only');
  return toUtf8(text);
};

/** The document as text. A signature without the id of its key has no place in it. */
export const writeMetadata = (signed: Fields, signatures: readonly Signature[]): string =>
  `${JSON.stringify(
    {
      signatures: signatures.map(({ keyId, signature }) => ({ keyid: keyId ?? '', sig: toHex(signature) })),
      signed,
    },
    null,
    2,
  )}\n`;

/** The document with one more signature; an earlier one with the same key gives way. How a second person adds theirs. */
export const countersign = ({ signed, signatures }: Metadata, added: Signature): string =>
  writeMetadata(signed, [...signatures.filter(({ keyId }) => keyId !== added.keyId), added]);

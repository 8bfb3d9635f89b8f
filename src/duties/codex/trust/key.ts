// Keys as documents write them: raw in hexadecimal, or SubjectPublicKeyInfo (RFC 5280) in PEM. Inside they are points.

import { BEFORE_POINT, type KeyScheme, type PublicKey } from '#kernel/trust.ts';
import { fromBase64, fromHex, toBase64, toHex } from './encoding.ts';

const PEM = /^-----BEGIN PUBLIC KEY-----\s([A-Za-z0-9+/=\s]+)-----END PUBLIC KEY-----\s*$/;

const ED25519_POINT = /^[0-9a-f]{64}$/;
/** P-256 uncompressed: the only form that signers use. */
const POINT: Record<KeyScheme, RegExp> = {
  ed25519: ED25519_POINT,
  sshsig: ED25519_POINT,
  'ecdsa-sha2-nistp256': /^04[0-9a-f]{128}$/,
};

/** The point of a public key, in hexadecimal or PEM; null when it is not a key for that scheme. */
export const pointOf = (scheme: KeyScheme, written: string): string | null => {
  const before = BEFORE_POINT[scheme];
  const hex = written.startsWith('-----') ? pemHex(written) : plainHex(written);
  const point = hex !== null && hex.startsWith(before) ? hex.slice(before.length) : hex;
  return point !== null && POINT[scheme].test(point) ? point : null;
};

const plainHex = (text: string): string | null => {
  const bytes = fromHex(text);
  return bytes === null ? null : toHex(bytes);
};

const pemHex = (text: string): string | null => {
  const bytes = fromBase64((PEM.exec(text)?.[1] ?? '?').replaceAll(/\s/g, ''));
  return bytes === null ? null : toHex(bytes);
};

/** The public half as SubjectPublicKeyInfo in PEM: what a person gives to whoever makes the root. */
export const pemOf = (key: PublicKey): string => {
  const text = toBase64(fromHex(BEFORE_POINT[key.scheme] + key.point) ?? new Uint8Array());
  return ['-----BEGIN PUBLIC KEY-----', ...(text.match(/.{1,64}/g) ?? []), '-----END PUBLIC KEY-----', ''].join('\n');
};

/** A public key that stands alone in a file in PEM; null: it is none of those that sign here. */
export const publicKeyIn = (text: string): PublicKey | null => {
  for (const scheme of ['ed25519', 'ecdsa-sha2-nistp256'] as const) {
    const point = PEM.test(text.trimStart()) ? pointOf(scheme, text.trimStart()) : null;
    if (point !== null) return { scheme, point };
  }
  return null;
};

export type KeyFields = {
  readonly keytype: string;
  readonly keyval: { readonly public: string };
  readonly scheme: KeyScheme;
};

/** A key in the form of TUF, its fields in the order of canonical JSON. */
export const keyFields = (key: PublicKey): KeyFields =>
  key.scheme === 'ecdsa-sha2-nistp256'
    ? { keytype: 'ecdsa', keyval: { public: pemOf(key) }, scheme: key.scheme }
    : { keytype: 'ed25519', keyval: { public: key.point }, scheme: key.scheme };

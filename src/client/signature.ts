// Signatures, as the codex has them: Ed25519, ECDSA over P-256, and those of OpenSSH, each over exactly the given bytes.

import { createHash, createPublicKey, verify, type KeyObject } from 'node:crypto';
import { BEFORE_POINT, type KeyScheme, type PublicKey } from '#kernel/trust.ts';

const POINT: Record<KeyScheme, RegExp> = {
  ed25519: /^[0-9a-f]{64}$/,
  sshsig: /^[0-9a-f]{64}$/,
  'ecdsa-sha2-nistp256': /^04[0-9a-f]{128}$/,
};

const PEM = /^-----BEGIN PUBLIC KEY-----\s([A-Za-z0-9+/=\s]+)-----END PUBLIC KEY-----\s*$/;

export const isScheme = (text: unknown): text is KeyScheme => typeof text === 'string' && Object.hasOwn(POINT, text);

/** The point of a key in hexadecimal or PEM; null: no key for that scheme. */
export const pointIn = (scheme: KeyScheme, written: string): string | null => {
  const pem = PEM.exec(written)?.[1];
  const hex = pem === undefined ? written.toLowerCase() : Buffer.from(pem, 'base64').toString('hex');
  const before = BEFORE_POINT[scheme];
  const point = hex.startsWith(before) ? hex.slice(before.length) : hex;
  return POINT[scheme].test(point) ? point : null;
};

/** A root has some keys, and few roots are ever in use. */
const KEPT_MAX = 256;
const kept = new Map<string, KeyObject>();

/** Read once and kept: reading a key takes as long as verifying with it. */
const keyOf = ({ scheme, point }: PublicKey): KeyObject => {
  const spki = BEFORE_POINT[scheme] + point;
  const found = kept.get(spki);
  if (found !== undefined) return found;
  if (kept.size >= KEPT_MAX) kept.clear();
  const key = createPublicKey({ key: Buffer.from(spki, 'hex'), format: 'der', type: 'spki' });
  kept.set(spki, key);
  return key;
};

/** r and s side by side (IEEE P1363); everything else is DER. */
const P1363_LENGTH = 64;

/** True only when the signature over exactly these bytes was made with that key. Never throws. */
export const isSigned = (key: PublicKey, message: Uint8Array, signature: Uint8Array): boolean => {
  try {
    if (key.scheme === 'ed25519') return verify(null, message, keyOf(key), signature);
    if (key.scheme === 'sshsig') return isSignedBySsh(key, message, Buffer.from(signature));
    const dsaEncoding = signature.length === P1363_LENGTH ? 'ieee-p1363' : 'der';
    return verify('sha256', message, { key: keyOf(key), dsaEncoding }, signature);
  } catch {
    return false; // No key, or no signature: the library throws for some of them.
  }
};

const SSH_HEADER = Buffer.concat([Buffer.from('SSHSIG'), Buffer.from([0, 0, 0, 1])]);
const SSH_KEY_TYPE = 'ssh-ed25519';
/** What was signed for another purpose (a commit, a mail) is no signature for the codex. */
const SSH_NAMESPACE = 'sereno-codex';

const block = (value: string | Uint8Array): Buffer => {
  const bytes = Buffer.from(value);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
};

/** Exactly so many blocks, each with its length before it (RFC 4251, section 5); null: something else. */
const blocks = (bytes: Buffer, count: number): readonly Buffer[] | null => {
  const found: Buffer[] = [];
  let at = 0;
  while (at + 4 <= bytes.length && found.length < count) {
    const end = at + 4 + bytes.readUInt32BE(at);
    if (end > bytes.length) return null;
    found.push(bytes.subarray(at + 4, end));
    at = end;
  }
  return at === bytes.length && found.length === count ? found : null;
};

/** PROTOCOL.sshsig of OpenSSH: public key, namespace, reserved, hash, signature. */
const isSignedBySsh = (key: PublicKey, message: Uint8Array, blob: Buffer): boolean => {
  if (!blob.subarray(0, SSH_HEADER.length).equals(SSH_HEADER)) return false;
  const [owner, namespace, reserved, name, inner] = blocks(blob.subarray(SSH_HEADER.length), 5) ?? [];
  if (owner === undefined || inner === undefined || reserved?.length !== 0) return false;
  const hash = String(name);
  const isOurs = String(namespace) === SSH_NAMESPACE && (hash === 'sha256' || hash === 'sha512');
  const mine = Buffer.concat([block(SSH_KEY_TYPE), block(Buffer.from(key.point, 'hex'))]);
  const [type, made] = blocks(inner, 2) ?? [];
  if (!isOurs || !owner.equals(mine) || made === undefined || String(type) !== SSH_KEY_TYPE) return false;
  const digest = createHash(hash).update(message).digest();
  const signed = [Buffer.from('SSHSIG'), block(SSH_NAMESPACE), block(''), block(hash), block(digest)];
  return verify(null, Buffer.concat(signed), keyOf(key), made);
};

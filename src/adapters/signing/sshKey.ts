// Keys of OpenSSH: the line of a `.pub` file, and the private form `openssh-key-v1` (openssh, PROTOCOL.key), Ed25519 only.

import { createPrivateKey, type KeyObject } from 'node:crypto';
import type { PublicKey } from '#kernel/trust.ts';
import { publicHalf } from './point.ts';
import { blocksOf } from './sshsig.ts';

const KEY_TYPE = 'ssh-ed25519';
const LINE = /^ssh-ed25519 ([A-Za-z0-9+/]+={0,2})(?: .*)?$/;
const POINT_LENGTH = 32;

/** The key of a line `ssh-ed25519 AAAA… comment`; null: another kind of key, or no key at all. */
export const readSshPublicKey = (line: string): PublicKey | null => {
  const blob = Buffer.from(LINE.exec(line.trim())?.[1] ?? '', 'base64');
  const [type, point] = blocksOf(blob, 2) ?? [];
  if (type === undefined || point === undefined) return null;
  if (type.toString('latin1') !== KEY_TYPE || point.length !== POINT_LENGTH) return null;
  return { scheme: 'sshsig', point: point.toString('hex') };
};

export type SshPrivateKey =
  | { readonly kind: 'read'; readonly privateKey: KeyObject; readonly point: string }
  /** It has a passphrase; its public half can be read all the same. */
  | { readonly kind: 'sealed'; readonly point: string }
  | { readonly kind: 'refused'; readonly why: string; readonly mend: string };

const BEGIN = '-----BEGIN OPENSSH PRIVATE KEY-----';
const BODY = /^-----BEGIN OPENSSH PRIVATE KEY-----\s([A-Za-z0-9+/=\s]+)-----END OPENSSH PRIVATE KEY-----\s*$/;
const MAGIC = Buffer.from('openssh-key-v1\0');

export const isSshPrivateKey = (text: string): boolean => text.startsWith(BEGIN);

/**
 * Reads an Ed25519 key. One with a passphrase stays with the program that made it: its way of deriving keys (bcrypt) is in no
 * library of Node, so `ssh-keygen` signs with it.
 */
export const readSshPrivateKey = (text: string): SshPrivateKey => {
  const bytes = Buffer.from((BODY.exec(text)?.[1] ?? '').replaceAll(/\s/g, ''), 'base64');
  if (!bytes.subarray(0, MAGIC.length).equals(MAGIC)) return broken();
  const rest = bytes.subarray(MAGIC.length);
  const [cipher, kdf, options] = takeBlocks(rest, 3);
  if (cipher === undefined || kdf === undefined || options === undefined) return broken();
  const after = rest.subarray(12 + cipher.length + kdf.length + options.length);
  if (after.length < 4 || after.readUInt32BE(0) !== 1) return broken();
  const [owner, inner] = takeBlocks(after.subarray(4), 2);
  if (cipher.toString('latin1') !== 'none') return sealed(owner);
  return inner === undefined || inner.length < 8 ? broken() : readInner(inner);
};

const broken = (): SshPrivateKey => ({
  kind: 'refused',
  why: 'not an Ed25519 key of OpenSSH',
  mend: 'make one with ssh-keygen -t ed25519, or use a key in PEM',
});

const sealed = (owner: Buffer | undefined): SshPrivateKey => {
  const [type, point] = (owner === undefined ? null : blocksOf(owner, 2)) ?? [];
  if (type?.toString('latin1') !== KEY_TYPE || point?.length !== POINT_LENGTH) return broken();
  return { kind: 'sealed', point: point.toString('hex') };
};

/** The first blocks of a sequence; fewer when it is cut off. */
const takeBlocks = (bytes: Buffer, count: number): readonly Buffer[] => {
  const parts: Buffer[] = [];
  let at = 0;
  while (parts.length < count && at + 4 <= bytes.length) {
    const length = bytes.readUInt32BE(at);
    if (at + 4 + length > bytes.length) return parts;
    parts.push(bytes.subarray(at + 4, at + 4 + length));
    at += 4 + length;
  }
  return parts;
};

/** RFC 8410: what stands before the 32 bytes of a private key in PKCS #8. */
const PKCS8_BEFORE = Buffer.from('302e020100300506032b657004220420', 'hex');

/** Two equal check numbers, the type, the public half, and the private half with the public one behind it. */
const readInner = (inner: Buffer): SshPrivateKey => {
  if (inner.readUInt32BE(0) !== inner.readUInt32BE(4)) return broken();
  const [type, point, both] = takeBlocks(inner.subarray(8), 3);
  if (type?.toString('latin1') !== KEY_TYPE || point === undefined || both?.length !== 2 * POINT_LENGTH)
    return broken();
  const seed = both.subarray(0, POINT_LENGTH);
  const privateKey = createPrivateKey({ key: Buffer.concat([PKCS8_BEFORE, seed]), format: 'der', type: 'pkcs8' });
  const isWhole = publicHalf(privateKey)?.point === point.toString('hex');
  return isWhole ? { kind: 'read', privateKey, point: point.toString('hex') } : broken();
};

// Signatures of OpenSSH, as `ssh-keygen -Y sign -n sereno-codex` makes them (openssh, PROTOCOL.sshsig), with Ed25519 keys.
//
//   blob     "SSHSIG", version 1, public key, namespace, reserved, hash, signature      each a length of 4 bytes and its bytes
//   signed   "SSHSIG", namespace, reserved, hash, H(message)

import { hash, sign, verify, type KeyObject } from 'node:crypto';

/** What was signed for another purpose (a commit, a mail) is no signature for the codex. */
export const SSH_NAMESPACE = 'sereno-codex';

const MAGIC = Buffer.from('SSHSIG');
const VERSION = 1;
const KEY_TYPE = 'ssh-ed25519';
const HASHES: ReadonlySet<string> = new Set(['sha256', 'sha512']);
const HASH_MADE = 'sha512';

/** A text or bytes with its length before it (RFC 4251, section 5, "string"). */
const block = (value: string | Uint8Array): Buffer => {
  const bytes = Buffer.from(value);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
};

/** The public key in the form of OpenSSH, as it stands in base64 in a `.pub` file. */
export const sshPublicBlob = (point: string): Buffer =>
  Buffer.concat([block(KEY_TYPE), block(Buffer.from(point, 'hex'))]);

/** The parts of a sequence of at most so many blocks; null when there are more, or it does not end exactly with one. */
export const blocksOf = (bytes: Uint8Array, countMax: number): readonly Buffer[] | null => {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const parts: Buffer[] = [];
  let at = 0;
  while (at < view.length) {
    if (parts.length === countMax || at + 4 > view.length) return null;
    const length = view.readUInt32BE(at);
    if (at + 4 + length > view.length) return null;
    parts.push(view.subarray(at + 4, at + 4 + length));
    at += 4 + length;
  }
  return parts;
};

const digestOf = (name: string, message: Uint8Array): Buffer => hash(name, message, 'buffer');

const signedBytes = (name: string, message: Uint8Array): Buffer =>
  Buffer.concat([MAGIC, block(SSH_NAMESPACE), block(''), block(name), block(digestOf(name, message))]);

const HEADER = Buffer.concat([MAGIC, Buffer.from([0, 0, 0, VERSION])]);

/** The blob of a signature with an Ed25519 key, `point` its public half. */
export const makeSshSignature = (key: KeyObject, point: string, message: Uint8Array): Buffer => {
  const made = sign(null, signedBytes(HASH_MADE, message), key);
  const signature = Buffer.concat([block(KEY_TYPE), block(made)]);
  const parts = [block(sshPublicBlob(point)), block(SSH_NAMESPACE), block(''), block(HASH_MADE), block(signature)];
  return Buffer.concat([HEADER, ...parts]);
};

type Given = { readonly signature: Uint8Array; readonly point: string };

/** True when the blob was made with that key, for the codex, over that message. */
export const verifySshSignature = (key: KeyObject, message: Uint8Array, { signature, point }: Given): boolean => {
  const blob = Buffer.from(signature.buffer, signature.byteOffset, signature.byteLength);
  if (!blob.subarray(0, HEADER.length).equals(HEADER)) return false;
  const parts = blocksOf(blob.subarray(HEADER.length), 5);
  const [owner, namespace, reserved, name, inner] = parts ?? [];
  if (owner === undefined || namespace === undefined || reserved === undefined || name === undefined) return false;
  if (inner === undefined || !owner.equals(sshPublicBlob(point)) || reserved.length > 0) return false;
  if (namespace.toString('latin1') !== SSH_NAMESPACE || !HASHES.has(name.toString('latin1'))) return false;
  const [type, made] = blocksOf(inner, 2) ?? [];
  if (type === undefined || made === undefined || type.toString('latin1') !== KEY_TYPE) return false;
  return verify(null, signedBytes(name.toString('latin1'), message), key, made);
};

const BEGIN = '-----BEGIN SSH SIGNATURE-----';
const END = '-----END SSH SIGNATURE-----';
const ARMOR = new RegExp(`^${BEGIN}\\r?\\n([A-Za-z0-9+/=\\r\\n]{1,8192})${END}\\s*$`);

/** The blob in the form of a `.sig` file. */
export const armorSshSignature = (blob: Uint8Array): string => {
  const lines =
    Buffer.from(blob)
      .toString('base64')
      .match(/.{1,70}/g) ?? [];
  return [BEGIN, ...lines, END, ''].join('\n');
};

/** The blob of a `.sig` file; null when it is none. */
export const readSshSignature = (text: string): Uint8Array | null => {
  const body = (ARMOR.exec(text)?.[1] ?? '').replaceAll(/\s/g, '');
  const blob = Buffer.from(body, 'base64');
  return body !== '' && blob.toString('base64') === body ? blob : null;
};

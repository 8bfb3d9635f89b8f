// The key that signs checkpoints: Ed25519, made at the first opening, private half readable by its owner only.

import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  hash,
  sign,
  verify,
  type KeyObject,
} from 'node:crypto';
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { checkpointText, type EvidenceCheckpoint, type EvidenceTree } from '#kernel/evidence.ts';
import type { Instant } from '#kernel/time.ts';
import type { Tail } from './chain.ts';

export const KEY_DIRECTORY = 'keys';
export const PRIVATE_KEY_FILE = 'evidence-private.pem';
export const PUBLIC_KEY_FILE = 'evidence-public.pem';

export type Signer = {
  /** SPKI in PEM: all that anybody needs to verify. */
  readonly publicKey: string;
  readonly keyId: string;
  readonly sign: (tail: Tail, tree: EvidenceTree | null, at: Instant) => EvidenceCheckpoint;
};

/** SHA-256 of the SPKI DER, hex. */
export const keyIdOf = (publicKey: KeyObject): string =>
  hash('sha256', publicKey.export({ type: 'spki', format: 'der' }));

/** Its entries are safe from a loss of power only when the directory itself was synced. */
const syncDirectory = (path: string): void => {
  const descriptor = openSync(path, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
};

/** Writes a file whole or not at all, and safe when it returns: a temporary one beside it, synced, then renamed. */
const writeWhole = (path: string, text: string, mode: number): void => {
  const descriptor = openSync(`${path}.new`, 'w', mode);
  try {
    writeSync(descriptor, text);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
  renameSync(`${path}.new`, path);
  syncDirectory(dirname(path));
};

const readOrMakeKey = (path: string): KeyObject => {
  if (existsSync(path)) return createPrivateKey(readFileSync(path));
  const { privateKey } = generateKeyPairSync('ed25519');
  writeWhole(path, privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(), 0o600);
  syncDirectory(dirname(dirname(path)));
  return privateKey;
};

/**
 * Opens the key pair in `<directory>/keys/`, making what is missing. The public half is always derived from the
 * private one; a public file that differs is replaced. Errors of the file system and of a broken key pass through.
 */
export const openSigner = (directory: string): Signer => {
  const keys = join(directory, KEY_DIRECTORY);
  mkdirSync(keys, { recursive: true, mode: 0o700 });
  const privateKey = readOrMakeKey(join(keys, PRIVATE_KEY_FILE));
  const publicObject = createPublicKey(privateKey);
  const publicKey = publicObject.export({ type: 'spki', format: 'pem' }).toString();
  const publicPath = join(keys, PUBLIC_KEY_FILE);
  if (!existsSync(publicPath) || readFileSync(publicPath, 'utf8') !== publicKey) {
    writeWhole(publicPath, publicKey, 0o644);
  }
  const keyId = keyIdOf(publicObject);
  return {
    publicKey,
    keyId,
    sign: ({ seq, hash: end }, tree, at) => {
      const said = { seq, hash: end, at, tree };
      const signature = sign(null, Buffer.from(checkpointText(said)), privateKey);
      return { ...said, signature: signature.toString('base64'), keyId };
    },
  };
};

/** Says what is wrong with the signature of a checkpoint; null when it holds. */
export type CheckSignature = (checkpoint: EvidenceCheckpoint) => string | null;

/** `publicKey` is SPKI in PEM; anything else is a throw. */
export const makeCheckSignature = (publicKey: string): CheckSignature => {
  const key = createPublicKey(publicKey);
  const keyId = keyIdOf(key);
  return (checkpoint) => {
    if (checkpoint.keyId !== keyId) return 'it is signed with another key';
    const text = Buffer.from(checkpointText(checkpoint));
    const signature = Buffer.from(checkpoint.signature, 'base64');
    // Base64 has several spellings of the same bytes; only the one that was written is accepted.
    if (signature.toString('base64') !== checkpoint.signature) return 'its signature is not plain base64';
    return verify(null, text, key, signature) ? null : 'its signature does not hold';
  };
};

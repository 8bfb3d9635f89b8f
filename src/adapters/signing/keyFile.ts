// Keys in files: PKCS #8 in PEM (RFC 5958, 7468), read only when nobody but the owner can read them.

import { createPrivateKey, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { closeSync, constants, fstatSync, fsyncSync, openSync, readFileSync, unlinkSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { problem } from '#kernel/problem.ts';
import type { KeyScheme, PublicKey } from '#kernel/trust.ts';
import type { Signer, SignerOpening } from '#ports/signing.ts';
import { isSshPrivateKey, readSshPrivateKey } from './sshKey.ts';
import { publicHalf } from './point.ts';
import { signWithSshKeygen } from './sshProgram.ts';
import { makeSshSignature } from './sshsig.ts';

/** A key has less than 1 KB; a file that is larger is something else. */
const LENGTH_MAX = 65_536;
/** PBES2 with AES-256-CBC, which every reader of PKCS #8 knows. */
const CIPHER = 'aes-256-cbc';
const OTHERS = 0o077;

const refused = (message: string, mend: string): SignerOpening => ({
  kind: 'refused',
  problem: problem('codex-key', message, { mend }),
});

/** What a passphrase is: null when the key has none. */
export type Passphrase = string | null;

/**
 * Makes a key and writes its private half, readable by its owner only. A file that exists is never written over: the key in
 * it may be the last one that can sign the next root.
 */
export const makeKeyFile = (
  path: string,
  scheme: Exclude<KeyScheme, 'sshsig'>,
  passphrase: Passphrase = null,
): SignerOpening => {
  const { privateKey } =
    scheme === 'ed25519' ? generateKeyPairSync('ed25519') : generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const sealed = passphrase === null ? {} : { cipher: CIPHER, passphrase };
  const text = privateKey.export({ type: 'pkcs8', format: 'pem', ...sealed }).toString();
  try {
    writeNew(path, text);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST')
      return refused(`${path} is there already, and a key is never written over`, 'name a new file');
    return refused(
      `${path}: the key cannot be written: ${detailOf(error)}`,
      'name a new file in a folder that you may write',
    );
  }
  return opened(privateKey, path);
};

const writeNew = (path: string, text: string): void => {
  const file = openSync(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600);
  try {
    writeSync(file, text);
    fsyncSync(file);
  } catch (error) {
    unlinkSync(path); // Half a key would only be in the way of the next try.
    throw error;
  } finally {
    closeSync(file);
  }
  const folder = openSync(dirname(path), constants.O_RDONLY);
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
};

const detailOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/**
 * Opens a private key: PKCS #8 or SEC 1 in PEM, or an OpenSSH key (it signs in the form of OpenSSH; with a passphrase,
 * `ssh-keygen` does, which asks for it).
 * `codex-key`: no such file, others may read it, a passphrase is missing or wrong, or another kind of key.
 */
export const openKeyFile = (path: string, passphrase: Passphrase = null): SignerOpening => {
  let text: string;
  try {
    const read = readPrivate(path);
    if (read.kind === 'refused') return read;
    text = read.text;
  } catch (error) {
    return refused(
      `${path}: the key cannot be read: ${detailOf(error)}`,
      'name a file that exists and that you may read',
    );
  }
  if (isSshPrivateKey(text)) return openSsh(path, text);
  try {
    return opened(createPrivateKey({ key: text, format: 'pem', ...(passphrase === null ? {} : { passphrase }) }), path);
  } catch (error) {
    return refused(
      `${path}: ${whyUnread(text, passphrase, error)}`,
      'give the right passphrase, or a private key in PEM',
    );
  }
};

type PrivateText =
  { readonly kind: 'text'; readonly text: string } | Extract<SignerOpening, { readonly kind: 'refused' }>;

/** Looks at the open file, so that what was looked at is what is read. */
const readPrivate = (path: string): PrivateText => {
  const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const { mode, size } = fstatSync(file);
    const isRegular = (mode & constants.S_IFMT) === constants.S_IFREG;
    if (!isRegular || size > LENGTH_MAX) {
      return unusable(`${path}: not a file with a key`, 'name the file of a private key');
    }
    if ((mode & OTHERS) !== 0) {
      const bits = (mode & 0o777).toString(8);
      return unusable(`${path}: others may read or write this key (mode ${bits})`, `chmod 600 ${path}`);
    }
    return { kind: 'text', text: readFileSync(file, 'utf8') };
  } finally {
    closeSync(file);
  }
};

const unusable = (message: string, mend: string): Extract<SignerOpening, { readonly kind: 'refused' }> => ({
  kind: 'refused',
  problem: problem('codex-key', message, { mend }),
});

/** The words of the library name neither the file nor the way out. */
const whyUnread = (text: string, passphrase: Passphrase, error: unknown): string => {
  const isSealed = text.includes('ENCRYPTED');
  if (isSealed && passphrase === null) return 'the key has a passphrase, and none was given';
  return isSealed ? 'the passphrase does not open the key' : `not a private key in PEM (${detailOf(error)})`;
};

const opened = (key: KeyObject, path: string): SignerOpening => {
  const half = publicHalf(key);
  if (half === null) {
    const kind = key.asymmetricKeyType ?? key.type;
    return refused(`${path}: a key of kind ${kind} is not supported`, 'use an Ed25519 or a P-256 key');
  }
  return { kind: 'opened', signer: makeSigner(key, half) };
};

/** ECDSA in DER: the form of TUF and of most programs that verify envelopes. */
const makeSigner = (privateKey: KeyObject, key: PublicKey): Signer => ({
  key,
  sign: (message) => sign(key.scheme === 'ed25519' ? null : 'sha256', message, privateKey),
});

const openSsh = (path: string, text: string): SignerOpening => {
  const read = readSshPrivateKey(text);
  if (read.kind === 'refused') return refused(`${path}: ${read.why}`, read.mend);
  const key = { scheme: 'sshsig', point: read.point } as const;
  const make =
    read.kind === 'sealed'
      ? (message: Uint8Array) => signWithSshKeygen(path, message)
      : (message: Uint8Array) => makeSshSignature(read.privateKey, read.point, message);
  return { kind: 'opened', signer: { key, sign: make } };
};

// Verifying with the library of Node: Ed25519, ECDSA over P-256 with SHA-256, and signatures of OpenSSH.

import { createPublicKey, verify, type KeyObject } from 'node:crypto';
import type { PublicKey, Verify } from '#kernel/trust.ts';
import { derOf, publicHalf } from './point.ts';
import { verifySshSignature } from './sshsig.ts';

/** A root has at most 64 keys; a few roots may be in use at once. */
const KEYS_KEPT_MAX = 256;

/** r and s side by side (IEEE P1363), as the example of DSSE has it; everything else is DER, as TUF and OpenSSL have it. */
const P1363_LENGTH = 64;

/**
 * Makes the one function that believes or does not. Keys are read once and kept: reading one takes as long as a verification.
 * A key or a signature that is none is `false`, never a throw.
 */
export const makeVerify = (): Verify => {
  const kept = new Map<string, KeyObject | null>();
  const keyFor = (key: PublicKey): KeyObject | null => {
    const name = `${key.scheme} ${key.point}`;
    const found = kept.get(name);
    if (found !== undefined) return found;
    if (kept.size >= KEYS_KEPT_MAX) kept.clear();
    const opened = openPublic(key);
    kept.set(name, opened);
    return opened;
  };
  return (key, message, signature) => {
    const opened = keyFor(key);
    if (opened === null) return false;
    try {
      return VERIFY[key.scheme](opened, message, { signature, point: key.point });
    } catch {
      return false; // The library throws for some forms of broken DER, and says false for others.
    }
  };
};

const openPublic = (key: PublicKey): KeyObject | null => {
  try {
    const opened = createPublicKey({ key: derOf(key), format: 'der', type: 'spki' });
    // The library overlooks bytes behind the key: with them one key would have many names, and could count many times.
    return publicHalf(opened)?.point === key.point ? opened : null;
  } catch {
    return null;
  }
};

type Given = { readonly signature: Uint8Array; readonly point: string };
type VerifyOpened = (key: KeyObject, message: Uint8Array, given: Given) => boolean;

const VERIFY: Record<PublicKey['scheme'], VerifyOpened> = {
  ed25519: (key, message, { signature }) => verify(null, message, key, signature),
  'ecdsa-sha2-nistp256': (key, message, { signature }) => {
    const dsaEncoding = signature.length === P1363_LENGTH ? 'ieee-p1363' : 'der';
    return verify('sha256', message, { key, dsaEncoding }, signature);
  },
  sshsig: verifySshSignature,
};

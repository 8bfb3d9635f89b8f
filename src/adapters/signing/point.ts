// Points of keys and the forms in which libraries hold them.

import { createPublicKey, type KeyObject } from 'node:crypto';
import { BEFORE_POINT, type PublicKey } from '#kernel/trust.ts';

/** SubjectPublicKeyInfo in DER. */
export const derOf = ({ scheme, point }: PublicKey): Buffer => Buffer.from(BEFORE_POINT[scheme] + point, 'hex');

/** The public half of a key of the library; null: neither Ed25519 nor P-256. */
export const publicHalf = (key: KeyObject): PublicKey | null => {
  const der = (key.type === 'public' ? key : createPublicKey(key))
    .export({ type: 'spki', format: 'der' })
    .toString('hex');
  for (const scheme of ['ed25519', 'ecdsa-sha2-nistp256'] as const) {
    const before = BEFORE_POINT[scheme];
    if (der.startsWith(before)) return { scheme, point: der.slice(before.length) };
  }
  return null;
};

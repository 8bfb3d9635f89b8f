// Signers: whose signatures hold. One key counts once, and one person counts once, however many signatures there are.

import type { Role, Root, TrustedKey, Verify } from '#kernel/trust.ts';
import type { Signature } from './envelope.ts';

export type SignedBytes = { readonly message: Uint8Array; readonly signatures: readonly Signature[] };

/** Who stands behind a key: its owner, or the key itself when the root names none. */
export const personOf = (key: TrustedKey): string => key.owner ?? `key ${key.id.slice(0, 12)}`;

/** `Cleo`, ` cleo` and a full-width `ｃｌｅｏ` are one person: a name must not be a way around a rule. */
export const sameName = (name: string): string => name.normalize('NFKC').trim().toLowerCase();

/** The keys of a role, in its order; an id that the root does not know is left out. */
export const keysOf = (root: Root, role: Role): readonly TrustedKey[] =>
  role.keyIds.flatMap((id) => root.keys.filter((key) => key.id === id));

/**
 * The keys whose signature holds, each once. A key's id in a signature is a hint: it spares trying the others, and a wrong one
 * only harms the signature that has it.
 */
export const keysThatSigned = (
  signed: SignedBytes,
  keys: readonly TrustedKey[],
  verify: Verify,
): readonly TrustedKey[] => {
  const found: TrustedKey[] = [];
  for (const { keyId, signature } of signed.signatures) {
    const hinted = keys.filter((key) => key.id === keyId);
    const tried = (hinted.length === 0 ? keys : hinted).filter((key) => !found.includes(key));
    const signer = tried.find((key) => verify(key, signed.message, signature));
    if (signer !== undefined) found.push(signer);
  }
  return found;
};

/**
 * One key for each person, the first one of each: so many have signed, or can sign. The same point under another id, or
 * another key of the same person, adds nothing.
 */
export const apart = (keys: readonly TrustedKey[]): readonly TrustedKey[] =>
  keys.reduce<readonly TrustedKey[]>((found, key) => (isCounted(found, key) ? found : [...found, key]), []);

const isCounted = (found: readonly TrustedKey[], key: TrustedKey): boolean =>
  found.some((it) => it.point === key.point || it.id === key.id || (it.owner !== null && it.owner === key.owner));

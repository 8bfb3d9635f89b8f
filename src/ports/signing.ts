// Signing: the keys of this machine's people. The core says which bytes; who holds the key says yes by signing them.

import type { Problem } from '#kernel/problem.ts';
import type { PublicKey } from '#kernel/trust.ts';

export interface Signer {
  readonly key: PublicKey;
  /**
   * A signature over exactly these bytes that `Verify` accepts for `key`. Throws ProblemError (`codex-key`) when the program
   * or the person that holds the key does not sign; else only for what cannot be foreseen (the library is broken).
   */
  sign(message: Uint8Array): Uint8Array;
}

/** A key that can sign, or why it cannot (`codex-key`). */
export type SignerOpening =
  { readonly kind: 'opened'; readonly signer: Signer } | { readonly kind: 'refused'; readonly problem: Problem };

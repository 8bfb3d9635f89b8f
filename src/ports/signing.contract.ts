// The conformance suite of signing: what every kind of key must keep.

import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import type { PublicKey, Verify } from '#kernel/trust.ts';
import type { Signer } from './signing.ts';

export type SigningGround = {
  /** Two different keys of the same kind. */
  readonly signers: readonly [Signer, Signer];
  readonly verify: Verify;
};

/** More than any hash takes at once, and nothing at all. */
const SIZES = [0, 1, 63, 64, 65, 1_000_000];

const RUNS = 40;

export const signingContract = (name: string, prepare: () => SigningGround): void => {
  test(`${name}: what was signed holds for its key and for no other`, () => {
    const { signers, verify } = prepare();
    const [first, second] = signers;
    assert.notEqual(first.key.point, second.key.point);
    for (const size of SIZES) {
      const message = new Uint8Array(size).fill(7);
      const signature = first.sign(message);
      assert.equal(verify(first.key, message, signature), true, `${size} bytes`);
      assert.equal(verify(second.key, message, signature), false, `${size} bytes with another key`);
    }
  });

  test(`${name}: one other bit in the message or in the signature, and it does not hold`, () => {
    const { signers, verify } = prepare();
    const [signer] = signers;
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 200 }), fc.nat(), fc.nat(7), (message, place, bit) => {
        const signature = signer.sign(message);
        assert.equal(verify(signer.key, message, signature), true);
        assert.equal(verify(signer.key, flipped(message, place, bit), signature), false);
        assert.equal(verify(signer.key, message, flipped(signature, place, bit)), false);
      }),
      { numRuns: RUNS },
    );
  });

  test(`${name}: every bit of one signature counts, and so does its length`, () => {
    const { signers, verify } = prepare();
    const [signer] = signers;
    const message = Uint8Array.of(1, 2, 3);
    const signature = signer.sign(message);
    for (let bit = 0; bit < signature.length * 8; bit += 1) {
      assert.equal(verify(signer.key, message, flipped(signature, bit >> 3, bit & 7)), false, `bit ${bit}`);
    }
    assert.equal(verify(signer.key, message, signature.subarray(0, -1)), false);
    assert.equal(verify(signer.key, message, Uint8Array.of(...signature, 0)), false);
    assert.equal(verify(signer.key, message, new Uint8Array()), false);
  });

  test(`${name}: a signature is none of another scheme, and a key that is none refuses without a throw`, () => {
    const { signers, verify } = prepare();
    const [{ key, sign }] = signers;
    const message = Uint8Array.of(1, 2, 3);
    const signature = sign(message);
    const schemes = ['ed25519', 'ecdsa-sha2-nistp256', 'sshsig'] as const;
    for (const scheme of schemes.filter((it) => it !== key.scheme)) {
      assert.equal(verify({ scheme, point: key.point }, message, signature), false, scheme);
    }
    const broken: readonly PublicKey[] = [
      { ...key, point: '' },
      { ...key, point: 'zz' },
      { ...key, point: '00'.repeat(key.point.length / 2) },
      { ...key, point: `${key.point}00` },
    ];
    for (const it of broken) assert.equal(verify(it, message, signature), false, it.point);
  });
};

const flipped = (bytes: Uint8Array, place: number, bit: number): Uint8Array => {
  const copy = Uint8Array.from(bytes);
  const at = place % copy.length;
  copy[at] = (copy[at] ?? 0) ^ (1 << bit);
  return copy;
};

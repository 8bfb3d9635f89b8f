// The Merkle tree over the records that one checkpoint covers, so that one record can be proven without the others.
//
// Hashing as in RFC 9162, section 2.1 (the same as RFC 6962): a leaf is SHA-256(0x00 ‖ d), an inner node is
// SHA-256(0x01 ‖ left ‖ right), and a tree of n leaves is split at the largest power of two below n. The data `d` of a
// leaf is the 32 bytes of the record's hash: whoever shows a proof need not show the record.
//
// Hashes are hex strings here: node's one-shot hash gives hex in a third of the time that a buffer takes (0.36 µs).

import { hash } from 'node:crypto';

const HASH_BYTES = 32;
const LEAF = Buffer.alloc(1 + HASH_BYTES, 0);
const INNER = Buffer.alloc(1 + 2 * HASH_BYTES, 1);

/** `recordHash` is 64 hex digits; anything else is a throw, since what stood in the buffer before would be hashed. */
const leafHash = (recordHash: string): string => {
  const written = LEAF.write(recordHash, 1, HASH_BYTES, 'hex');
  if (written !== HASH_BYTES || recordHash.length !== 2 * HASH_BYTES)
    throw new Error('what stands by a record is no hash');
  return hash('sha256', LEAF);
};

const innerHash = (left: string, right: string): string => {
  INNER.write(left, 1, HASH_BYTES, 'hex');
  INNER.write(right, 1 + HASH_BYTES, HASH_BYTES, 'hex');
  return hash('sha256', INNER);
};

/**
 * A tree that grows by one leaf at a time and keeps only the roots of its full subtrees, largest first: one for each
 * bit that is set in the number of leaves.
 */
export class GrowingTree {
  readonly #full: string[] = [];
  #size = 0;

  size(): number {
    return this.#size;
  }

  add(recordHash: string): void {
    let subtree = leafHash(recordHash);
    for (let rest = this.#size; rest % 2 === 1; rest = (rest - 1) / 2) {
      subtree = innerHash(this.#full.pop() ?? '', subtree);
    }
    this.#full.push(subtree);
    this.#size += 1;
  }

  /** The root; of no leaves, the hash of nothing. */
  root(): string {
    if (this.#size === 0) return hash('sha256', '');
    return this.#full.reduceRight((right, left) => innerHash(left, right));
  }
}

/** The largest power of two below `count`, which is at least 2. */
const splitOf = (count: number): number => 2 ** (Math.ceil(Math.log2(count)) - 1);

/** The root over these records. Throws when one of them is no hash. */
export const rootOf = (recordHashes: readonly string[]): string => {
  const tree = new GrowingTree();
  for (const recordHash of recordHashes) tree.add(recordHash);
  return tree.root();
};

/** The audit path of one leaf (RFC 9162, 2.1.3.1): the sibling of the leaf first, a child of the root last. */
export const auditPath = (recordHashes: readonly string[], index: number): readonly string[] => {
  if (recordHashes.length <= 1) return [];
  const split = splitOf(recordHashes.length);
  const [left, right] = [recordHashes.slice(0, split), recordHashes.slice(split)];
  return index < split
    ? [...auditPath(left, index), rootOf(right)]
    : [...auditPath(right, index - split), rootOf(left)];
};

/** Where a leaf stands: `index` counts from 0. */
export type Place = { readonly index: number; readonly size: number };

/** The root that a leaf and its audit path lead to (RFC 9162, 2.1.3.2); null when the path does not fit the place. */
export const rootFrom = (recordHash: string, path: readonly string[], place: Place): string | null => {
  if (place.index < 0 || place.index >= place.size) return null;
  let [node, last] = [place.index, place.size - 1];
  let reached = leafHash(recordHash);
  for (const sibling of path) {
    if (last === 0) return null;
    const isRight = node % 2 === 1 || node === last;
    reached = isRight ? innerHash(sibling, reached) : innerHash(reached, sibling);
    // The last node of a row without a partner rises until it has one.
    while (isRight && node % 2 === 0 && node !== 0) [node, last] = [node / 2, Math.floor(last / 2)];
    [node, last] = [Math.floor(node / 2), Math.floor(last / 2)];
  }
  return last === 0 ? reached : null;
};

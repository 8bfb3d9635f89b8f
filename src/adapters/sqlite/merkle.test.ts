// The tree against its definition in RFC 9162, section 2.1.1, written down once more in the plainest way.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';
import { auditPath, GrowingTree, rootFrom, rootOf } from './merkle.ts';

const sha = (...parts: readonly Uint8Array[]): Buffer => createHash('sha256').update(Buffer.concat(parts)).digest();

/** MTH of the RFC. */
const treeHash = (leaves: readonly Buffer[]): Buffer => {
  const [first] = leaves;
  if (first === undefined) return sha();
  if (leaves.length === 1) return sha(Buffer.from([0]), first);
  let split = 1;
  while (split * 2 < leaves.length) split *= 2;
  return sha(Buffer.from([1]), treeHash(leaves.slice(0, split)), treeHash(leaves.slice(split)));
};

const SIZES_MAX = 70;
const LEAVES = Array.from({ length: SIZES_MAX }, (_, index) => sha(Buffer.from(`record ${index}`)));
const HASHES = LEAVES.map((leaf) => leaf.toString('hex'));

describe('the Merkle tree', () => {
  it('has the root of the definition, grown or made at once', () => {
    const tree = new GrowingTree();
    for (let size = 0; size <= SIZES_MAX; size += 1) {
      const root = treeHash(LEAVES.slice(0, size)).toString('hex');
      assert.equal(tree.root(), root, `${size} leaves`);
      assert.equal(rootOf(HASHES.slice(0, size)), root);
      assert.equal(tree.size(), size);
      tree.add(HASHES[size] ?? HASHES[0] ?? '');
    }
  });

  it('proves every leaf at its own place and at no other', () => {
    for (let size = 1; size <= SIZES_MAX; size += 1) {
      const leaves = HASHES.slice(0, size);
      const root = rootOf(leaves);
      for (const [index, leaf] of leaves.entries()) {
        const path = auditPath(leaves, index);
        assert.ok(path.length <= Math.ceil(Math.log2(size)), `${index} of ${size}`);
        for (let place = -1; place <= size; place += 1) {
          const isProven = rootFrom(leaf, path, { index: place, size }) === root;
          assert.equal(isProven, place === index, `leaf ${index} of ${size} at ${place}`);
        }
        assert.notEqual(rootFrom(leaf, [...path, root], { index, size }), root, 'a path too long');
        if (path.length > 0) assert.notEqual(rootFrom(leaf, path.slice(0, -1), { index, size }), root, 'too short');
      }
    }
  });

  it('refuses what is no hash, and never hashes what stood there before', () => {
    for (const bad of ['', 'ff', `${HASHES[0]}00`, `zz${(HASHES[0] ?? '').slice(2)}`]) {
      assert.throws(() => rootOf([HASHES[1] ?? '', bad]), /no hash/);
    }
  });
});

// Crash points: a sample of those of one world, and proof that a store that lies about being durable is found.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Store } from '#ports/store.ts';
import { BOUNDARIES, countBoundaries, crashPoints, groundOf, STRIKES } from './crashPoints.ts';
import { strikeAll } from './crashTable.ts';
import { NO_TAMPERING } from './tampering.ts';

/** About 90 of the 3,700 points of this world; `npm run sim -- --crash-points` strikes at all of them. */
const STRIDE = 41;
const SEED = 1;

/** Answers before it has written: what a disk that lies about a sync does to whoever trusts it. */
const liar = (store: Store): Store => ({
  load: () => store.load(),
  evidence: (query) => store.evidence(query),
  checkpoints: () => store.checkpoints(),
  commit: (batch, done) => {
    done({ kind: 'committed', records: [] });
    store.commit(batch, () => undefined);
  },
});

describe('crash points', () => {
  it('break no invariant, wherever the world is struck', () => {
    const { findings, worlds } = strikeAll(groundOf(SEED), STRIDE);
    assert.ok(worlds > 60, `${worlds} worlds`);
    assert.deepEqual(findings, []);
  });

  it('cover every boundary with every strike, each with a first one of its own', () => {
    const counts = countBoundaries(groundOf(SEED));
    const all = [...crashPoints(counts)];
    const expected = BOUNDARIES.reduce((sum, boundary) => sum + counts[boundary] * STRIKES[boundary].length, 0);
    assert.equal(all.length, expected);
    assert.ok(
      BOUNDARIES.every((boundary) => counts[boundary] > 50),
      JSON.stringify(counts),
    );
    const names = new Set(all.map(({ boundary, ordinal, strike }) => `${boundary} ${ordinal} ${strike}`));
    assert.equal(names.size, all.length);
  });

  it('find a store that answers before it has written', () => {
    assert.throws(
      () => countBoundaries({ seed: SEED, tampering: { ...NO_TAMPERING, store: liar } }),
      /breaks leave-first/,
    );
  });
});

// The listing that is signed with the head: always the canonical form of all items, also when only one of them has changed.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { canonical } from '#kernel/canonical.ts';
import { digest, itemId, type CodexRecord } from '#kernel/codex.ts';
import type { Json } from '#kernel/evidence.ts';
import { instant } from '#kernel/time.ts';
import { Ledger } from './ledger.ts';
import { Standings } from './standing.ts';

const HASH = digest('0'.repeat(64));
const ref = (item: string, version: number) => ({
  item: itemId(item),
  version,
  digest: digest(`${version}`.repeat(64)),
});

const ledger = new Ledger();
const take = (deed: CodexRecord['deed']): void => {
  const by = { name: 'cleo', kind: 'person' } as const;
  ledger.take({ seq: 1, at: instant(0), by, deed, prev: HASH, hash: HASH } as CodexRecord); // decoder: the fold looks at no number
};
const exported = (item: string, version: number): void =>
  take({ kind: 'exported', revision: ref(item, version), parent: null, restores: null, why: null });

test('the listing names what is active, tagged and revoked, in canonical form', () => {
  const standings = new Standings();
  const listed = (): Json => {
    const text = standings.text(ledger.items());
    assert.equal(canonical(JSON.parse(text)), text);
    assert.equal(new Standings().text(ledger.items()), text, 'what is kept is what would be made');
    return JSON.parse(text).items;
  };
  assert.deepEqual(listed(), {});
  exported('second', 1);
  exported('first', 1);
  take({ kind: 'activated', revision: ref('first', 1) });
  const none = { active: null, revoked: [], tags: {} };
  const active = { version: 1, digest: '1'.repeat(64), authors: ['cleo'] };
  assert.deepEqual(listed(), { first: { ...none, active }, second: none });
  exported('first', 2);
  take({ kind: 'tagged', revision: ref('first', 2), tag: 'stable' });
  assert.deepEqual(listed(), { first: { active, revoked: [], tags: { stable: 2 } }, second: none });
  take({ kind: 'revoked', revision: ref('first', 1), why: 'x', envelope: null });
  assert.deepEqual(listed(), { first: { active: null, revoked: [1], tags: { stable: 2 } }, second: none });
});

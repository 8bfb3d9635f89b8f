// The root that follows: who is in it, what becomes of those who are not.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { instant } from '#kernel/time.ts';
import type { TrustedKey } from '#kernel/trust.ts';
import { dropped, nextRootOf, type RootTerms } from './nextRoot.ts';
import { readRoot, rootSigned } from './root.ts';

const key = (owner: string | null, number: number): TrustedKey => ({
  scheme: 'ed25519',
  point: String(number).padStart(64, '0'),
  id: `id${number}`,
  owner,
});

const [ana, ben, ben2, machine] = [key('ana', 1), key('ben', 2), key('ben', 3), key(null, 9)];

const terms = (more: Partial<RootTerms>): RootTerms => ({
  testers: 'kept',
  people: [ana, ben],
  threshold: 2,
  expires: instant(1_000_000),
  machine,
  retire: [],
  beforeSeq: 10,
  ...more,
});

const first = nextRootOf(null, terms({}));

test('the first root: all bless, and one of all or the machine signs the head; it reads back as it is', () => {
  assert.equal(first.version, 1);
  assert.deepEqual(first.roles.blessing, { keyIds: ['id1', 'id2'], threshold: 2 });
  assert.deepEqual(first.roles.head, { keyIds: ['id1', 'id2', 'id9'], threshold: 1 });
  assert.ok(!first.roles.root.keyIds.includes('id9'), 'the machine makes no root');
  assert.deepEqual(readRoot(rootSigned(first)), { kind: 'read', value: first });
});

test('who is not named is dropped; who is retired counts for what was before, also in the roots after that', () => {
  const lost = nextRootOf(first, terms({ people: [ana, ben2] }));
  assert.deepEqual([lost.version, lost.retired, dropped(first, lost)], [2, [], ['ben']]);
  const kept = nextRootOf(first, terms({ people: [ana, ben2], retire: ['BEN'] }));
  assert.deepEqual(kept.retired, [{ keyId: 'id2', role: 'blessing', beforeSeq: 10 }]);
  assert.deepEqual(dropped(first, kept), []);
  assert.deepEqual(readRoot(rootSigned(kept)), { kind: 'read', value: kept });
  const later = nextRootOf(kept, terms({ people: [ana, ben2], retire: ['ben'], beforeSeq: 99 }));
  assert.deepEqual(later.retired, kept.retired, 'its end is never moved');
  const back = nextRootOf(later, terms({ people: [ana, ben] }));
  assert.deepEqual([back.retired, back.keys.map(({ id }) => id)], [[], ['id1', 'id2', 'id9']]);
});

test('a role that others made goes on with the keys that are left, and is never weaker', () => {
  const review = { keyIds: ['id1', 'id2'], threshold: 2 };
  const next = nextRootOf({ ...first, roles: { ...first.roles, review } }, terms({ people: [ana, ben2] }));
  assert.deepEqual(next.roles.review, { keyIds: ['id1'], threshold: 2 });
  assert.equal(readRoot(rootSigned(next)).kind, 'refused', 'such a root could never be met');
});

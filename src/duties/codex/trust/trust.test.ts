// The attacks that The Update Framework names, as stories: what a reader has seen, what it is given, what it must say.

import assert from 'node:assert/strict';
import test from 'node:test';
import type { DistrustReason, Head, Trust } from '#kernel/trust.ts';
import { hours, instant, later, type Instant } from '#kernel/time.ts';
import {
  ada,
  bo,
  ci,
  cleo,
  clock,
  dan,
  entryOf,
  eve,
  EVERYBODY,
  headText,
  IN_A_YEAR,
  NOW,
  person,
  role,
  rootOf,
  rootText,
  signatureBy,
  signedBy,
  TOMORROW,
  verifyEd25519,
} from './ground.contract.ts';
import { headSigned } from './head.ts';
import { messageOf, readMetadata, writeMetadata } from './metadata.ts';
import { rootSigned } from './root.ts';
import { staleReason, trustFirst, trustHead, trustNext } from './trust.ts';

const head = (version: number, seq: number, more: Partial<Head> = {}): Head => ({
  version,
  expires: TOMORROW,
  seq,
  digest: entryOf(seq),
  ...more,
});

const first = (): Trust => {
  const believed = trustFirst(rootText(rootOf(), [ada, bo, cleo]), verifyEd25519);
  assert.ok(believed.kind === 'believed');
  return believed.trust;
};

/** A log of so many entries; from `fork` on they are of another branch. */
const log =
  (length: number, fork = Number.POSITIVE_INFINITY) =>
  (seq: number) =>
    seq < 1 || seq > length ? null : entryOf(seq, seq >= fork ? 'fork' : 'main');

type Given = {
  readonly name: string;
  /** What the reader has believed before; null: it has never seen a head. */
  readonly seen: Head | null;
  readonly given: string;
  readonly entries?: ReturnType<typeof log>;
  readonly now?: Instant;
  /** Null: it is believed. */
  readonly reasons: readonly DistrustReason['kind'][] | null;
};

const SEEN = head(5, 40);
const WRONG_KEY = { ...clock, privateKey: eve.privateKey };

const STORIES: readonly Given[] = [
  { name: 'the first head', seen: null, given: headText(head(1, 1)), reasons: null },
  { name: 'a later one', seen: SEEN, given: headText(head(6, 41)), reasons: null },
  { name: 'a later one over the same log', seen: SEEN, given: headText(head(6, 40)), reasons: null },
  { name: 'the same one again', seen: SEEN, given: headText(SEEN), reasons: null },
  {
    name: 'rollback: an older head',
    seen: SEEN,
    given: headText(head(4, 39)),
    reasons: ['rolled-back', 'rolled-back'],
  },
  {
    name: 'rollback: an older head of a longer log',
    seen: SEEN,
    given: headText(head(4, 41)),
    reasons: ['rolled-back'],
  },
  {
    name: 'rollback: a newer head of a shorter log',
    seen: SEEN,
    given: headText(head(6, 39)),
    reasons: ['rolled-back'],
  },
  {
    name: 'the same version with another log',
    seen: SEEN,
    given: headText(head(5, 41)),
    reasons: ['changed-in-place'],
  },
  {
    name: 'the same version with another expiry',
    seen: SEEN,
    given: headText({ ...SEEN, expires: IN_A_YEAR }),
    reasons: ['changed-in-place'],
  },
  {
    name: 'freeze: the head has expired',
    seen: SEEN,
    given: headText(head(6, 41)),
    now: TOMORROW,
    reasons: ['expired'],
  },
  {
    name: 'the last moment before it expires',
    seen: SEEN,
    given: headText(head(6, 41)),
    now: instant(TOMORROW - 1),
    reasons: null,
  },
  {
    name: 'freeze: the head seen before, expired',
    seen: SEEN,
    given: headText(SEEN),
    now: TOMORROW,
    reasons: ['expired'],
  },
  {
    name: 'the root has expired',
    seen: SEEN,
    given: headText(head(6, 41, { expires: later(IN_A_YEAR, hours(1)) })),
    now: IN_A_YEAR,
    reasons: ['expired'],
  },
  {
    name: 'mix and match: the log here is cut',
    seen: SEEN,
    given: headText(head(6, 41)),
    entries: log(40),
    reasons: ['entry-missing'],
  },
  {
    name: 'mix and match: another entry under that number',
    seen: null,
    given: headText(head(1, 41)),
    entries: log(50, 41),
    reasons: ['entry-differs'],
  },
  {
    name: 'fork: the signed log does not hold what was seen',
    seen: SEEN,
    given: headText(head(6, 41, { digest: entryOf(41, 'fork') })),
    entries: log(50, 30),
    reasons: ['entry-differs'],
  },
  { name: 'signed by nobody', seen: SEEN, given: headText(head(6, 41), []), reasons: ['too-few-signatures'] },
  {
    name: 'signed by people of another role',
    seen: SEEN,
    given: headText(head(6, 41), [ada, bo, cleo, dan, eve, ci]),
    reasons: ['too-few-signatures'],
  },
  {
    name: 'signed with another key under the right name',
    seen: SEEN,
    given: headText(head(6, 41), [WRONG_KEY]),
    reasons: ['too-few-signatures'],
  },
  {
    name: 'a wrong signature besides a right one',
    seen: SEEN,
    given: headText(head(6, 41), [{ ...eve, privateKey: ada.privateKey }, clock]),
    reasons: null,
  },
  {
    name: 'the one seen before has expired, and a fresh one is there',
    seen: { ...SEEN, expires: later(NOW, -hours(48)) },
    given: headText(head(6, 41)),
    reasons: null,
  },
  { name: 'a root is no head', seen: SEEN, given: signedBy(rootSigned(rootOf()), [clock]), reasons: ['wrong-type'] },
  {
    name: 'a head that says of itself that it is a root',
    seen: SEEN,
    given: signedBy({ ...headSigned(head(6, 41)), _type: 'root' }, [clock]),
    reasons: ['wrong-type'],
  },
];

for (const { name, seen, given, entries, now, reasons } of STORIES) {
  test(`a head: ${name}`, () => {
    const trust = { ...first(), head: seen };
    const around = { entryDigest: entries ?? log(50), now: now ?? NOW, verify: verifyEd25519 };
    const believed = trustHead(trust, given, around);
    if (reasons === null) {
      assert.ok(believed.kind === 'believed', JSON.stringify(believed));
      assert.ok((believed.trust.head?.version ?? 0) >= (seen?.version ?? 0));
      assert.equal(believed.trust.root, trust.root);
      return;
    }
    assert.ok(believed.kind === 'refused', JSON.stringify(believed));
    assert.deepEqual(
      believed.reasons.map(({ kind }) => kind),
      reasons,
    );
  });
}

test('every byte of a signed head counts', () => {
  const around = { entryDigest: log(50), now: NOW, verify: verifyEd25519 };
  const text = JSON.stringify(JSON.parse(headText(head(6, 41))));
  const trust = first();
  assert.equal(trustHead(trust, text, around).kind, 'believed');
  for (let at = 0; at < text.length; at += 1) {
    const letter = text[at] ?? '';
    const changed = `${text.slice(0, at)}${letter === '0' ? '1' : '0'}${text.slice(at + 1)}`;
    const believed = trustHead(trust, changed, around);
    // The same hexadecimal digit in the other case is the only other spelling, and this change makes none.
    assert.notEqual(believed.kind, 'believed', `${at}: ${changed.slice(Math.max(0, at - 20), at + 20)}`);
  }
});

test('fast forward: a thief signs a head far in the future; a root without that key begins anew', () => {
  const thief = { ...first(), head: head(2 ** 40, 41) };
  const around = { entryDigest: log(50), now: NOW, verify: verifyEd25519 };
  assert.equal(trustHead(thief, headText(head(6, 41)), around).kind, 'refused');
  const other = person('clock', 1);
  const people = [...EVERYBODY, other];
  const plain = rootOf({ version: 2 }, people);
  const rotated = { ...plain, roles: { ...plain.roles, head: role([other]) } };
  const believed = trustNext(thief, rootText(rotated, [ada, bo, cleo]), verifyEd25519);
  assert.ok(believed.kind === 'believed');
  assert.equal(believed.trust.head, null);
  assert.equal(trustHead(believed.trust, headText(head(6, 41), [other]), around).kind, 'believed');
  assert.equal(trustHead(believed.trust, headText(head(7, 42), [clock]), around).kind, 'refused');
});

test('a root that only adds a key for the head, or changes other roles, forgets no head', () => {
  const trust = { ...first(), head: SEEN };
  const other = person('clock', 1);
  const plain = rootOf({ version: 2 }, [...EVERYBODY, other]);
  const added = { ...plain, roles: { ...plain.roles, head: role([clock, other]), blessing: role([bo]) } };
  const believed = trustNext(trust, rootText(added, [ada, bo, cleo]), verifyEd25519);
  assert.ok(believed.kind === 'believed');
  assert.deepEqual(believed.trust.head, SEEN);
});

test('an expired root is followed by the next one, and nothing else is believed by it', () => {
  const trust = first();
  assert.deepEqual(staleReason(trust, IN_A_YEAR), { kind: 'expired', what: 'root', at: IN_A_YEAR });
  assert.equal(staleReason({ ...trust, head: SEEN }, NOW), null);
  assert.deepEqual(staleReason({ ...trust, head: SEEN }, TOMORROW), { kind: 'expired', what: 'head', at: TOMORROW });
  const next = rootOf({ version: 2, expires: later(IN_A_YEAR, hours(24 * 365)) });
  const believed = trustNext(trust, rootText(next, [ada, cleo, eve]), verifyEd25519);
  assert.ok(believed.kind === 'believed');
  assert.equal(staleReason(believed.trust, IN_A_YEAR), null);
});

test('one person with three keys is one person, and one key under three names is one key', () => {
  const keys = [0, 1, 2].map((number) => person('ada', number));
  const people = [...EVERYBODY, ...keys];
  const plain = rootOf(
    {},
    people.filter((it, at) => people.findIndex(({ key }) => key.id === it.key.id) === at),
  );
  const three = { ...plain, roles: { ...plain.roles, root: role([...keys, bo, cleo], 3) } };
  const kindOf = (text: string): string => trustFirst(text, verifyEd25519).kind;
  assert.equal(kindOf(rootText(three, keys)), 'refused');
  assert.equal(kindOf(rootText(three, [...keys, bo])), 'refused');
  assert.equal(kindOf(rootText(three, [...keys, bo, cleo])), 'believed');
  const names = ['one', 'two', 'three'].map((id) => ({ ...bo, key: { ...bo.key, id, owner: null } }));
  const renamed = rootOf({ keys: [...EVERYBODY.filter((it) => it !== bo), ...names].map(({ key }) => key) });
  const twice = { ...renamed, roles: { ...renamed.roles, root: role(names, 2) } };
  assert.equal(kindOf(rootText(twice, names)), 'unreadable');
  const once = { ...renamed, roles: { ...renamed.roles, root: role(names, 1) } };
  assert.equal(kindOf(rootText(once, names)), 'believed');
});

test('fast forward: a thief makes the log seem endless; a root without that key begins anew', () => {
  const thief = { ...first(), head: head(6, 2 ** 40) };
  const around = { entryDigest: log(50), now: NOW, verify: verifyEd25519 };
  assert.equal(trustHead(thief, headText(head(7, 41)), around).kind, 'refused');
  const other = person('clock', 1);
  const plain = rootOf({ version: 2 }, [...EVERYBODY, other]);
  const rotated = { ...plain, roles: { ...plain.roles, head: role([other]) } };
  const believed = trustNext(thief, rootText(rotated, [ada, bo, cleo]), verifyEd25519);
  assert.ok(believed.kind === 'believed');
  assert.equal(trustHead(believed.trust, headText(head(1, 41), [other]), around).kind, 'believed');
});

test('a signature that is none spoils nothing, and counts for nothing', () => {
  const around = { entryDigest: log(50), now: NOW, verify: verifyEd25519 };
  const both = JSON.parse(headText(head(6, 41), [eve, clock]));
  const alone = JSON.parse(headText(head(6, 41), [clock]));
  for (const sig of ['', 'zz', 'a', 'AAAA', '00'.repeat(64)]) {
    both.signatures[0].sig = sig;
    assert.equal(trustHead(first(), JSON.stringify(both), around).kind, 'believed', sig);
    alone.signatures[0].sig = sig;
    assert.equal(trustHead(first(), JSON.stringify(alone), around).kind, 'refused', sig);
  }
});

test('a signature that stands there twice spoils the document', () => {
  const signed = rootSigned(rootOf());
  const mine = signatureBy(ada, messageOf(signed));
  const read = readMetadata(writeMetadata(signed, [mine, mine]));
  assert.ok(read.kind === 'refused');
  assert.match(read.problems[0]?.expected ?? '', /one signature for each key/);
});

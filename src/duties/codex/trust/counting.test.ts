// What a signature is good for: one revision, one place in the log, one time, and exactly its bytes.

import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { itemId } from '#kernel/codex.ts';
import type { Root, VerdictReason } from '#kernel/trust.ts';
import { fromUtf8, toUtf8 } from './encoding.ts';
import { readEnvelope, writeEnvelope, type Envelope } from './envelope.ts';
import {
  ada,
  bo,
  ci,
  cleo,
  dan,
  entryOf,
  envelopeBy,
  eve,
  EVERYBODY,
  IN_A_YEAR,
  NOW,
  person,
  REVISION,
  role,
  rootOf,
  statementBy,
  verifyEd25519,
  type Person,
} from './ground.contract.ts';
import { draftEnvelope, type Saying } from './statement.ts';
import { verdictOf, type Logged } from './verdict.ts';

const BLESSING: Saying = { predicate: 'blessing', why: 'as reviewed', at: NOW };
const SIMPLE = rootOf();

const rules = (roles: Partial<Root['roles']>, more: Partial<Root> = {}): Root => {
  const plain = rootOf(more);
  return { ...plain, roles: { ...plain.roles, ...roles } };
};

/** What the blessings of these groups of people, one envelope each, come to. */
const kindOfBlessings = (root: Root, groups: readonly (readonly Person[])[], authors: readonly string[]): string => {
  const envelopes = groups.map((people, at) => ({ envelope: statementBy(people, BLESSING), seq: at + 1 }));
  return verdictOf({ revision: REVISION, authors, envelopes, now: NOW }, root, verifyEd25519).kind;
};

const reasonsFor = (
  root: Root,
  logged: Logged,
  changes: { readonly version?: number } = {},
): readonly VerdictReason[] => {
  const revision = { ...REVISION, ...changes };
  return verdictOf({ revision, authors: [], envelopes: [logged], now: NOW }, root, verifyEd25519).reasons;
};

const because = (root: Root, envelope: Envelope, changes: { readonly version?: number } = {}): string | null => {
  const found = reasonsFor(root, { envelope, seq: 1 }, changes).find(({ kind }) => kind === 'not-counted');
  return found?.kind === 'not-counted' ? found.because : null;
};

test('a blessing is for one version, one item and one digest', () => {
  const envelope = statementBy([cleo], BLESSING);
  assert.equal(because(SIMPLE, envelope), null);
  assert.equal(because(SIMPLE, envelope, { version: 4 }), 'another-revision');
  const elsewhere = { ...REVISION, item: itemId('another') };
  assert.equal(because(SIMPLE, statementBy([cleo], BLESSING, elsewhere)), 'another-revision');
  assert.equal(because(SIMPLE, statementBy([cleo], BLESSING, { ...REVISION, digest: entryOf(9) })), 'another-revision');
});

test('what cannot be read, or says nothing that we know, or is nobody’s, does not count and does no harm', () => {
  const draft = draftEnvelope(REVISION, BLESSING);
  const text = fromUtf8(draft.payload) ?? '';
  const saidIn = (changes: Partial<Envelope>): Envelope => envelopeBy([cleo], { ...draft, ...changes });
  assert.equal(because(SIMPLE, saidIn({})), null);
  assert.equal(because(SIMPLE, saidIn({ payloadType: 'text/plain' })), 'unreadable');
  assert.equal(because(SIMPLE, saidIn({ payload: Uint8Array.of(0xff) })), 'unreadable');
  assert.equal(
    because(SIMPLE, saidIn({ payload: toUtf8(text.replace('blessing:v1', 'blessing:v2')) })),
    'unknown-predicate',
  );
  assert.equal(because(SIMPLE, { ...statementBy([cleo], BLESSING), payloadType: 'text/plain' }), 'nobody-believed');
  const nobody = person(null);
  const plain = rootOf({}, [...EVERYBODY, nobody]);
  const root = { ...plain, roles: { ...plain.roles, blessing: role([nobody, cleo]) } };
  assert.equal(because(root, statementBy([nobody], BLESSING)), 'no-owner');
});

test('who has a key in two roles is heard in the one in which it signs, and two keys of one person are one voice', () => {
  const second = person('cleo', 1);
  const plain = rootOf({}, [...EVERYBODY, second]);
  const roles = { ...plain.roles, blessing: role([second, ada], 2), review: role([cleo]) };
  const root = { ...plain, roles };
  const both = statementBy([cleo, second], BLESSING);
  const reasons = reasonsFor(root, { envelope: both, seq: 1 });
  assert.ok(reasons.some((it) => it.kind === 'too-few' && it.role === 'blessing' && it.by.join() === 'cleo'));
  const twice = { ...root, roles: { ...roles, blessing: role([cleo, second, ada], 2) } };
  const found = reasonsFor(twice, { envelope: both, seq: 1 });
  assert.ok(found.some((it) => it.kind === 'too-few' && it.role === 'blessing' && it.by.join() === 'cleo'));
});

test('a key that was retired counts for what the log has before, and for nothing after or outside of it', () => {
  const retired = [{ keyId: bo.key.id, role: 'blessing', beforeSeq: 7 }] as const;
  const root = rules({}, { retired });
  const kindAt = (seq: number | null, of = root): string =>
    verdictOf(
      { revision: REVISION, authors: [], envelopes: [{ envelope: statementBy([bo], BLESSING), seq }], now: NOW },
      of,
      verifyEd25519,
    ).kind;
  assert.equal(kindAt(6), 'blessed');
  assert.equal(kindAt(7), 'waiting');
  assert.equal(kindAt(null), 'waiting');
  assert.equal(kindAt(6, rootOf()), 'waiting', 'a key that was thrown out counts for nothing');
  assert.equal(kindAt(6, rules({}, { retired: [{ ...retired[0], role: 'review' }] })), 'waiting');
});

test('an expired root says nothing about anything', () => {
  const envelopes = [{ envelope: statementBy([cleo], BLESSING), seq: 1 }];
  const asked = { revision: REVISION, authors: [], envelopes, now: IN_A_YEAR };
  assert.equal(verdictOf(asked, SIMPLE, verifyEd25519).kind, 'stale');
});

test('every byte of a blessing counts', () => {
  const text = writeEnvelope(statementBy([cleo], BLESSING));
  const kindOf = (written: string): string => {
    const read = readEnvelope(written);
    if (read.kind === 'refused') return 'unreadable';
    const asked = { revision: REVISION, authors: [], envelopes: [{ envelope: read.value, seq: 1 }], now: NOW };
    return verdictOf(asked, SIMPLE, verifyEd25519).kind;
  };
  assert.equal(kindOf(text), 'blessed');
  // The id of the key is a hint that nobody signs: another one makes us try every key, and the signature still holds.
  const hint = text.indexOf(cleo.key.id);
  for (let at = 0; at < text.length; at += 1) {
    const changed = `${text.slice(0, at)}${text[at] === 'A' ? 'B' : 'A'}${text.slice(at + 1)}`;
    const isHint = at >= hint - 9 && at < hint + cleo.key.id.length;
    if (!isHint) assert.notEqual(kindOf(changed), 'blessed', `${at}: ${changed.slice(Math.max(0, at - 20), at + 20)}`);
  }
});

test('more signatures never take a blessing away, and the order of people does not matter', () => {
  const people = [ada, bo, cleo, dan, eve, ci];
  fc.assert(
    fc.property(
      fc.shuffledSubarray(people),
      fc.shuffledSubarray(people),
      fc.shuffledSubarray(people),
      (some, more, authors) => {
        const written = authors.map(({ key }) => key.owner ?? '');
        const root = rules({ blessing: role([ada, bo, cleo], 2) });
        const expected = [ada, bo, cleo].filter((it) => some.includes(it) && !authors.includes(it)).length >= 2;
        const found = kindOfBlessings(root, [some], written) === 'blessed';
        assert.equal(found, expected);
        if (found) assert.equal(kindOfBlessings(root, [some, more], written), 'blessed');
      },
    ),
    { numRuns: 60 },
  );
});

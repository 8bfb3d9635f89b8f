// Records: every entry comes back as it was, and nothing else is taken for one, whatever the bytes.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { canonicalOfAny } from '#kernel/canonical.ts';
import { digest, GENESIS_DIGEST, itemId, type CodexDeed, type CodexEntry } from '#kernel/codex.ts';
import type { Json } from '#kernel/evidence.ts';
import { instant } from '#kernel/time.ts';
import { sha256 } from '#ports/codex.contract.ts';
import { decodeRecord, encodeRecord, RECORD_BYTES_MAX, sealEntry, unwritable } from './record.ts';

const DIGEST = fc
  .string({ unit: fc.constantFrom(...'0123456789abcdef'.split('')), minLength: 64, maxLength: 64 })
  .map(digest);
const WHY = fc.string({ unit: 'grapheme', maxLength: 50 }).filter((text) => text.isWellFormed());
const COUNT = fc.integer({ min: 1 });
const REVISION = fc.record({ item: WHY.map(itemId), version: COUNT, digest: DIGEST });
const MAYBE = fc.option(COUNT, { nil: null });

const DEED: fc.Arbitrary<CodexDeed> = fc.oneof(
  fc.record({
    kind: fc.constant('exported' as const),
    revision: REVISION,
    parent: MAYBE,
    restores: MAYBE,
    why: fc.option(WHY, { nil: null }),
  }),
  fc.record({ kind: fc.constantFrom('submitted' as const, 'activated' as const), revision: REVISION }),
  fc.record({ kind: fc.constant('rejected' as const), revision: REVISION, why: WHY }),
  fc.record({
    kind: fc.constant('attested' as const),
    revision: REVISION,
    predicate: fc.constantFrom('test-result' as const, 'review' as const, 'blessing' as const, 'revocation' as const),
    envelope: DIGEST,
  }),
  fc.record({
    kind: fc.constant('revoked' as const),
    revision: REVISION,
    why: WHY,
    envelope: fc.option(DIGEST, { nil: null }),
  }),
  fc.record({ kind: fc.constant('tagged' as const), revision: REVISION, tag: WHY }),
  fc.record({ kind: fc.constant('untagged' as const), item: WHY.map(itemId), tag: WHY }),
  fc.record({ kind: fc.constant('trusted' as const), root: DIGEST, version: COUNT }),
  fc.record({ kind: fc.constant('collected' as const), objects: fc.array(DIGEST, { maxLength: 500 }) }),
);

const ENTRY: fc.Arbitrary<CodexEntry> = fc
  .record({
    format: fc.constant(1 as const),
    seq: COUNT,
    prev: DIGEST,
    at: fc.maxSafeInteger().map(instant),
    by: fc.record({ name: WHY, kind: fc.constantFrom('person' as const, 'agent' as const, 'system' as const) }),
    deed: DEED,
  })
  .map((entry) => structuredClone(entry)); // some come without a prototype

/** The bytes of any value, with a hash that is right. */
const sealAnything = (value: { readonly [key: string]: Json }): Buffer =>
  Buffer.from(`${canonicalOfAny({ ...value, hash: sha256(canonicalOfAny(value)) })}\n`);

describe('decodeRecord', () => {
  it('gives back what was encoded, in its place and in no other', () => {
    fc.assert(
      fc.property(ENTRY, (entry) => {
        assert.equal(unwritable(entry), null);
        const record = sealEntry(entry);
        const bytes = encodeRecord(record);
        assert.ok(bytes.length <= RECORD_BYTES_MAX);
        assert.deepEqual(decodeRecord(bytes, entry.seq, entry.prev), { kind: 'record', record });
        assert.equal(decodeRecord(bytes, entry.seq + 1, entry.prev).kind, 'wrong');
        assert.equal(decodeRecord(bytes, entry.seq, sha256('another')).kind, 'wrong');
      }),
    );
  });

  it('refuses any other bytes, and never throws', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        assert.equal(decodeRecord(bytes, 1, GENESIS_DIGEST).kind, 'wrong');
      }),
    );
    const deep = `${'['.repeat(30_000)}${']'.repeat(30_000)}`;
    for (const text of [
      '',
      '\n',
      '{}\n',
      'null\n',
      '[]\n',
      `${deep}\n`,
      ',"hash":"\n',
      `{"a":1,"hash":"${'0'.repeat(64)}"}\n`,
    ]) {
      assert.equal(decodeRecord(Buffer.from(text), 1, GENESIS_DIGEST).kind, 'wrong', text.slice(0, 20));
    }
  });

  const good = { at: 1, by: { kind: 'person', name: 'ann' }, format: 1, prev: GENESIS_DIGEST, seq: 1 };
  const deed = { kind: 'trusted', root: sha256('root'), version: 1 };

  it('takes what is made like this by hand', () => {
    assert.equal(decodeRecord(sealAnything({ ...good, deed }), 1, GENESIS_DIGEST).kind, 'record');
  });

  const wrong: readonly (readonly [says: string, value: { readonly [key: string]: Json }])[] = [
    ['a key more', { ...good, deed, more: 1 }],
    ['a key less', { at: 1, by: good.by, prev: GENESIS_DIGEST, seq: 1, deed }],
    ['a deed with a key more', { ...good, deed: { ...deed, hash: 1 } }],
    ['a deed of no kind', { ...good, deed: { root: deed.root, version: 1 } }],
    ['a deed of a kind that is none', { ...good, deed: { ...deed, kind: 'toString' } }],
    ['no deed', { ...good, deed: null }],
    ['a list for a deed', { ...good, deed: [deed] }],
    ['half a version', { ...good, deed: { ...deed, version: 1.5 } }],
    ['version 0', { ...good, deed: { ...deed, version: 0 } }],
    ['a version beyond what a number can count', { ...good, deed: { ...deed, version: 2 ** 53 } }],
    ['a version as a text', { ...good, deed: { ...deed, version: '1' } }],
    ['a digest in capitals', { ...good, deed: { ...deed, root: deed.root.toUpperCase() } }],
    ['a digest with a line feed', { ...good, deed: { ...deed, root: `${deed.root}\n` } }],
    ['half a millisecond', { ...good, deed, at: 0.5 }],
    ['somebody of no kind', { ...good, deed, by: { kind: 'god', name: 'ann' } }],
    ['a name of half a character', { ...good, deed, by: { kind: 'person', name: '\ud800' } }],
    ['a name that never ends', { ...good, deed, by: { kind: 'person', name: 'x'.repeat(4_001) } }],
    ['an unknown predicate', { ...good, deed: { kind: 'attested', predicate: 'wish', envelope: deed.root } }],
    ['an unfinished digest in a list', { ...good, deed: { kind: 'collected', objects: ['00'] } }],
  ];
  for (const [says, value] of wrong) {
    it(`refuses ${says}, with a right hash`, () => {
      const decoded = decodeRecord(sealAnything(value), 1, GENESIS_DIGEST);
      assert.equal(decoded.kind === 'wrong' && decoded.why, 'it has not the form of an entry');
    });
  }

  /** The bytes of an entry as it is written here, with a hash that is right. */
  const sealText = (text: string): Buffer => {
    const at = text.indexOf(',"prev"');
    return Buffer.from(`${text.slice(0, at)},"hash":"${sha256(text)}"${text.slice(at)}\n`);
  };

  it('refuses the same entry in any other form: keys in another order, numbers and letters written otherwise', () => {
    const text = canonicalOfAny({ ...good, deed });
    assert.equal(decodeRecord(sealText(text), 1, GENESIS_DIGEST).kind, 'record');
    const others: readonly (readonly [from: string, to: string])[] = [
      ['"kind":"person","name":"ann"', '"name":"ann","kind":"person"'],
      ['"at":1', '"at":1.0'],
      ['"at":1', '"at":1e0'],
      ['"ann"', String.raw`"\u0061nn"`],
      ['{"at"', '{ "at"'],
      ['"at":1', '"at":0,"at":1'],
    ];
    for (const [from, to] of others) {
      const changed = text.replace(from, to);
      assert.notEqual(changed, text);
      const decoded = decodeRecord(sealText(changed), 1, GENESIS_DIGEST);
      assert.equal(decoded.kind === 'wrong' && decoded.why, 'it is not in canonical form', to);
    }
  });

  it('knows a newer form', () => {
    const decoded = decodeRecord(sealAnything({ ...good, format: 2, new: true }), 1, GENESIS_DIGEST);
    assert.equal(decoded.kind === 'wrong' && decoded.isNewer, true);
  });
});

// The beginning of trust, whole chains, and what several people sign one after the other.

import assert from 'node:assert/strict';
import test from 'node:test';
import { hours, later } from '#kernel/time.ts';
import type { DistrustReason, Root } from '#kernel/trust.ts';
import {
  ada,
  bo,
  cleo,
  clock,
  dan,
  entryOf,
  eve,
  EVERYBODY,
  NOW,
  role,
  rootOf,
  rootText,
  signatureBy,
  signedBy,
  verifyEd25519,
} from './ground.contract.ts';
import { followHead, HEAD_LIFE_MS, headSigned, readHead } from './head.ts';
import { countersign, messageOf, readMetadata } from './metadata.ts';
import { rootSigned } from './root.ts';
import { staleReason, trustChain, trustFirst, trustNext, type Believed } from './trust.ts';

const THREE = [ada, bo, cleo];
const YESTERDAY = later(NOW, -hours(24));

const reasonsOf = (believed: Believed): readonly DistrustReason['kind'][] =>
  believed.kind === 'refused' ? believed.reasons.map(({ kind }) => kind) : [];

test('the first root must be signed by enough of its own people', () => {
  const root = rootOf();
  assert.equal(trustFirst(rootText(root, THREE), verifyEd25519).kind, 'believed');
  assert.deepEqual(reasonsOf(trustFirst(rootText(root, [ada, bo]), verifyEd25519)), ['too-few-signatures']);
  assert.deepEqual(reasonsOf(trustFirst(rootText(root, [ada, bo, clock]), verifyEd25519)), ['too-few-signatures']);
  const wrong = [ada, bo, { ...cleo, privateKey: eve.privateKey }];
  assert.deepEqual(reasonsOf(trustFirst(rootText(root, wrong), verifyEd25519)), ['too-few-signatures']);
});

test('a first root that is none is not believed, and not by half', () => {
  const without = { ...rootSigned(rootOf()), version: null };
  assert.equal(trustFirst(signedBy(without, THREE), verifyEd25519).kind, 'unreadable');
  assert.equal(trustFirst('', verifyEd25519).kind, 'unreadable');
  assert.equal(trustFirst('{}', verifyEd25519).kind, 'unreadable');
  const timestamp = { ...rootSigned(rootOf()), _type: 'timestamp' };
  assert.deepEqual(reasonsOf(trustFirst(signedBy(timestamp, THREE), verifyEd25519)), ['wrong-type']);
});

test('fields that we do not know are part of what was signed', () => {
  const plain = rootSigned(rootOf());
  const keys = JSON.parse(JSON.stringify(plain['keys']));
  keys[ada.key.id].keyid_hash_algorithms = ['md5'];
  const signed = { ...plain, keys, 'x-from-the-future': { a: ['b', 1] } };
  const text = signedBy(signed, THREE);
  assert.equal(trustFirst(text, verifyEd25519).kind, 'believed');
  const changed = text.replace('"b"', '"c"');
  assert.notEqual(changed, text);
  assert.deepEqual(reasonsOf(trustFirst(changed, verifyEd25519)), ['too-few-signatures']);
});

/** Roots 1, 2, 3 …; `change` says what is different in each. */
const chain = (count: number, change: (version: number) => Partial<Root> = () => ({})): readonly string[] =>
  Array.from({ length: count }, (_, at) => rootText(rootOf({ version: at + 1, ...change(at + 1) }), THREE));

test('a chain is believed to its end, and one that breaks is believed up to there', () => {
  const { believed, count } = trustChain(chain(5), verifyEd25519);
  assert.ok(believed.kind === 'believed');
  assert.equal(believed.trust.root.version, 5);
  assert.equal(count, 5);
  const texts = chain(5);
  const broken = trustChain(
    [...texts.slice(0, 3), rootText(rootOf({ version: 4 }), [ada]), ...texts.slice(4)],
    verifyEd25519,
  );
  assert.equal(broken.count, 3);
  assert.deepEqual(reasonsOf(broken.believed), ['too-few-signatures', 'too-few-signatures']);
  const skipped = trustChain([...texts.slice(0, 2), ...texts.slice(3)], verifyEd25519);
  assert.equal(skipped.count, 2);
  assert.deepEqual(reasonsOf(skipped.believed), ['wrong-version']);
  assert.deepEqual(trustChain([], verifyEd25519).count, 0);
});

test('only the last root of a chain must be fresh', () => {
  const { believed } = trustChain(
    chain(3, (version) => (version < 3 ? { expires: YESTERDAY } : {})),
    verifyEd25519,
  );
  assert.ok(believed.kind === 'believed');
  assert.equal(staleReason(believed.trust, NOW), null);
  const old = trustChain(
    chain(3, (version) => (version === 3 ? { expires: YESTERDAY } : {})),
    verifyEd25519,
  ).believed;
  assert.ok(old.kind === 'believed');
  assert.deepEqual(staleReason(old.trust, NOW), { kind: 'expired', what: 'root', at: YESTERDAY });
});

test('a refused root leaves what was believed as it was', () => {
  const first = trustFirst(rootText(rootOf(), THREE), verifyEd25519);
  assert.ok(first.kind === 'believed');
  const before = JSON.stringify(first.trust);
  trustNext(first.trust, rootText(rootOf({ version: 2 }), [eve]), verifyEd25519);
  trustNext(first.trust, 'broken', verifyEd25519);
  assert.equal(JSON.stringify(first.trust), before);
});

test('people sign one after the other, each what the one before has signed', () => {
  const signed = rootSigned(rootOf());
  let text = signedBy(signed, []);
  for (const by of [ada, dan, eve]) {
    assert.equal(trustFirst(text, verifyEd25519).kind, 'refused');
    const read = readMetadata(text);
    assert.ok(read.kind === 'read');
    text = countersign(read.value, signatureBy(by, read.value.message));
  }
  assert.equal(trustFirst(text, verifyEd25519).kind, 'believed');
  const again = readMetadata(text);
  assert.ok(again.kind === 'read');
  const same = countersign(again.value, signatureBy(ada, messageOf(signed)));
  const twice = readMetadata(same);
  assert.ok(twice.kind === 'read' && twice.value.signatures.length === 3);
  assert.equal(trustFirst(same, verifyEd25519).kind, 'believed');
});

test('ids that begin alike are different keys, and nobody is counted away', () => {
  const alike = [ada, bo, cleo].map((it, at) => ({
    ...it,
    key: { ...it.key, id: `a common beginning ${at}`, owner: null },
  }));
  const plain = rootOf({ keys: [...EVERYBODY, ...alike].map(({ key }) => key) });
  const root = { ...plain, roles: { ...plain.roles, root: role(alike, 3) } };
  assert.equal(trustFirst(rootText(root, alike), verifyEd25519).kind, 'believed');
});

test('a head is followed by the next one, for a day', () => {
  const one = followHead(null, { seq: 7, digest: entryOf(7) }, NOW);
  assert.deepEqual(one, { version: 1, expires: later(NOW, HEAD_LIFE_MS), seq: 7, digest: entryOf(7) });
  assert.equal(followHead(one, { seq: 8, digest: entryOf(8) }, NOW).version, 2);
  const without = { ...headSigned(one), meta: {} };
  assert.equal(readHead(without).kind, 'refused');
  const capitals = {
    ...headSigned(one),
    meta: { 'snapshot.json': { version: 7, hashes: { sha256: 'A'.repeat(64) } } },
  };
  assert.equal(readHead(capitals).kind, 'refused');
});

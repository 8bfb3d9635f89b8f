// Chains of roots, after the cases of rotation that the conformance tests of TUF have; an independent implementation of TUF
// (@tufjs/models) must say the same about every document.

import assert from 'node:assert/strict';
import test from 'node:test';
import { Metadata, MetadataKind } from '@tufjs/models';
import type { Root } from '#kernel/trust.ts';
import {
  EVERYBODY,
  clock,
  headText,
  entryOf,
  NOW,
  person,
  role,
  rootOf,
  rootText,
  TOMORROW,
  verifyEd25519,
} from './ground.contract.ts';
import { trustFirst, trustHead, trustNext, type Believed } from './trust.ts';

const PEOPLE = Array.from({ length: 10 }, (_, number) => person(`person ${number}`));
const named = (numbers: readonly number[]): typeof PEOPLE => PEOPLE.filter((_, number) => numbers.includes(number));

type Version = { readonly keys: readonly number[]; readonly threshold: number; readonly signed: readonly number[] };
const ok = (keys: readonly number[], threshold: number, signed: readonly number[]): Version => ({
  keys,
  threshold,
  signed,
});

/** Every version but the last is believed; `isBelieved` says it of the last one. */
type Chain = { readonly name: string; readonly isBelieved: boolean; readonly versions: readonly Version[] };

const FIVE = [0, 1, 2, 3, 4];
const CHAINS: readonly Chain[] = [
  { name: 'one key is replaced', isBelieved: true, versions: [ok([1], 1, [1]), ok([2], 1, [1, 2]), ok([2], 1, [2])] },
  {
    name: 'signatures that nobody asked for do no harm',
    isBelieved: true,
    versions: [ok([1], 1, [1, 3, 4]), ok([2], 1, [1, 2, 3, 4]), ok([2], 1, [2, 3, 4])],
  },
  {
    name: '3 of 5, each time by others',
    isBelieved: true,
    versions: [ok(FIVE, 3, [0, 2, 4]), ok(FIVE, 3, [0, 1, 4]), ok(FIVE, 3, [0, 1, 3]), ok(FIVE, 3, [2, 3, 4])],
  },
  {
    name: '3 of 5, one is replaced',
    isBelieved: true,
    versions: [ok(FIVE, 3, [0, 2, 4]), ok([0, 1, 3, 4, 5], 3, [0, 1, 4])],
  },
  {
    name: '3 of 5, one is replaced, and the leaving one signs',
    isBelieved: true,
    versions: [ok(FIVE, 3, [0, 2, 4]), ok([0, 1, 3, 4, 5], 3, [0, 2, 4, 5]), ok([0, 1, 3, 4, 5], 3, [0, 4, 5])],
  },
  {
    name: '3 of 5, all are replaced',
    isBelieved: true,
    versions: [ok(FIVE, 3, [0, 2, 4]), ok([5, 6, 7, 8, 9], 3, [0, 2, 4, 5, 6, 7]), ok([5, 6, 7, 8, 9], 3, [5, 6, 7])],
  },
  { name: 'the threshold rises', isBelieved: true, versions: [ok([1, 2, 3], 1, [1]), ok([1, 2, 3], 2, [1, 2])] },
  {
    name: 'the threshold falls',
    isBelieved: true,
    versions: [ok([1, 2, 3], 2, [1, 2]), ok([1, 2, 3], 1, [1, 2]), ok([1, 2, 3], 1, [1])],
  },
  {
    name: 'a second one joins, and both are needed',
    isBelieved: true,
    versions: [ok([1], 1, [1]), ok([1, 2], 2, [1, 2])],
  },
  { name: 'the old key has not signed', isBelieved: false, versions: [ok([1], 1, [1]), ok([2], 1, [2, 3, 4])] },
  { name: 'the new key has not signed', isBelieved: false, versions: [ok([1], 1, [1]), ok([2], 1, [1, 3, 4])] },
  {
    name: '3 of 5, only two of the new',
    isBelieved: false,
    versions: [ok(FIVE, 3, [0, 2, 4]), ok([0, 1, 3, 4, 5], 3, [0, 2, 4])],
  },
  {
    name: '3 of 5, only two of the old',
    isBelieved: false,
    versions: [ok(FIVE, 3, [0, 2, 4]), ok([0, 1, 3, 4, 5], 3, [0, 4, 5])],
  },
  {
    name: 'the higher threshold is not met',
    isBelieved: false,
    versions: [ok([1, 2, 3], 1, [1]), ok([1, 2, 3], 2, [2])],
  },
  {
    name: 'the old threshold is not met',
    isBelieved: false,
    versions: [ok([1, 2, 3], 2, [1, 2]), ok([1, 2, 3], 1, [1])],
  },
  { name: 'nobody has signed', isBelieved: false, versions: [ok(FIVE, 3, [0, 2, 4]), ok(FIVE, 3, [])] },
];

const rootFor = (version: number, { keys, threshold }: Version): Root => {
  const plain = rootOf({ version }, [...PEOPLE, clock]);
  const rule = { root: role(named(keys), threshold), blessing: role(named([0])), head: role([clock]) };
  return { ...plain, roles: { ...plain.roles, ...rule } };
};

/** Whether `@tufjs/models` finds enough signatures for this document under the rule of that root. */
const tufBelieves = (ruling: string, text: string, name = 'root'): boolean => {
  const root = Metadata.fromJSON(MetadataKind.Root, JSON.parse(ruling));
  const type = name === 'root' ? MetadataKind.Root : MetadataKind.Timestamp;
  const document =
    type === MetadataKind.Root ? Metadata.fromJSON(type, JSON.parse(text)) : Metadata.fromJSON(type, JSON.parse(text));
  try {
    root.verifyDelegate(name, document);
    return true;
  } catch {
    return false;
  }
};

const follow = (texts: readonly string[]): readonly Believed[] => {
  const [first = '', ...next] = texts;
  const all = [trustFirst(first, verifyEd25519)];
  for (const text of next) {
    const before = all.at(-1);
    assert.ok(before?.kind === 'believed', JSON.stringify(before));
    all.push(trustNext(before.trust, text, verifyEd25519));
  }
  return all;
};

for (const { name, isBelieved, versions } of CHAINS) {
  test(`a chain of roots: ${name}`, () => {
    const texts = versions.map((it, at) => rootText(rootFor(at + 1, it), named(it.signed)));
    const last = follow(texts).at(-1);
    assert.equal(last?.kind, isBelieved ? 'believed' : 'refused', JSON.stringify(last));
    if (last?.kind === 'refused') assert.ok(last.reasons.every(({ kind }) => kind === 'too-few-signatures'));
    const rulings = texts.map(
      (text, at) => tufBelieves(texts[Math.max(0, at - 1)] ?? '', text) && tufBelieves(text, text),
    );
    assert.deepEqual(
      rulings,
      texts.map((_, at) => at < texts.length - 1 || isBelieved),
    );
  });
}

test('a head is signed as TUF has it: the same rule, the same answer', () => {
  const cases: readonly (readonly [number[], number, number[], boolean])[] = [
    [[2], 1, [2], true],
    [[1], 1, [1, 3, 4], true],
    [[2], 1, [1, 3, 4], false],
    [[0, 1, 3, 4, 5], 3, [0, 2, 4], false],
    [[0, 1, 3, 4, 5], 3, [0, 4], false],
    [FIVE, 3, [0, 2, 4], true],
    [FIVE, 3, [2, 3, 4], true],
  ];
  for (const [keys, threshold, signed, isBelieved] of cases) {
    const plain = rootFor(1, ok([0], 1, [0]));
    const text = rootText({ ...plain, roles: { ...plain.roles, head: role(named(keys), threshold) } }, named([0]));
    const believed = trustFirst(text, verifyEd25519);
    assert.ok(believed.kind === 'believed');
    const head = headText({ version: 1, expires: TOMORROW, seq: 4, digest: entryOf(4) }, named(signed));
    const around = { entryDigest: (seq: number) => entryOf(seq), now: NOW, verify: verifyEd25519 };
    assert.equal(trustHead(believed.trust, head, around).kind, isBelieved ? 'believed' : 'refused');
    assert.equal(tufBelieves(text, head, 'timestamp'), isBelieved);
  }
});

test('a root skips no version, is not replaced by itself, and not by an older one', () => {
  const version = ok(FIVE, 3, [0, 1, 2]);
  const texts = [1, 2, 3].map((number) => rootText(rootFor(number, version), named(version.signed)));
  const [one = '', two = '', three = ''] = texts;
  const believed = follow([one, two]).at(-1);
  assert.ok(believed?.kind === 'believed');
  const first = follow([one]).at(-1);
  assert.ok(first?.kind === 'believed');
  const wrong = (trust: typeof believed.trust, text: string, found: number): void =>
    assert.deepEqual(trustNext(trust, text, verifyEd25519), {
      kind: 'refused',
      reasons: [{ kind: 'wrong-version', expected: trust.root.version + 1, found }],
    });
  wrong(first.trust, three, 3);
  wrong(believed.trust, two, 2);
  wrong(believed.trust, one, 1);
});

test('people of the story are different people', () => {
  assert.equal(new Set(EVERYBODY.map(({ key }) => key.point)).size, EVERYBODY.length);
});

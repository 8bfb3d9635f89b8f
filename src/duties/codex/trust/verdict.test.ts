// The verdict: cases as data, who has signed what and what follows.

import assert from 'node:assert/strict';
import test from 'node:test';
import { itemId } from '#kernel/codex.ts';
import { sayVerdict, type Root, type TrustVerdict } from '#kernel/trust.ts';
import {
  ada,
  bo,
  ci,
  cleo,
  dan,
  entryOf,
  eve,
  NOW,
  REVISION,
  role,
  rootOf,
  statementBy,
  verifyEd25519,
  type Person,
} from './ground.contract.ts';
import type { Saying } from './statement.ts';
import { verdictOf } from './verdict.ts';

const BLESSING: Saying = { predicate: 'blessing', why: 'as reviewed', at: NOW };
const APPROVED: Saying = { predicate: 'review', verdict: 'approved', why: 'well done', at: NOW };
const REJECTED: Saying = { predicate: 'review', verdict: 'rejected', why: 'too long', at: NOW };
const REVOKED: Saying = { predicate: 'revocation', why: 'it leaks names', at: NOW };
const tested = (result: 'PASSED' | 'WARNED' | 'FAILED'): Saying => ({
  predicate: 'test-result',
  result,
  configuration: [{ name: 'suite', sha256: entryOf(1) }],
  passed: [],
  warned: [],
  failed: result === 'FAILED' ? ['case 3'] : [],
});

const rules = (roles: Partial<Root['roles']>, more: Partial<Root> = {}): Root => {
  const plain = rootOf(more);
  return { ...plain, roles: { ...plain.roles, ...roles } };
};

/** Two of three bless, one of two reviews, the tests of one machine must pass. */
const FULL = rules({ blessing: role([ada, bo, cleo], 2), review: role([cleo, dan]), 'test-result': role([ci]) });
const SIMPLE = rootOf();

type Word = readonly [readonly Person[], Saying];

const verdict = (root: Root, words: readonly Word[], authors: readonly string[] = []): TrustVerdict =>
  verdictOf(
    {
      revision: REVISION,
      authors,
      envelopes: words.map(([people, saying], at) => ({ envelope: statementBy(people, saying), seq: at + 1 })),
      now: NOW,
    },
    root,
    verifyEd25519,
  );

type Case = {
  readonly name: string;
  readonly root: Root;
  readonly words: readonly Word[];
  readonly authors?: readonly string[];
  readonly kind: TrustVerdict['kind'];
  readonly says: RegExp;
};

const REVIEWED: readonly Word[] = [
  [[ci], tested('PASSED')],
  [[dan], APPROVED],
];

const CASES: readonly Case[] = [
  {
    name: 'nothing was signed',
    root: SIMPLE,
    words: [],
    kind: 'waiting',
    says: /no blessing yet: 0 of 1 needed signatures/,
  },
  {
    name: 'one blesser',
    root: SIMPLE,
    words: [[[cleo], BLESSING]],
    kind: 'blessed',
    says: /blessing: 1 of 1 needed, by cleo/,
  },
  {
    name: 'one who is none',
    root: SIMPLE,
    words: [[[bo], BLESSING]],
    kind: 'waiting',
    says: /no key that the root trusts/,
  },
  {
    name: 'the author blesses',
    root: SIMPLE,
    words: [[[cleo], BLESSING]],
    authors: ['cleo'],
    kind: 'waiting',
    says: /cleo wrote the source/,
  },
  {
    name: 'the author under another spelling',
    root: SIMPLE,
    words: [[[cleo], BLESSING]],
    authors: [' ＣＬＥＯ '],
    kind: 'waiting',
    says: /wrote the source/,
  },
  {
    name: 'the author and another one',
    root: SIMPLE,
    words: [[[cleo, ada], BLESSING]],
    authors: ['cleo'],
    kind: 'blessed',
    says: /by ada.*cleo wrote/s,
  },
  {
    name: 'one of two',
    root: FULL,
    words: [...REVIEWED, [[ada], BLESSING]],
    kind: 'waiting',
    says: /blessing: 1 of 2 needed signatures so far, by ada/,
  },
  {
    name: 'two in one envelope',
    root: FULL,
    words: [...REVIEWED, [[ada, bo], BLESSING]],
    kind: 'blessed',
    says: /2 of 2/,
  },
  {
    name: 'two in two envelopes',
    root: FULL,
    words: [...REVIEWED, [[ada], BLESSING], [[bo], BLESSING]],
    kind: 'blessed',
    says: /2 of 2/,
  },
  {
    name: 'one of them twice',
    root: FULL,
    words: [...REVIEWED, [[ada], BLESSING], [[ada, ada], BLESSING]],
    kind: 'waiting',
    says: /: 1 of 2 needed/,
  },
  {
    name: 'no review',
    root: FULL,
    words: [
      [[ci], tested('PASSED')],
      [[ada, bo], BLESSING],
    ],
    kind: 'waiting',
    says: /no review yet: 0 of 1/,
  },
  {
    name: 'no tests',
    root: FULL,
    words: [
      [[dan], APPROVED],
      [[ada, bo], BLESSING],
    ],
    kind: 'waiting',
    says: /no test-result yet: 0 of 1/,
  },
  {
    name: 'tests that warn',
    root: FULL,
    words: [
      [[ci], tested('WARNED')],
      [[dan], APPROVED],
      [[ada, bo], BLESSING],
    ],
    kind: 'blessed',
    says: /by ci/,
  },
  {
    name: 'tests that fail',
    root: FULL,
    words: [
      [[ci], tested('FAILED')],
      [[dan], APPROVED],
      [[ada, bo], BLESSING],
    ],
    kind: 'rejected',
    says: /tests failed, says ci/,
  },
  {
    name: 'tests that passed before they failed',
    root: FULL,
    words: [...REVIEWED, [[ada, bo], BLESSING], [[ci], tested('FAILED')]],
    kind: 'rejected',
    says: /failed/,
  },
  {
    name: 'tests of a machine that nobody trusts',
    root: FULL,
    words: [
      [[eve], tested('PASSED')],
      [[dan], APPROVED],
      [[ada, bo], BLESSING],
    ],
    kind: 'waiting',
    says: /no test-result yet: 0 of/,
  },
  {
    name: 'a reviewer says no',
    root: FULL,
    words: [...REVIEWED, [[ada, bo], BLESSING], [[dan], REJECTED]],
    kind: 'rejected',
    says: /dan rejects it: too long/,
  },
  {
    name: 'a reviewer changes a no to a yes',
    root: FULL,
    words: [[[dan], REJECTED], ...REVIEWED, [[ada, bo], BLESSING]],
    kind: 'blessed',
    says: /review: 1 of 1/,
  },
  {
    name: 'the author says no to a review',
    root: FULL,
    words: [...REVIEWED, [[ada, bo], BLESSING], [[cleo], REJECTED]],
    authors: ['cleo'],
    kind: 'blessed',
    says: /cleo wrote/,
  },
  {
    name: 'one in both roles',
    root: FULL,
    words: [
      [[ci], tested('PASSED')],
      [[cleo], APPROVED],
      [[ada, cleo], BLESSING],
    ],
    kind: 'waiting',
    says: /need 3 different people, and there are cleo, ada/,
  },
  {
    name: 'one in both roles, and enough others',
    root: FULL,
    words: [...REVIEWED, [[cleo], APPROVED], [[ada, cleo], BLESSING]],
    kind: 'blessed',
    says: /2 of 2/,
  },
  {
    name: 'a review that is not asked for is not heard',
    root: SIMPLE,
    words: [
      [[cleo], BLESSING],
      [[dan], REJECTED],
    ],
    kind: 'blessed',
    says: /no key that the root trusts/,
  },
  {
    name: 'revoked by one blesser',
    root: SIMPLE,
    words: [
      [[cleo], BLESSING],
      [[ada], REVOKED],
    ],
    kind: 'revoked',
    says: /revoked by ada: it leaks names/,
  },
  {
    name: 'revoked by the author',
    root: SIMPLE,
    words: [
      [[cleo], BLESSING],
      [[ada], REVOKED],
    ],
    authors: ['ada'],
    kind: 'revoked',
    says: /ada/,
  },
  {
    name: 'revoked by somebody',
    root: SIMPLE,
    words: [
      [[cleo], BLESSING],
      [[eve], REVOKED],
    ],
    kind: 'blessed',
    says: /no key/,
  },
  {
    name: 'revoked and blessed again',
    root: SIMPLE,
    words: [
      [[ada], REVOKED],
      [[cleo, ada], BLESSING],
    ],
    kind: 'revoked',
    says: /ada/,
  },
  {
    name: 'revocation needs two',
    root: rules({ revocation: role([ada, eve], 2) }),
    words: [
      [[cleo], BLESSING],
      [[ada], REVOKED],
    ],
    kind: 'blessed',
    says: /1 of 1/,
  },
  {
    name: 'revocation by two',
    root: rules({ revocation: role([ada, eve], 2) }),
    words: [
      [[cleo], BLESSING],
      [[ada], REVOKED],
      [[eve], REVOKED],
    ],
    kind: 'revoked',
    says: /ada, eve/,
  },
];

const told = (it: TrustVerdict): string => it.reasons.map(sayVerdict).join('\n');

for (const { name, root, words, authors, kind, says } of CASES) {
  test(`verdict: ${name}`, () => {
    const found = verdict(root, words, authors);
    assert.equal(found.kind, kind, told(found));
    assert.match(told(found), says);
  });
}

test('nobody can test the configuration of Sereno itself: there the people who bless are enough', () => {
  const root = rules({ 'test-result': role([ci]) });
  for (const [item, expected] of [
    ['sereno_config', 'blessed'],
    [REVISION.item, 'waiting'],
  ] as const) {
    const revision = { ...REVISION, item: itemId(item) };
    const envelope = statementBy([ada], BLESSING, revision);
    const asked = { revision, authors: [], envelopes: [{ envelope, seq: 1 }], now: NOW };
    assert.equal(verdictOf(asked, root, verifyEd25519).kind, expected);
  }
});

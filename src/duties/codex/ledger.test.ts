// The ledger: what follows from a log, what cannot come next, and what holds after any story at all.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  digest,
  GENESIS_DIGEST,
  itemId,
  type Author,
  type CodexDeed,
  type CodexRecord,
  type Digest,
  type Predicate,
} from '#kernel/codex.ts';
import { instant } from '#kernel/time.ts';
import { Ledger } from './ledger.ts';
import { collectable, proposeDeed, proposeExport, proposeRollback, type Proposal } from './propose.ts';
import { refusalProblem } from './ledgerRefusal.ts';
import { parseSelector, resolve } from './resolve.ts';
import { activeAt, originOf, wasBlessed, type Item } from './revision.ts';
import { COLLECTED_MAX, refuse } from './rules.ts';

const ANN: Author = { name: 'ann', kind: 'person' };
const START = 1_795_239_865_804;
const ITEM = itemId('concise');
const SKILL = itemId('skill');

/** A digest that a person can tell from others: `d(7)` is 0…07. */
const d = (number: number): Digest => digest(number.toString(16).padStart(64, '0'));

/** A ledger with the log that made it; each entry a second after the one before. */
const begin = () => {
  const ledger = new Ledger();
  const log: CodexRecord[] = [];
  const add = (deed: CodexDeed): string => {
    const seq = log.length + 1;
    const at = instant(START + seq * 1_000);
    const record: CodexRecord = { format: 1, seq, prev: GENESIS_DIGEST, at, by: ANN, deed, hash: d(seq) };
    const why = ledger.refusal(record);
    if (why !== null) return why;
    ledger.take(record);
    log.push(record);
    return 'taken';
  };
  const propose = (proposal: Proposal): string => {
    if (proposal.kind === 'refused') return refusalProblem(proposal.refusal).message;
    return add(proposal.deed);
  };
  return { ledger, log, add, propose };
};

type Book = ReturnType<typeof begin>;

const refOf = ({ ledger }: Book, version: number, item = ITEM) => {
  const revision = ledger.item(item)?.revisions[version - 1];
  return revision?.ref ?? { item, version, digest: d(0) };
};

/** What a story does: one word a deed, so that a test reads like what happened. */
const DEEDS = {
  export: (book: Book, content = 1) =>
    book.propose(proposeExport(book.ledger, { item: ITEM, digest: d(content), why: null })),
  rollback: (book: Book, to = 1) =>
    book.propose(proposeRollback(book.ledger, { item: ITEM, to, why: 'it was better' })),
  submit: (book: Book, version = 1) => book.add({ kind: 'submitted', revision: refOf(book, version) }),
  reject: (book: Book, version = 1) => book.add({ kind: 'rejected', revision: refOf(book, version), why: 'too long' }),
  test: (book: Book, version = 1) => attest(book, version, 'test-result'),
  review: (book: Book, version = 1) => attest(book, version, 'review'),
  bless: (book: Book, version = 1) => attest(book, version, 'blessing'),
  activate: (book: Book, version = 1) => book.add({ kind: 'activated', revision: refOf(book, version) }),
  revoke: (book: Book, version = 1) =>
    book.add({ kind: 'revoked', revision: refOf(book, version), why: 'it leaks', envelope: null }),
  tag: (book: Book, version = 1) => book.add({ kind: 'tagged', revision: refOf(book, version), tag: 'stable' }),
  untag: (book: Book) => book.add({ kind: 'untagged', item: ITEM, tag: 'stable' }),
} as const satisfies Readonly<Record<string, (book: Book, number?: number) => string>>;

const attest = (book: Book, version: number, predicate: Predicate): string => {
  const envelope = d(1_000 + book.log.length);
  return book.add({ kind: 'attested', revision: refOf(book, version), predicate, envelope });
};

const isWord = (word: string): word is keyof typeof DEEDS => Object.hasOwn(DEEDS, word);

/** Tells a story, `export:2 submit:1 bless:1`; gives the last answer. All before it must be taken. */
const tell = (book: Book, story: string): string => {
  let answer = 'taken';
  for (const step of story.split(' ')) {
    assert.equal(answer, 'taken', `before ${step} in ${story}`);
    const [word = '', number] = step.split(':');
    if (!isWord(word)) return assert.fail(word);
    answer = number === undefined ? DEEDS[word](book) : DEEDS[word](book, Number(number));
  }
  return answer;
};

const states = ({ ledger }: Book): string => (ledger.item(ITEM)?.revisions ?? []).map(({ state }) => state).join(' ');

const LIVED = 'export submit test bless activate';

describe('the ledger', () => {
  const cases: readonly (readonly [story: string, states: string])[] = [
    ['export', 'candidate'],
    ['export submit', 'in-review'],
    ['export submit review', 'in-review'],
    ['export submit bless', 'blessed'],
    [LIVED, 'active'],
    ['export reject', 'rejected'],
    ['export submit reject', 'rejected'],
    [`${LIVED} export:2`, 'active candidate'],
    [`${LIVED} export:2 submit:2 bless:2 activate:2`, 'superseded active'],
    [`${LIVED} export:2 submit:2 bless:2 activate:2 rollback:1`, 'superseded active blessed'],
    [`${LIVED} export:2 submit:2 bless:2 activate:2 rollback:1 activate:3`, 'superseded superseded active'],
    [`${LIVED} revoke`, 'revoked'],
    [`${LIVED} rollback:1 revoke:1`, 'revoked revoked'],
    [`${LIVED} rollback:1 rollback:2 export:2 revoke:3`, 'revoked revoked revoked candidate'],
    [`${LIVED} export:1 revoke:1`, 'revoked candidate'],
  ];
  for (const [story, expected] of cases) {
    it(`${story} → ${expected}`, () => {
      const book = begin();
      assert.equal(tell(book, story), 'taken');
      assert.equal(states(book), expected);
    });
  }

  const refusals: readonly (readonly [story: string, why: RegExp])[] = [
    ['submit', /there is no item "concise"/],
    ['export submit:2', /has no version 2, its latest is 1/],
    ['export submit submit', /concise@1 is in-review, and must be candidate/],
    ['export bless', /is candidate, and must be in-review or blessed/],
    ['export review', /is candidate, and must be/],
    ['export activate', /is candidate, and must be blessed/],
    ['export submit activate', /is in-review, and must be blessed/],
    ['export submit bless reject', /is blessed, and must be candidate or in-review/],
    [`${LIVED} activate`, /is active, and must be blessed/],
    ['export reject submit', /concise@1 was rejected: too long/],
    ['export reject revoke', /was rejected: too long/],
    [`${LIVED} revoke revoke`, /was revoked: it leaks/],
    [`${LIVED} revoke tag`, /was revoked: it leaks/],
    [`${LIVED} revoke test`, /was revoked: it leaks/],
    [`${LIVED} revoke rollback:1`, /was revoked: it leaks/],
    ['export reject rollback:1', /was rejected/],
    ['export rollback:1', /is candidate, and must be blessed or active or superseded/],
    ['export rollback:2', /has no version 2/],
    ['rollback:1', /there is no item "concise"/],
    [
      'export submit bless export:2 submit:2 bless:2 activate:2 activate:1',
      /older than version 2, which is active: roll back/,
    ],
    ['export tag untag untag', /has no tag "stable"/],
  ];
  for (const [story, why] of refusals) {
    it(`${story} is refused`, () => {
      const book = begin();
      assert.match(tell(book, story), why);
    });
  }

  it('refuses entries that nobody here would write', () => {
    const book = begin();
    tell(book, LIVED);
    const ref = refOf(book, 1);
    const next = { item: ITEM, version: 2, digest: d(2) };
    const exported = { kind: 'exported', revision: next, parent: 1, restores: null, why: null } as const;
    const impossible: readonly (readonly [CodexDeed, string])[] = [
      [{ ...exported, revision: { ...next, version: 3 } }, 'not-next'],
      [{ ...exported, revision: { ...next, version: 1 } }, 'not-next'],
      [{ ...exported, parent: null }, 'wrong-parent'],
      [{ ...exported, restores: 1 }, 'wrong-digest'],
      [{ ...exported, restores: 2 }, 'unknown-version'],
      [{ ...exported, revision: { ...next, digest: digest('../../etc/passwd') } }, 'bad-digest'],
      [{ ...exported, revision: { ...next, item: itemId('../up') } }, 'bad-item'],
      [{ kind: 'submitted', revision: { ...ref, digest: d(9) } }, 'wrong-digest'],
      [{ kind: 'submitted', revision: { ...ref, version: 1.5 } }, 'unknown-version'],
      [{ kind: 'tagged', revision: ref, tag: 'v2' }, 'bad-tag'],
      [{ kind: 'tagged', revision: ref, tag: 'active' }, 'bad-tag'],
      [{ kind: 'tagged', revision: ref, tag: '7' }, 'bad-tag'],
      [{ kind: 'tagged', revision: ref, tag: 'a/b' }, 'bad-tag'],
      [{ kind: 'attested', revision: ref, predicate: 'review', envelope: d(1_003) }, 'said-before'],
      [{ kind: 'attested', revision: ref, predicate: 'review', envelope: digest('x') }, 'bad-digest'],
      [{ kind: 'revoked', revision: ref, why: '', envelope: digest('x') }, 'bad-digest'],
      [{ kind: 'untagged', item: itemId('other'), tag: 'x' }, 'unknown-item'],
      [{ kind: 'trusted', root: d(5), version: 2 }, 'root-not-next'],
      [{ kind: 'trusted', root: digest('x'), version: 1 }, 'bad-digest'],
      [{ kind: 'collected', objects: [] }, 'bad-list'],
      [{ kind: 'collected', objects: [d(7), d(7)] }, 'bad-list'],
      [
        { kind: 'collected', objects: Array.from({ length: COLLECTED_MAX + 1 }, (_, index) => d(index + 50)) },
        'bad-list',
      ],
      [{ kind: 'collected', objects: [digest('x')] }, 'bad-digest'],
      [{ kind: 'collected', objects: [d(7), d(1)] }, 'still-named'],
    ];
    for (const [deed, kind] of impossible) assert.equal(refuse(book.ledger, deed)?.kind, kind, JSON.stringify(deed));
  });

  it('refuses a rollback to what was revoked, also from somebody who did not ask first', () => {
    const book = begin();
    tell(book, `${LIVED} export:2 revoke:1`);
    const revision = { item: ITEM, version: 3, digest: d(1) };
    const deed = { kind: 'exported', revision, parent: 2, restores: 1, why: null } as const;
    assert.equal(refuse(book.ledger, deed)?.kind, 'ended');
    assert.equal(refuse(book.ledger, { ...deed, restores: null }), null);
  });

  it('follows the roots of trust, one after the other', () => {
    const { ledger, add } = begin();
    assert.equal(add({ kind: 'trusted', root: d(1), version: 1 }), 'taken');
    assert.match(add({ kind: 'trusted', root: d(2), version: 1 }), /the next one is 2/);
    assert.equal(add({ kind: 'trusted', root: d(2), version: 2 }), 'taken');
    assert.deepEqual([ledger.rootVersion(), ledger.root(), ledger.isNamed(d(1))], [2, d(2), true]);
  });

  it('lists its items by name, and tells what happened to one', () => {
    const book = begin();
    book.propose(proposeExport(book.ledger, { item: SKILL, digest: d(5), why: 'first' }));
    tell(book, `${LIVED} tag untag`);
    assert.deepEqual(
      book.ledger.items().map(({ item }) => item),
      [ITEM, SKILL],
    );
    const item = book.ledger.item(ITEM);
    assert.equal(
      item?.records.map(({ deed }) => deed.kind).join(' '),
      'exported submitted attested attested activated tagged untagged',
    );
    assert.deepEqual([...(item?.tags ?? [])], []);
    assert.equal(book.ledger.item(SKILL)?.revisions[0]?.why, 'first');
    assert.equal(book.ledger.item('nothing'), null);
  });

  it('knows which version was active when', () => {
    const book = begin();
    tell(book, `${LIVED} export:2 submit:2 bless:2 activate:2 revoke:2`);
    const item = book.ledger.item(ITEM);
    assert.ok(item !== null);
    const at = (second: number) => activeAt(item, instant(START + second * 1_000));
    assert.deepEqual([at(0), at(4), at(5), at(8), at(9), at(10)], [null, null, 1, 1, 2, null]);
    assert.equal(item.active, null);
  });

  it('finds through rollbacks the revision whose blessing counts', () => {
    const book = begin();
    tell(book, `${LIVED} rollback:1 rollback:2`);
    const item = book.ledger.item(ITEM);
    const third = item?.revisions[2];
    assert.ok(item !== null && third !== undefined);
    assert.equal(originOf(item, third).ref.version, 1);
    assert.equal(third.restores, 2);
  });

  it('asks how many blessings are enough', () => {
    const ledger = new Ledger(({ attestations }) => attestations.length >= 2);
    const book = { ...begin(), ledger };
    const add = (deed: CodexDeed): void => {
      const at = instant(START);
      const seq = book.log.length + 1;
      const record: CodexRecord = { format: 1, seq, prev: GENESIS_DIGEST, at, by: ANN, deed, hash: d(seq) };
      assert.equal(ledger.refusal(record), null);
      ledger.take(record);
      book.log.push(record);
    };
    const revision = { item: ITEM, version: 1, digest: d(1) };
    add({ kind: 'exported', revision, parent: null, restores: null, why: null });
    add({ kind: 'submitted', revision });
    add({ kind: 'attested', revision, predicate: 'blessing', envelope: d(11) });
    assert.equal(states(book), 'in-review');
    add({ kind: 'attested', revision, predicate: 'blessing', envelope: d(12) });
    assert.equal(states(book), 'blessed');
  });
});

describe('collectable', () => {
  it('keeps what the log names and what evidence names', () => {
    const book = begin();
    tell(book, 'export:1 submit bless');
    const present = [d(1), d(2), d(3), d(1_002)];
    assert.deepEqual(
      collectable(book.ledger, present, (it) => it === d(3)),
      [d(2)],
    );
    assert.equal(proposeDeed(book.ledger, { kind: 'collected', objects: [d(2)] }).kind, 'deed');
    assert.equal(proposeDeed(book.ledger, { kind: 'collected', objects: [d(1)] }).kind, 'refused');
  });
});

describe('resolve', () => {
  const book = begin();
  tell(
    book,
    `${LIVED} export:2 submit:2 bless:2 activate:2 export:3 export:4 submit:4 bless:4 revoke:4 export:1 tag:1`,
  );
  book.propose(proposeExport(book.ledger, { item: SKILL, digest: d(9), why: null }));

  const cases: readonly (readonly [selector: string, blessed: string, any: string])[] = [
    ['concise', '2', '2'],
    ['concise@active', '2', '2'],
    ['concise@1', '1', '1'],
    ['concise@v2', '2', '2'],
    ['concise@3', 'codex-refused', '3'],
    ['concise@4', 'codex-revoked', 'codex-revoked'],
    ['concise@stable', '1', '1'],
    ['concise@6', 'not-found', 'not-found'],
    ['concise@9999999999', 'not-found', 'not-found'],
    ['concise@beta', 'not-found', 'not-found'],
    [`sha256:${d(2)}`, '2', '2'],
    [d(1), '1', '5'],
    [d(3), 'codex-refused', '3'],
    [d(4), 'codex-revoked', 'codex-revoked'],
    [d(77), 'not-found', 'not-found'],
    ['skill', 'not-found', 'not-found'],
    ['skill@1', 'codex-refused', '1'],
    ['nobody', 'not-found', 'not-found'],
    ['concise@', 'bad-request', 'bad-request'],
    ['concise@1@2', 'bad-request', 'bad-request'],
    ['../concise', 'bad-request', 'bad-request'],
    ['concise@0', 'bad-request', 'bad-request'],
    ['concise@1\n', 'bad-request', 'bad-request'],
    ['', 'bad-request', 'bad-request'],
  ];
  for (const [selector, blessed, any] of cases) {
    it(`${JSON.stringify(selector)} → ${blessed}, ${any}`, () => {
      for (const [demand, expected] of [
        ['blessed', blessed],
        ['any', any],
      ] as const) {
        const found = resolve(book.ledger, selector, demand);
        const said =
          found.kind === 'resolved' ? String(found.revision.ref.version) : refusalProblem(found.refusal).code;
        assert.equal(said, expected, demand);
      }
    });
  }

  it('reads no selector but its own', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const selector = parseSelector(text);
        assert.ok(selector === null || /^(sha256:)?[a-z0-9][a-z0-9_]*(@[a-z0-9._-]+)?$/.test(text));
      }),
    );
  });
});

/** What holds of every item after every entry. */
const holds = (item: Item): void => {
  const { revisions, active, tags } = item;
  for (const [index, { ref, parent, restores, state }] of revisions.entries()) {
    assert.equal(ref.version, index + 1, 'versions have no gaps');
    assert.equal(parent, index === 0 ? null : index, 'each has the one before as its parent');
    assert.equal(state === 'active', ref.version === active, 'one is active, the one that is named');
    if (restores !== null)
      assert.equal(ref.digest, revisions[restores - 1]?.ref.digest, 'a rollback has the same bytes');
  }
  for (const version of tags.values()) assert.ok(version <= revisions.length, 'a tag points to something');
};

const WORDS = Object.keys(DEEDS).filter(isWord);

const STEP = fc.record({ word: fc.constantFrom(...WORDS), number: fc.integer({ min: 1, max: 6 }) });

describe('after any story', () => {
  it('versions, the active one, tags and ends hold, and the same log makes the same ledger', () => {
    fc.assert(
      fc.property(fc.array(STEP, { maxLength: 60 }), (story) => {
        const book = begin();
        const revoked = new Set<number>();
        let highestActive = 0;
        for (const { word, number } of story) {
          DEEDS[word](book, number);
          const item = book.ledger.item(ITEM);
          if (item === null) continue;
          holds(item);
          if (item.active !== null) {
            assert.ok(item.active >= highestActive, 'what is active only rises');
            highestActive = item.active;
          }
          for (const { ref, state } of item.revisions) {
            if (state === 'revoked') revoked.add(ref.version);
            else assert.ok(!revoked.has(ref.version), 'what was revoked stays revoked');
            const found = resolve(book.ledger, `${ref.item}@${ref.version}`, 'blessed');
            assert.equal(
              found.kind === 'resolved',
              wasBlessed({ state }),
              'only what was blessed is found for production',
            );
          }
        }
        const again = new Ledger();
        for (const record of book.log) {
          assert.equal(again.refusal(record), null);
          again.take(record);
        }
        assert.deepEqual(again.items(), book.ledger.items());
      }),
      { numRuns: 300 },
    );
  });
});

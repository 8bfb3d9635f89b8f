// The conformance suite of the codex's store: run by the files on disk and by the fake in memory.
//
// The fold of these tests counts what it is told and refuses what they ask it to refuse; the real one is the ledger.

import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { describe, it } from 'node:test';
import { canonical } from '#kernel/canonical.ts';
import {
  digest,
  GENESIS_DIGEST,
  itemId,
  type CodexDraft,
  type CodexEntry,
  type CodexRecord,
  type Digest,
} from '#kernel/codex.ts';
import type { Json } from '#kernel/evidence.ts';
import { instant } from '#kernel/time.ts';
import type { Appended, CodexFold, CodexStore, Kept } from './codex.ts';

/** A medium on which any number of stores can be opened, each as another program would. */
export type CodexUnderTest = {
  readonly open: (fold: CodexFold) => CodexStore;
  readonly close: () => void;
};

/** A fold that remembers what it was told. */
export class HeardFold implements CodexFold {
  readonly heard: CodexRecord[] = [];
  refuses: string | null = null;

  refusal(_entry: CodexEntry): string | null {
    return this.refuses;
  }

  take(record: CodexRecord): void {
    this.heard.push(record);
  }
}

const ITEM = itemId('concise');
const AT = instant(1_795_239_865_804);

export const sha256 = (text: string): Digest => digest(hash('sha256', text));

export const mustPut = (store: CodexStore, text: string): Kept & { readonly kind: 'kept' } => {
  const kept = store.put(text);
  assert.equal(kept.kind, 'kept', kept.kind === 'failed' ? kept.problem.message : '');
  if (kept.kind !== 'kept') throw new Error('not kept');
  return kept;
};

const draftOf = (text: string, version: number): CodexDraft => ({
  at: AT,
  by: { name: 'ann', kind: 'person' },
  deed: {
    kind: 'exported',
    revision: { item: ITEM, version, digest: sha256(text) },
    parent: version === 1 ? null : version - 1,
    restores: null,
    why: null,
  },
});

const mustAppend = (appended: Appended): CodexRecord => {
  if (appended.kind === 'appended') return appended.record;
  return assert.fail('problem' in appended ? appended.problem.message : appended.kind);
};

type Ask = { readonly medium: CodexUnderTest; readonly fold: HeardFold; readonly store: CodexStore };
type Case = { readonly says: string; readonly check: (ask: Ask) => void };

const CASES: readonly Case[] = [
  {
    says: 'nothing is there at first, and looking makes nothing',
    check: ({ fold, store }) => {
      assert.equal(store.catchUp(), null);
      assert.deepEqual(store.head(), { seq: 0, hash: GENESIS_DIGEST });
      assert.deepEqual(store.read(sha256('x')), { kind: 'missing' });
      assert.deepEqual(fold.heard, []);
    },
  },
  {
    says: 'a text is kept under its SHA-256, and the same again is not new',
    check: ({ medium, store }) => {
      for (const text of ['', 'é\u{1f600}\ufffd\n', 'x'.repeat(100_000), '\ufeffwith a mark']) {
        assert.deepEqual(mustPut(store, text), { kind: 'kept', digest: sha256(text), isNew: true });
        assert.deepEqual(mustPut(store, text), { kind: 'kept', digest: sha256(text), isNew: false });
        assert.deepEqual(medium.open(new HeardFold()).read(sha256(text)), { kind: 'read', text });
      }
    },
  },
  {
    says: 'half a character is refused, and a name that is no digest finds nothing',
    check: ({ store }) => {
      const refused = store.put('half \ud800');
      assert.equal(refused.kind === 'failed' && refused.problem.code, 'codex-refused');
      mustPut(store, 'a');
      for (const name of ['../format', '', sha256('a').toUpperCase(), `${sha256('a')}\n`]) {
        assert.deepEqual(store.read(digest(name)), { kind: 'missing' }, name);
      }
    },
  },
  {
    says: 'an entry follows the one before, is told to the fold once, and is there for the next program',
    check: ({ medium, fold, store }) => {
      mustPut(store, 'a');
      const first = mustAppend(store.append(() => draftOf('a', 1)));
      const second = mustAppend(store.append(() => draftOf('a', 2)));
      assert.deepEqual([first.seq, first.prev, second.seq, second.prev], [1, GENESIS_DIGEST, 2, first.hash]);
      const { hash: named, ...entry } = second;
      assert.equal(named, sha256(canonical(entry as unknown as Json)), 'the hash is over the canonical entry'); // decoder
      assert.equal(store.catchUp(), null);
      assert.deepEqual(fold.heard, [first, second]);
      assert.deepEqual(store.head(), { seq: 2, hash: second.hash });
      const other = new HeardFold();
      const elsewhere = medium.open(other);
      assert.equal(elsewhere.catchUp(), null);
      assert.deepEqual(other.heard, [first, second]);
      assert.deepEqual(elsewhere.head(), store.head());
    },
  },
  {
    says: 'whoever writes has seen the whole log, and what others wrote meanwhile is decided on again',
    check: ({ medium, store }) => {
      mustPut(store, 'a');
      const fold = new HeardFold();
      const slow = medium.open(fold);
      const seen: number[] = [];
      const appended = slow.append(() => {
        seen.push(fold.heard.length);
        if (seen.length === 1) for (const version of [1, 2]) mustAppend(store.append(() => draftOf('a', version)));
        return draftOf('a', fold.heard.length + 1);
      });
      assert.deepEqual(seen, [0, 2]);
      assert.equal(mustAppend(appended).seq, 3);
    },
  },
  {
    says: 'a withdrawn proposal, one that the fold refuses and one that names what is not there write nothing',
    check: ({ medium, fold, store }) => {
      mustPut(store, 'a');
      assert.equal(store.append(() => null).kind, 'withheld');
      fold.refuses = 'it is Sunday';
      const refused = store.append(() => draftOf('a', 1));
      assert.equal(refused.kind === 'refused' && refused.problem.code, 'codex-refused');
      assert.match(refused.kind === 'refused' ? refused.problem.message : '', /it is Sunday/);
      fold.refuses = null;
      const unkept = store.append(() => draftOf('never put', 1));
      assert.equal(unkept.kind === 'refused' && unkept.problem.code, 'codex-refused');
      assert.deepEqual(fold.heard, []);
      const other = new HeardFold();
      assert.equal(medium.open(other).catchUp(), null);
      assert.deepEqual(other.heard, []);
    },
  },
  {
    says: 'what could not be read again is refused before it is written',
    check: ({ fold, store }) => {
      mustPut(store, 'a');
      const { deed, ...rest } = draftOf('a', 1);
      for (const why of ['x'.repeat(4_001), 'half \ud800']) {
        const refused = store.append(() => ({ ...rest, deed: { ...deed, why } as CodexDraft['deed'] })); // decoder
        assert.equal(refused.kind, 'refused', why.slice(0, 10));
      }
      assert.deepEqual(fold.heard, []);
      mustAppend(
        store.append(() => ({ ...rest, deed: { ...deed, why: '☠ "\\\n\u0000,"hash":"' } as CodexDraft['deed'] })),
      ); // decoder
    },
  },
  {
    says: 'a log that the fold calls impossible is damaged, and stops before it',
    check: ({ medium, store }) => {
      mustPut(store, 'a');
      mustAppend(store.append(() => draftOf('a', 1)));
      const strict = new HeardFold();
      strict.refuses = 'it cannot be';
      const reader = medium.open(strict);
      const trouble = reader.catchUp();
      assert.equal(trouble?.code, 'codex-damaged');
      assert.match(trouble?.message ?? '', /it cannot be/);
      assert.deepEqual(strict.heard, []);
      assert.equal(reader.append(() => draftOf('a', 2)).kind, 'failed');
    },
  },
];

/** Runs the suite for one implementation. */
export const codexContract = (name: string, make: () => CodexUnderTest): void => {
  describe(`the codex's store: ${name}`, () => {
    for (const { says, check } of CASES) {
      it(says, () => {
        const medium = make();
        const fold = new HeardFold();
        try {
          check({ medium, fold, store: medium.open(fold) });
        } finally {
          medium.close();
        }
      });
    }
  });
};

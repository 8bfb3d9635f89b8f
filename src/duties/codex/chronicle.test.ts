// The chronicle: each entry of the log enters the evidence once, in order, whatever is handed in how often.

import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import {
  digest,
  GENESIS_DIGEST,
  itemId,
  type CodexDeed,
  type CodexRecord,
  type RootEnding,
  type Witnessed,
} from '#kernel/codex.ts';
import type { Effect } from '#kernel/effect.ts';
import type { EventBody } from '#kernel/event.ts';
import type { EvidenceDraft } from '#kernel/evidence.ts';
import type { OwnView } from '#kernel/own.ts';
import { instant } from '#kernel/time.ts';
import { makeChronicle, type Chronicle } from './chronicle.ts';

const hashOf = (seq: number, story = 0): ReturnType<typeof digest> =>
  seq === 0 ? GENESIS_DIGEST : digest(`${story}${String(seq).padStart(63, '0')}`);

const revision = { item: itemId('summary'), version: 1, digest: digest('a'.repeat(64)) };

const entry = (seq: number, deed: CodexDeed = { kind: 'submitted', revision }, story = 0): CodexRecord => ({
  format: 1,
  seq,
  prev: hashOf(seq - 1, story),
  hash: hashOf(seq, story),
  at: instant(seq),
  by: { name: 'ana', kind: 'person' },
  deed,
});

const witnessed = (seq: number, story = 0): Witnessed => ({ record: entry(seq, undefined, story), signers: [] });

class Life {
  readonly machine = makeChronicle();
  state: Chronicle = this.machine.initial;
  readonly effects: Effect[] = [];

  hear(body: EventBody): readonly Effect[] {
    const { state, effects } = this.machine.step(this.state, { ...body, at: instant(1_000) });
    // The state crosses the store as JSON.
    this.state = JSON.parse(JSON.stringify(state)) as Chronicle; // decoder: what was written a moment ago
    this.effects.push(...effects);
    return effects;
  }

  records(): readonly EvidenceDraft[] {
    return this.effects.flatMap((it) => (it.kind === 'record' ? [it.evidence] : []));
  }

  entries(): readonly unknown[] {
    return this.records().flatMap(({ refs }) => (refs['entry'] === undefined ? [] : [refs['entry']]));
  }
}

suite('the chronicle of the codex', () => {
  test('whatever slices are handed in, how often, after which restarts: each entry once, in order', () => {
    const slices = fc.array(fc.tuple(fc.nat(30), fc.nat(12)), { maxLength: 30 });
    fc.assert(
      fc.property(slices, (parts) => {
        const life = new Life();
        for (const [from, count] of parts) {
          const entries = Array.from({ length: count }, (_, at) => witnessed(from + at + 1));
          life.hear({ kind: 'codex-grew', entries });
        }
        assert.deepEqual(
          life.entries(),
          Array.from({ length: life.state.seq }, (_, at) => at + 1),
        );
        life.hear({ kind: 'codex-grew', entries: Array.from({ length: 42 }, (_, at) => witnessed(at + 1)) });
        assert.equal(life.state.seq, 42);
        assert.equal(life.entries().length, 42);
      }),
    );
  });

  test('an entry says who did it, what, why, and whose signatures hold', () => {
    const life = new Life();
    const deed: CodexDeed = { kind: 'attested', revision, predicate: 'blessing', envelope: digest('e'.repeat(64)) };
    life.hear({ kind: 'codex-grew', entries: [{ record: entry(1, deed), signers: ['ben'] }] });
    const [record] = life.records();
    assert.equal(record?.type, 'codex.attested');
    assert.deepEqual(record.actor, { kind: 'person', name: 'ana' });
    assert.equal(record.action, 'sign summary@1: blessing');
    assert.equal(record.outcome, 'signed by ben');
    assert.equal(record.refs['digest'], revision.digest);
    assert.equal(record.refs['hash'], hashOf(1));
  });

  test('an entry of another story is never written down', () => {
    const life = new Life();
    life.hear({ kind: 'codex-grew', entries: [witnessed(1), witnessed(2)] });
    assert.deepEqual(life.hear({ kind: 'codex-grew', entries: [witnessed(3, 7)] }), []);
    assert.equal(life.state.seq, 2);
  });

  test('trouble is told once, and its end', () => {
    const life = new Life();
    const trouble = { what: 'its log ends at entry 1, and entry 2 stands in the evidence', isOld: false };
    const kinds = (effects: readonly Effect[]): readonly string[] =>
      effects.map((it) => (it.kind === 'tell' ? it.message.kind : it.kind));
    assert.deepEqual(kinds(life.hear({ kind: 'codex-looked', trouble, head: null })), ['record', 'found']);
    assert.deepEqual(life.hear({ kind: 'codex-looked', trouble, head: null }), []);
    assert.deepEqual(kinds(life.hear({ kind: 'codex-looked', trouble: null, head: null })), ['record', 'found-over']);
    assert.deepEqual(life.hear({ kind: 'codex-looked', trouble: null, head: null }), []);
  });

  test('what cannot be read stands in the evidence; people hear of it elsewhere, and only once', () => {
    const life = new Life();
    const trouble = { what: 'an entry is damaged', isOld: false, isTold: true };
    const effects = life.hear({ kind: 'codex-looked', trouble, head: null });
    assert.deepEqual(
      effects.map(({ kind }) => kind),
      ['record'],
    );
    assert.equal(life.records()[0]?.type, 'codex.doubted');
  });

  test('a root that ends: a notice a month before, a page at its end, and a word when the next one is there', () => {
    const life = new Life();
    const soon = { version: 1, isOver: false, says: 'root 1 expires in 29 days', mend: 'make the next one' };
    const over = { ...soon, isOver: true, says: 'root 1 has expired' };
    const heard = (ending: RootEnding | null): readonly string[] =>
      life
        .hear({ kind: 'codex-root', ending })
        .map((it) => (it.kind === 'tell' ? it.message.kind : it.kind === 'record' ? it.evidence.type : it.kind));
    assert.deepEqual(heard(null), []);
    assert.deepEqual(heard(soon), ['codex.root-ending', 'found']);
    assert.deepEqual(heard({ ...soon, says: 'root 1 expires in 12 days' }), ['found'], 'shown again after a start');
    assert.deepEqual(heard(over), ['codex.root-ended', 'found-over', 'escalate']);
    assert.deepEqual(heard(over), [], 'a start pages nobody again');
    assert.deepEqual(heard({ ...soon, version: 2 }), ['codex.root-ending', 'recovered', 'found']);
    assert.deepEqual(heard(null), ['codex.root-renewed', 'found-over']);
    assert.equal(life.state.rootEnding, undefined);
  });

  test('a loss is taken over only when a person has signed it, and says why', () => {
    const life = new Life();
    life.hear({ kind: 'codex-grew', entries: [witnessed(1), witnessed(2), witnessed(3)] });
    const trouble = { what: 'shorter', isOld: false };
    const head = { version: 1, seq: 1, digest: hashOf(1), by: [], why: null };
    life.hear({ kind: 'codex-looked', trouble, head });
    assert.equal(life.state.seq, 3, 'the key of the machine accepts nothing');
    life.hear({ kind: 'codex-looked', trouble, head: { ...head, version: 2, by: ['ben'], why: 'the disk died' } });
    assert.deepEqual([life.state.seq, life.state.hash, life.state.trouble], [1, hashOf(1), null]);
    assert.equal(life.records().at(-2)?.type, 'codex.loss-accepted');
    assert.equal(life.records().at(-2)?.trigger, 'the disk died');
    life.hear({ kind: 'codex-grew', entries: [witnessed(2)] });
    assert.equal(life.state.seq, 2);
  });

  test('what runs is written down when it is another one; people hear of what is not blessed where it must be', () => {
    const life = new Life();
    const view: OwnView = {
      kind: 'config',
      item: 'sereno_config',
      digest: 'd'.repeat(64),
      version: 3,
      state: 'blessed',
      by: ['ana'],
      until: null,
      headline: 'sereno_config@3, blessed by ana',
    };
    life.hear({ kind: 'codex-own', own: [view], isStrict: true });
    assert.equal(life.records()[0]?.type, 'codex.own-blessed');
    assert.deepEqual(life.hear({ kind: 'codex-own', own: [view], isStrict: true }), []);
    const bad: OwnView = { ...view, state: 'unblessed', headline: 'revoked' };
    const told = life.hear({ kind: 'codex-own', own: [bad], isStrict: true });
    assert.ok(told.some((it) => it.kind === 'tell' && it.message.kind === 'found'));
    const relaxed = life.hear({ kind: 'codex-own', own: [{ ...bad, version: 4 }], isStrict: false });
    assert.ok(!relaxed.some((it) => it.kind === 'tell' && it.message.kind === 'found'));
  });
});

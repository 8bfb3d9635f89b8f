// The log about quality: evaluations of what is there, waivers of what is not blessed yet, schemas without gaps.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { digest, GENESIS_DIGEST, itemId, objectsOf, type CodexDeed, type Digest } from '#kernel/codex.ts';
import { instant } from '#kernel/time.ts';
import { Ledger } from './ledger.ts';

const d = (number: number): Digest => digest(number.toString(16).padStart(64, '0'));
const REVISION = { item: itemId('concise'), version: 1, digest: d(1) };

const begin = () => {
  const ledger = new Ledger();
  let seq = 0;
  return {
    ledger,
    add: (deed: CodexDeed): string => {
      seq += 1;
      const by = { name: 'ann', kind: 'person' } as const;
      const record = { format: 1, seq, prev: GENESIS_DIGEST, at: instant(seq), by, deed, hash: d(100 + seq) } as const;
      const why = ledger.refusal(record);
      if (why === null) ledger.take(record);
      return why ?? 'taken';
    },
  };
};

const exported: CodexDeed = { kind: 'exported', revision: REVISION, parent: null, restores: null, why: null };
const evaluated: CodexDeed = {
  kind: 'evaluated',
  revision: REVISION,
  verdict: 'blocked',
  statement: d(2),
  suite: d(3),
};
const waived: CodexDeed = { kind: 'waived', revision: REVISION, why: 'fire', envelope: d(4) };
const schema = (id: string, value = d(5)): CodexDeed => ({
  kind: 'schema-registered',
  id,
  compatibility: 'full',
  schema: value,
});

test('an evaluation changes no state, is part of the story, and keeps its objects', () => {
  const { ledger, add } = begin();
  assert.match(add(evaluated), /concise/);
  assert.equal(add(exported), 'taken');
  assert.equal(add(evaluated), 'taken');
  assert.equal(ledger.item('concise')?.revisions[0]?.state, 'candidate');
  assert.deepEqual(
    ledger.item('concise')?.records.map(({ deed }) => deed.kind),
    ['exported', 'evaluated'],
  );
  assert.deepEqual(
    [d(2), d(3)].map((it) => ledger.isNamed(it)),
    [true, true],
  );
  assert.match(add({ ...evaluated, suite: digest('x') }), /not a SHA-256/);
  assert.deepEqual(objectsOf(waived), [d(4)]);
});

test('a waiver is for what waits for people or may come back; nothing is said of what was revoked', () => {
  const { add } = begin();
  add(exported);
  assert.equal(add(waived), 'taken');
  assert.equal(add({ kind: 'submitted', revision: REVISION }), 'taken');
  assert.equal(add(waived), 'taken');
  add({ kind: 'attested', revision: REVISION, predicate: 'blessing', envelope: d(6) });
  assert.equal(add(waived), 'taken');
  assert.equal(add(evaluated), 'taken');
  add({ kind: 'revoked', revision: REVISION, why: 'x', envelope: null });
  assert.match(add(evaluated), /was revoked/);
  assert.match(add(waived), /was revoked/);
});

test('versions of a schema come one after the other, each subject for itself', () => {
  const { ledger, add } = begin();
  assert.match(add(schema('qa_a_v2')), /cannot come now, the next version of it is 1/);
  assert.equal(add(schema('qa_a_v1')), 'taken');
  assert.match(add(schema('qa_a_v1', d(7))), /the next version of it is 2/);
  assert.equal(add(schema('qa_b_v1')), 'taken');
  assert.equal(add(schema('qa_a_v2', d(8))), 'taken');
  assert.match(add(schema('A v1')), /no name of a schema/);
  assert.match(add(schema('qa_c_v1', digest('x'))), /not a SHA-256/);
  assert.deepEqual(
    ledger.schemas().map(({ subject, version, compatibility }) => `${subject} ${version} ${compatibility}`),
    ['qa_a 1 full', 'qa_b 1 full', 'qa_a 2 full'],
  );
  assert.deepEqual(ledger.items(), []);
  assert.equal(ledger.isNamed(d(8)), true);
});

// The registry: what is taken in, under which class, and what is refused with which value.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { digest, type CompatibilityClass, type Digest } from '#kernel/codex.ts';
import type { Json } from '#kernel/evidence.ts';
import { findSchema, registerSchema, type SchemaReason, type SchemaRegistry } from './registry.ts';
import { textOf } from './schema.ts';

const sha256 = (value: Json): Digest => digest(createHash('sha256').update(textOf(value)).digest('hex'));

const ask = (
  registry: SchemaRegistry,
  id: string,
  value: Json,
  compatibility: CompatibilityClass = 'forward-transitive',
) => registerSchema(registry, { id, value, compatibility }, sha256);

/** The registry with these versions of one subject, however they fit together. */
const registryOf = (...values: readonly Json[]): SchemaRegistry =>
  values.reduce<SchemaRegistry>((registry, value, index) => {
    const registration = ask(registry, `qa_note_v${index + 1}`, value, 'none');
    assert.ok(registration.kind === 'registered');
    return registration.registry;
  }, {});

const reasonsOf = (
  registry: SchemaRegistry,
  value: Json,
  compatibility: CompatibilityClass,
  version: number,
): readonly SchemaReason[] => {
  const registration = ask(registry, `qa_note_v${version}`, value, compatibility);
  return registration.kind === 'refused' ? registration.reasons : [];
};

const text = { type: 'string' };
const short = { type: 'string', maxLength: 5 };
const shorter = { type: 'string', maxLength: 3 };

test('the first version of a subject is taken in, and the same again is known', () => {
  const first = ask({}, 'qa_note_v1', text);
  assert.ok(first.kind === 'registered');
  assert.deepEqual(findSchema(first.registry, 'qa_note_v1'), first.entry);
  assert.equal(ask(first.registry, 'qa_note_v1', { ...text, type: 'string' }).kind, 'known');
  assert.equal(findSchema(first.registry, 'qa_note_v2'), null);
});

test('an id is never given to other content, and versions have no gaps', () => {
  const registry = registryOf(text);
  const kinds = (id: string): readonly string[] => {
    const registration = ask(registry, id, short);
    return registration.kind === 'refused' ? registration.reasons.map(({ kind }) => kind) : [];
  };
  assert.deepEqual(kinds('qa_note_v1'), ['schema-taken']);
  assert.deepEqual(kinds('qa_note_v3'), ['schema-skips']);
  assert.deepEqual(kinds('qa_note'), ['schema-id']);
  assert.deepEqual(kinds('__proto___v1'), ['schema-id']);
  assert.deepEqual(kinds('constructor_v1'), []);
});

test('backward asks the new reader, forward the old one, full both; each no has its value', () => {
  const narrowed = {
    kind: 'schema-incompatible',
    writtenWith: 1,
    readWith: 2,
    value: 'aaaaaa',
    breaks: [{ at: '', keyword: 'maxLength' }],
  };
  assert.deepEqual(reasonsOf(registryOf(text), short, 'backward', 2), [narrowed]);
  assert.deepEqual(reasonsOf(registryOf(text), short, 'forward', 2), []);
  assert.deepEqual(reasonsOf(registryOf(text), short, 'full', 2), [narrowed]);
  const widened = { ...narrowed, writtenWith: 2, readWith: 1 };
  assert.deepEqual(reasonsOf(registryOf(short), text, 'backward', 2), []);
  assert.deepEqual(reasonsOf(registryOf(short), text, 'forward', 2), [widened]);
  assert.deepEqual(reasonsOf(registryOf(short), text, 'full', 2), [widened]);
  assert.deepEqual(reasonsOf(registryOf(short), { type: 'null' }, 'none', 2), []);
});

test('the transitive forms look past the last version', () => {
  const registry = registryOf(shorter, short);
  assert.deepEqual(reasonsOf(registry, short, 'forward', 3), []);
  assert.deepEqual(
    reasonsOf(registry, short, 'forward-transitive', 3).map(
      (reason) => reason.kind === 'schema-incompatible' && reason.readWith,
    ),
    [1],
  );
  assert.deepEqual(reasonsOf(registryOf(short, shorter), short, 'backward-transitive', 3), []);
});

test('what cannot be decided is refused, and so is what cannot be read, with all of its problems', () => {
  const hard = (first: string, count: number): Json => ({ type: 'string', pattern: `^(a|b)*${first}(a|b){${count}}$` });
  const apart = { allOf: [{ type: 'string' }, { not: hard('b', 14) }] };
  assert.deepEqual(reasonsOf(registryOf(apart), hard('a', 15), 'forward', 2), [
    { kind: 'schema-undecided', writtenWith: 2, readWith: 1 },
  ]);
  const [reason] = reasonsOf({}, { requried: ['a'], unevaluatedItems: false, type: 'text', 'x-owner': 1 }, 'none', 1);
  assert.ok(reason?.kind === 'schema-unreadable');
  assert.deepEqual(
    reason.problems.map(({ at }) => at),
    ['/requried', '/unevaluatedItems', '/type'],
  );
});

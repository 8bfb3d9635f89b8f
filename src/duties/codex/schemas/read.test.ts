// Reading: references, what is refused and where, and limits.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Json } from '#kernel/evidence.ts';
import { fits, misfits } from './fit.ts';
import { readSchema } from './read.ts';

const places = (document: Json): readonly string[] => {
  const reading = readSchema(document);
  return reading.kind === 'refused' ? reading.problems.map(({ at }) => at) : [];
};

test('all problems are told together, each with its place', () => {
  assert.deepEqual(
    places({
      type: 'object',
      properties: { 'a/b': { minLength: -1 }, c: 7 },
      required: ['a', 1],
      patternProperties: { '(?=x)': true },
      allOf: [],
      multipleOf: 0,
      $ref: 'other.json',
      if: { uniqueItems: 'yes' },
    }),
    [
      '/multipleOf',
      '/required',
      '/properties/a~1b/minLength',
      '/properties/c',
      '/patternProperties/(?=x)',
      '/allOf',
    ].concat(['/if/uniqueItems', '/$ref']),
  );
});

test('a reference leads to any place of the schema; in a circle it leads nowhere', () => {
  const document = {
    $defs: { 'a/b': { type: 'integer' }, list: { type: 'array', items: { $ref: '#/$defs/list' } } },
    properties: {
      n: { $ref: '#/$defs/a~1b' },
      again: { $ref: '#/properties/n' },
      deep: { $ref: '#/$defs/list' },
      me: { $ref: '#' },
    },
  };
  const reading = readSchema(document);
  assert.ok(reading.kind === 'read');
  assert.ok(fits(reading.schema, { n: 1, again: 2, deep: [[], [[]]], me: { n: 3 } }));
  assert.deepEqual(misfits(reading.schema, { again: 'x', deep: [[1]], me: { n: 0.5 } }), [
    { at: '/again', keyword: 'type' },
    { at: '/deep/0/0', keyword: 'type' },
    { at: '/me/n', keyword: 'type' },
  ]);
  assert.deepEqual(
    places({ $defs: { a: { allOf: [{ $ref: '#/$defs/b' }] }, b: { not: { $ref: '#/$defs/a' } } } }).length > 0,
    true,
  );
  assert.deepEqual(places({ $ref: '#' }), ['']);
});

test('too deep, too long, too many: refused, and not followed', () => {
  const deep = Array.from({ length: 80 }).reduce<Json>((inner) => ({ not: inner }), true);
  assert.deepEqual(places(deep), ['']);
  assert.deepEqual(places({ description: 'x'.repeat(200_001) }), ['']);
  const far = Array.from({ length: 4_000 }, (_, index) => [`s${index}`, { $ref: `#/$defs/s${index + 1}` }] as const);
  assert.deepEqual(places({ $ref: '#/$defs/s0', $defs: { ...Object.fromEntries(far), s4000: true } }), ['/$defs/s0']);
  assert.deepEqual(places({ anyOf: Array.from({ length: 6_000 }, () => true) }), ['']);
});

test('names that objects have by themselves are names like others', () => {
  const reading = readSchema(
    JSON.parse('{"properties":{"__proto__":{"type":"string"}},"required":["toString"]}') as Json,
  ); // decoder
  assert.ok(reading.kind === 'read');
  assert.equal(fits(reading.schema, {}), false);
  assert.equal(fits(reading.schema, JSON.parse('{"__proto__":1,"toString":1}') as Json), false); // decoder
  assert.equal(fits(reading.schema, JSON.parse('{"__proto__":"a","toString":1}') as Json), true); // decoder
});

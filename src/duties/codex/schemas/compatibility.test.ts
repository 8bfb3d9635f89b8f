// Compatibility: changes of schemas as people make them, each with the answer and, where it is no, with the value that shows it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Json } from '#kernel/evidence.ts';
import { inclusionOf } from './compatibility.ts';
import { readSchema } from './read.ts';
import type { Schema } from './schema.ts';

const read = (document: Json): Schema => {
  const reading = readSchema(document);
  assert.ok(reading.kind === 'read', JSON.stringify(reading));
  return reading.schema;
};

/** `'included'`, or the value that fits the first and breaks the second, at these places. */
const check = (
  writer: Json,
  reader: Json,
  expected: 'included' | 'undecided' | [value: Json, ...at: string[]],
): void => {
  const inclusion = inclusionOf(read(writer), read(reader));
  const answer =
    inclusion.kind === 'not-included' ? [inclusion.value, ...inclusion.breaks.map(({ at }) => at)] : inclusion.kind;
  assert.deepEqual(answer, expected);
};

const answer = (more: { readonly [key: string]: Json } = {}): Json => ({
  type: 'object',
  required: ['title'],
  properties: { title: { type: 'string', minLength: 1 }, tags: { type: 'array', items: { type: 'string' } } },
  ...more,
});

test('a property more, in an object that is open, is read by those who do not know it', () => {
  const wider = answer({ properties: { title: { type: 'string', minLength: 1 }, score: { type: 'number' } } });
  check(answer(), wider, [{ title: 'a', score: null }, '/score']);
  check(answer(), answer(), 'included');
});

test('a property that must be there now was not always there', () => {
  check(answer(), answer({ required: ['title', 'tags'] }), [{ title: 'a' }, '']);
  check(answer({ required: ['title', 'tags'] }), answer(), 'included');
});

test('whoever closes an object breaks on what was allowed before', () => {
  check(answer(), answer({ additionalProperties: false }), [{ title: 'a', a: null }, '/a']);
  check(answer({ additionalProperties: false }), answer(), 'included');
});

test('numbers: bounds, whole numbers, multiples', () => {
  check({ type: 'integer', minimum: 1, maximum: 5 }, { enum: [1, 2, 3, 4, 5] }, 'included');
  check({ type: 'integer', minimum: 1, maximum: 6 }, { enum: [1, 2, 3, 4, 5] }, [6, '']);
  check({ type: 'number', minimum: 3 }, { exclusiveMinimum: 3 }, [3, '']);
  check({ type: 'number', exclusiveMaximum: 3 }, { maximum: 3 }, 'included');
  check({ type: 'integer', exclusiveMinimum: 2 }, { minimum: 3 }, 'included');
  check({ type: 'number', minimum: 5e-324, maximum: 5e-324 }, { const: 0 }, [5e-324, '']);
  check({ type: 'integer' }, { type: 'number' }, 'included');
  check({ type: 'number' }, { type: 'integer' }, [0.5, '']);
  check({ type: 'number', multipleOf: 6 }, { multipleOf: 4 }, [6, '']);
  check({ type: 'number', multipleOf: 12 }, { allOf: [{ multipleOf: 4 }, { multipleOf: 0.5 }] }, 'included');
  check({ multipleOf: 0.1, minimum: 0.1, maximum: 0.3, type: 'number' }, { enum: [0.1, 0.2, 0.3] }, 'included');
  check({ type: 'number', exclusiveMinimum: 0, exclusiveMaximum: 1 }, { not: { type: 'integer' } }, 'included');
});

test('texts: patterns and lengths are decided as languages', () => {
  check(
    { type: 'string', pattern: '^\\d{4}-\\d{2}$' },
    { type: 'string', pattern: '^[0-9-]+$', maxLength: 7 },
    'included',
  );
  check({ type: 'string', pattern: '^a+$' }, { pattern: '^(aa)+$' }, ['a', '']);
  check({ type: 'string', maxLength: 3 }, { type: 'string', maxLength: 2 }, ['aaa', '']);
  check({ type: 'string', pattern: 'error' }, { pattern: 'err' }, 'included');
  check({ enum: ['low', 'high'] }, { type: 'string', pattern: '^(low|high|none)$' }, 'included');
  check({ type: 'string', pattern: '^(low|high)$' }, { enum: ['low', 'high'] }, 'included');
});

test('choices: one more member breaks the readers, one less does not', () => {
  const text = { type: 'string' };
  const list = { type: 'array', items: text };
  check({ anyOf: [text] }, { anyOf: [text, list] }, 'included');
  check({ anyOf: [text, list] }, text, [[], '']);
  check({ enum: ['low', 'high'] }, { enum: ['high', 'low', 'none'] }, 'included');
  check({ oneOf: [{ type: 'string' }, { type: 'number' }] }, { type: ['number', 'string'] }, 'included');
  const conditional: Json = JSON.parse('{"if":{"type":"string"},"then":{"minLength":2},"else":false}');
  check(conditional, { type: 'string', minLength: 2 }, 'included');
});

test('lists: items, a prefix, what must be among them, and all different', () => {
  check(
    { type: 'array', prefixItems: [{ type: 'string' }], items: false },
    { type: 'array', items: { type: 'string' } },
    'included',
  );
  check(
    { type: 'array', minItems: 3, items: { type: 'boolean' } },
    { not: { type: 'array', uniqueItems: true } },
    'included',
  );
  check({ type: 'array', items: { enum: [1, 2] }, uniqueItems: true }, { maxItems: 2 }, 'included');
  check({ type: 'array', items: { enum: [1, 2, 3] }, uniqueItems: true }, { maxItems: 2 }, [[3, 2, 1], '']);
  check({ type: 'array', contains: { const: 7 } }, { minItems: 1 }, 'included');
  check({ type: 'array', items: { type: 'integer' } }, { not: { contains: { type: 'string' } } }, 'included');
});

test('names of properties: patterns, and what is left for the rest', () => {
  const closed = { patternProperties: { '^x_': { type: 'number' } }, additionalProperties: false };
  check({ type: 'object', ...closed }, { propertyNames: { pattern: '^x' } }, 'included');
  check({ type: 'object', ...closed }, { additionalProperties: { type: 'integer' } }, [{ x_: 0.5 }, '/x_']);
  check({ type: 'object', minProperties: 3, maxProperties: 2 }, false, 'included');
  check({ type: 'object', required: ['a'], dependentRequired: { a: ['b'] } }, { required: ['b'] }, 'included');
  check(
    { type: 'object', minProperties: 2, propertyNames: { enum: ['a', 'b'] } },
    { required: ['a', 'b'] },
    'included',
  );
  check(
    { type: 'object', maxProperties: 1, required: ['a'] },
    { additionalProperties: false, properties: { a: true } },
    'included',
  );
});

const tree = (leaf: Json): Json => ({
  $defs: { node: { anyOf: [leaf, { type: 'array', items: { $ref: '#/$defs/node' } }] } },
  $ref: '#/$defs/node',
});

test('schemas that speak of themselves are decided, and those that no value fits are seen', () => {
  check(tree({ type: 'integer' }), tree({ type: 'number' }), 'included');
  check(tree({ type: 'number' }), tree({ type: 'integer' }), [0.5, '']);
  const endless = { type: 'object', required: ['next'], properties: { next: { $ref: '#' } } };
  check(endless, false, 'included');
  check({ type: 'array', minItems: 1, items: { $ref: '#' } }, { type: 'string' }, 'included');
  // While `a` is looked for, `b` cannot be had; that must not be remembered when `a` is found by its other way.
  const a = {
    type: 'object',
    anyOf: [{ required: ['x'], properties: { x: { $ref: '#/$defs/b' } } }, { required: ['z'] }],
  };
  const b = { type: 'object', required: ['y'], properties: { y: { $ref: '#/$defs/a' } } };
  const pair = { type: 'array', prefixItems: [{ $ref: '#/$defs/a' }, { $ref: '#/$defs/b' }], minItems: 2 };
  check({ $defs: { a, b }, ...pair }, false, [[{ z: null }, { y: { z: null } }], '']);
});

test('what is beyond the patience is undecided, never included', () => {
  check({ type: 'string', pattern: '^(a|b)*a(a|b){15}$' }, { not: { pattern: '^(a|b)*b(a|b){14}$' } }, 'undecided');
  check({ type: 'array', minItems: 5_000 }, { not: { type: 'array' } }, 'undecided');
});

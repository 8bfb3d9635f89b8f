// Schemas against an independent validator: what fits, what is found, and what is said not to exist.

// decoder: generators give the JSON that they were made for
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import type { Json } from '#kernel/evidence.ts';
import { inclusionOf } from './compatibility.ts';
import { unwanted, wanted } from './demands.ts';
import { fits, misfits } from './fit.ts';
import { readSchema } from './read.ts';
import { isArray, isObject, type Schema } from './schema.ts';
import { findWitness } from './witness.ts';

const ajv = new Ajv2020({ strict: false, allErrors: false, validateFormats: false, logger: false });

const read = (document: Json): Schema => {
  const reading = readSchema(document);
  assert.ok(reading.kind === 'read', JSON.stringify(reading));
  return reading.schema;
};

/**
 * The other validator (8.20.0) sometimes lets an empty array pass where `contains` asks for what is always so, and where it stands
 * beside `prefixItems`. So it always asks for something, which every value of these tests has, and always stands alone.
 */
const SOMETHING: Json = { not: { const: 'no value of these tests' } };

const apart = (document: Json): Json => {
  if (isArray(document)) return document.map(apart);
  if (!isObject(document)) return document;
  const parts = Object.fromEntries(Object.entries(document).map(([key, each]) => [key, apart(each)]));
  const { contains, ...rest } = parts;
  return contains === undefined ? parts : { allOf: [{ contains: { allOf: [contains, SOMETHING] } }, rest] };
};

/** As the other validator says. It keeps what it compiles: for thousands of schemas it must forget. */
const validator = (document: Json): ((value: Json) => boolean) => {
  ajv.removeSchema();
  const validate = ajv.compile(apart(document) as object); // decoder: Ajv takes true and false too
  return (value) => {
    try {
      return validate(value);
    } catch (error) {
      // It falls over its own count of what was evaluated (anyOf beside patternProperties): then there is no second opinion.
      fc.pre(!(error instanceof TypeError || error instanceof ReferenceError));
      throw error;
    }
  };
};

const NAMES = ['a', 'b', 'ab', 'id'];
const name = fc.constantFrom(...NAMES);
const small = fc.integer({ min: -3, max: 6 });
const count = fc.integer({ min: 0, max: 3 });
const leaf: fc.Arbitrary<Json> = fc.oneof(
  fc.constantFrom<Json>(null, true, false, '', 'a', 'ab', 'aaa', 'x1', 0.5, 2.5, -1.5),
  small,
);
const value: fc.Arbitrary<Json> = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, depthSize: 'small' },
    leaf,
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(fc.constantFrom(...NAMES, 'c', 'abc'), tie('value'), {
      maxKeys: 4,
      noNullPrototype: true,
    }) as fc.Arbitrary<Json>,
  ),
})).value;

const PATTERNS = ['^a', 'b$', '^a*$', '^[a-c]{1,2}$', '^(ab|x\\d)$', 'a|b', '^\\w+$', '^.$'];
const type = fc.constantFrom('null', 'boolean', 'integer', 'number', 'string', 'array', 'object');

const BRANCHES = ['if', 'then', 'else'];

const keyword = (schema: fc.Arbitrary<Json>): fc.Arbitrary<Record<string, Json>> => {
  const one = (word: string, of: fc.Arbitrary<Json>): fc.Arbitrary<Record<string, Json>> =>
    of.map((each) => ({ [word]: each }));
  const several = fc.array(schema, { minLength: 1, maxLength: 3 });
  const dictionary = (keys: fc.Arbitrary<string>): fc.Arbitrary<Json> =>
    fc.dictionary(keys, schema, { maxKeys: 3, noNullPrototype: true }) as fc.Arbitrary<Json>;
  return fc.oneof(
    one('type', fc.oneof(type, fc.uniqueArray(type, { minLength: 1, maxLength: 3 }))),
    one('const', value),
    one(
      'enum',
      fc.uniqueArray(value, {
        minLength: 1,
        maxLength: 4,
        comparator: (a, b) => JSON.stringify(a) === JSON.stringify(b),
      }),
    ),
    ...['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum'].map((word) => one(word, small)),
    one('multipleOf', fc.constantFrom(1, 2, 3, 0.5)),
    ...['minLength', 'maxLength', 'minItems', 'maxItems', 'minProperties', 'maxProperties'].map((word) =>
      one(word, count),
    ),
    one('pattern', fc.constantFrom(...PATTERNS)),
    one('uniqueItems', fc.boolean()),
    one('prefixItems', several),
    one('items', schema),
    one('contains', schema),
    one('properties', dictionary(name)),
    one('patternProperties', dictionary(fc.constantFrom(...PATTERNS))),
    one('additionalProperties', fc.oneof(fc.constant(false), schema)),
    one('required', fc.uniqueArray(name, { maxLength: 3 })),
    one('propertyNames', schema),
    one(
      'dependentRequired',
      fc.dictionary(name, fc.uniqueArray(name, { maxLength: 2 }), { noNullPrototype: true }) as fc.Arbitrary<Json>,
    ),
    one('dependentSchemas', dictionary(name)),
    one('allOf', several),
    one('anyOf', several),
    one('oneOf', several),
    one('not', schema),
    fc.tuple(schema, schema, schema).map((list) => Object.fromEntries(list.map((each, at) => [BRANCHES[at], each]))),
  );
};

const schema: fc.Arbitrary<Json> = fc.letrec<{ schema: Json }>((tie) => ({
  schema: fc.oneof(
    { maxDepth: 3, depthSize: 'small', withCrossShrink: true },
    fc.constantFrom<Json>(true, true, false),
    fc.array(keyword(tie('schema')), { maxLength: 4 }).map((list) => Object.assign({}, ...list) as Json),
  ),
})).schema;

const ASKED = process.env['SERENO_SCHEMA_RUNS'];
const RUNS = Number(ASKED ?? 200);
/** Always the same pairs, unless more are asked for: the other validator has faults of its own, which a new draw may find. */
const DRAWS = ASKED === undefined ? { numRuns: RUNS, seed: 5 } : { numRuns: RUNS };

test('what fits is what another validator says', () => {
  fc.assert(
    fc.property(schema, fc.array(value, { minLength: 5, maxLength: 10 }), (document, values) => {
      const ours = read(document);
      const theirs = validator(document);
      for (const each of values) {
        assert.equal(fits(ours, each), theirs(each), JSON.stringify(each));
        assert.equal(misfits(ours, each).length === 0, fits(ours, each));
      }
    }),
    DRAWS,
  );
});

test('a counter-example is one to another validator; of what is included no value is one', (t) => {
  const tally: Record<string, number> = {};
  fc.assert(
    fc.property(schema, schema, fc.array(value, { minLength: 20, maxLength: 40 }), (writer, reader, values) => {
      const inclusion = inclusionOf(read(writer), read(reader));
      tally[inclusion.kind] = (tally[inclusion.kind] ?? 0) + 1;
      const [writes, reads] = [validator(writer), validator(reader)];
      if (inclusion.kind === 'not-included') assert.ok(writes(inclusion.value) && !reads(inclusion.value));
      if (inclusion.kind === 'included')
        for (const each of values) assert.ok(!writes(each) || reads(each), JSON.stringify(each));
    }),
    DRAWS,
  );
  const undecided = tally['undecided'] ?? 0;
  t.diagnostic(JSON.stringify(tally));
  assert.ok(undecided <= RUNS / 100, `undecided ${undecided} of ${RUNS}`);
});

/** A schema that this value alone fits, said without `const`: so that it must be put together from its parts. */
const portrait = (value: Json): Json => {
  if (isArray(value)) {
    const size = { minItems: value.length, maxItems: value.length };
    return { type: 'array', ...size, ...(value.length === 0 ? {} : { prefixItems: value.map(portrait) }) };
  }
  if (isObject(value)) {
    const properties = Object.fromEntries(Object.entries(value).map(([key, each]) => [key, portrait(each)]));
    return { type: 'object', required: Object.keys(value), properties, additionalProperties: false };
  }
  if (typeof value === 'number') return { type: 'number', minimum: value, maximum: value };
  if (typeof value === 'string') return { type: 'string', pattern: `^${value}$` };
  return value === null ? { type: 'null' } : { type: 'boolean', not: { enum: [!value] } };
};

test('the one value of a portrait is found within a schema if it fits, and proven to be missing if not', () => {
  let undecided = 0;
  fc.assert(
    fc.property(schema, fc.array(value, { minLength: 4, maxLength: 8 }), (document, values) => {
      const theirs = validator(document);
      for (const each of values) {
        const witness = findWitness([wanted(read(document)), wanted(read(portrait(each)))]);
        if (witness.kind === 'found') assert.deepEqual(witness.value, each);
        if (witness.kind === 'unsure') undecided += 1;
        else assert.equal(witness.kind === 'found', theirs(each), JSON.stringify(each));
      }
    }),
    DRAWS,
  );
  assert.ok(undecided <= RUNS / 100, `undecided ${undecided} of ${RUNS}`);
});

test('of what is included, the values that are made to order are no counter-examples either', () => {
  fc.assert(
    fc.property(schema, schema, (writer, reader) => {
      if (inclusionOf(read(writer), read(reader)).kind !== 'included') return;
      const [writes, reads] = [validator(writer), validator(reader)];
      const known: Json[] = [];
      while (known.length < 4) {
        const others = known.map((each) => unwanted(read({ const: each })));
        const witness = findWitness([wanted(read(writer)), ...others]);
        if (witness.kind !== 'found') break;
        assert.ok(writes(witness.value) && reads(witness.value), JSON.stringify(witness.value));
        known.push(witness.value);
      }
    }),
    DRAWS,
  );
});

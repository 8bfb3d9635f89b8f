// Variables of templates within the schema of the input, each no with an input that shows it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Json } from '#kernel/evidence.ts';
import { readSchema } from './read.ts';
import { variablesWithin, type Variable, type VariableReason } from './variables.ts';

const check = (variables: readonly Variable[], input: Json, expected: readonly VariableReason[]): void => {
  const reading = readSchema(input);
  assert.ok(reading.kind === 'read');
  assert.deepEqual(variablesWithin(variables, reading.schema), expected);
};

const variable = (path: string, use: Variable['use'] = 'text', isOptional = false): Variable => ({
  path: path.split('.'),
  use,
  isOptional,
});

const INPUT = {
  type: 'object',
  required: ['title', 'author'],
  properties: {
    title: { type: 'string' },
    tags: { type: 'array' },
    author: {
      type: 'object',
      required: ['name'],
      properties: { name: { type: 'string' }, mail: { type: ['string', 'null'] } },
    },
  },
  additionalProperties: false,
};

test('what is required, all the way down, fills the template', () => {
  check([variable('title'), variable('author.name')], INPUT, []);
});

test('what may be missing is shown by an input without it, unless the template can do without', () => {
  const input = { author: { name: '' }, title: '' };
  check([variable('tags', 'list')], INPUT, [{ kind: 'variable-missing', variable: 'tags', input }]);
  check([variable('tags', 'list', true)], INPUT, []);
  check([variable('author.mail')], INPUT, [{ kind: 'variable-missing', variable: 'author.mail', input }]);
});

test('a name that no input has is seen, optional or not; so is a list that would be written out', () => {
  check([variable('titel'), variable('author.nmae', 'any', true)], INPUT, [
    { kind: 'variable-never', variable: 'titel' },
  ]);
  check([variable('tags')], INPUT, [{ kind: 'variable-never', variable: 'tags' }]);
});

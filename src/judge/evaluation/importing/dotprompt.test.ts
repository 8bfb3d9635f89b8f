// Dotprompt files: front matter, schemas, templates; and what a codex cannot take over is told.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { parse } from 'yaml';
import type { Json } from '#kernel/evidence.ts';
import { Desk } from './desk.ts';
import { readDotprompt, splitPrompt, type ImportedPrompt } from './dotprompt.ts';
import { convertTemplate } from './handlebars.ts';
import { readSchema } from './picoschema.ts';

const read = (text: string): ImportedPrompt => {
  const split = splitPrompt(text);
  const value: Json = split.frontMatter === null ? null : parse(split.frontMatter);
  return readDotprompt({ value, locate: () => ({ file: 'greeting.prompt', line: 1, column: 1 }) }, split, 'greeting');
};

const GREETING = `# Copyright somebody

---
name: greetingPrompt
description: Greets a guest
model: googleai/gemini
config: { temperature: 0.7, maxOutputTokens: 400, topK: 20 }
tools: [timeOfDay]
input:
  default: { name: Guest }
  schema: { name: string, language?: "string, a code" }
output:
  format: json
  schema: { greeting: "string, the greeting" }
---
{{! said first }}
Greet {{name}} in {{ language }}. {{> manners}}
`;

test('a file becomes a source of the codex', () => {
  const { source, problems, notTaken, partials } = read(GREETING);
  assert.deepEqual(problems, []);
  assert.deepEqual(source, {
    task_id: 'greeting_prompt',
    title: 'Greets a guest',
    model: { model_id: 'googleai/gemini' },
    generation_config: { temperature: 0.7, max_tokens: 400 },
    input_schema: {
      type: 'object',
      properties: { name: { type: 'string' }, language: { type: ['string', 'null'], description: 'a code' } },
      required: ['name'],
      additionalProperties: false,
    },
    output_schema: {
      type: 'object',
      properties: { greeting: { type: 'string', description: 'the greeting' } },
      required: ['greeting'],
      additionalProperties: false,
    },
    variables: ['language', 'name'],
    prompt_template: "\nGreet {{ name }} in {{ language }}. {% render 'manners' %}\n",
  });
  assert.deepEqual(partials, ['manners']);
  assert.deepEqual(
    notTaken.map(({ what }) => what),
    ['tools', 'topK', 'default'],
  );
});

test('what the codex demands and the file does not say is told together, and not filled in', () => {
  const { source, problems } = read('---\nname: x\n---\nHello {{#if name}}{{name}}{{/if}}{{role "system"}}\n');
  assert.equal(source, null);
  assert.deepEqual(
    problems.map(({ message }) => message),
    [
      'no model is named',
      'no temperature',
      'no length',
      '{{#if name}} cannot be taken over',
      '{{/if}} cannot be taken over',
      '{{role "system"}} cannot be taken over',
    ],
  );
  assert.deepEqual(problems[3]?.place, { file: 'greeting.prompt', line: 4, column: 7 });
});

test('without front matter, or with an empty one, everything is missing, and the template is whole', () => {
  assert.deepEqual(splitPrompt('Hello\n---\nthere\n'), {
    frontMatter: null,
    template: 'Hello\n---\nthere\n',
    linesBefore: 0,
  });
  assert.deepEqual(splitPrompt('---\n---\nHello'), { frontMatter: '\n', template: 'Hello', linesBefore: 2 });
  assert.equal(read('Hello').problems.length, 3);
});

test('places in the front matter are places in the file', () => {
  const { frontMatter } = splitPrompt('# a\n\n---\nname: x\nmodel: y\n---\n');
  assert.equal(frontMatter?.split('\n')[3], 'name: x');
  const crlf = splitPrompt('---\r\nname: x\r\n---\r\nHello');
  assert.deepEqual([parse(crlf.frontMatter ?? ''), crlf.template], [{ name: 'x' }, 'Hello']);
});

test('templates: text, variables, partials, comments, escapes; and nothing of the text becomes Liquid', () => {
  const cases = [
    ['Hi {{name}}, {{ a.b }}!', 'Hi {{ name }}, {{ a.b }}!'],
    ['{{{raw}}} {{~tight~}}', '{{ raw }} {{- tight -}}'],
    ['{{!-- a {{b}} c --}}x{{! y }}', 'x'],
    ['{{> parts/a}}', "{% render 'parts/a' %}"],
    ['\\{{name}}', '{% raw %}{{{% endraw %}name}}'],
    ['100 {% of %} {', '100 {% raw %}{%{% endraw %} of %} {'],
    ['', ''],
  ] as const;
  for (const [from, to] of cases) {
    const { text, problems } = convertTemplate('x', from, 0);
    assert.deepEqual([text, problems], [to, []], from);
  }
  for (const from of [
    '{{#each a}}',
    '{{else}}',
    '{{json a}}',
    '{{history}}',
    '{{this}}',
    '{{@index}}',
    '{{../a}}',
    '{{}}',
    '{{> a b=1}}',
  ])
    assert.equal(convertTemplate('x', from, 0).problems.length, 1, from);
});

test('whatever a template holds, it is converted or told, and never thrown at', () => {
  const pieces = fc.array(fc.constantFrom('{{', '}}', '{%', '%}', '{', '}', 'a', ' ', '\\', '!', '~', '\n', '#if'), {
    maxLength: 14,
  });
  fc.assert(
    fc.property(pieces, (parts) => {
      const { text, problems, variables } = convertTemplate('x', parts.join(''), 0);
      assert.ok(problems.every(({ place }) => place !== null && place.line >= 1 && place.column >= 1));
      assert.ok(variables.every((name) => text.includes(name)));
    }),
  );
});

const schemaOf = (value: Json): { schema: Json; problems: number } => {
  const desk = new Desk({ value, locate: () => ({ file: 'x', line: 1, column: 1 }) });
  const schema = readSchema(desk, value, []);
  return { schema, problems: desk.problems.length };
};

test('short schemas: scalars, options, lists, objects, enums and wildcards', () => {
  const fields = (properties: Json, required: readonly string[], others: Json = false): Json => ({
    type: 'object',
    properties,
    ...(required.length > 0 ? { required } : {}),
    additionalProperties: others,
  });
  const cases: readonly (readonly [Json, Json])[] = [
    ['string, a text', { type: 'string', description: 'a text' }],
    [{ a: 'any' }, fields({ a: {} }, ['a'])],
    [{ 'a?': 'number' }, fields({ a: { type: ['number', 'null'] } }, [])],
    [
      { 'a(array, some)': 'string' },
      fields({ a: { type: 'array', items: { type: 'string' }, description: 'some' } }, ['a']),
    ],
    [
      { 'a?(array)': { b: 'null' } },
      fields({ a: { type: ['array', 'null'], items: fields({ b: { type: 'null' } }, ['b']) } }, []),
    ],
    [
      { 'a(object, it)': { b: 'integer' } },
      fields({ a: { ...Object(fields({ b: { type: 'integer' } }, ['b'])), description: 'it' } }, ['a']),
    ],
    [{ 'a(enum, which)': ['x', 'y'] }, fields({ a: { enum: ['x', 'y'], description: 'which' } }, ['a'])],
    [{ 'a?(enum)': ['x'] }, fields({ a: { enum: ['x', null] } }, [])],
    [{ a: { b: 'boolean' } }, fields({ a: fields({ b: { type: 'boolean' } }, ['b']) }, ['a'])],
    [{ a: 'string', '(*)': 'any, whatever' }, fields({ a: { type: 'string' } }, ['a'], { description: 'whatever' })],
    [
      { type: 'array', items: {} },
      { type: 'array', items: {} },
    ],
    [{ properties: { a: {} } }, { properties: { a: {} }, type: 'object' }],
  ];
  for (const [from, schema] of cases) assert.deepEqual(schemaOf(from), { schema, problems: 0 }, JSON.stringify(from));
  for (const from of ['Named', { a: 'text' }, { 'a(set)': 'string' }, { 'a(enum)': 'x' }, { a: 5 }, [1]])
    assert.equal(schemaOf(from).problems, 1, JSON.stringify(from));
});

test('what a short schema becomes is a schema, and takes and refuses what it says', () => {
  const { schema } = schemaOf({
    name: 'string',
    'age?': 'integer',
    'tags(array)': 'string',
    'mood?(enum)': ['GOOD', 'BAD'],
  });
  assert.ok(typeof schema === 'object' && schema !== null);
  const fits = new Ajv2020({ allowUnionTypes: true }).compile(schema);
  for (const value of [
    { name: 'a', tags: [] },
    { name: 'a', age: null, tags: ['x'], mood: 'BAD' },
    { name: '', tags: [], mood: null },
  ])
    assert.equal(fits(value), true, JSON.stringify(value));
  for (const value of [
    {},
    { name: 'a' },
    { name: 'a', tags: [1] },
    { name: 'a', tags: [], age: 1.5 },
    { name: 'a', tags: [], other: 1 },
    5,
  ])
    assert.equal(fits(value), false, JSON.stringify(value));
});

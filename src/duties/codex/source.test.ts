// Sources: every field that is wrong is told, all together, in the words that systems around the codex look for.

import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import type { SourceFile } from '#kernel/codex.ts';
import type { Json } from '#kernel/evidence.ts';
import { decodeSource, stemOf, type Block, type Source } from './source.ts';

const fileOf = (value: Json, file = 'ty_log/tasks/extract_v3.yaml'): SourceFile => ({
  file,
  value,
  locate: (path) => ({ file, line: 1 + path.length, column: 1 }),
});

const GOOD: Block = {
  task_id: 'extract',
  title: 'Extract it',
  model: { model_id: 'gemma3:1b' },
  generation_config: { temperature: 0.2, max_tokens: 500 },
  prompt_template: 'Extract it from {{ posting }}, please.',
  variables: ['posting'],
};

const messages = (value: Json): readonly string[] => {
  const decoded = decodeSource(fileOf(value));
  return decoded.kind === 'refused' ? decoded.problems.map((it) => it.message) : [];
};

const sourceOf = (more: Block): Source => {
  const decoded = decodeSource(fileOf({ ...GOOD, ...more }));
  assert.equal(decoded.kind, 'source', JSON.stringify(messages({ ...GOOD, ...more })));
  return decoded.kind === 'source' ? decoded.source : assert.fail();
};

test('a good source', () => {
  assert.deepEqual(
    sourceOf({ expected_behavior: 'short', parameters: { tone: 'kind' }, output_schema: { type: 'object' } }),
    {
      item: 'extract',
      title: 'Extract it',
      modelId: 'gemma3:1b',
      temperature: 0.2,
      maxTokens: 500,
      promptTemplate: 'Extract it from {{ posting }}, please.',
      format: 'json',
      expectedBehavior: 'short',
      parameters: { tone: 'kind' },
      variables: ['posting'],
      schema: { type: 'object' },
    },
  );
});

test('one thing wrong, one message', () => {
  const cases: readonly (readonly [Json, string])[] = [
    [null, 'Source file is empty or invalid YAML'],
    [[], 'Source file is empty or invalid YAML'],
    ['text', 'Source file is empty or invalid YAML'],
    [{}, 'Source file is empty or invalid YAML'],
    [{ ...GOOD, task_id: '' }, 'task_id must be non-empty string'],
    [{ ...GOOD, task_id: ' ' }, 'task_id must be non-empty string'],
    [{ ...GOOD, task_id: 7 }, 'task_id must be non-empty string'],
    [{ ...GOOD, task_id: '../../etc/cron.d/x' }, 'task_id must be a plain name, not "../../etc/cron.d/x"'],
    [{ ...GOOD, task_id: 'a/b' }, 'task_id must be a plain name, not "a/b"'],
    [{ ...GOOD, task_id: 'a\n' }, 'task_id must be a plain name, not "a\\n"'],
    [{ ...GOOD, task_id: 'Extract' }, 'task_id must be a plain name, not "Extract"'],
    [{ ...GOOD, task_id: `a${'b'.repeat(100)}` }, `task_id must be a plain name, not "a${'b'.repeat(99)}"`],
    [{ ...GOOD, title: '' }, 'title must be non-empty string'],
    [{ ...GOOD, title: 'a\u202eb' }, 'the hidden character U+202E'],
    [{ ...GOOD, notes: ['fine', 'a\u200f'] }, 'the hidden character U+200F'],
    [{ ...GOOD, 'a\u0000': 1 }, 'the hidden character U+0000'],
    [{ ...GOOD, notes: '\ud83d' }, 'half a surrogate pair'],
    [{ ...GOOD, model: 'gemma3' }, 'Missing or invalid model.model_id'],
    [{ ...GOOD, model: {} }, 'Missing or invalid model.model_id'],
    [{ ...GOOD, model: { model_id: true } }, 'Missing or invalid model.model_id'],
    [{ ...GOOD, generation_config: [] }, 'generation_config must be dictionary'],
    [{ ...GOOD, generation_config: { max_tokens: 5 } }, 'Missing generation_config.temperature'],
    [{ ...GOOD, generation_config: { temperature: 0 } }, 'Missing generation_config.max_tokens'],
    [{ ...GOOD, prompt_template: 5 }, 'prompt_template must be text'],
    [{ ...GOOD, parameters: ['a'] }, 'parameters must be dictionary'],
    [{ ...GOOD, parameters: { 'a-b': 1 } }, '"a-b" is no name for a template'],
    [{ ...GOOD, parameters: { posting: 1 } }, 'posting is a parameter too'],
    [{ ...GOOD, variables: 'posting' }, 'variables must be a list of names'],
    [{ ...GOOD, variables: [1] }, 'variables must be a list of names'],
    [{ ...GOOD, variables: ['a b'] }, '"a b" is no name for a template'],
  ];
  for (const [value, message] of cases) assert.deepEqual(messages(value), [message]);
  for (const key of ['task_id', 'title', 'model', 'generation_config'])
    assert.deepEqual(messages(Object.fromEntries(Object.entries(GOOD).filter(([name]) => name !== key))), [
      `Missing required field: ${key}`,
    ]);
});

test('numbers are numbers: no booleans, no text, nothing that is not finite', () => {
  const wish = (temperature: Json, tokens: Json): Json => ({
    ...GOOD,
    generation_config: { temperature, max_tokens: tokens },
  });
  for (const bad of [true, '0.2', null, Number.NaN, Number.POSITIVE_INFINITY, [0.2]])
    assert.deepEqual(messages(wish(bad, 500)), ['temperature must be numeric']);
  for (const bad of [true, '500', null, Number.NaN, 1.5, 0, -1, 2 ** 53])
    assert.deepEqual(messages(wish(0, bad)), ['max_tokens must be integer']);
});

test('all problems are told together, each with its place', () => {
  const decoded = decodeSource(fileOf({ task_id: 'A', generation_config: { temperature: true } }));
  assert.deepEqual(decoded.kind === 'refused' ? decoded.problems.map((it) => `${it.place?.line} ${it.message}`) : [], [
    '1 Missing required field: title',
    '1 Missing required field: model',
    '2 task_id must be a plain name, not "A"',
    '3 temperature must be numeric',
    '2 Missing generation_config.max_tokens',
  ]);
});

test('the format is that of the first output, or what the notes mention, or markdown', () => {
  const cases: readonly (readonly [Block, string])[] = [
    [{ output_schema: [{ name: 'a', type: 'object' }] }, 'json'],
    [{ output_schema: [{ type: 'ARRAY' }, { type: 'text' }] }, 'json'],
    [{ output_schema: [{ type: 'json' }] }, 'json'],
    [{ output_schema: [{ type: 'string' }], notes: 'as JSON' }, 'markdown'],
    [{ output_schema: [{ type: 'text' }] }, 'markdown'],
    [{ output_schema: [{ type: 'markdown' }] }, 'markdown'],
    [{ output_schema: [{ type: 'integer' }], notes: 'as JSON' }, 'json'],
    [{ output_schema: [], notes: ['first', 'Json, please'] }, 'json'],
    [{ notes: 'in Markdown' }, 'markdown'],
    [{}, 'markdown'],
  ];
  for (const [more, format] of cases) assert.equal(sourceOf(more).format, format, JSON.stringify(more));
});

test('variables are those that are listed and the inputs of the task', () => {
  const cases: readonly (readonly [Block, readonly string[]])[] = [
    [{ variables: ['b', 'a', 'b'] }, ['a', 'b']],
    [{ variables: [{ name: 'b' }], input_schema: [{ name: 'a', type: 'string' }, { name: 'not-a-name' }] }, ['a', 'b']],
    [
      { variables: [], input_schema: { type: 'object', properties: { x: {}, tone: {} } }, parameters: { tone: 1 } },
      ['x'],
    ],
  ];
  for (const [more, names] of cases) assert.deepEqual(sourceOf(more).variables, names);
});

test('whatever the value, it is decoded or refused with messages, never thrown', () => {
  const key = fc.oneof(
    fc.constantFrom(...Object.keys(GOOD), 'parameters', 'input_schema', 'output_schema', 'notes'),
    fc.string(),
  );
  const json = fc.jsonValue({ stringUnit: 'binary' }) as fc.Arbitrary<Json>; // decoder: fast-check makes JSON values
  fc.assert(
    fc.property(fc.dictionary(key, json), fc.boolean(), (value, isMixed) => {
      const decoded = decodeSource(fileOf(isMixed ? { ...GOOD, ...value } : value));
      if (decoded.kind === 'refused')
        assert.ok(decoded.problems.length > 0 && decoded.problems.every((it) => it.code === 'codex-source'));
      else assert.match(decoded.source.item, /^[a-z][a-z0-9_]*$/);
    }),
    { numRuns: 300 },
  );
});

test('the stem of a file names the lineage', () => {
  assert.deepEqual(['a/b/c.yaml', 'c.v2.yml', '.hidden', 'plain', 'a\\b.yaml'].map(stemOf), [
    'c',
    'c.v2',
    '.hidden',
    'plain',
    'b',
  ]);
});

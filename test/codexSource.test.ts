// A source on the disk becomes a closure, a digest, a content and a blessed file, with the real YAML and the real templates.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { project } from '#adapters/codex/projection.ts';
import { openShelf, readSourceFile } from '#adapters/codex/sources.ts';
import { BLESSED_WORDING, readYaml } from '#adapters/codex/yaml.ts';
import { makeLiquid } from '#adapters/liquid/templates.ts';
import { changedIn, closureText, dependantsOf, gather, PROMPT_MAPPING, type Gathered } from '#duties/codex/closure.ts';
import { incompatibilities } from '#duties/codex/compat.ts';
import { blessedOf, contentOf, decodeBlessed } from '#duties/codex/content.ts';
import { digest } from '#kernel/codex.ts';
import { sayProblem, type Problem } from '#kernel/problem.ts';
import { instant } from '#kernel/time.ts';

const folder = mkdtempSync(join(tmpdir(), 'sereno-codex-source-'));
test.after(() => rmSync(folder, { recursive: true, force: true }));
const templates = join(folder, 'templates');
const engine = makeLiquid();
const shelf = openShelf(templates, engine.mentions);

const write = (name: string, text: string): string => {
  const path = join(folder, name);
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, text);
  return path;
};

const SOURCE = `task_id: ty_extract_concise_description
title: A concise description of a job
model:
  model_id: gemma3:1b
generation_config: { temperature: 0.1, max_tokens: 800 }
output_schema:
  - { name: description, type: markdown }
parameters: { tone: plain, rules: [no names, no dates] }
input_schema: [{ name: posting, type: string }]
expected_behavior: Three sentences.
`;

type Exported = Gathered & { readonly sha: string };

const exportIt = (path: string): Exported | readonly Problem[] => {
  const file = readSourceFile(path);
  if ('problems' in file) return file.problems;
  const gathered = gather(file, shelf, PROMPT_MAPPING);
  if (gathered.kind === 'refused') return gathered.problems;
  return { ...gathered, sha: createHash('sha256').update(closureText(gathered.closure)).digest('hex') };
};

const exported = (path: string): Exported => {
  const outcome = exportIt(path);
  return 'sha' in outcome ? outcome : assert.fail(outcome.map(sayProblem).join('\n'));
};

write(
  'templates/concise_description.md',
  "Describe {{ posting }} in a {{ tone }} tone.\n{% render 'parts/rules.md', rules: rules %}",
);
write('templates/parts/rules.md', '{% for rule in rules %}- {{ rule }}\n{% endfor %}');
const source = write('ty_log/concise_v3.yaml', SOURCE);

test('from the source to the blessed file and back', () => {
  const { closure, sha } = exported(source);
  const made = contentOf(JSON.parse(closureText(closure)), engine.render);
  assert.ok(made.kind === 'made');
  assert.equal(made.content.prompt, 'Describe {{ posting }} in a plain tone.\n- no names\n- no dates\n');
  assert.deepEqual(
    [made.variables, made.content.format, made.content.source_log_id],
    [['posting'], 'markdown', 'concise_v3'],
  );
  assert.deepEqual(incompatibilities(made.content), []);
  const blessed = blessedOf(made.content, {
    blessedBy: ['cleo'],
    blessedAt: instant(0),
    version: 7,
    digest: digest(sha),
  });
  const output = join(folder, 'output/llm_tasks');
  const written = project(output, blessed);
  assert.equal(written.kind, 'written');
  const path = join(output, 'ty_extract_concise_description.yaml');
  const read = readYaml(path, readFileSync(path), BLESSED_WORDING);
  assert.ok(!('problems' in read));
  assert.deepEqual(read.value, blessed);
  assert.equal(decodeBlessed(read).kind, 'loaded');
  assert.deepEqual(
    readFileSync(path, 'utf8').match(/^\w+(?=:)/gm),
    'task_id title model_id prompt temperature max_tokens format expected_behavior qa_schema_id source_log_id blessed_by blessed_on version digest'.split(
      ' ',
    ),
  );
});

test('the digest is that of the values: comments, order and style of the YAML do not show; each part of the closure does', () => {
  const first = exported(source).sha;
  const turned = SOURCE.split('\n')
    .slice(1, 4)
    .concat(['# a comment', ...SOURCE.split('\n').slice(4), SOURCE.split('\n')[0] ?? ''])
    .join('\n');
  assert.equal(exported(write('elsewhere/concise_v3.yaml', turned)).sha, first);
  assert.notEqual(exported(write('elsewhere/concise_v4.yaml', SOURCE)).sha, first);
  assert.notEqual(exported(write('elsewhere/concise_v3.yaml', SOURCE.replace('0.1', '0.2'))).sha, first);
});

test('a changed partial names the items to export again', () => {
  const { closure, sha } = exported(source);
  const before = readFileSync(join(templates, 'parts/rules.md'), 'utf8');
  write('templates/parts/rules.md', `Rules:\n${before}`);
  assert.deepEqual(changedIn(closure, shelf.read), ['parts/rules.md']);
  assert.deepEqual(dependantsOf(new Set(['parts/rules.md']), [closure]), ['ty_extract_concise_description']);
  assert.notEqual(exported(source).sha, sha);
  write('templates/parts/rules.md', before);
  assert.equal(exported(source).sha, sha);
});

test('hostile and broken sources: a clear error, and nothing is written', () => {
  const before = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((it) => !it.startsWith('bad'));
  const own = SOURCE.replace('ty_extract_concise_description', 'own');
  const cases: readonly (readonly [string, RegExp])[] = [
    ['', /Source file is empty or invalid YAML/],
    [SOURCE.replace('ty_extract', '../ty'), /bad\.yaml:1:\d+: task_id must be a plain name/],
    [
      SOURCE.replace('0.1', 'true').replace('800', '1.5'),
      /temperature must be numeric[\s\S]*max_tokens must be integer/,
    ],
    [SOURCE.replace('0.1', '.nan'), /bad\.yaml:5:35: .*the number NaN/],
    [SOURCE.replace('A concise', 'A \u202econcise'), /bad\.yaml:2:10: .*U\+202E/],
    [SOURCE.replace('model:', 'modell:'), /bad\.yaml:1:1: Missing required field: model \[codex-source\]/],
    [
      own,
      /No prompt configuration found for task 'own'\. Required: .*Available V14 templates: \[concise_description\.md, parts\/rules\.md\]/,
    ],
    [`${own}prompt_template: "  "\n`, /bad\.yaml:11:\d+: prompt_template field is empty/],
    [`${own}prompt_template: "{% render 'gone.md' %}"\n`, /V14 template not found: .*templates\/gone\.md/],
    [`${own}prompt_template: "{% if %}"\n`, /bad\.yaml:11:\d+: .*\[codex-template\]/],
    ['a: &a [*a, *a, *a]\n', /nested too deeply|too much|too many|before its anchor/],
  ];
  for (const [text, expected] of cases) {
    const outcome = exportIt(write('bad/bad.yaml', text));
    assert.match('sha' in outcome ? 'exported' : outcome.map(sayProblem).join('\n'), expected);
  }
  assert.deepEqual(
    readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((it) => !it.startsWith('bad')),
    before,
  );
});

test('names that nobody declared are found when the prompt is made', () => {
  const text = SOURCE.replace('ty_extract_concise_description', 'own');
  const { closure } = exported(
    write('ty_log/own.yaml', `${text}prompt_template: "Say {{ lost }} and {{ posting }}"\n`),
  );
  const made = contentOf(closure, engine.render);
  assert.match(
    made.kind === 'refused' ? made.problems.map(sayProblem).join() : '',
    /lost is not declared \[codex-template\][\s\S]*to mend:  declare names/,
  );
});

// The contract of the codex, line by line: what systems around it read of an export, word for word (B01–B09), and what quality
// assurance loads (C01–C04).
// decoder: what the command prints as JSON is read as what it says that it is

import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { suite, test } from 'node:test';
import { readSourceFile } from '#adapters/codex/sources.ts';
import { BLESSED_WORDING } from '#adapters/codex/yaml.ts';
import { assess, WEIGHTS } from '#duties/codex/assessor.ts';
import { incompatibilities } from '#duties/codex/compat.ts';
import { decodeBlessed, type Loaded } from '#duties/codex/content.ts';
import { lineageOf, QUALITY_THRESHOLD, qaTestOf } from '#duties/codex/qaTest.ts';
import { sayProblem } from '#kernel/problem.ts';
import { blessedFile, blessedTown, candidateFile, exportedTown } from './codex/blessed.ts';
import { CodexTown, MAPPED, PLAIN, PROMPT, sourceOf } from './codex/town.ts';

const KEYS =
  'task_id title model_id prompt temperature max_tokens format expected_behavior qa_schema_id source_log_id blessed_by blessed_on version digest';

/** What is wrong, and the words for it. */
const wrongSources = (town: CodexTown): readonly (readonly [text: string, says: string])[] => {
  const good = sourceOf(PLAIN, PROMPT);
  return [
    ['', 'Source file is empty or invalid YAML'],
    [good.replace(/^model:.*\n/m, ''), 'Missing required field: model'],
    [good.replace(/^title:.*\n/m, ''), 'Missing required field: title'],
    [good.replace(/^task_id:.*\n/m, ''), 'Missing required field: task_id'],
    [good.replace(/^generation_config:.*\n/m, ''), 'Missing required field: generation_config'],
    [good.replace(`task_id: ${PLAIN}`, 'task_id: ""'), 'task_id must be non-empty string'],
    [good.replace(`task_id: ${PLAIN}`, 'task_id: 7'), 'task_id must be non-empty string'],
    [good.replace('{ model_id: gemma3:1b }', '{ name: gemma3 }'), 'Missing or invalid model.model_id'],
    [good.replace('{ temperature: 0.1, max_tokens: 800 }', 'warm'), 'generation_config must be dictionary'],
    [good.replace('temperature: 0.1, ', ''), 'Missing generation_config.temperature'],
    [good.replace(', max_tokens: 800', ''), 'Missing generation_config.max_tokens'],
    [good.replace('0.1', 'true'), 'temperature must be numeric'],
    [good.replace('0.1', '"0.1"'), 'temperature must be numeric'],
    [good.replace('800', '800.5'), 'max_tokens must be integer'],
    [good.replace('800', 'true'), 'max_tokens must be integer'],
    [good.replace(PROMPT, 'prompt_template: "  "\n'), 'prompt_template field is empty'],
    [
      sourceOf(PLAIN),
      `No prompt configuration found for task '${PLAIN}'. Required: Either V14 template mapping OR prompt_template field. Available V14 templates: [concise_description.md]`,
    ],
    [
      sourceOf('ty_extract_skill_extraction', PROMPT),
      `V14 template not found: ${town.path('templates/skill_extraction.md')}`,
    ],
  ];
};

const keysOf = (text: string): string => (text.match(/^\w+(?=:)/gm) ?? []).join(' ');

/** The blessed file as quality assurance loads it; or the problems in words. */
const load = (town: CodexTown, item: string): Loaded | string => {
  const file = readSourceFile(blessedFile(town, item), BLESSED_WORDING);
  if ('problems' in file) return file.problems.map(sayProblem).join('\n');
  const decoded = decodeBlessed(file);
  return decoded.kind === 'loaded' ? decoded.loaded : decoded.problems.map(sayProblem).join('\n');
};

const said = (loaded: Loaded | string): string => (typeof loaded === 'string' ? loaded : JSON.stringify(loaded));

suite('B: the export, as systems around it read it', { timeout: 300_000 }, () => {
  test('B01, B08: six phases tell of themselves, word for word, on standard output', async () => {
    const town = new CodexTown();
    town.write('ty_log/concise.yaml', sourceOf(MAPPED));
    const { code, out, err } = await town.run('export', 'concise.yaml');
    assert.deepEqual([code, err], [0, '']);
    assert.equal(
      out,
      `🚀 Starting LLM Task Codex Export
✅ Source validation passed
Using V14 template: ${town.path('templates/concise_description.md')}
✅ Version incremented to 1
✅ Export completed successfully
${MAPPED}@1 is a candidate: ${candidateFile(town, MAPPED)}
next: sereno codex submit ${MAPPED}@1
`,
    );
    assert.match((await town.run('export', 'concise.yaml')).out, /^✅ Version incremented to 2$/m);
  });

  test('B01: without a configuration the workspace is found above, and all of it lies there', async () => {
    const town = new CodexTown(null);
    for (const folder of ['modules', 'llm_framework', 'ty_log/deep/down'])
      mkdirSync(town.path(folder), { recursive: true });
    const source = town.write('ty_log/concise.yaml', sourceOf(MAPPED));
    for (const cwd of [town.folder, town.path('ty_log/deep/down')])
      assert.match((await town.runWith({ cwd }, 'export', source)).out, /^✅ Export completed successfully$/m);
    assert.match(readFileSync(candidateFile(town, MAPPED), 'utf8'), /^version: 2$/m);
    assert.ok(existsSync(town.path('.sereno/codex/format')) && !existsSync(town.path('ty_log/deep/down/.sereno')));
  });

  test('B02, B03, B08: what is wrong with a source, word for word; exit 1, and nothing is written', async () => {
    const town = new CodexTown();
    const bad = town.path('ty_log/bad.yaml');
    const cases = wrongSources(town);
    town.write('ty_log/bad.yaml', '');
    const before = town.snapshot(['ty_log/bad.yaml']);
    for (const [text, says] of cases) {
      writeFileSync(bad, text);
      const { code, out } = await town.run('export', 'bad.yaml');
      assert.deepEqual(
        [code, out],
        [1, `🚀 Starting LLM Task Codex Export\n❌ Export failed: ${says}\n`],
        JSON.stringify(text),
      );
    }
    const gone = await town.run('export', 'gone.yaml');
    assert.equal(
      gone.out,
      `🚀 Starting LLM Task Codex Export\n❌ Export failed: Source file not found: ${town.path('gone.yaml')}\n`,
    );
    assert.equal(gone.code, 1);
    assert.deepEqual(town.snapshot(['ty_log/bad.yaml']), before);
    town.write('templates/concise_description.md', ' \n');
    writeFileSync(bad, sourceOf(MAPPED));
    assert.match(
      (await town.run('export', 'bad.yaml')).out,
      new RegExp(`^❌ Export failed: V14 template is empty: ${town.path('templates/concise_description.md')}$`, 'm'),
    );
  });

  test('B03: the mapping of templates wins over the prompt of the source', async () => {
    const town = new CodexTown();
    town.write('ty_log/both.yaml', sourceOf(MAPPED, PROMPT));
    await town.must('export', 'both.yaml');
    assert.match(readFileSync(candidateFile(town, MAPPED), 'utf8'), /Describe \{\{ posting \}\} in three sentences/);
  });

  test('B04: the format follows from the schema, or else the notes, or is markdown', async () => {
    const town = new CodexTown();
    const cases: readonly (readonly [more: string, format: string])[] = [
      ...['json', 'object', 'array'].map((type) => [`output_schema: [{ name: a, type: ${type} }]\n`, 'json'] as const),
      ...['markdown', 'text', 'string'].map(
        (type) => [`output_schema: [{ name: a, type: ${type} }]\nnotes: JSON please\n`, 'markdown'] as const,
      ),
      ['notes: answers as JSON\n', 'json'],
      ['notes: as markdown\n', 'markdown'],
      ['', 'markdown'],
    ];
    for (const [more, format] of cases) {
      town.write('ty_log/skills.yaml', sourceOf(PLAIN, PROMPT + more));
      const { content } = await town.json<{ content: { format: string } }>('--dry-run', 'export', 'skills.yaml');
      assert.equal(content.format, format, more);
    }
    assert.ok(!existsSync(town.path('.sereno')) && !existsSync(town.path('output')), 'a dry run writes nothing');
  });

  test('B05: the keys of the blessed file in their order, and the values that follow from others', async () => {
    const town = await blessedTown();
    for (const item of [MAPPED, PLAIN]) {
      const text = readFileSync(blessedFile(town, item), 'utf8');
      assert.equal(keysOf(text), KEYS);
      assert.match(text, new RegExp(`^qa_schema_id: qa_${item}_v1$`, 'm'));
      assert.match(text, /^blessed_on: "?\d{4}-\d\d-\d\d"?$/m);
      assert.match(text, /^digest: [0-9a-f]{64}$/m);
    }
    assert.match(readFileSync(blessedFile(town, MAPPED), 'utf8'), /^source_log_id: concise$/m);
    assert.equal(keysOf(readFileSync(candidateFile(town, PLAIN), 'utf8')), KEYS);
  });

  test('B06: 1 for a new item, then one more each time; --overwrite is refused and says why', async () => {
    const town = await exportedTown();
    await town.must('export', 'skills.yaml');
    const before = town.snapshot();
    const { code, out, err } = await town.run('export', 'skills.yaml', '--overwrite');
    assert.equal(code, 1);
    assert.match(out + err, /❌ Export failed: .*never written over/);
    assert.deepEqual(town.snapshot(), before);
    assert.match(readFileSync(candidateFile(town, PLAIN), 'utf8'), /^version: 2$/m);
  });

  test('B07: without a word it prints its usage and ends with 1, also where there is no codex', async () => {
    for (const town of [new CodexTown(), new CodexTown(null)]) {
      const { code, out, err } = await town.run('export');
      assert.equal(code, 1);
      assert.match(out + err, /^Usage: sereno codex export \[options\] <source>/m);
      assert.deepEqual(
        readdirSync(town.folder).filter((name) => name === '.sereno'),
        [],
      );
    }
  });

  test('B08: where there is neither a configuration nor a workspace, it says so', async () => {
    const town = new CodexTown(null);
    town.write('concise.yaml', sourceOf(MAPPED));
    const { code, out } = await town.run('export', 'concise.yaml');
    assert.deepEqual(
      [code, out],
      [
        1,
        '🚀 Starting LLM Task Codex Export\n❌ Export failed: ty_learn root not found - ensure script runs within ty_learn workspace\n',
      ],
    );
  });

  test('B09: a prompt as people have it makes a file of about 2 KB', async () => {
    const town = new CodexTown();
    town.write(
      'templates/concise_description.md',
      `${'Read the posting and write what the work is, in three sentences that stand by themselves. '.repeat(15)}\n{{ posting }}\n`,
    );
    town.write('ty_log/concise.yaml', sourceOf(MAPPED, 'expected_behavior: Three sentences, no names.\n'));
    await town.must('export', 'concise.yaml');
    const { size } = statSync(candidateFile(town, MAPPED));
    assert.ok(size >= 1_500 && size <= 3_000, `${size} bytes`);
  });
});

suite('C: what quality assurance loads', { timeout: 300_000 }, () => {
  test('C01: a blessed file has the nine fields; what is missing, empty or broken is told', async () => {
    const town = await blessedTown();
    const loaded = load(town, PLAIN);
    assert.ok(typeof loaded !== 'string', said(loaded));
    assert.deepEqual([loaded.task_id, loaded.blessed_by, loaded.version], [PLAIN, 'ana', 1]);
    assert.match(said(load(town, 'unknown_task')), /Blessed config not found: .*unknown_task\.yaml\. Run export/);
    const path = blessedFile(town, PLAIN);
    const whole = readFileSync(path, 'utf8');
    chmodSync(path, 0o644);
    const broken: readonly (readonly [text: string, says: RegExp])[] = [
      ['', /Empty or invalid blessed config/],
      [whole.replace(/^title:.*\n/m, '').replace(/^version:.*\n/m, ''), /missing required fields: \[title, version\]/],
      [whole.replace('task_id: ', 'task_id: ['), /Invalid YAML in blessed config/],
    ];
    for (const [text, says] of broken) {
      writeFileSync(path, text);
      assert.match(said(load(town, PLAIN)), says);
    }
  });

  test('C02: all items are listed; the test of one has its parts, its lineage and a threshold that can be reached', async () => {
    const town = await blessedTown();
    const { items } = await town.json<{ items: readonly { item: string; active: number }[] }>('list');
    assert.deepEqual(
      items.map(({ item, active }) => [item, active]),
      [
        [PLAIN, 1],
        [MAPPED, 1],
      ],
    );
    const loaded = load(town, MAPPED);
    assert.ok(typeof loaded !== 'string', said(loaded));
    assert.equal(lineageOf(loaded).source_log_id, 'concise');
    assert.match(lineageOf(loaded).blessed_on ?? '', /^\d{4}-\d\d-\d\d$/);
    const { prompt, ...rest } = qaTestOf(loaded, 'a case');
    assert.equal(prompt, 'a case');
    assert.deepEqual(rest, {
      test_id: `qa_test_${MAPPED}`,
      qa_schema_id: `qa_${MAPPED}_v1`,
      model_id: 'gemma3:1b',
      temperature: 0.1,
      max_tokens: 800,
      expected_format: 'markdown',
      baseline_behavior: '',
      quality_threshold: QUALITY_THRESHOLD,
      metadata: { source_config: MAPPED, blessed_version: 1, test_type: 'blessed-config' },
    });
  });

  test('C03: what is blessed is compatible, each rule has its edge, and an export that breaks one is refused', async () => {
    const town = await blessedTown();
    const loaded = load(town, MAPPED);
    assert.ok(typeof loaded !== 'string', said(loaded));
    assert.deepEqual(incompatibilities(loaded), []);
    const edges = [{ temperature: 0 }, { temperature: 2 }, { max_tokens: 100 }, { prompt: 'ten chars.' }];
    for (const edge of edges) assert.deepEqual(incompatibilities({ ...loaded, ...edge }), []);
    const beyond = [
      { temperature: -0.1 },
      { temperature: 2.1 },
      { max_tokens: 99 },
      { prompt: 'nine char' },
      { qa_schema_id: 'qa_other_v1' },
    ];
    for (const it of beyond) assert.equal(incompatibilities({ ...loaded, ...it }).length, 1, JSON.stringify(it));
    town.write('ty_log/skills.yaml', sourceOf(PLAIN, PROMPT).replace('800', '99').replace('0.1', '2.1'));
    const { code, out } = await town.run('export', 'skills.yaml');
    assert.equal(code, 1);
    assert.match(out, /❌ Export failed: temperature is 2\.1 .*\n❌ Export failed: max_tokens is 99 /);
  });

  test('C04: the weights are one, the score lies between 0 and 1, and every loss has a line', () => {
    assert.deepEqual(WEIGHTS, { structure: 0.25, content: 0.3, format: 0.2, length: 0.15, completeness: 0.1 });
    const wanted = {
      format: 'markdown',
      baseline: 'The work is to build bridges of steel over rivers.',
      requiredKeys: [],
    } as const;
    const good = assess('The work is to build bridges of steel over rivers.', wanted);
    const bad = assess('', wanted);
    assert.ok(good.score > bad.score && good.score <= 1 && bad.score >= 0, `${good.score} ${bad.score}`);
    assert.ok(bad.feedback.length > 0);
  });
});

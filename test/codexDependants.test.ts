// A template changes: who depends on it, and their next versions, by the real command.
// decoder: what the command prints as JSON is read as what it says that it is

import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { suite, test } from 'node:test';
import { CodexTown, MAPPED, PLAIN, sourceOf } from './codex/town.ts';

const OTHER = 'write_summary';
const PARTIAL = 'prompt_template: "{% render \'parts/rules.md\' %}Say it of {{ posting }}."\n';

type Listed = {
  readonly revision: { readonly item: string; readonly version: number };
  readonly changed: readonly string[];
};

const listed = async (town: CodexTown, ...words: readonly string[]): Promise<readonly string[]> => {
  const { dependants } = await town.json<{ dependants: readonly Listed[] }>('dependants', ...words);
  return dependants.map(({ revision, changed }) => `${revision.item}@${revision.version} ${changed.join()}`);
};

const promptOf = async (town: CodexTown, revision: string): Promise<string> => {
  const { content } = await town.json<{ content: { prompt: string } }>('show', revision);
  return content.prompt;
};

/** Three items: one has the template, which has the partial; one has the partial in its own prompt; one has neither. */
const makeTown = async (): Promise<CodexTown> => {
  const town = new CodexTown();
  town.write('templates/parts/rules.md', 'No names. ');
  town.write('templates/concise_description.md', "Describe {{ posting }}. {% render 'parts/rules.md' %}");
  town.write('ty_log/concise.yaml', sourceOf(MAPPED));
  town.write('ty_log/skills.yaml', sourceOf(PLAIN, PARTIAL));
  town.write('ty_log/summary.yaml', sourceOf(OTHER, 'prompt_template: Only {{ posting }} and nothing else.\n'));
  for (const name of ['concise', 'skills', 'summary']) await town.must('export', `${name}.yaml`);
  return town;
};

suite('dependants of a template', { timeout: 300_000 }, () => {
  test('are listed by template and by partial, from wherever one stands, and exported again with the source as it was', async () => {
    const town = await makeTown();
    assert.deepEqual(await listed(town, 'parts/rules.md'), [`${PLAIN}@1 `, `${MAPPED}@1 `]);
    assert.deepEqual(await listed(town, 'templates/concise_description.md'), [`${MAPPED}@1 `]);
    assert.deepEqual(await listed(town), []);
    town.write('templates/parts/rules.md', 'No names, no prices. ');
    // What is tried out in the source meanwhile is not what changed.
    town.write('ty_log/skills.yaml', sourceOf(PLAIN, 'prompt_template: Something else about {{ posting }}.\n'));
    assert.deepEqual(await listed(town), [`${PLAIN}@1 parts/rules.md`, `${MAPPED}@1 parts/rules.md`]);
    const before = town.snapshot();
    const dry = await town.must('--dry-run', 'export', '--dependants-of', 'templates/parts/rules.md');
    assert.match(dry, new RegExp(`${PLAIN}@1`));
    assert.deepEqual(town.snapshot(), before, 'a dry run changes nothing');
    mkdirSync(town.path('templates/deep'));
    const flags = ['--config', town.path('sereno.yaml'), '--state', town.path('.sereno')];
    const words = ['export', '--dependants-of', '../parts/rules.md', '--as', 'cleo'];
    const { code, out } = await town.runWith({ cwd: town.path('templates/deep') }, ...flags, ...words);
    assert.equal(code, 0, out);
    assert.equal(out.match(/^✅ Version incremented to 2$/gm)?.length, 2, out);
    assert.equal(await promptOf(town, `${PLAIN}@2`), 'No names, no prices. Say it of {{ posting }}.');
    assert.match(await promptOf(town, `${MAPPED}@2`), /no prices/);
    assert.match(await town.must('history', PLAIN), /parts\/rules\.md has changed/);
    assert.deepEqual(await listed(town), []);
    const again = await town.must('export', '--dependants-of', 'parts/rules.md');
    assert.match(again, new RegExp(`${PLAIN}@2 says the same as before`));
    assert.doesNotMatch(again, /Version incremented/);
    assert.match(await town.must('export', '--dependants-of', 'parts/unknown.md'), /nothing depends on it/);
    await town.must('verify');
  });

  test('all or none: when one of them cannot be exported, all problems are told and nothing is written', async () => {
    const town = await makeTown();
    town.write('templates/parts/rules.md', '{{ undeclared }} ');
    const before = town.snapshot();
    const { code, out } = await town.run('export', '--dependants-of', 'parts/rules.md');
    assert.equal(code, 1);
    assert.equal(out.match(/❌ Export failed: .*undeclared/g)?.length, 2, out);
    assert.deepEqual(town.snapshot(), before);
    rmSync(town.path('templates/parts/rules.md'));
    assert.match(
      (await town.run('export', '--dependants-of', 'parts/rules.md')).out,
      /V14 template not found: .*parts\/rules\.md/,
    );
    assert.deepEqual(
      await listed(town),
      [`${PLAIN}@1 parts/rules.md`, `${MAPPED}@1 parts/rules.md`],
      'a template that is gone has changed',
    );
  });

  test('what was rejected is not exported again, but the version before it', async () => {
    const town = await makeTown();
    town.write('ty_log/skills.yaml', sourceOf(PLAIN, PARTIAL).replace(/title: .*/, 'title: Rejected'));
    await town.must('export', 'skills.yaml');
    await town.must('reject', `${PLAIN}@2`, '--why', 'a bad title');
    town.write('templates/parts/rules.md', 'No names at all. ');
    await town.must('export', '--dependants-of', 'parts/rules.md');
    const { content } = await town.json<{ content: { title: string } }>('show', `${PLAIN}@3`);
    assert.equal(content.title, 'A description of a posting');
  });

  test('a path that leads out, or two exports at once, is refused', async () => {
    const town = await makeTown();
    for (const path of ['../sereno.yaml', '/etc/passwd', ''])
      assert.equal((await town.run('export', '--dependants-of', path)).code, 1, path);
    const both = await town.run('export', 'skills.yaml', '--dependants-of', 'parts/rules.md');
    assert.equal(both.code, 1);
    assert.match(both.out, /❌ Export failed: a source and --dependants-of are two exports/);
    assert.ok(existsSync(town.path('output/llm_tasks/candidates', `${PLAIN}.yaml`)));
    assert.match(readFileSync(town.path('output/llm_tasks/candidates', `${PLAIN}.yaml`), 'utf8'), /^version: 1$/m);
  });
});

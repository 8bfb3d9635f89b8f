// The ways in which systems like the codex have cheated (P01–P09), each tried on ours by the real command.
// decoder: what the command prints as JSON is read as what it says that it is

import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { assess } from '#duties/codex/assessor.ts';
import { isGoodEnough, QUALITY_THRESHOLD } from '#duties/codex/qaTest.ts';
import { blessedFile, blessedTown, candidateFile, exportedTown } from './codex/blessed.ts';
import { CodexTown, MAPPED, PLAIN, PROMPT, sourceOf } from './codex/town.ts';

/** The real command at once; the long form: SERENO_CODEX_CROWD=100 node --test test/codexCheats.test.ts. */
const CROWD = Number(process.env['SERENO_CODEX_CROWD'] ?? 8);

suite('P: the ways in which such systems have cheated', { timeout: 600_000 }, () => {
  test('P01: immutable is no word: read-only, named by its hash, and a changed byte is refused', async () => {
    const town = await blessedTown();
    const objects = readdirSync(town.path('.sereno/codex/objects'), { recursive: true, withFileTypes: true })
      .filter((it) => it.isFile())
      .map((it) => join(it.parentPath, it.name));
    for (const path of [blessedFile(town, PLAIN), ...objects]) assert.equal(statSync(path).mode & 0o222, 0, path);
    const [path = ''] = objects;
    const bytes = readFileSync(path);
    chmodSync(path, 0o644);
    writeFileSync(path, Buffer.from(bytes.map((byte, at) => (at === 7 ? byte ^ 1 : byte))));
    assert.equal((await town.run('verify')).code, 1);
    writeFileSync(path, bytes);
    assert.equal((await town.run('verify')).code, 0);
    chmodSync(town.path('output/llm_tasks'), 0o555);
    assert.equal((await town.run('verify')).code, 0, 'a folder that nobody may write is no fault');
    chmodSync(town.path('output/llm_tasks'), 0o755);
  });

  test('P02: who blessed is nobody until somebody has signed, and then whose signature it is', async () => {
    const town = await exportedTown();
    assert.match(readFileSync(candidateFile(town, PLAIN), 'utf8'), /^blessed_by: null\nblessed_on: null$/m);
    await town.must('key', 'ben.pem');
    await town.must('key', 'eve.pem');
    await town.must('trust', 'ben=ben.pem');
    await town.must('submit', PLAIN);
    assert.match(await town.must('bless', PLAIN, '--key', 'eve.pem', '--as', 'ben'), /is in-review/);
    assert.ok(!existsSync(blessedFile(town, PLAIN)));
    await town.must('bless', PLAIN, '--key', 'ben.pem', '--as', 'somebody else');
    assert.match(readFileSync(blessedFile(town, PLAIN), 'utf8'), /^blessed_by: ben$/m);
  });

  test('P03: versions only rise: no way of writing over, and a file that cannot be read is not a beginning', async () => {
    const town = await blessedTown();
    assert.equal((await town.run('export', 'skills.yaml', '--overwrite')).code, 1);
    for (const path of [blessedFile(town, PLAIN), candidateFile(town, PLAIN)]) {
      chmodSync(path, 0o644);
      writeFileSync(path, 'version: [');
    }
    assert.match(await town.must('export', 'skills.yaml'), /^✅ Version incremented to 2$/m);
    town.write('.sereno/codex/log/000/000001.json', '{}\n');
    const { code, out } = await town.run('export', 'skills.yaml');
    assert.equal(code, 1);
    assert.match(out, /❌ Export failed: .*000001\.json/);
  });

  test('P04: the content of every version stays, with who made it and why', async () => {
    const town = await exportedTown();
    for (const title of ['Second', 'Third']) {
      town.write('ty_log/skills.yaml', sourceOf(PLAIN, PROMPT).replace(/title: .*/, `title: ${title}`));
      await town.must('export', 'skills.yaml', '--as', 'cleo', '--why', `to be the ${title}`);
    }
    const titles = await Promise.all(
      [1, 2, 3].map(async (version) => {
        const look = await town.json<{ content: { title: string } }>('show', `${PLAIN}@${version}`);
        return look.content.title;
      }),
    );
    assert.deepEqual(titles, ['A description of a posting', 'Second', 'Third']);
    const history = await town.must('history', PLAIN);
    for (const why of ['to be the Second', 'to be the Third', 'cleo']) assert.ok(history.includes(why), history);
  });

  test('P05: the threshold lies on the scale of the score: a good answer passes, a bad one does not', () => {
    const wanted = {
      format: 'markdown',
      baseline: 'Bridges are built of steel, over rivers, in all weathers.',
      requiredKeys: [],
    } as const;
    assert.ok(QUALITY_THRESHOLD > 0 && QUALITY_THRESHOLD < 1);
    assert.ok(isGoodEnough(assess(wanted.baseline, wanted).score));
    assert.ok(!isGoodEnough(assess('No idea', wanted).score));
    assert.throws(() => isGoodEnough(0.5, 8), RangeError);
  });

  test('P06: nothing is exported that quality assurance would reject, no number that is none, no name that is a path', async () => {
    const town = new CodexTown();
    const good = sourceOf(PLAIN, PROMPT);
    const bad = [
      good.replace('0.1', '5'),
      good.replace('800', '1'),
      good.replace('0.1', '.nan'),
      good.replace('0.1', '.inf'),
      good.replace('0.1', 'false'),
      good.replace(PLAIN, '../../etc/cron_d'),
      good.replace(PLAIN, 'a/b'),
      good.replace(PLAIN, '"a\\0b"'),
      good.replace(PLAIN, 'Grüße'),
    ];
    for (const text of bad) {
      town.write('ty_log/skills.yaml', text);
      const { code, out } = await town.run('export', 'skills.yaml');
      assert.equal(code, 1, text);
      assert.match(out, /❌ Export failed: /);
    }
    assert.ok(!existsSync(town.path('.sereno')) && !existsSync(town.path('output')));
  });

  test('P07: a path means the same from everywhere, templates name who depends on them, and exports do not race', async () => {
    const town = await exportedTown();
    mkdirSync(town.path('elsewhere'));
    const flags = ['--config', town.path('sereno.yaml'), '--state', town.path('.sereno')];
    const from = await town.runWith({ cwd: town.path('elsewhere') }, ...flags, 'export', 'skills.yaml');
    assert.match(from.out, /^✅ Version incremented to 2$/m);
    const crowd = await Promise.all(Array.from({ length: CROWD }, () => town.run('export', 'skills.yaml')));
    const versions = crowd.map(({ out }) => Number(/incremented to (\d+)/.exec(out)?.[1]));
    assert.deepEqual(
      versions.toSorted((a, b) => a - b),
      Array.from({ length: CROWD }, (_, at) => at + 3),
    );
    town.write('templates/concise_description.md', 'Another one for {{ posting }}, please.\n');
    assert.match(await town.must('dependants', 'templates/concise_description.md'), new RegExp(MAPPED));
  });

  test('P08: what is not well ends with an exit code that says so, and five exports are no limit', async () => {
    const town = await exportedTown();
    for (let count = 2; count <= 7; count += 1)
      assert.match(await town.must('export', 'skills.yaml'), new RegExp(`^✅ Version incremented to ${count}$`, 'm'));
    const objects = town.path('.sereno/codex/objects');
    const [shelf = ''] = readdirSync(objects);
    const [name = ''] = readdirSync(join(objects, shelf));
    chmodSync(join(objects, shelf, name), 0o644);
    writeFileSync(join(objects, shelf, name), 'changed');
    const { code, err } = await town.run('verify');
    assert.equal(code, 1);
    assert.match(err, /codex-damaged/);
  });

  test('P09: a version that was written into a file by hand changes nothing, and nobody is told to do so', async () => {
    const town = await exportedTown();
    const path = candidateFile(town, PLAIN);
    const whole = readFileSync(path, 'utf8');
    chmodSync(path, 0o644);
    writeFileSync(path, whole.replace(/^version: 1$/m, 'version: 99'));
    assert.match(await town.must('export', 'skills.yaml'), /^✅ Version incremented to 2$/m);
    assert.match(readFileSync(path, 'utf8'), /^version: 2$/m);
    for (const page of ['codex.md', 'codex-store.md', 'codex-sources.md']) {
      const text = readFileSync(join(import.meta.dirname, '..', 'docs', page), 'utf8');
      assert.doesNotMatch(text, /edit the (blessed )?file|edit it by hand/i, page);
    }
  });
});

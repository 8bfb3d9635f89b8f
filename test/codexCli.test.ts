// The codex on the command line, from a source to what production reads and back again, on real files with real keys.
// decoder: answers of the command line are read as the looks that they print

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';

const BIN = join(import.meta.dirname, '..', 'bin', 'sereno.js');
const ITEM = 'ty_extract_concise_description';

let folder: string;

type Ran = { readonly code: number | null; readonly out: string; readonly err: string };

const run = (...words: readonly string[]): Promise<Ran> =>
  new Promise((resolve) => {
    const child = spawn(process.execPath, [BIN, 'codex', ...words], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
    let [out, err] = ['', ''];
    child.stdout.on('data', (part) => (out += String(part)));
    child.stderr.on('data', (part) => (err += String(part)));
    child.on('close', (code) => resolve({ code, out, err }));
  });

const must = async (...words: readonly string[]): Promise<string> => {
  const { code, out, err } = await run(...words);
  assert.equal(code, 0, `${words.join(' ')}: ${out}${err}`);
  return out;
};

const json = async <T>(...words: readonly string[]): Promise<T> =>
  JSON.parse(await must('--format', 'json', ...words)) as T;

const source = (title: string): string => `task_id: ${ITEM}
title: ${title}
model: { model_id: gemma3:1b }
generation_config: { temperature: 0.1, max_tokens: 800 }
input_schema: [{ name: posting, type: string }]
`;

const write = (path: string, text: string): void => {
  mkdirSync(join(folder, path, '..'), { recursive: true });
  writeFileSync(join(folder, path), text);
};

type Look = {
  readonly revision: { readonly ref: { readonly version: number; readonly digest: string }; readonly state: string };
};

const stateOf = async (selector: string): Promise<string> => (await json<Look>('show', selector)).revision.state;

const blessed = (): string => join(folder, 'output/llm_tasks', `${ITEM}.yaml`);

suite('the codex on the command line', { timeout: 300_000 }, () => {
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'sereno-codex-cli-'));
    write(
      'sereno.yaml',
      'sereno: 1\nsite: town\npeople: { ana: {}, ben: {}, cleo: {} }\ncodex: { blessers: [ana, ben], threshold: 1 }\npolicy: { autonomy: 1, allow: [] }\n',
    );
    write('ty_log/concise.yaml', source('A concise description'));
    write('templates/concise_description.md', 'Describe {{ posting }} in three sentences.\nNothing else.\n');
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  test('a source that is wrong in many ways is told all of it, and nothing is written', async () => {
    write(
      'ty_log/bad.yaml',
      'task_id: ../../etc\ntitle: ""\nmodel: {}\ngeneration_config: { temperature: warm, max_tokens: true }\n',
    );
    const { code, out } = await run('export', 'bad.yaml');
    assert.equal(code, 1);
    assert.match(out, /^🚀 Starting LLM Task Codex Export$/m);
    assert.match(out, /❌ Export failed: .*task_id/);
    assert.match(out, /❌ Export failed: Missing or invalid model.model_id/);
    assert.match(out, /❌ Export failed: .*temperature/);
    assert.match(out, /❌ Export failed: max_tokens must be integer/);
    write('ty_log/nan.yaml', source('A title').replace('0.1', '.nan'));
    assert.match((await run('export', 'nan.yaml')).out, /❌ Export failed: .*NaN/);
    assert.ok(!existsSync(join(folder, '.sereno')) && !existsSync(join(folder, 'output')));
  });

  test('export makes a candidate, which production does not see', async () => {
    const out = await must('export', 'concise.yaml', '--as', 'cleo');
    assert.match(
      out,
      /✅ Source validation passed\nUsing V14 template: .*concise_description.md\n✅ Version incremented to 1\n✅ Export completed successfully/,
    );
    assert.equal(await stateOf(ITEM), 'candidate');
    assert.ok(!existsSync(blessed()));
    assert.match(
      readFileSync(join(folder, 'output/llm_tasks/candidates', `${ITEM}.yaml`), 'utf8'),
      /^blessed_by: null$/m,
    );
  });

  test('nobody is believed before there is a root, and the author never', async () => {
    await must('key', 'ana.pem');
    await must('key', 'ben.pem');
    assert.equal(statSync(join(folder, 'ana.pem')).mode & 0o777, 0o600);
    await must('submit', ITEM);
    assert.match((await run('bless', ITEM, '--key', 'ana.pem')).err, /codex-untrusted/);
    await must('trust', 'ana=ana.pem', 'ben=ben.pem');
    await must('export', 'concise.yaml', '--as', 'ana');
    await must('submit', `${ITEM}@2`);
    const own = await must('bless', `${ITEM}@2`, '--key', 'ana.pem');
    assert.match(own, /is in-review/);
    assert.match(own, /ana wrote the source/);
    assert.ok(!existsSync(blessed()));
  });

  test('the signature of somebody else makes it active: one file, read-only, with who and what', async () => {
    assert.match(await must('bless', `${ITEM}@2`, '--key', 'ben.pem'), /active: /);
    const text = readFileSync(blessed(), 'utf8');
    assert.match(text, /^blessed_by: ben$/m);
    assert.match(text, /^version: 2$/m);
    assert.match(text, /^digest: [0-9a-f]{64}$/m);
    assert.equal(statSync(blessed()).mode & 0o777, 0o444);
    assert.equal(await stateOf(`${ITEM}@2`), 'active');
  });

  test('a stranger’s key counts for nothing', async () => {
    await must('key', 'mallory.pem');
    write('ty_log/concise.yaml', source('Another title'));
    await must('export', 'concise.yaml', '--as', 'cleo');
    await must('submit', ITEM);
    assert.match(await must('bless', ITEM, '--key', 'mallory.pem'), /no key that the root trusts/);
    assert.equal(await stateOf(ITEM), 'in-review');
  });

  test('differences by field, and the way back as a new version', async () => {
    assert.match(await must('diff', `${ITEM}@2`, `${ITEM}@3`), /title: "A concise description" → "Another title"/);
    await must('bless', `${ITEM}@3`, '--key', 'ana.pem');
    assert.match(readFileSync(blessed(), 'utf8'), /^title: Another title$/m);
    await must('rollback', ITEM, '--to', '2', '--why', 'the title was better');
    const text = readFileSync(blessed(), 'utf8');
    assert.match(text, /^version: 4$/m);
    assert.match(text, /^title: A concise description$/m);
    assert.match(await must('history', ITEM), /rolled back to the content of 2 +\S+ +the title was better/);
  });

  test('a revoked version never comes back', async () => {
    await must('revoke', `${ITEM}@3`, '--why', 'it leaks names', '--key', 'ben.pem');
    const { code, err } = await run('rollback', ITEM, '--to', '3', '--why', 'again');
    assert.equal(code, 1);
    assert.match(err, /codex-revoked/);
  });

  test('verify says that all is whole, and names the file in which one byte is another', async () => {
    assert.match(await must('verify'), /all of it is what was written/);
    const objects = join(folder, '.sereno/codex/objects');
    const [shelf = ''] = readdirSync(objects);
    const [name = ''] = readdirSync(join(objects, shelf));
    const path = join(objects, shelf, name);
    const bytes = readFileSync(path);
    chmodSync(path, 0o644);
    writeFileSync(path, Buffer.from(bytes.map((byte, at) => (at === 40 ? byte ^ 1 : byte))));
    const { code, err } = await run('verify');
    assert.equal(code, 1);
    assert.match(err, new RegExp(`${name}: its bytes do not have .*codex-damaged`));
    writeFileSync(path, bytes);
    assert.match(await must('verify'), /all of it is what was written/);
  });
});

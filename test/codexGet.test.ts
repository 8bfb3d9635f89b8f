// `sereno codex get`, and the folder of blessed files: what programs read that speak no HTTP.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { before, suite, test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { parse } from 'yaml';
import { project } from '#adapters/codex/projection.ts';
import { CodexTown, ITEM } from './stand/codexTown.ts';
import { until } from './stand/sereno.ts';

const town = new CodexTown();
const folder = (): string => town.path('output/llm_tasks');
const file = (): string => join(folder(), `${ITEM}.yaml`);

const get = async (...words: readonly string[]): Promise<string> => {
  const { code, out, error } = await town.codex('get', ...words);
  return code === 0 ? out : `exit ${code ?? 'none'}: ${error}`;
};

suite('getting what was blessed', { timeout: 300_000 }, () => {
  before(async () => {
    await town.trust();
    await town.release('One');
    await town.release('Two');
    await town.propose('Three');
    await town.must('tag', `${ITEM}@1`, 'stable');
  });

  test('a bare name is what is active, as the file in the folder, byte for byte', async () => {
    assert.equal(await get(ITEM), readFileSync(file(), 'utf8'));
    assert.equal(await get(ITEM, '--format', 'yaml'), readFileSync(file(), 'utf8'));
    assert.equal(statSync(file()).mode & 0o777, 0o444);
  });

  test('by version, tag, active and digest; one field; JSON', async () => {
    for (const [ref, title] of [
      ['@1', 'One'],
      ['@v2', 'Two'],
      ['@stable', 'One'],
      ['@active', 'Two'],
    ])
      assert.equal(await get(`${ITEM}${ref}`, '--field', 'title'), `${title}\n`, ref);
    const found = JSON.parse(await get(`${ITEM}@1`, '--format', 'json'));
    assert.deepEqual([found.title, found.version, found.blessed_by], ['One', 1, 'ana']);
    assert.equal(await get(found.digest, '--field', 'version'), '1\n');
    assert.equal(await get(ITEM, '--field', 'prompt'), 'Describe {{ posting }} in three sentences.\nNothing else.\n');
  });

  test('what may not be read has an exit code, and prints nothing that could be used', async () => {
    for (const [words, code, said] of [
      [[`${ITEM}@3`], 1, /codex-refused/],
      [[`${ITEM}@9`], 1, /not-found/],
      [['nothing'], 1, /not-found/],
      [[`${ITEM}@nosuchtag`], 1, /not-found/],
      [['../../etc/passwd'], 2, /bad-request/],
      [[ITEM, '--field', 'colour'], 2, /bad-request/],
      [[], 2, /bad-request/],
    ] as const) {
      const ran = await town.codex('get', ...words);
      assert.equal(ran.code, code, words.join(' '));
      assert.equal(ran.out, '');
      assert.match(ran.error, said);
    }
    await town.must('revoke', `${ITEM}@1`, '--why', 'it leaks names', '--key', town.path('ana.pem'));
    assert.match(await get(`${ITEM}@1`), /^exit 1: .*it leaks names.*codex-revoked/s);
    assert.match(await get(`${ITEM}@stable`), /^exit 1: .*codex-revoked/s);
  });

  test('no other command answers in YAML', async () => {
    const ran = await town.codex('list', '--format', 'yaml');
    assert.equal(ran.code, 2);
    assert.match(ran.error, /does not answer in YAML/);
  });

  test('a reader of the folder never sees half a file, however often it is written', async () => {
    const before = parse(readFileSync(file(), 'utf8'));
    const writer = new Worker(
      `const { workerData, parentPort } = require('node:worker_threads');
       import(workerData.module).then(({ project }) => {
         for (let version = 10; version < 310; version += 1)
           project(workerData.folder, { ...workerData.it, version, prompt: String(version).repeat(20000) });
         parentPort.postMessage('done');
       });`,
      {
        eval: true,
        workerData: {
          module: new URL('../src/adapters/codex/projection.ts', import.meta.url).href,
          folder: folder(),
          it: before,
        },
      },
    );
    const over = { is: false };
    writer.on('message', () => (over.is = true));
    writer.on('error', (error) => {
      throw error;
    });
    const seen = new Set<number>();
    await until(
      'the writer to end',
      () => {
        for (let look = 0; look < 20; look += 1) {
          const { version, prompt } = parse(readFileSync(file(), 'utf8'));
          if (version >= 10) assert.equal(prompt, String(version).repeat(20_000));
          seen.add(version);
        }
        return over.is;
      },
      120_000,
    );
    assert.ok(seen.size > 10, `${seen.size} versions were seen`);
    assert.deepEqual(
      readdirSync(folder()).filter((name) => name.includes('.part')),
      [],
    );
    assert.equal(project(folder(), { ...before, version: 400 }).kind, 'written');
  });
});

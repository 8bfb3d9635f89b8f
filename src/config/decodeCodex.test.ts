// The codex as it is declared: folders lie beside the file, no more signatures are wanted than there are blessers, and the key
// of the model is a secret.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { instant } from '#kernel/time.ts';
import { memoryFiles } from './files.ts';
import { readSite } from './readSite.ts';

const read = (codex: string) =>
  readSite({
    file: '/town/sereno.yaml',
    env: {},
    now: instant(0),
    files: memoryFiles({
      '/town/sereno.yaml': `sereno: 1\nsite: town\npeople: { ana: {}, ben: {} }\ncodex: ${codex}\npolicy: { autonomy: 1, allow: [] }\n`,
    }),
  });

test('folders lie beside the file, and have the names that the systems around expect', () => {
  assert.deepEqual(read('{ sources: notes, blessers: [ana, ben, ana], threshold: 2 }').site?.codex, {
    sources: '/town/notes',
    templates: '/town/templates',
    blessed: '/town/output/llm_tasks',
    suites: '/town/suites',
    schemas: '/town/schemas',
    blessers: ['ana', 'ben'],
    threshold: 2,
    copies: [],
    own: [],
  });
});

test('copies lie beside the file or where they say, and no two are one file', () => {
  const { site } = read(
    '{ copies: [{ item: describe, file: srv/d.yaml, traffic: 30% }, { item: extract, file: /x.yaml }] }',
  );
  assert.deepEqual(site?.codex?.copies, [
    { item: 'describe', file: '/town/srv/d.yaml', trafficPercent: 30 },
    { item: 'extract', file: '/x.yaml', trafficPercent: 0 },
  ]);
  const { site: none, problems } = read('{ copies: [{ item: describe, file: a }, { item: ../etc, file: /town/a }] }');
  assert.equal(none, null);
  assert.deepEqual(
    problems.map(({ expected }) => expected),
    ['the name of an item: a-z, 0-9 and _, a letter first', 'a file that no other copy names'],
  );
});

test('no codex is kept that was not declared', () => {
  const { site } = readSite({
    file: '/town/sereno.yaml',
    env: {},
    now: instant(0),
    files: memoryFiles({ '/town/sereno.yaml': 'sereno: 1\nsite: town\npolicy: { autonomy: 1, allow: [] }\n' }),
  });
  assert.equal(site?.codex, null);
});

test('more signatures than blessers can never be', () => {
  const { site, problems } = read('{ blessers: [ana], threshold: 2 }');
  assert.equal(site, null);
  assert.match(problems[0]?.expected ?? '', /at most 1/);
});

const readModel = (model: string, env: Readonly<Record<string, string>> = {}) =>
  readSite({
    file: '/town/sereno.yaml',
    env,
    now: instant(0),
    files: memoryFiles({
      '/town/sereno.yaml': `sereno: 1\nsite: town\nmodel: ${model}\npolicy: { autonomy: 1, allow: [] }\n`,
    }),
  });

const MODEL = '{ base_url: "http://127.0.0.1:4000/v1", api_key: "${env:LITELLM_KEY}", timeout: 20s }';

test('a model is an address, a key that is a secret, and a time', () => {
  const { site } = readModel(MODEL, { LITELLM_KEY: 'sk-very-secret' });
  assert.deepEqual(site?.model, {
    baseUrl: 'http://127.0.0.1:4000/v1',
    apiKey: 'sk-very-secret',
    timeoutMs: 20_000,
    cannotAsk: null,
  });
  assert.ok(site?.secrets.includes('sk-very-secret'));
  const written = readModel('{ base_url: "http://127.0.0.1:4000/v1", api_key: sk-in-the-file }');
  assert.ok(written.site?.secrets.includes('sk-in-the-file'));
});

test('a model whose key is not set cannot be asked, and says why; the rest is watched', () => {
  const { site, warnings } = readModel(MODEL);
  assert.equal(site?.model?.cannotAsk, 'environment variable LITELLM_KEY is not set');
  assert.equal(site?.model?.apiKey, null);
  assert.equal(warnings.filter(({ message }) => message.includes('LITELLM_KEY')).length, 1);
});

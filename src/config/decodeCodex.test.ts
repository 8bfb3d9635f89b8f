// The codex as it is declared: folders lie beside the file, and no more signatures are wanted than there are blessers.

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
    blessers: ['ana', 'ben'],
    threshold: 2,
    copies: [],
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

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
  });
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

// The manual is part of the language: every block of YAML in docs/configuration.md loads as it stands.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { sayProblem } from '#kernel/problem.ts';
import { instant } from '#kernel/time.ts';
import { memoryFiles } from './files.ts';
import { SITE } from './grammar.ts';
import { SERVICE } from './grammarService.ts';
import { readSite } from './readSite.ts';

const MANUAL = readFileSync(join(import.meta.dirname, '../../docs/configuration.md'), 'utf8');
const BASE = 'sereno: 1\nsite: manual\non_call: { primary: ana }\n';

const blocks = [...MANUAL.matchAll(/^```yaml\n([\s\S]*?)^```/gm)].map((match) => match[1] ?? '');

test('the manual has its examples', () => assert.ok(blocks.length >= 6));

for (const [index, block] of blocks.entries()) {
  test(`the manual: example ${index + 1} loads`, () => {
    const files = memoryFiles({
      'sereno.yaml': BASE,
      'sereno.d/people.yaml': 'people: { ana: { roles: [operator] } }',
      'sereno.d/manual.yaml': block,
    });
    const { problems } = readSite({ file: 'sereno.yaml', env: {}, now: instant(0), files });
    assert.deepEqual(problems.map(sayProblem), []);
  });
}

test('the manual names every key of the file and of a service', () => {
  const keys = [...Object.keys(SITE.shape), ...Object.keys(SERVICE.shape)];
  assert.deepEqual(
    keys.filter((key) => !MANUAL.includes(`\`${key}\``)),
    [],
  );
});

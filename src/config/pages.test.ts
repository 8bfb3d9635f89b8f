// The pages of docs/ keep what they show: every block of YAML loads as it stands.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { sayProblem } from '#kernel/problem.ts';
import { instant } from '#kernel/time.ts';
import { memoryFiles } from './files.ts';
import { readSite } from './readSite.ts';

const DOCS = join(import.meta.dirname, '../../docs');
const BASE = 'sereno: 1\nsite: pages\non_call: { primary: ana }\n';
/** The pages speak of a service of this name. */
const API = 'services: { api: { checks: [{ tcp: 127.0.0.1:1 }], targets: { availability: 99% over 7d } } }\n';
/** Has a test of its own, which asks more of it. */
const LANGUAGE = 'configuration.md';

const blocksOf = (page: string): readonly string[] =>
  [...readFileSync(join(DOCS, page), 'utf8').matchAll(/^```yaml\n([\s\S]*?)^```/gm)].map((match) => match[1] ?? '');

const blocks = readdirSync(DOCS)
  .filter((page) => page.endsWith('.md') && page !== LANGUAGE)
  .flatMap((page) => blocksOf(page).map((block, index) => ({ page, block, name: `${page}, example ${index + 1}` })));

test('the pages have examples', () => assert.ok(blocks.length >= 2));

for (const { page, block, name } of blocks) {
  test(`${name} loads`, () => {
    const files = memoryFiles({
      'sereno.yaml': BASE,
      'sereno.d/people.yaml': 'people: { ana: { roles: [operator] } }',
      'sereno.d/api.yaml': API,
      [`sereno.d/${page}.yaml`]: block,
    });
    const { problems } = readSite({ file: 'sereno.yaml', env: {}, now: instant(0), files });
    assert.deepEqual(problems.map(sayProblem), []);
  });
}

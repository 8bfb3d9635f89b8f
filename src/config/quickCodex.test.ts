// The quick way to the codex says what the whole reading says, or nothing at all.

import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { instant } from '#kernel/time.ts';
import { memoryFiles } from './files.ts';
import { quickCodex } from './quickCodex.ts';
import { readSite } from './readSite.ts';

const FILE = '/town/sereno.yaml';
const NOW = instant(0);

const both = (text: string, more: Readonly<Record<string, string>> = {}) => {
  const files = memoryFiles({ [FILE]: text, ...more });
  const { site, problems } = readSite({ file: FILE, env: {}, now: NOW, files });
  return { quick: quickCodex(FILE, NOW, files), whole: site?.codex ?? null, problems };
};

const HEAD = 'sereno: 1\nsite: town\npeople: { ana: {}, ben: {} }\n';

test('what is written plainly is read at once', () => {
  for (const codex of [
    '{}',
    '{ blessers: [ana, ben], threshold: 2 }',
    '{ sources: a/b, templates: /t, blessed: out, blessers: [ana] }',
  ]) {
    const { quick, whole } = both(`${HEAD}codex: ${codex}\n`);
    assert.ok(quick !== null, codex);
    assert.deepEqual(quick, whole, codex);
  }
});

test('everything else is left to the whole reading', () => {
  const left = [
    '{ blessers: [eve] }',
    '{ threshold: 2, blessers: [ana] }',
    '{ sources: "${env:HOME}" }',
    '{ sauces: x }',
    '{ sources: 7 }',
    'yes',
    '[a]',
  ];
  for (const codex of left) assert.equal(both(`${HEAD}codex: ${codex}\n`).quick, null, codex);
  assert.equal(both(`${HEAD.replace('1', '2')}codex: {}\n`).quick, null);
  assert.equal(both(`${HEAD}codex: {}\nsite: twice\n`).quick, null);
  assert.equal(both('codex: [').quick, null);
  assert.equal(both(`${HEAD}codex: {}\n`, { '/town/sereno.d/more.yaml': 'codex: {}\n' }).quick, null);
});

test('whatever stands there: the quick way never says anything else than the whole reading of a good file', () => {
  const word = fc.constantFrom(
    'ana',
    'ben',
    'eve',
    'a/b',
    '..',
    '""',
    '${env:A}',
    '1',
    'true',
    '[]',
    '{}',
    '"a b"',
    'Ana',
  );
  const line = fc.tuple(fc.constantFrom('sources', 'templates', 'blessed', 'threshold', 'blessers', 'other'), word);
  const list = fc.array(word, { maxLength: 3 }).map((words): [string, string] => ['blessers', `[${words.join(', ')}]`]);
  fc.assert(
    fc.property(fc.uniqueArray(fc.oneof(line, list), { maxLength: 4, selector: ([key]) => key }), (lines) => {
      const text = `${HEAD}codex: { ${lines.map(([key, value]) => `${key}: ${value}`).join(', ')} }\n`;
      const { quick, whole, problems } = both(text);
      if (quick !== null) assert.deepEqual([quick, problems], [whole, []], text);
    }),
    { numRuns: 300 },
  );
});

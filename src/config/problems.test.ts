// Golden files of problems: each file in problems/ holds the input and the exact text that a person sees, together.
// Reviewed as text. UPDATE_GOLDEN=1 writes them anew; the change is then read before it is committed.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { sayProblem } from '#kernel/problem.ts';
import { instant } from '#kernel/time.ts';
import { memoryFiles } from './files.ts';
import { readSite } from './readSite.ts';

const FOLDER = join(import.meta.dirname, 'problems');
const NOW = instant(Date.UTC(2026, 10, 21));
const OUTPUT_PARTS: ReadonlySet<string> = new Set(['problems', 'warnings']);

/** `--- name` begins a part; what stands before the first one is the comment. */
const partsOf = (golden: string): ReadonlyMap<string, string> => {
  const parts = golden.split(/^--- (.+)\n/m);
  const named = new Map<string, string>([['comment', parts[0] ?? '']]);
  for (let index = 1; index < parts.length; index += 2) named.set(parts[index] ?? '', parts[index + 1] ?? '');
  return named;
};

const environmentOf = (text: string | undefined): Record<string, string> =>
  Object.fromEntries((text ?? '').split('\n').flatMap((line) => (line.includes('=') ? [line.split('=', 2)] : [])));

/** The golden file as it should be: its own input, and what Sereno says to it. */
const retold = (golden: string): string => {
  const parts = partsOf(golden);
  const inputs = [...parts].filter(([name]) => name !== 'comment' && name !== 'env' && !OUTPUT_PARTS.has(name));
  const { problems, warnings, site } = readSite({
    file: 'sereno.yaml',
    env: environmentOf(parts.get('env')),
    now: NOW,
    files: memoryFiles(Object.fromEntries(inputs)),
  });
  assert.equal(site === null, problems.length > 0);
  const said = [...parts].filter(([name]) => name !== 'comment' && !OUTPUT_PARTS.has(name));
  const outputs = [
    ['problems', problems],
    ['warnings', warnings],
  ] as const;
  const told = outputs.flatMap(([name, list]) =>
    list.length === 0 ? [] : [`--- ${name}\n${list.map(sayProblem).join('\n')}\n`],
  );
  return [parts.get('comment'), ...said.map(([name, text]) => `--- ${name}\n${text}`), ...told].join('');
};

for (const name of readdirSync(FOLDER).sort()) {
  test(`problems: ${name}`, () => {
    const path = join(FOLDER, name);
    const golden = readFileSync(path, 'utf8');
    const expected = retold(golden);
    if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(path, expected);
    assert.equal(process.env['UPDATE_GOLDEN'] === '1' ? expected : golden, expected);
  });
}

test('a file with 18,000 mistakes is refused in seconds, with the first 500 of them', () => {
  const lines = Array.from(
    { length: 6_000 },
    (_, n) => `  s${n}: { teir: core, needs: [x${n}], checks: [{ htp: "\${env:X}" }] }`,
  );
  const before = performance.now();
  const { problems } = readSite({
    file: 'sereno.yaml',
    env: {},
    now: NOW,
    files: memoryFiles({ 'sereno.yaml': `sereno: 1\nsite: town\nservices:\n${lines.join('\n')}\n` }),
  });
  assert.equal(problems.length, 501);
  assert.match(problems.at(-1)?.message ?? '', /more problems/);
  // Quadratic reading took minutes; linear takes some seconds on a machine that is busy with other things.
  assert.ok(performance.now() - before < 60_000);
});

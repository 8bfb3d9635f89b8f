// The client as another program has it: by the name of the package, with its types, and without anything else of Sereno.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';

const HOUSE = join(import.meta.dirname, '..');
const BUILT = join(HOUSE, 'dist', 'codex.js');
const options = { skip: existsSync(BUILT) ? false : 'dist/ is not built', timeout: 120_000 };

const folder = mkdtempSync(join(tmpdir(), 'sereno-client-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const PROGRAM = `import { openCodex, type CodexGot } from 'sereno/codex';

const say = (got: CodexGot): string => (got.kind === 'none' ? got.code : got.revision.content.prompt);
try {
  openCodex({ url: 'http://127.0.0.1:1', root: '{}' });
} catch (error) {
  console.log(error instanceof Error ? error.message : 'something else');
}
export { say };
`;

test('a program of its own finds it by name, with types', options, () => {
  mkdirSync(join(folder, 'node_modules'));
  symlinkSync(HOUSE, join(folder, 'node_modules/sereno'));
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  writeFileSync(join(folder, 'program.ts'), PROGRAM);
  const ran = spawnSync(process.execPath, [join(folder, 'program.ts')], { encoding: 'utf8', cwd: folder });
  assert.equal(ran.stdout, 'the root of trust cannot be used: signed is not an object\n', ran.stderr);
  const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');
  const flags = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2024'];
  const checked = spawnSync(process.execPath, [tsc, ...flags, join(folder, 'program.ts')], {
    encoding: 'utf8',
    cwd: folder,
  });
  assert.equal(checked.stdout, '');
  assert.equal(checked.status, 0);
});

test('it is one file that needs Node and nothing else', options, () => {
  const text = readFileSync(BUILT, 'utf8');
  const wanted = [...text.matchAll(/^\s*(?:import|export) .*? from ["']([^"']+)["']/gm)].map(([, name]) => name ?? '');
  assert.deepEqual(
    wanted.filter((name) => !name.startsWith('node:')),
    [],
  );
  assert.ok(wanted.length > 0);
  assert.ok(text.length < 60_000, `${text.length} characters`);
});

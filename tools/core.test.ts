// The three locks of the pure core hold the same door: the import table, the lint rules, and a compiler without Node.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { PURE_FOLDERS, SIM_SHELL } from './tidy/purity.ts';

const HOUSE = join(import.meta.dirname, '..');

const textOf = (name: string): string => readFileSync(join(HOUSE, name), 'utf8');
const allOf = (text: string, pattern: RegExp): readonly string[] =>
  [...text.matchAll(pattern)].map((it) => it[1] ?? '');

test('the lint rules and the compiler know the same pure folders', () => {
  const compiled = allOf(textOf('tsconfig.core.json'), /"src\/(\w+)"/g);
  assert.deepEqual(allOf(textOf('.oxlintrc.json'), /"src\/(\w+)\/\*\*\/\*\.ts"/g), [...PURE_FOLDERS]);
  assert.deepEqual(
    compiled.filter((it) => it !== 'ports'),
    [...PURE_FOLDERS],
  );
});

test('the three locks know the same shell of the simulator', async () => {
  const table: { readonly SIM_SHELL: readonly string[] } = await import(join(HOUSE, '.dependency-cruiser.mjs'));
  assert.deepEqual(table.SIM_SHELL, [...SIM_SHELL]);
  assert.deepEqual(allOf(textOf('tsconfig.core.json'), /"src\/sim\/(\w+)\.ts"/g), [...SIM_SHELL]);
  assert.match(textOf('.oxlintrc.json'), new RegExp(`"src/sim/\\{${SIM_SHELL.join(',')}\\}\\.ts"`));
});

/** What the compiler says of one line in src/kernel, when the types are those of the core. */
const compile = (text: string): string => {
  const root = mkdtempSync(join(tmpdir(), 'sereno-core-'));
  try {
    for (const name of ['package.json', 'tsconfig.json', 'tsconfig.core.json', 'tools/core']) {
      cpSync(join(HOUSE, name), join(root, name), { recursive: true });
    }
    mkdirSync(join(root, 'src/kernel'), { recursive: true });
    writeFileSync(join(root, 'src/kernel/a.ts'), `${text}\nexport {};\n`);
    const arguments_ = ['--project', join(root, 'tsconfig.core.json'), '--incremental', 'false', '--pretty', 'false'];
    return spawnSync(join(HOUSE, 'node_modules/.bin/tsc'), arguments_, { encoding: 'utf8' }).stdout;
  } finally {
    rmSync(root, { recursive: true });
  }
};

const UNSAYABLE = [
  'process.exit(1);',
  "fetch('http://localhost');",
  "console.log('a');",
  'setTimeout(() => 1, 1);',
  'performance.now();',
  "Buffer.from('a');",
  "import 'node:fs';\nimport { readFileSync } from 'node:fs';\nreadFileSync('a');",
  "import { randomBytes } from 'node:crypto';\nrandomBytes(1);",
  'document.title;',
];

for (const text of UNSAYABLE) {
  test(`does not compile in the core: ${text.split('\n').at(-1) ?? ''}`, () => {
    assert.match(compile(text), /src\/kernel\/a\.ts\(\d+,\d+\): error/);
  });
}

test('the hash of the simulator compiles', () => {
  assert.equal(
    compile("import { createHash } from 'node:crypto';\ncreateHash('sha256').update('a').digest('hex');"),
    '',
  );
});

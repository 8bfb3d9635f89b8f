// The import table is only as good as what it catches: each violation seeded here must be found, and nothing else.

import assert from 'node:assert/strict';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { checkImports } from './imports.ts';

const HOUSE = join(import.meta.dirname, '..');

/** A clean tree with one module in each place that the cases import from. */
const CLEAN: Readonly<Record<string, string>> = {
  'src/kernel/noun.ts': 'export type Noun = string;\nexport const noun = 1;\n',
  'src/judge/assess.ts': "import type { Noun } from '#kernel/noun.ts';\nexport const assess = (it: Noun) => it;\n",
  'src/decide/choose.ts': 'export const choose = 1;\n',
  'src/duties/gate/gate.ts': 'export type Gate = 1;\nexport const gate = 1;\n',
  'src/duties/watch/watch.ts': "import { noun } from '#kernel/noun.ts';\nexport const watch = noun;\n",
  'src/ports/store.ts': 'export type Store = 1;\n',
  'src/ports/store.contract.ts': "import { test } from 'node:test';\nexport const contract = test;\n",
  'src/loop/crank.ts': "import { assess } from '#judge/assess.ts';\nexport const crank = assess;\n",
  'src/loop/crank.test.ts': "import fc from 'fast-check';\nimport { world } from '#sim/world.ts';\nfc.sample(world);\n",
  'src/sim/world.ts': "import { createHash } from 'node:crypto';\nexport const world = createHash;\n",
  'src/sim/main.ts': "import { readFileSync } from 'node:fs';\nexport const main = readFileSync;\n",
  'src/adapters/redis/redis.ts': "import { Redis } from 'ioredis';\nexport const redis = Redis;\n",
  'src/adapters/redis/redis.test.ts': "import { contract } from '#ports/store.contract.ts';\ncontract('a');\n",
  'src/adapters/sqlite/sqlite.ts': "import { readFileSync } from 'node:fs';\nexport const sqlite = readFileSync;\n",
  'src/api/wire.ts': 'export type Wire = 1;\nexport const wire = 1;\n',
  'src/server/serve.ts': "import { Hono } from 'hono';\nexport const serve = Hono;\n",
  'src/daemon/start.ts': "import { redis } from '#adapters/redis/redis.ts';\nexport const start = redis;\n",
  'src/cli/main.ts': "export const main = async () => await import('#daemon/start.ts');\n",
  'tools/a.ts': 'export const a = 1;\n',
  'web/src/app.tsx': "import type { Wire } from '#api/wire.ts';\nexport type App = Wire;\n",
};

const check = async (seeded: Readonly<Record<string, string>>): Promise<readonly string[]> => {
  const root = mkdtempSync(join(tmpdir(), 'sereno-imports-'));
  try {
    for (const name of ['package.json', 'tsconfig.json']) cpSync(join(HOUSE, name), join(root, name));
    symlinkSync(join(HOUSE, 'node_modules'), join(root, 'node_modules'));
    for (const [path, text] of Object.entries({ ...CLEAN, ...seeded })) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), text);
    }
    const report = await checkImports(root, join(HOUSE, '.dependency-cruiser.mjs'));
    assert.equal(report.seen, report.onDisk);
    return [...new Set(report.problems.map((it) => it.replace(/^.*\[([a-z-]+).*$/, '$1')))].toSorted();
  } finally {
    rmSync(root, { recursive: true });
  }
};

const VIOLATIONS: readonly (readonly [what: string, path: string, text: string, rules: readonly string[]])[] = [
  ['kernel imports a stage', 'src/kernel/a.ts', "import '#decide/choose.ts';", ['row-kernel']],
  ['kernel imports a type', 'src/kernel/a.ts', "import type { Gate } from '#duties/gate/gate.ts';", ['row-kernel']],
  ['kernel imports npm', 'src/kernel/a.ts', "import { z } from 'zod';", ['packages-kernel']],
  ['kernel imports Node', 'src/kernel/a.ts', "import 'node:fs';", ['no-node-in-the-core']],
  ['kernel imports Node lazily', 'src/kernel/a.ts', "await import('node:fs');", ['no-node-in-the-core']],
  ['a stage imports a stage', 'src/judge/a.ts', "import '#decide/choose.ts';", ['row-judge']],
  [
    'a stage imports a type in place',
    'src/judge/a.ts',
    "export type A = import('#ports/store.ts').Store;",
    ['row-judge'],
  ],
  ['a duty imports a stage', 'src/duties/watch/a.ts', "import '#judge/assess.ts';", ['row-duties']],
  ['a duty imports a duty', 'src/duties/watch/a.ts', "import '#duties/gate/gate.ts';", ['strangers-duties']],
  ['the same by a relative path', 'src/duties/watch/a.ts', "import '../gate/gate.ts';", ['strangers-duties']],
  ['a test of a duty imports a duty', 'src/duties/watch/a.test.ts', "import '../gate/gate.ts';", ['strangers-duties']],
  ['a file loose in duties', 'src/duties/a.ts', 'export const a = 1;', ['row']],
  ['the loop imports a duty', 'src/loop/a.ts', "import '#duties/gate/gate.ts';", ['row-loop']],
  ['the loop imports the simulator', 'src/loop/a.ts', "import '#sim/world.ts';", ['row-loop']],
  ['the simulator imports a stage', 'src/sim/a.ts', "import '#judge/assess.ts';", ['row-sim']],
  ['the simulated world uses its shell', 'src/sim/a.ts', "import './main.ts';", ['the-world-knows-no-shell']],
  ['the simulator reads files', 'src/sim/a.ts', "import 'node:fs';", ['only-crypto-in-the-sim']],
  ['an adapter imports an adapter', 'src/adapters/redis/a.ts', "import '../sqlite/sqlite.ts';", ['strangers-adapters']],
  ['an adapter uses a foreign driver', 'src/adapters/redis/a.ts', "import 'pg';", ['driver-redis']],
  ['an adapter without a row uses npm', 'src/adapters/sqlite/a.ts', "import 'pg';", ['driver-none']],
  ['an adapter imports the loop', 'src/adapters/redis/a.ts', "import '#loop/crank.ts';", ['row-adapters']],
  ['the server imports the daemon', 'src/server/a.ts', "import '#daemon/start.ts';", ['row-server']],
  ['the daemon imports the wire', 'src/daemon/a.ts', "import '#api/wire.ts';", ['row-daemon']],
  ['the command line imports an adapter', 'src/cli/a.ts', "import '#adapters/redis/redis.ts';", ['row-cli']],
  ['the command line, lazily', 'src/cli/a.ts', "await import('#server/serve.ts');", ['row-cli']],
  ['the dashboard imports the kernel', 'web/src/a.ts', "import '#kernel/noun.ts';", ['row-web']],
  ['the dashboard uses a server package', 'web/src/a.ts', "import 'hono';", ['packages-web']],
  ['the dashboard imports Node', 'web/src/a.ts', "import 'node:fs';", ['no-node-in-the-web']],
  ['a scenario imports the daemon', 'scenarios/a.ts', "import '#daemon/start.ts';", ['row-scenarios']],
  ['src imports a tool', 'src/kernel/a.ts', "import '../../tools/a.ts';", ['row-kernel']],
  ['a module imports a test', 'src/loop/a.ts', "import './crank.test.ts';", ['tests-are-leaves']],
  ['a module imports a contract', 'src/loop/a.ts', "import '#ports/store.contract.ts';", ['tests-are-leaves']],
  ['a test imports the server', 'src/loop/a.test.ts', "import '#server/serve.ts';", ['test-row-loop']],
  ['a test uses a tool of the house', 'src/loop/a.test.ts', "import 'esbuild';", ['test-packages-loop']],
  ['a folder without a row', 'src/utils/a.ts', 'export const a = 1;', ['row']],
  ['a file in no folder', 'src/a.ts', "import '#kernel/noun.ts';", ['folder-has-a-row', 'row']],
  ['an import that leads nowhere', 'src/kernel/a.ts', "import './nothing.ts';", ['found']],
];

test('a clean tree has no problems', async () => {
  assert.deepEqual(await check({}), []);
});

test('a cycle of types is a cycle', async () => {
  const seeded = {
    'src/kernel/a.ts': "import type { B } from './b.ts';\nexport type A = B | 1;",
    'src/kernel/b.ts': "import type { A } from './a.ts';\nexport type B = readonly A[];",
  };
  assert.deepEqual(await check(seeded), ['no-cycles']);
});

for (const [what, path, text, rules] of VIOLATIONS) {
  test(`found: ${what}`, async () => {
    assert.deepEqual(await check({ [path]: text }), rules);
  });
}

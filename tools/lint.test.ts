// The lint rules are only as good as what they catch: each file seeded here breaks one, and must be found by it.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';

const HOUSE = join(import.meta.dirname, '..');

const KIND = "type Kind = 'a' | 'b';\n";
const LATER = 'declare const later: () => Promise<number>;\n';

/** What is seeded, where, and the rule that must find it. */
const VIOLATIONS: readonly (readonly [path: string, text: string, rule: string])[] = [
  ['src/kernel/clock.ts', 'export const now = Date.now();', 'no-restricted-properties'],
  ['src/judge/chance.ts', 'export const chance = Math.random();', 'no-restricted-properties'],
  ['src/decide/precise.ts', 'export const now = performance.now();', 'no-restricted-globals'],
  ['src/duties/watch/timer.ts', 'setTimeout(() => 1, 1);', 'no-restricted-globals'],
  ['src/act/repeat.ts', 'setInterval(() => 1, 1);', 'no-restricted-globals'],
  ['src/learn/home.ts', 'export const home = process.env;', 'no-restricted-globals'],
  ['src/observe/reach.ts', "export const reach = fetch('http://localhost');", 'no-restricted-globals'],
  ['src/loop/log.ts', "console.log('a');", 'no-restricted-globals'],
  ['src/sim/wait.ts', 'export const wait = async () => 1;', 'no-async-await'],
  ['src/sim/promise.ts', 'export const wait = Promise.resolve(1);', 'no-restricted-globals'],
  ['src/sim/door.ts', 'export const door = globalThis;', 'no-restricted-globals'],
  ['src/server/float.ts', `${LATER}later();\nexport {};`, 'no-floating-promises'],
  ['src/server/misuse.ts', `${LATER}if (later()) throw new Error('a');\nexport {};`, 'no-misused-promises'],
  [
    'src/server/kinds.ts',
    `${KIND}export const f = (k: Kind) => { switch (k) { case 'a': return 1; } };`,
    'switch-exhaustiveness-check',
  ],
  ['src/server/any.ts', 'export const f = (a: any) => a;', 'no-explicit-any'],
  ['src/server/bang.ts', 'export const f = (a: string | null) => a!.length;', 'no-non-null-assertion'],
  ['src/server/throw.ts', "export const f = () => { throw 'a'; };", 'only-throw-error'],
  ['src/server/say.ts', "console.log('a');", 'no-console'],
  ['src/server/old.ts', "import fs from 'fs';\nexport const f = fs.readFileSync;", 'prefer-node-protocol'],
  ['src/server/default.ts', 'export default 1;', 'no-default-export'],
  ['src/server/text.ts', 'export const f = (a: object) => `${a}`;', 'no-base-to-string'],
  ['src/server/same.ts', 'export const f = (a: unknown) => a == 1;', 'eqeqeq'],
  [
    'src/server/silence.ts',
    '// oxlint-disable-next-line eqeqeq -- a reason\nexport const a = 1;',
    'unused oxlint-disable',
  ],
];

/** What looks like a violation and is none. */
const INNOCENT: Readonly<Record<string, string>> = {
  'src/kernel/clock.test.ts':
    'export const now = Date.now();\nexport const later = async () => await Promise.resolve(1);',
  'src/sim/main.ts': 'console.log(process.argv, Date.now());\nexport {};',
  'src/server/clock.ts': 'export const now = (): number => Date.now() + performance.now();',
  'src/kernel/process.ts':
    "export const process = 'api';\nexport const say = (it: { fetch: string }) => process + it.fetch;",
};

type Diagnostic = { readonly code?: string; readonly message: string; readonly filename: string };

const lint = (files: Readonly<Record<string, string>>): readonly string[] => {
  const root = mkdtempSync(join(tmpdir(), 'sereno-lint-'));
  try {
    for (const name of ['package.json', 'tsconfig.json', '.oxlintrc.json']) cpSync(join(HOUSE, name), join(root, name));
    symlinkSync(join(HOUSE, 'node_modules'), join(root, 'node_modules'));
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), text);
    }
    const run = spawnSync(join(HOUSE, 'node_modules/.bin/oxlint'), ['-f', 'json', '.'], {
      cwd: root,
      encoding: 'utf8',
    });
    const report: { readonly diagnostics: readonly Diagnostic[] } = JSON.parse(run.stdout);
    return report.diagnostics.map((it) => `${it.filename}: ${it.code ?? it.message}`);
  } finally {
    rmSync(root, { recursive: true });
  }
};

test('what is innocent is left alone', () => {
  assert.deepEqual(lint(INNOCENT), []);
});

test('each violation is found by its rule', () => {
  const found = lint(Object.fromEntries(VIOLATIONS));
  const missed = VIOLATIONS.filter(
    ([path, , rule]) => !found.some((it) => it.startsWith(path) && it.toLowerCase().includes(rule)),
  );
  assert.deepEqual(missed, [], `found were:\n${found.join('\n')}`);
});

// Tidy is only as good as what it catches: each violation seeded here must be found by its rule, and nothing else.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { tidy } from './tidy.ts';
import type { Baseline } from './tidy/baseline.ts';

const HEADER = '// A module of the test: it says what it is.\n';

const CLEAN: Readonly<Record<string, string>> = {
  'ARCHITECTURE.md': ['src', 'src/kernel', 'docs'].map((it) => `    ${it}/   a folder\n`).join(''),
  'docs/errors.md': '| code | means | mend |\n|---|---|---|\n| `not-found` | no such thing | look again |\n',
  'docs/decisions/README.md': '[one](0001-one.md)\n',
  'docs/decisions/0001-one.md': '# One\n\nStatus: accepted\n',
  'src/kernel/noun.ts': `${HEADER}export const noun = 1;\n`,
};

const check = (seeded: Readonly<Record<string, string>>, baseline: Baseline = {}): readonly string[] => {
  const files = { ...CLEAN, ...seeded };
  const house = { paths: Object.keys(files), read: (path: string) => files[path] ?? null };
  return tidy(house, ['not-found'], baseline).map((it) => `${it.path}:${it.line} ${it.rule}`);
};

/** One file in src/kernel; the findings are `line rule`. */
const checkText = (text: string, path = 'src/kernel/a.ts'): readonly string[] =>
  check({ [path]: text })
    .filter((it) => it.startsWith(path))
    .map((it) => it.slice(path.length + 1));

const lines = (count: number, line: string): string => `${line}\n`.repeat(count);
const inside = (body: string): string => `${HEADER}export const f = (a: number): void => {\n${body}\n};\n`;

test('a clean house has no findings', () => {
  assert.deepEqual(check({}), []);
});

const REFUSED: readonly (readonly [what: string, text: string, found: readonly string[]])[] = [
  ['401 lines', HEADER + lines(400, '//'), ['1 file-length']],
  ['a function of 61 lines', inside(lines(58, '// a') + '// b'), ['2 function-length']],
  ['five parameters', `${HEADER}export const f = (a: 1, b: 1, c: 1, d: 1, e: 1) => [a, b, c, d, e];`, ['2 parameters']],
  ['four levels', inside('for (;;) { while (a) { if (a) { try { f(a); } finally { f(1); } } } }'), ['2 depth']],
  ['an empty word', `${HEADER}export const siteUtils = 1;`, ['2 name']],
  ['a manager', `${HEADER}export class LeaseManager {}`, ['2 name']],
  ['data', `${HEADER}export type FlagData = 1;`, ['2 name']],
  ['a verb that says nothing', `${HEADER}export const handleEvent = () => 1;`, ['2 name']],
  ['no header', 'export const a = 1;', ['1 header']],
  ['a header that is no sentence', '// gate\nexport const a = 1;', ['1 header']],
  ['a default export', `${HEADER}export default 1;`, ['2 default-export']],
  ['a default function', `${HEADER}export default function f() {}`, ['2 default-export']],
  ['a re-export', `${HEADER}export { b } from './b.ts';`, ['2 re-export']],
  ['a re-export of all', `${HEADER}export * from './b.ts';`, ['2 re-export']],
  ['a re-export in two steps', `${HEADER}import { b } from './b.ts';\nexport { b };`, ['3 re-export']],
  ['any', `${HEADER}export const f = (a: any): unknown => a;`, ['2 any']],
  ['a non-null', `${HEADER}export const f = (a: string | null) => a!.length;`, ['2 non-null']],
  ['a definite field', `${HEADER}export class A { b!: string; }`, ['2 non-null']],
  ['a cast', `${HEADER}export const f = (a: unknown) => a as string;`, ['2 as']],
  ['a cast of the old kind', `${HEADER}export const f = (a: unknown) => <string>a;`, ['2 as']],
  ['a licence without a reason', `// decoder:\n${HEADER}export const f = (a: unknown) => a as string;`, ['3 as']],
  ['a licence two lines above', `${HEADER}// brand\n//\nexport const f = (a: unknown) => a as string;`, ['4 as']],
  [
    'a silencer without a reason',
    `${HEADER}// ${'ox'}lint-disable-next-line eqeqeq\nexport const a = 1;`,
    ['2 silencer'],
  ],
  ['ts-ignore', `${HEADER}// @ts-${'ignore'} because\nexport const a = 1;`, ['2 silencer']],
  ['ts-expect-error without a reason', `${HEADER}// @ts-expect-${'error'}\nexport const a = 1;`, ['2 silencer']],
  ['unfinished work', `${HEADER}// ${'TO'}${'DO'} later\nexport const a = 1;`, ['2 unfinished']],
  ['a crossing by path', `${HEADER}import { b } from '../judge/b.ts';\nexport const a = b;`, ['2 crossing']],
  ['a lazy crossing by path', `${HEADER}export const a = () => import('../../web/b.ts');`, ['2 crossing', '2 purity']],
  ['a neighbour by #', `${HEADER}import type { B } from '#kernel/b.ts';\nexport type A = B;`, ['2 crossing']],
  ['async', `${HEADER}export const f = async () => 1;`, ['2 purity']],
  ['a promise type', `${HEADER}export type F = Promise<1>;`, ['2 purity']],
  ['the Date of now', `${HEADER}export const f = () => new Date();`, ['2 purity']],
  ['Date as a function', `${HEADER}export const f = () => Date();`, ['2 purity']],
  ['a Date by parts', `${HEADER}export const f = () => new Date(2026, 1);`, ['2 purity']],
  ['Date handed on', `${HEADER}export const f = () => [Date];`, ['2 purity']],
  ['hours of the host', `${HEADER}export const f = (at: number) => new Date(at).getHours();`, ['2 purity']],
  ['words of the host', `${HEADER}export const f = (at: number) => at.toLocaleString();`, ['2 purity']],
];

for (const [what, text, found] of REFUSED) {
  test(`refused: ${what}`, () => assert.deepEqual(checkText(text), found));
}

const ALLOWED: readonly (readonly [what: string, text: string])[] = [
  ['400 lines', HEADER + lines(399, '//')],
  ['a function of 60 lines', inside(lines(57, '// a') + '// b')],
  [
    'three levels, and else if',
    inside('for (;;) { while (a) { if (a) f(1); else if (a > 1) f(2); else if (a > 2) f(3); } }'),
  ],
  ['levels of an inner function', inside('for (;;) { while (a) { if (a) { [a].map((b) => { if (b) f(b); }); } } }')],
  ['as const', `${HEADER}export const a = [1] as const;`],
  ['an import as', `${HEADER}import { b as c } from './b.ts';\nexport const a = c;`],
  ['a brand', `${HEADER}export const f = (a: unknown) => a as string; // brand`],
  [
    'a brand above',
    `${HEADER}// brand: the database counts in milliseconds\nexport const f = (a: unknown) => a as string;`,
  ],
  ['a brand behind the bracket', `${HEADER}export const f = (a: unknown) =>\n  g(\n    a as string,\n  ); // brand`],
  [
    'a decoder file',
    `// decoder: rows of the store become nouns\n\n${HEADER}export const f = (a: unknown) => a as string;`,
  ],
  ['a Date of an instant', `${HEADER}export const f = (at: number) => new Date(at).getUTCHours();`],
  ['a property called Promise', `${HEADER}export const f = (a: { Promise: 1 }) => a.Promise;`],
  [
    'a silencer with a reason',
    `${HEADER}// oxlint-disable-next-line eqeqeq -- null and undefined are one here\nexport const a = 1;`,
  ],
  ['a docstring as header', '/** A module of the test. It says what it is. */\nexport const a = 1;'],
];

for (const [what, text] of ALLOWED) {
  test(`allowed: ${what}`, () => assert.deepEqual(checkText(text), []));
}

test('tests and shells may know the time, and a suite may be long', () => {
  const clock = `${HEADER}export const now = async () => new Date();`;
  assert.deepEqual(checkText(clock, 'src/kernel/a.test.ts'), []);
  assert.deepEqual(checkText(clock, 'src/sim/main.ts'), []);
  assert.deepEqual(checkText(inside(lines(70, "test('a', f);")), 'src/kernel/a.contract.ts'), []);
});

const PATHS: readonly (readonly [path: string, found: readonly string[]])[] = [
  ['src/kernel/utils.ts', ['1 name']],
  ['src/kernel/textHelpers.ts', ['1 name']],
  ['src/kernel/common/a.ts', ['1 name']],
  ['src/kernel/types/a.ts', ['1 name']],
  ['src/kernel/index.ts', ['1 name']],
  ['src/kernel/service.ts', []],
  ['tools/core/crypto.ts', []],
];

for (const [path, found] of PATHS) {
  test(`the path ${path}`, () => assert.deepEqual(checkText(`${HEADER}export const a = 1;`, path), found));
}

test('files of other kinds are read for unfinished work only', () => {
  const text = `-- ${'FIX'}${'ME'}: any\n`;
  assert.deepEqual(checkText(text, 'docs/a.md'), ['1 unfinished']);
  assert.deepEqual(checkText(text, 'docs/a.sql'), ['1 unfinished']);
});

test('the map is compared both ways', () => {
  assert.deepEqual(check({ 'src/judge/a.ts': `${HEADER}export const a = 1;` }), ['ARCHITECTURE.md:1 map']);
  const drawn = `${CLEAN['ARCHITECTURE.md'] ?? ''}    src/judge/   a stage\n`;
  assert.deepEqual(check({ 'ARCHITECTURE.md': drawn }), ['ARCHITECTURE.md:1 map']);
});

test('the page of errors is compared both ways', () => {
  assert.deepEqual(check({ 'docs/errors.md': '' }), ['docs/errors.md:1 errors']);
  const extra = `${CLEAN['docs/errors.md'] ?? ''}| \`gone\` | a | b |\n`;
  assert.deepEqual(check({ 'docs/errors.md': extra }), ['docs/errors.md:1 errors']);
  assert.deepEqual(check({ 'docs/errors.md': '| `not-found` | a | |\n' }), ['docs/errors.md:1 errors']);
});

test('decisions are numbered, titled, linked', () => {
  const path = 'docs/decisions/0003-gap.md';
  const index = 'docs/decisions/README.md';
  assert.deepEqual(check({ [path]: '# Gap\n\nStatus: accepted\n' }), [`${path}:1 decisions`, `${index}:1 decisions`]);
  assert.deepEqual(check({ 'docs/decisions/0001-one.md': '# One\n' }), ['docs/decisions/0001-one.md:1 decisions']);
});

test('the ratchet pardons what was, refuses more, and is tightened', () => {
  const long = { 'src/kernel/a.ts': HEADER + lines(409, '//') };
  assert.deepEqual(check(long, { 'file-length src/kernel/a.ts': 410 }), []);
  assert.deepEqual(check(long, { 'file-length src/kernel/a.ts': 409 }), ['src/kernel/a.ts:1 file-length']);
  assert.deepEqual(check(long, { 'file-length src/kernel/a.ts': 411 }), ['tools/tidy.baseline.json:1 ratchet']);
  assert.deepEqual(check({}, { 'file-length src/kernel/a.ts': 410 }), ['tools/tidy.baseline.json:1 ratchet']);
});

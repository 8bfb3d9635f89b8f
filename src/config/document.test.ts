// Hostile documents: each ends as one problem with a place, quickly, and never as a throw.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ProblemCode } from '#kernel/problem.ts';
import { readDocument } from './document.ts';
import type { FileContent } from './files.ts';

const content = (text: string | Uint8Array): FileContent => ({
  kind: 'read',
  bytes: typeof text === 'string' ? new TextEncoder().encode(text) : text,
});

/** A machine that is busy with seven other things still reads any of these within this time. */
const PATIENCE_MS = 10_000;

const refuses = (name: string, text: string | Uint8Array, code: ProblemCode, says: RegExp): void => {
  test(`refuses ${name}`, () => {
    const before = performance.now();
    const { source, problems } = readDocument('x.yaml', content(text));
    assert.equal(source, null);
    assert.equal(problems[0]?.code, code, JSON.stringify(problems[0]));
    assert.match(problems[0]?.message ?? '', says);
    assert.equal(problems[0]?.place?.file, 'x.yaml');
    assert.ok((problems[0]?.place?.line ?? 0) >= 1 && (problems[0]?.place?.column ?? 0) >= 1);
    assert.ok(performance.now() - before < PATIENCE_MS);
  });
};

const bomb = [
  'a0: &a0 [x, x, x, x, x, x, x, x, x, x]',
  ...Array.from({ length: 12 }, (_, n) => `a${n + 1}: &a${n + 1} [${Array(10).fill(`*a${n}`).join(', ')}]`),
].join('\n');

refuses('an alias bomb', bomb, 'config-too-big', /aliases|too much/);
refuses('an alias of itself', 'a: &a [*a]', 'config-too-big', /nested too deeply/);
refuses('an alias without anchor', 'a: *b', 'config-syntax', /alias/i);
refuses('10,000 levels of lists', '['.repeat(10_000) + ']'.repeat(10_000), 'config-too-big', /nested too deeply/);
refuses('10,000 open lists', '['.repeat(10_000), 'config-too-big', /nested too deeply/);
refuses(
  '10,000 levels of blocks',
  Array.from({ length: 1_400 }, (_, n) => `${' '.repeat(n)}a:`).join('\n'),
  'config-too-big',
  /nested too deeply/,
);
refuses('not a number', 'a: .nan', 'config-syntax', /NaN/);
refuses('infinity', 'a: .inf', 'config-syntax', /Infinity/);
refuses('an integer that is infinite', `a: 1${'0'.repeat(400)}`, 'config-syntax', /Infinity/);
refuses('__proto__', 'a: { __proto__: { x: 1 } }', 'config-unknown-key', /__proto__/);
refuses('a key that is a list', '? [a, b]\n: 1', 'config-syntax', /key/);
refuses('invalid UTF-8', new Uint8Array([0x61, 0x3a, 0x20, 0xff, 0xfe]), 'config-syntax', /UTF-8/);
refuses('a NUL byte', 'a: 1\nb: \0', 'config-syntax', /NUL/);
refuses('tabs as indentation', 'a:\n\tb: 1', 'config-syntax', /tab/i);
refuses('a list at the top', '- a', 'config-wrong-type', /list/);
refuses('a word at the top', 'hello', 'config-wrong-type', /single value/);
refuses('two documents', 'a: 1\n---\nb: 1', 'config-syntax', /document/i);
refuses('an unclosed text', 'a: "b', 'config-syntax', /quote/i);
refuses('the same key twice', 'a: 1\nb: 2\na: 3', 'config-duplicate', /first on line 1/);
refuses('a binary tag', 'a: !!binary aGVsbG8=', 'config-syntax', /tag|special/i);
refuses('a file over the limit of values', `a: [${'1,'.repeat(400_000)}]`, 'config-too-big', /too much/);

test('100,000 keys in one block do not take quadratic time', () => {
  const keys = Array.from({ length: 100_000 }, (_, n) => `k${n}:`).join('\n');
  const before = performance.now();
  assert.equal(readDocument('x.yaml', content(keys)).problems.length, 0);
  assert.ok(performance.now() - before < PATIENCE_MS);
});

test('an empty file, and one with a byte order mark, are empty trees', () => {
  for (const text of ['', '# nothing', '\uFEFF', '---\n'])
    assert.deepEqual(readDocument('x.yaml', content(text)).source?.tree, {});
  assert.deepEqual(readDocument('x.yaml', content('\uFEFFa: 1')).source?.tree, { a: 1 });
});

test('constructor and toString are names like any other', () => {
  const { source } = readDocument('x.yaml', content('constructor: 1\ntoString: 2'));
  assert.deepEqual(Object.keys(source?.tree ?? {}), ['constructor', 'toString']);
});

test('places: of a value, of a key, of something missing, through an alias', () => {
  const { source } = readDocument('x.yaml', content('a:\n  b: [1, { c: 2 }]\nd: *x\n'.replace('b: [', 'b: &x [')));
  const at = (path: readonly (string | number)[], isKey = false): string => {
    const place = source?.locate(path, isKey);
    return `${place?.line}:${place?.column}`;
  };
  assert.deepEqual(
    [at(['a', 'b', 1, 'c']), at(['a', 'b'], true), at(['a', 'missing']), at(['d', 1, 'c']), at([])],
    ['2:18', '2:3', '1:1', '2:18', '1:1'],
  );
});

test('a value that needs quotes is one mistake, not one for each word that follows', () => {
  const text = 'a: { b: sum(rate(c[1m])) }\nd: { e: 1 }\nf: { g: 2 }\n';
  const { problems } = readDocument('x.yaml', content(text));
  assert.ok(problems.length < 6, String(problems.length));
  assert.deepEqual([...new Set(problems.map((it) => it.place?.line))], [1]);
  assert.match(problems[0]?.mend ?? '', /quotes/);
});

// Sources, templates and blessed files on a real disk: never from outside of their folder, never half written.

import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { promisify } from 'node:util';
import { canonical } from '#kernel/canonical.ts';
import type { Problem } from '#kernel/problem.ts';
import { blessedPath, foundAs, project, type Projected } from './projection.ts';
import { findWorkspace, openShelf, readSourceFile } from './sources.ts';
import { BLESSED_WORDING } from './yaml.ts';

const folder = mkdtempSync(join(tmpdir(), 'sereno-codex-'));
test.after(() => rmSync(folder, { recursive: true, force: true }));

const place = (name: string): string => {
  const path = join(folder, name);
  mkdirSync(path, { recursive: true });
  return path;
};

const said = (path: string, wording?: typeof BLESSED_WORDING): string => {
  const read = readSourceFile(path, wording);
  return 'problems' in read ? read.problems.map((it) => it.message).join() : canonical(read.value);
};

test('a source is read, or it is said why not', () => {
  const here = place('sources');
  const path = join(here, 'a.yaml');
  assert.equal(said(path), `Source file not found: ${path}`);
  assert.equal(
    said(path, BLESSED_WORDING),
    `Blessed config not found: ${path}. Run export first: sereno codex export <source.yaml>`,
  );
  writeFileSync(path, 'a: 1\n');
  assert.equal(said(path), '{"a":1}');
  assert.equal(said(join(path, 'below')), `Source file not found: ${join(path, 'below')}`);
  assert.equal(said(here), `${here} cannot be read: it is not a file`);
  writeFileSync(join(here, 'big.yaml'), Buffer.alloc(50 * 1_048_576, 'x'));
  assert.match(said(join(here, 'big.yaml')), /larger than 1048576 bytes/);
  writeFileSync(join(here, 'long.yaml'), `a: "${'x'.repeat(900_000)}"`);
  assert.equal(said(join(here, 'long.yaml')).length, 900_008);
  execFileSync('mkfifo', [join(here, 'pipe')]);
  assert.match(said(join(here, 'pipe')), /it is not a file/);
});

const refusal = (read: string | Problem | null): string =>
  read === null || typeof read === 'string' ? '' : read.message;

test('templates come from their folder and from nowhere else', () => {
  const root = place('shelf');
  const shelf = openShelf(join(root, 'templates'), () => ({ kind: 'mentions', partials: [] }));
  assert.deepEqual(shelf.list(), []);
  assert.equal(shelf.read('a.md'), null);
  place('shelf/templates/deep');
  writeFileSync(join(root, 'secret.md'), 'secret');
  writeFileSync(join(root, 'templates/a.md'), 'A');
  writeFileSync(join(root, 'templates/deep/b.md'), 'B');
  symlinkSync(join(root, 'secret.md'), join(root, 'templates/out.md'));
  symlinkSync(root, join(root, 'templates/up'));
  symlinkSync(join(root, 'templates/a.md'), join(root, 'templates/same.md'));
  writeFileSync(join(root, 'templates/.hidden.md'), 'hidden');
  assert.deepEqual(['a.md', 'deep/b.md', 'same.md'].map(shelf.read), ['A', 'B', 'A']);
  const outside = [
    'out.md',
    'up/secret.md',
    '../secret.md',
    'deep/../../secret.md',
    join(root, 'secret.md'),
    '.hidden.md',
    '',
    'a.md\0',
    'deep',
  ];
  assert.deepEqual(
    outside.slice(0, -1).map(shelf.read),
    outside.slice(0, -1).map(() => null),
  );
  assert.match(refusal(shelf.read('deep')), /cannot be read: it is not a file/);
  assert.deepEqual(
    shelf.list().filter((it) => !it.startsWith('up')),
    ['a.md', 'deep/b.md', 'out.md', 'same.md'],
  );
  assert.equal(shelf.where('a.md'), join(root, 'templates/a.md'));
  writeFileSync(join(root, 'templates/big.md'), 'x'.repeat(300_000));
  writeFileSync(join(root, 'templates/latin.md'), Buffer.from([0xe9]));
  assert.match(refusal(shelf.read('big.md')), /big\.md is larger than 262144 bytes/);
  assert.match(refusal(shelf.read('latin.md')), /latin\.md is not UTF-8/);
});

const blessed = (version: number): Projected => ({
  task_id: 'extract',
  prompt: 'Read\n{{ it }}\n',
  version,
  digest: 'ab',
});

test('a blessed file: keys in order, read-only, no trace of the writing', () => {
  const output = join(place('output'), 'llm_tasks');
  for (const version of [1, 2]) {
    const written = project(output, blessed(version));
    assert.deepEqual(written, {
      kind: 'written',
      path: blessedPath(output, 'extract'),
      bytes: statSync(blessedPath(output, 'extract')).size,
    });
    assert.equal(
      readFileSync(blessedPath(output, 'extract'), 'utf8'),
      `task_id: extract\nprompt: |\n  Read\n  {{ it }}\nversion: ${version}\ndigest: ab\n`,
    );
    assert.equal(statSync(blessedPath(output, 'extract')).mode & 0o777, 0o444);
    assert.deepEqual(readdirSync(output), ['extract.yaml']);
  }
});

test("what is read back: ours, newer, older, or nobody's", () => {
  const found = [
    { ...blessed(2) },
    blessed(3),
    blessed(1),
    { ...blessed(2), prompt: 'other' },
    { task_id: 'extract' },
    null,
    [],
  ];
  assert.deepEqual(
    found.map((it) => foundAs(it, blessed(2))),
    ['same', 'newer', 'older', 'other', 'other', 'other', 'other'],
  );
});

test('a name that is a path is a bug of the caller', () => {
  for (const name of ['../extract', 'a/b', '', '.'])
    assert.throws(() => project(place('names'), { ...blessed(1), task_id: name }), RangeError);
});

/** A program of its own that writes every second version, beginning with `first`; its outcomes. */
const writing = async (output: string, first: number): Promise<readonly string[]> => {
  const program = `import { project } from ${JSON.stringify(new URL('./projection.ts', import.meta.url).href)};
    for (let version = ${first}; version <= 200; version += 2) console.log(project(${JSON.stringify(output)}, { task_id: 'extract', version }).kind);`;
  const cwd = new URL('../../..', import.meta.url);
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', program], { cwd });
  return stdout.trim().split('\n');
};

test('several programs at once: the file is always whole, and nobody is refused', async () => {
  const output = place('many');
  const outcomes = await Promise.all([writing(output, 1), writing(output, 2), writing(output, 1)]);
  const kinds = new Set(outcomes.flat());
  assert.equal(outcomes.flat().length, 300);
  assert.ok(!kinds.has('refused') && kinds.has('written'), [...kinds].join());
  assert.match(said(blessedPath(output, 'extract')), /^\{"task_id":"extract","version":(199|200)\}$/);
  assert.deepEqual(readdirSync(output), ['extract.yaml']);
});

test('a link at its place is replaced, and not written through', () => {
  const output = place('linked');
  writeFileSync(join(output, 'victim'), 'mine');
  symlinkSync(join(output, 'victim'), join(output, 'extract.yaml'));
  assert.equal(project(output, blessed(1)).kind, 'written');
  assert.equal(readFileSync(join(output, 'victim'), 'utf8'), 'mine');
});

test('what the disk refuses is said, and nothing is left behind', () => {
  const output = place('refused');
  mkdirSync(join(output, 'extract.yaml'));
  const written = project(output, blessed(1));
  assert.match(
    written.kind === 'refused' ? (written.problems[0]?.message ?? '') : '',
    /extract\.yaml cannot be written: E(ISDIR|NOTEMPTY)/,
  );
  assert.deepEqual(readdirSync(output), ['extract.yaml']);
  writeFileSync(join(output, 'file'), '');
  const below = project(join(output, 'file', 'sub'), blessed(1));
  assert.match(below.kind === 'refused' ? (below.problems[0]?.message ?? '') : '', /cannot be written: ENOTDIR/);
});

const skip = process.getuid?.() === 0 ? 'root may write everywhere: the refusal cannot be provoked' : false;

test('a folder that may not be written', { skip }, () => {
  const output = place('locked');
  chmodSync(output, 0o555);
  const written = project(output, blessed(1));
  chmodSync(output, 0o755);
  assert.match(
    written.kind === 'refused' ? (written.problems[0]?.mend ?? '') : '',
    /let the user who runs Sereno write there/,
  );
});

test('a disk that takes no more: nothing is left behind', () => {
  const output = place('full');
  // A limit on the size of files ends the writing in its middle, as a full disk does, and needs no disk of our own.
  const program = `import { project } from ${JSON.stringify(new URL('./projection.ts', import.meta.url).href)};
    const written = project(${JSON.stringify(output)}, { task_id: 'extract', prompt: 'x'.repeat(200000), version: 1 });
    console.log(written.kind, written.problems?.[0]?.message);`;
  const out = execFileSync(
    'bash',
    ['-c', 'trap "" XFSZ; ulimit -f 64; exec "$0" --input-type=module -e "$1"', process.execPath, program],
    {
      encoding: 'utf8',
      cwd: new URL('../../..', import.meta.url),
    },
  );
  assert.match(out, /refused .*cannot be written: EFBIG/);
  assert.deepEqual(readdirSync(output), []);
});

test('the workspace is the nearest folder that has both marks', () => {
  const root = place('work');
  const deep = place('work/a/b');
  assert.equal(findWorkspace(deep), null);
  place('work/modules');
  assert.equal(findWorkspace(deep), null);
  place('work/llm_framework');
  assert.equal(findWorkspace(deep), root);
  assert.equal(findWorkspace(root), root);
});

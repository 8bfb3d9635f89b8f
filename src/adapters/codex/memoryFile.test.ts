// The memory of a reader and the heads beside a log, as files: whole or refused, and no version twice.

import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { digest } from '#kernel/codex.ts';
import { instant } from '#kernel/time.ts';
import { DISK } from './fileSystem.ts';
import { groundAt, prepare } from './ground.ts';
import { readHeadFile, writeHeadFile } from './heads.ts';
import { readMemory, writeMemory, type Memory } from './memoryFile.ts';

const folder = mkdtempSync(join(tmpdir(), 'sereno-memory-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const memory: Memory = {
  firstRoot: digest('a'.repeat(64)),
  rootVersion: 2,
  head: { version: 3, expires: instant(1_000), seq: 7, digest: digest('b'.repeat(64)) },
  log: { seq: 8, hash: digest('c'.repeat(64)) },
};

test('what was believed comes back as it was; nothing is believed of a file of another kind', () => {
  const path = join(folder, 'deep', 'memory.json');
  assert.deepEqual(readMemory(path), { kind: 'none' });
  assert.equal(writeMemory(path, memory), null);
  assert.deepEqual(readMemory(path), { kind: 'read', memory });
  const whole = readFileSync(path, 'utf8');
  const others = [
    '',
    '{}',
    'null',
    '[]',
    whole.slice(0, -3),
    whole.replace('"seq":8', '"seq":-8'),
    whole.replace('"seq":7', '"seq":"7"'),
  ];
  for (const text of others) {
    writeFileSync(path, text);
    const read = readMemory(path);
    assert.ok(read.kind === 'failed' && read.problem.code === 'codex-damaged', text);
  }
});

test('a version of a head belongs to whoever is first; the newest ten are kept', () => {
  const directory = join(folder, 'codex');
  prepare(groundAt(DISK, directory));
  assert.deepEqual(readHeadFile(directory), { kind: 'none' });
  for (let version = 1; version <= 12; version += 1)
    assert.deepEqual(writeHeadFile(directory, { version, text: `head ${version}` }), { kind: 'written' });
  assert.deepEqual(writeHeadFile(directory, { version: 12, text: 'another' }), { kind: 'taken' });
  const read = readHeadFile(directory);
  assert.ok(read.kind === 'read' && read.file.version === 12 && read.file.text === 'head 12');
  assert.equal(readdirSync(join(directory, 'heads')).length, 10);
  assert.deepEqual(readdirSync(join(directory, 'tmp')), []);
});

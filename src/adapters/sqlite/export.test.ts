// An export is verified with nothing but its file, and every changed line of it is found.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { verifyExport } from './export.ts';
import { grow, makeGround, mustOpen } from './ground.ts';

const COUNT = 230;

/** The lines of an export of 230 records, the last of them signed. */
const makeLines = (from = 1): readonly string[] => {
  const ground = makeGround();
  const first = mustOpen(ground);
  grow(first, COUNT);
  first.close();
  const store = mustOpen(ground);
  const lines = [...store.exportLines(from)];
  store.close();
  ground.clear();
  return lines;
};

const LINES = makeLines();

const check = (lines: readonly string[], badSeq: number | null, detail: RegExp): void => {
  const ground = makeGround();
  const path = join(ground.directory, 'evidence.jsonl');
  writeFileSync(path, lines.map((line) => `${line}\n`).join(''));
  const verification = verifyExport(path);
  ground.clear();
  assert.equal(verification.badSeq, badSeq, verification.detail);
  assert.equal(verification.isIntact, badSeq === null);
  assert.match(verification.detail, detail);
};

/** Line 0 is the header, so record n stands in line n as long as no checkpoint comes before it. */
const without = (index: number): readonly string[] => LINES.filter((_, at) => at !== index);
const changed = (index: number, change: (line: string) => string): readonly string[] =>
  LINES.map((line, at) => (at === index ? change(line) : line));

describe('verifyExport', () => {
  it('holds for what was exported, and for a part of it', () => {
    assert.equal(LINES.length, 1 + COUNT + 1 + 1);
    check(LINES, null, /^230 records and 1 signatures hold, key [0-9a-f]{64}$/);
    check(makeLines(200), null, /^31 records/);
  });

  it('gives each record as the bytes that were hashed, so that any SHA-256 can check it', () => {
    const line = LINES[7] ?? '';
    const it = JSON.parse(line);
    const bytes = line.slice(line.indexOf('"record":') + 9, -1);
    assert.equal(createHash('sha256').update(bytes).digest('hex'), it.hash);
    assert.equal(it.record.seq, 7);
  });

  const cases: readonly (readonly [string, readonly string[], number, RegExp])[] = [
    ['a word is changed', changed(31, (line) => line.replace('230 ms', '231 ms')), 31, /record 31 was changed/],
    ['a line is removed', without(100), 100, /record 100 is missing/],
    ['a line is doubled', LINES.flatMap((line, at) => (at === 9 ? [line, line] : [line])), 9, /record 9 was inserted/],
    [
      'two lines are swapped',
      [...LINES.slice(0, 50), LINES[51] ?? '', LINES[50] ?? '', ...LINES.slice(52)],
      50,
      /50 is/,
    ],
    ['a line is no JSON', changed(20, () => '{"hash":'), 20, /after record 19 cannot be read/],
    ['the end is missing', LINES.slice(0, -1), 231, /breaks off after record 230/],
    ['it breaks off', LINES.slice(0, 77), 77, /breaks off after record 76/],
    ['the end is cut and put on again', [...LINES.slice(0, 77), LINES.at(-1) ?? ''], 77, /end with record 230/],
    ['something follows the end', [...LINES, LINES[1] ?? ''], 231, /goes on after its end/],
    [
      'a signature is changed',
      changed(231, (line) => line.replace(/"signature":"../, '"signature":"AA')),
      230,
      /signature/,
    ],
    ['it is something else', ['{"kind":"other"}'], 1, /no evidence export/],
    ['it is empty', [], 1, /no evidence export/],
  ];
  for (const [says, lines, badSeq, detail] of cases) {
    it(`names record ${badSeq} when ${says}`, () => check(lines, badSeq, detail));
  }

  it('tells whose key it is when the key is known from elsewhere', () => {
    const ground = makeGround();
    const path = join(ground.directory, 'evidence.jsonl');
    writeFileSync(path, `${LINES.join('\n')}\n`);
    const keyId: unknown = JSON.parse(LINES[0] ?? '').keyId;
    assert.equal(typeof keyId === 'string' && verifyExport(path, keyId).isIntact, true);
    assert.match(verifyExport(path, 'f'.repeat(64)).detail, /another key/);
    assert.equal(verifyExport(join(ground.directory, 'missing')).isIntact, false);
    assert.equal(readFileSync(path, 'utf8').split('\n').length, LINES.length + 1);
    ground.clear();
  });
});

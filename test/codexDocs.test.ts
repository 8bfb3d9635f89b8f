// The first ten minutes with the codex, run as they are written in docs/codex-first-minutes.md.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import test from 'node:test';
import { BIN } from './codex/town.ts';

const PAGE = readFileSync(join(import.meta.dirname, '..', 'docs', 'codex-first-minutes.md'), 'utf8');

type Block = { readonly kind: string; readonly text: string };

const blocks = (): readonly Block[] =>
  [...PAGE.matchAll(/^```(sh|text)\n([\s\S]*?)^```$/gm)].map(([, kind = '', text = '']) => ({ kind, text }));

/** A line of the page; `…` stands for anything. */
const patternOf = (line: string): RegExp =>
  new RegExp(
    line
      .split('…')
      .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`))
      .join('.*'),
    'm',
  );

test('the first ten minutes say what the page says', { timeout: 300_000 }, () => {
  const place = mkdtempSync(join(tmpdir(), 'sereno-codex-docs-'));
  test.after(() => rmSync(place, { recursive: true, force: true }));
  const tools = join(place, 'tools');
  const folder = join(place, 'first');
  for (const it of [tools, folder]) mkdirSync(it);
  writeFileSync(join(tools, 'sereno'), `#!/bin/sh\nexec "${process.execPath}" "${BIN}" "$@"\n`);
  chmodSync(join(tools, 'sereno'), 0o755);
  const env = { ...process.env, PATH: [tools, dirname(process.execPath), process.env['PATH']].join(delimiter) };
  let said = '';
  let ran = 0;
  for (const { kind, text } of blocks()) {
    if (kind === 'sh') {
      said = execFileSync('sh', ['-e', '-c', `exec 2>&1\n${text}`], { cwd: folder, env, encoding: 'utf8' });
      ran += 1;
    } else for (const line of text.trimEnd().split('\n')) assert.match(said, patternOf(line));
  }
  assert.ok(ran >= 8, `only ${ran} blocks were run`);
});

// A folder with a codex for end-to-end tests: a configuration, sources, keys, and the command line on all of that.
// decoder: answers of the command line are read as the views that they print

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after } from 'node:test';

const BIN = join(import.meta.dirname, '..', '..', 'bin', 'sereno.js');

export type Said = { readonly code: number | null; readonly out: string; readonly err: string };

const benches = new Set<Bench>();

after(() => {
  for (const bench of benches) bench.clear();
});

export class Bench {
  readonly directory = mkdtempSync(join(tmpdir(), 'sereno-codex-'));
  readonly state = join(this.directory, '.sereno');

  constructor() {
    benches.add(this);
  }

  write(path: string, text: string): string {
    const full = join(this.directory, path);
    mkdirSync(dirname(full), { recursive: true });
    writeFileSync(full, text);
    return full;
  }

  read(path: string): string {
    return readFileSync(join(this.directory, path), 'utf8');
  }

  /** Runs `sereno codex …` to its end. */
  run(...words: readonly string[]): Promise<Said> {
    return new Promise((resolve) => {
      const stdio = ['ignore', 'pipe', 'pipe'] as const;
      const child = spawn(process.execPath, [BIN, 'codex', ...words], { cwd: this.directory, stdio: [...stdio] });
      let [out, err] = ['', ''];
      child.stdout?.on('data', (part) => (out += String(part)));
      child.stderr?.on('data', (part) => (err += String(part)));
      child.on('close', (code) => resolve({ code, out, err }));
    });
  }

  async must(...words: readonly string[]): Promise<string> {
    const { code, out, err } = await this.run(...words);
    assert.equal(code, 0, `${words.join(' ')}: ${out}${err}`);
    return out;
  }

  /** What it refuses, with the code of the problem and the exit code 1 unless told otherwise. */
  async refused(problemCode: string, words: readonly string[], exit = 1): Promise<string> {
    const { code, out, err } = await this.run(...words);
    assert.equal(code, exit, `${words.join(' ')}: ${out}${err}`);
    assert.match(err, new RegExp(`\\[${problemCode}\\]`), words.join(' '));
    return err;
  }

  async json<T>(...words: readonly string[]): Promise<T> {
    return JSON.parse(await this.must('--format', 'json', ...words)) as T;
  }

  clear(): void {
    benches.delete(this);
    rmSync(this.directory, { recursive: true, force: true });
  }
}

export const task = (id: string, title: string): string => `task_id: ${id}
title: ${title}
model: { model_id: gemma3:1b }
generation_config: { temperature: 0.1, max_tokens: 800 }
prompt_template: Describe the posting in three sentences.
`;

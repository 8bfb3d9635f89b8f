// A desk for tests of `sereno codex`: a folder with a configuration, and the real program that works in it.
// decoder: answers of the command line are read as the looks that they print

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const BIN = join(import.meta.dirname, '..', '..', 'bin', 'sereno.js');

export type Ran = { readonly code: number | null; readonly out: string; readonly err: string };

export type Desk = {
  readonly folder: string;
  readonly write: (path: string, text: string) => void;
  readonly run: (...words: readonly string[]) => Promise<Ran>;
  /** Fails the test when the command does; what it printed. */
  readonly must: (...words: readonly string[]) => Promise<string>;
  readonly json: <T>(...words: readonly string[]) => Promise<T>;
  /** How many entries the log has. */
  readonly entries: () => number;
  readonly remove: () => void;
};

/** Makes a folder that holds nothing yet. `env` is laid over the environment of every command. */
export const makeDesk = (env: Readonly<Record<string, string>> = {}): Desk => {
  const folder = mkdtempSync(join(tmpdir(), 'sereno-codex-desk-'));
  const write = (path: string, text: string): void => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  };
  const run = (...words: readonly string[]): Promise<Ran> =>
    new Promise((resolve) => {
      const child = spawn(process.execPath, [BIN, 'codex', ...words], {
        cwd: folder,
        env: { ...process.env, ...env },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      let [out, err] = ['', ''];
      child.stdout.on('data', (part) => (out += String(part)));
      child.stderr.on('data', (part) => (err += String(part)));
      child.on('close', (code) => resolve({ code, out, err }));
    });
  const must = async (...words: readonly string[]): Promise<string> => {
    const { code, out, err } = await run(...words);
    assert.equal(code, 0, `${words.join(' ')}: ${out}${err}`);
    return out;
  };
  const json = async <T>(...words: readonly string[]): Promise<T> =>
    JSON.parse((await run('--format', 'json', ...words)).out) as T;
  const entries = (): number => {
    const log = join(folder, '.sereno/codex/log');
    return readdirSync(log, { recursive: true, encoding: 'utf8' }).filter((it) => it.endsWith('.json')).length;
  };
  return { folder, write, run, must, json, entries, remove: () => rmSync(folder, { recursive: true, force: true }) };
};

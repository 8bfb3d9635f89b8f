// A town with a codex for end-to-end tests: a folder with a configuration, sources and templates, and the real command on it.
// decoder: what the command prints as JSON is read as what it says that it is

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after } from 'node:test';

export const BIN = join(import.meta.dirname, '..', '..', 'bin', 'sereno.js');

/** An item that has a template by the mapping, and one that carries its own prompt. */
export const MAPPED = 'ty_extract_concise_description';
export const PLAIN = 'extract_skills';

const CONFIG = `sereno: 1
site: town
people: { ana: {}, ben: {}, cleo: {} }
codex: { blessers: [ana, ben], threshold: 1 }
policy: { autonomy: 1, allow: [] }
`;

/** A source that is right; `changes` are laid over by text. */
export const sourceOf = (item: string, more = ''): string => `task_id: ${item}
title: A description of a posting
model: { model_id: gemma3:1b }
generation_config: { temperature: 0.1, max_tokens: 800 }
input_schema: [{ name: posting, type: string }]
${more}`;

export const PROMPT = 'prompt_template: "Say in three sentences what {{ posting }} asks for."\n';

export type Ran = {
  readonly code: number | null;
  readonly signal: string | null;
  readonly out: string;
  readonly err: string;
  readonly tookMs: number;
  /** What the process had of memory at its highest; null when it was killed before it could say so. */
  readonly peakMb: number | null;
  /** Processor time, user and system. */
  readonly cpuMs: number | null;
};

/**
 * A process tells at its end what it used; written as an address so that nothing is loaded from a file. Not `maxRSS`: that
 * begins with what the program had that started it.
 */
const TELL = `import{readFileSync as r,writeFileSync as w}from'node:fs';process.on('exit',()=>{const u=process.resourceUsage();w(process.env.SERENO_USAGE,JSON.stringify([Number(/VmHWM:\\s+(\\d+)/.exec(r('/proc/self/status','utf8'))[1])/1024,(u.userCPUTime+u.systemCPUTime)/1000]))})`;

export type Spawned = {
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  readonly uid?: number;
  /** A program and its words before the command, such as strace. */
  readonly under?: readonly string[];
};

/** Ends what never ends; nothing here takes a tenth of it. */
const PATIENCE_MS = 120_000;

let towns = 0;

export class CodexTown {
  readonly folder = mkdtempSync(join(tmpdir(), 'sereno-codex-town-'));
  #runs = 0;

  constructor(config: string | null = CONFIG) {
    towns += 1;
    after(() => rmSync(this.folder, { recursive: true, force: true }));
    if (config !== null) this.write('sereno.yaml', config);
    this.write('templates/concise_description.md', 'Describe {{ posting }} in three sentences.\nNothing else.\n');
  }

  path(...names: readonly string[]): string {
    return join(this.folder, ...names);
  }

  write(name: string, text: string | Uint8Array): string {
    const path = this.path(name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    return path;
  }

  /** Runs `sereno codex …` in the folder, to its end. */
  run(...words: readonly string[]): Promise<Ran> {
    return this.runWith({}, ...words);
  }

  runWith({ env, cwd, uid, under = [] }: Spawned, ...words: readonly string[]): Promise<Ran> {
    this.#runs += 1;
    const usage = join(tmpdir(), `sereno-usage-${process.pid}-${towns}-${this.#runs}`);
    const [program = '', ...rest] = [...under, process.execPath, BIN, 'codex', ...words];
    const began = performance.now();
    return new Promise((resolve) => {
      const child = spawn(program, rest, {
        cwd: cwd ?? this.folder,
        ...(uid === undefined ? {} : { uid, gid: uid }),
        env: {
          ...process.env,
          NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(TELL)}`,
          SERENO_USAGE: usage,
          ...env,
        },
        stdio: ['ignore', 'pipe', 'pipe'],
        timeout: PATIENCE_MS,
        killSignal: 'SIGKILL',
      });
      let [out, err] = ['', ''];
      child.stdout.setEncoding('utf8').on('data', (part: string) => (out += part));
      child.stderr.setEncoding('utf8').on('data', (part: string) => (err += part));
      child.on('close', (code, signal) => {
        const [peakMb, cpuMs] = takeUsage(usage);
        resolve({ code, signal, out, err, tookMs: performance.now() - began, peakMb, cpuMs });
      });
    });
  }

  /** Runs it, and fails unless it ends well. */
  async must(...words: readonly string[]): Promise<string> {
    const { code, out, err } = await this.run(...words);
    assert.equal(code, 0, `${words.join(' ')}: ${out}${err}`);
    return out;
  }

  async json<T>(...words: readonly string[]): Promise<T> {
    return JSON.parse(await this.must('--format', 'json', ...words)) as T;
  }

  /** Every file in the folder but what `except` names, with its mode and its content: what "nothing is written" means. */
  snapshot(except: readonly string[] = []): ReadonlyMap<string, string> {
    const names = readdirSync(this.folder, { recursive: true, encoding: 'utf8' }).toSorted();
    return new Map(
      names.filter((name) => !except.includes(name)).map((name) => [name, fingerprint(this.path(name))] as const),
    );
  }
}

const fingerprint = (path: string): string => {
  const status = lstatSync(path);
  const content = status.isFile() ? createHash('sha256').update(readFileSync(path)).digest('hex') : 'folder';
  return `${status.mode.toString(8)} ${content}`;
};

const takeUsage = (path: string): readonly [number | null, number | null] => {
  if (!existsSync(path)) return [null, null];
  const [peakMb, cpuMs] = JSON.parse(readFileSync(path, 'utf8')) as [number, number];
  rmSync(path);
  return [peakMb, cpuMs];
};

// Benchmark of the codex, first part: one export, as a whole command and in process, beside a bare Node and the same in Python.

import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readSite } from '#config/readSite.ts';
import { openCodexDesk } from '#daemon/codex/desk.ts';
import { exportSource } from '#daemon/codex/export.ts';
import { instant } from '#kernel/time.ts';
import { quantile } from './measure.ts';

const BIN = join(import.meta.dirname, '..', 'bin', 'sereno.js');
const DIST = join(import.meta.dirname, '..', 'dist', 'sereno.js');
const PYTHON = join(import.meta.dirname, 'codexExport.py');

const RUNS = 15;
const EXPORTS = 1_000;

const GOAL_COMMAND_MS = 100;
const GOAL_MEMORY_MB = 10;
const GOAL_P99_MS = 10;

const SOURCE = `task_id: ty_extract_concise_description
title: A concise description of a job
model: { model_id: gemma3:1b }
generation_config: { temperature: 0.1, max_tokens: 800 }
parameters: { tone: plain }
input_schema: [{ name: posting, type: string }]
expected_behavior: Three sentences.
`;
const TEMPLATE = `${'Read the posting below and describe what the job is about, in sentences that stand by themselves. '.repeat(16)}
Write in a {{ tone }} tone.
The posting:
{{ posting }}
`;

export type CodexTown = { readonly folder: string; readonly source: string };

/** A folder with a configuration, a source and its template of about 2 KB. */
export const makeTown = (folder: string): CodexTown => {
  const source = join(folder, 'ty_log', 'concise.yaml');
  for (const name of ['ty_log', 'templates']) mkdirSync(join(folder, name), { recursive: true });
  writeFileSync(
    join(folder, 'sereno.yaml'),
    'sereno: 1\nsite: bench\npeople: { ana: {} }\ncodex: { blessers: [ana] }\n',
  );
  writeFileSync(source, SOURCE);
  writeFileSync(join(folder, 'templates', 'concise_description.md'), TEMPLATE);
  return { folder, source };
};

export type Used = { readonly wallMs: number; readonly cpuMs: number; readonly peakMb: number };

/** A process of Node tells at its end what it used. Not `maxRSS`: that begins with what the program had that started it. */
const TELL = `import{readFileSync as r,writeFileSync as w}from'node:fs';process.on('exit',()=>{const u=process.resourceUsage();w(process.env.SERENO_USAGE,JSON.stringify([Number(/VmHWM:\\s+(\\d+)/.exec(r('/proc/self/status','utf8'))[1])/1024,(u.userCPUTime+u.systemCPUTime)/1000]))})`;

/** Runs a program to its end; null when it ended badly. */
const measured = (cwd: string, program: string, words: readonly string[]): Used | null => {
  const usage = join(tmpdir(), `sereno-bench-usage-${process.pid}`);
  const env = {
    ...process.env,
    SERENO_USAGE: usage,
    NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(TELL)}`,
  };
  const began = performance.now();
  const { status } = spawnSync(program, words, { cwd, env, stdio: 'ignore' });
  const wallMs = performance.now() - began;
  if (status !== 0 || !existsSync(usage)) return null;
  const [peakMb = 0, cpuMs = 0]: readonly number[] = JSON.parse(readFileSync(usage, 'utf8'));
  rmSync(usage);
  return { wallMs, cpuMs, peakMb };
};

const medianOf = (all: readonly Used[]): Used => ({
  wallMs: quantile(
    all.map(({ wallMs }) => wallMs),
    0.5,
  ),
  cpuMs: quantile(
    all.map(({ cpuMs }) => cpuMs),
    0.5,
  ),
  peakMb: quantile(
    all.map(({ peakMb }) => peakMb),
    0.5,
  ),
});

/** Several programs in turn, so that what else the machine does falls on all of them; null: it cannot be run here. */
export const inTurn = (
  cwd: string,
  programs: readonly (readonly [program: string, ...words: string[]])[],
  runs = RUNS,
): readonly (Used | null)[] => {
  const all: Used[][] = programs.map(() => []);
  for (let run = 0; run <= runs; run += 1) {
    for (const [at, [program, ...words]] of programs.entries()) {
      const used = measured(cwd, program, words);
      if (used !== null && run > 0) all[at]?.push(used); // the first round warms the caches of files
    }
  }
  return all.map((used) => (used.length === 0 ? null : medianOf(used)));
};

const row = (name: string, used: Used | null, more = ''): string =>
  used === null
    ? `| ${name} | cannot be run here | | | ${more} |`
    : `| ${name} | ${used.wallMs.toFixed(0)} ms | ${used.cpuMs.toFixed(0)} ms | ${used.peakMb.toFixed(1)} MB | ${more} |`;

const verdict = (isMet: boolean): string => (isMet ? 'met' : '**missed**');

/** The whole command, from the shell to its end. */
export const benchCommand = (place: string): void => {
  if (!existsSync(DIST)) throw new Error('dist/ is missing: node tools/build.ts');
  const { folder, source } = makeTown(mkdtempSync(join(place, 'command-')));
  const [bare = null, help = null, exported = null, python = null] = inTurn(folder, [
    [process.execPath, '-e', '0'],
    [process.execPath, BIN, '--version'],
    [process.execPath, BIN, 'codex', 'export', source],
    ['python3', PYTHON, folder, source],
  ]);
  console.log(
    '\n| whole command, medians | wall | processor time | memory at its highest | goal |\n|---|---|---|---|---|',
  );
  console.log(row('a bare Node: `node -e 0`', bare));
  console.log(row('`sereno --version`', help));
  const overMb = (exported?.peakMb ?? Number.NaN) - (bare?.peakMb ?? Number.NaN);
  console.log(
    row(
      '`sereno codex export`',
      exported,
      `< ${GOAL_COMMAND_MS} ms: ${verdict((exported?.wallMs ?? Number.NaN) < GOAL_COMMAND_MS)}; < ${GOAL_MEMORY_MB} MB above a bare Node: ${overMb.toFixed(1)} MB, ${verdict(overMb < GOAL_MEMORY_MB)}`,
    ),
  );
  console.log(row('the same in Python, without log, history and limits', python));
};

const pythonTimes = ({
  folder,
  source,
}: CodexTown): { readonly yaml: string; readonly ms: readonly number[] } | null => {
  const { status, stdout } = spawnSync('python3', [PYTHON, folder, source, '--times', String(EXPORTS)], {
    encoding: 'utf8',
  });
  return status === 0 ? JSON.parse(stdout) : null;
};

const percentiles = (name: string, ms: readonly number[], goal = ''): void => {
  const [p50, p99, max] = [0.5, 0.99, 1].map((share) => quantile(ms, share).toFixed(2));
  console.log(`| ${name} | ${p50} ms | ${p99} ms | ${max} ms | ${goal} |`);
};

/** One export after the other in one process, all of it: YAML, template, digest, object, log, file, read back; durable. */
export const benchInProcess = (place: string): void => {
  const town = makeTown(mkdtempSync(join(place, 'process-')));
  const file = join(town.folder, 'sereno.yaml');
  const { site } = readSite({ file, env: {}, now: instant(Date.now()) });
  if (site === null || site.codex === null) throw new Error('the configuration of the benchmark is not one');
  const desk = openCodexDesk(site.codex, join(town.folder, '.sereno'));
  const work = { file: town.source, by: { name: 'bench', kind: 'system' }, why: null } as const;
  const ms = Array.from({ length: EXPORTS }, () => {
    const began = performance.now();
    exportSource(desk, { ...work, now: instant(Date.now()) });
    return performance.now() - began;
  });
  console.log(`\n| ${EXPORTS} exports in one process, durable | p50 | p99 | max | goal |\n|---|---|---|---|---|`);
  percentiles('Sereno', ms, `p99 < ${GOAL_P99_MS} ms: ${verdict(quantile(ms, 0.99) < GOAL_P99_MS)}`);
  const python = pythonTimes(town);
  if (python === null) console.log('| Python | no python3 with PyYAML here | | | |');
  else percentiles(`Python (${python.yaml} PyYAML), one file, no log`, python.ms);
};

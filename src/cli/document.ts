// A document of lines, on standard output or in a file: whole, or not at all.

import { closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { visible } from '#api/visible.ts';
import { EXIT, problem, type ExitCode } from '#kernel/problem.ts';
import type { Setting } from './command.ts';
import { failWith } from './failing.ts';

/** Hands over the lines, without line ends, and says how it went; what is not `ok` leaves no file. */
export type Produce = (line: (text: string) => void) => Promise<ExitCode>;

/** Writes beside the file and renames, so that half a document never looks like a whole one. */
const writeWhole = async (setting: Setting, file: string, produce: Produce): Promise<ExitCode> => {
  const draft = `${file}.part`;
  // Evidence may name people: only the owner reads the copy.
  const descriptor = openSync(draft, 'w', 0o600);
  let exit: ExitCode = EXIT.failed;
  try {
    exit = await produce((text) => void writeSync(descriptor, `${text}\n`));
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
    if (exit === EXIT.ok) renameSync(draft, file);
    else rmSync(draft, { force: true });
  }
  if (exit === EXIT.ok) setting.terminal.err(`written to ${visible(file)}`);
  return exit;
};

/** Puts a document where the option `--output` says; `file` is its value, or nothing for standard output. */
export const deliver = async (setting: Setting, file: unknown, produce: Produce): Promise<ExitCode> => {
  const { settings, terminal } = setting;
  if (typeof file !== 'string') return produce(terminal.out);
  if (existsSync(file) && !settings.isYes) {
    const mend = '--yes replaces it';
    return failWith(setting, [problem('bad-request', `${file} exists already`, { mend })]);
  }
  if (settings.isDryRun) {
    const exit = await produce(() => undefined);
    if (exit === EXIT.ok) terminal.out(`dry run, nothing was written: would write ${visible(file)}`);
    return exit;
  }
  try {
    return await writeWhole(setting, file, produce);
  } catch (thrown) {
    if (!(thrown instanceof Error) || !('syscall' in thrown)) throw thrown;
    return failWith(setting, [problem('bad-request', `cannot write ${file}: ${thrown.message}`)]);
  }
};

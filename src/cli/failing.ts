// How a command fails: problems in the form that was asked for, and the exit code that goes with them.

import { EXIT, PROBLEMS, type ExitCode, type Problem } from '#kernel/problem.ts';
import type { Setting } from './command.ts';
import { printJson, printProblems } from './terminal.ts';

/** Prints problems in the form that was asked for and gives the exit code of the first. */
export const failWith = (
  { settings, terminal }: Setting,
  problems: readonly Problem[],
  more: object = {},
): ExitCode => {
  if (settings.format === 'json') printJson(terminal, { problems, ...more });
  else printProblems(terminal, problems);
  const first = problems[0];
  return first === undefined ? EXIT.failed : PROBLEMS[first.code].exit;
};

// What every verb of the codex is given, and gives back.

import { openCodexDesk, type CodexDesk, type Opening } from '#daemon/codex/desk.ts';
import { rootNotices } from '#daemon/codex/roots.ts';
import type { Author } from '#kernel/codex.ts';
import { EXIT, type ExitCode, type Problem, sayProblem } from '#kernel/problem.ts';
import type { CodexSite, ModelSite } from '#kernel/site.ts';
import type { Instant } from '#kernel/time.ts';
import { visible } from '#api/visible.ts';
import type { Options, Setting } from './command.ts';
import { printJson } from './terminal.ts';

export type CodexSetting = Setting & {
  readonly codex: CodexSite;
  /** Null: no endpoint of models is declared. */
  readonly model: ModelSite | null;
  readonly by: Author;
  readonly now: Instant;
  readonly why: string | null;
};

export type Words = readonly string[];

export type Verb = (setting: CodexSetting, words: Words, options: Options) => Promise<ExitCode> | ExitCode;

/** A passphrase stands in no argument: `ps` shows those. */
export const passphrase = (): string | null => process.env['SERENO_KEY_PASSPHRASE'] ?? null;

/** On standard error, beside the answer. */
export const warn = ({ terminal }: Pick<CodexSetting, 'terminal'>, notices: readonly Problem[]): void => {
  for (const notice of notices) terminal.err(`warning: ${sayProblem(notice)}`.split('\n').map(visible).join('\n'));
};

/**
 * Opens the codex, and tells what is not well with its trust. Throws ProblemError: `codex-damaged`, `codex-untrusted`,
 * `store-newer`, `store-unusable`.
 */
export const deskOf = (setting: CodexSetting, opening: Opening = 'checked'): CodexDesk => {
  const { codex, settings, now } = setting;
  const desk = openCodexDesk(codex, settings.stateDirectory, opening);
  warn(setting, rootNotices(desk.chain.root(), codex, now));
  desk.heads.onTrouble((trouble) => warn(setting, [trouble]));
  return desk;
};

/** The answer in the form that was asked for: one document, or lines for a person. */
export const answer = ({ settings, terminal }: CodexSetting, value: object, lines: readonly string[]): ExitCode => {
  if (settings.format === 'json') printJson(terminal, value);
  else for (const line of lines) terminal.out(visible(line));
  return EXIT.ok;
};

// What every verb of the codex is given, and gives back.

import { openCodexDesk, type CodexDesk } from '#daemon/codex/desk.ts';
import type { Author } from '#kernel/codex.ts';
import { EXIT, type ExitCode } from '#kernel/problem.ts';
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

/** Throws ProblemError: `codex-damaged`, `codex-untrusted`, `store-newer`, `store-unusable`. */
export const deskOf = ({ codex, settings }: CodexSetting): CodexDesk => openCodexDesk(codex, settings.stateDirectory);

/** The answer in the form that was asked for: one document, or lines for a person. */
export const answer = ({ settings, terminal }: CodexSetting, value: object, lines: readonly string[]): ExitCode => {
  if (settings.format === 'json') printJson(terminal, value);
  else for (const line of lines) terminal.out(visible(line));
  return EXIT.ok;
};

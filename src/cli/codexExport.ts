// `sereno codex export`: one source, or all items that a template goes into; and the words around it.

import { visible } from '#api/visible.ts';
import { dependantsIn, exportDependants } from '#daemon/codex/dependants.ts';
import { sayExport } from '#daemon/codex/export.ts';
import { sayFailed, STARTING } from '#daemon/codex/words.ts';
import { EXIT, problem, ProblemError, type ExitCode, type Problem } from '#kernel/problem.ts';
import { answer, deskOf, type CodexSetting, type Verb, type Words } from './codexVerb.ts';
import { exportOne } from './codexWork.ts';
import type { Options, Setting, Words as Given } from './command.ts';
import { failWith } from './failing.ts';
import { table } from './terminal.ts';

const USAGE = `Usage: sereno codex export [options] <source>
       sereno codex export [options] --dependants-of <template>
       sereno codex export [options] --kind config|policy|runbooks

  <source>      a YAML file, from here or from the folder of the sources
  --as <person>, --why <reason>, --dry-run; more: sereno help codex`;

export const sayUsage = ({ terminal }: Setting): ExitCode => {
  terminal.out(USAGE);
  return EXIT.failed;
};

/** As systems around the codex look for it, and then as every command fails. Whatever it is: exit code 1. */
export const failExport = (setting: Setting, problems: readonly Problem[]): ExitCode => {
  const { terminal, settings } = setting;
  if (settings.format !== 'json') {
    terminal.out(STARTING);
    for (const { message } of problems) terminal.out(visible(sayFailed(message)));
  }
  failWith(setting, problems);
  return EXIT.failed;
};

const refuse =
  (message: string, mend: string): Verb =>
  (setting) =>
    failExport(setting, [problem('bad-request', message, { mend })]);

/** What is to be exported; null: nothing was named. */
export const verbOf = ([source]: Given, options: Options): Verb | null => {
  const template = options['dependantsOf'];
  if (options['overwrite'] === true)
    return refuse('a version is never written over', 'leave --overwrite out: the next version follows, or roll back');
  if (options['kind'] !== undefined)
    return async (setting, given) => (await import('./codexOwn.ts')).exportConfiguration(setting, given, options);
  if (typeof template !== 'string') return source === undefined ? null : exportOne;
  if (source === undefined) return (setting) => exportAll(setting, template);
  return refuse('a source and --dependants-of are two exports', 'one of them at a time');
};

const nameOf = ({ item, version }: { readonly item: string; readonly version: number }): string => `${item}@${version}`;

/** All dependants of a template, or none of them. */
const exportAll = async (setting: CodexSetting, template: string): Promise<ExitCode> => {
  if (setting.settings.isDryRun) return list(setting, [template]);
  try {
    const { exported, same } = exportDependants(deskOf(setting), template, setting);
    const made = exported.map(({ revision, path, bytes }) => ({ revision, path, bytes }));
    return answer(setting, { exported: made, same }, [
      STARTING,
      ...exported.flatMap((it) => [...sayExport(it), `${nameOf(it.revision)} is a candidate: ${it.path}`]),
      ...same.map((it) => `${nameOf(it)} says the same as before`),
      ...(exported.length + same.length === 0 ? ['nothing depends on it'] : []),
    ]);
  } catch (error) {
    if (error instanceof ProblemError) return failExport(setting, error.problems);
    throw error;
  }
};

export const list = async (setting: CodexSetting, [template]: Words): Promise<ExitCode> => {
  const dependants = dependantsIn(deskOf(setting), template ?? null);
  const { terminal, settings } = setting;
  if (settings.format === 'json') return answer(setting, { dependants }, []);
  if (dependants.length === 0)
    return answer(setting, {}, [template === undefined ? 'no template has changed' : 'nothing depends on it']);
  const rows = dependants.map(({ revision, templates, changed }) => [
    nameOf(revision),
    templates.map(visible).join(' '),
    changed.map(visible).join(' '),
  ]);
  terminal.out(await table(terminal, ['newest', 'holds', 'changed since'], rows));
  if (template === undefined) terminal.out('next: sereno codex export --dependants-of <template>');
  return EXIT.ok;
};

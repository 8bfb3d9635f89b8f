// `sereno check`: reads the configuration and says all that is wrong with it, or what it means. It changes nothing.

import { EXIT, PROBLEMS, type ExitCode } from '#kernel/problem.ts';
import { makeRedact } from '#kernel/secret.ts';
import { instant } from '#kernel/time.ts';
import { visible } from '#api/visible.ts';
import type { Define, Setting } from './command.ts';
import { printJson, printProblems } from './terminal.ts';

const printSchema = async ({ terminal }: Setting): Promise<ExitCode> => {
  const { configSchema } = await import('#config/schema.ts');
  printJson(terminal, configSchema());
  return EXIT.ok;
};

/** Reads and prints; also what `up --dry-run` does. */
export const checkConfiguration = async (setting: Setting): Promise<ExitCode> => {
  const { settings, terminal } = setting;
  const isJson = settings.format === 'json';
  const { readSite } = await import('#config/readSite.ts');
  const { describeSite, sayDescription } = await import('#config/describe.ts');
  const reading = readSite({ file: settings.configFile, env: process.env, now: instant(Date.now()) });
  if (reading.site === null) {
    if (isJson) printJson(terminal, { problems: reading.problems, warnings: reading.warnings });
    else {
      printProblems(terminal, reading.problems);
      terminal.err(`${reading.problems.length} ${reading.problems.length === 1 ? 'problem' : 'problems'}`);
    }
    const first = reading.problems[0];
    return first === undefined ? EXIT.failed : PROBLEMS[first.code].exit;
  }
  const description = describeSite(reading.site, reading.warnings);
  if (isJson) printJson(terminal, description);
  else {
    const redact = makeRedact(reading.site.secrets);
    terminal.out(redact(sayDescription(description)).trimEnd().split('\n').map(visible).join('\n'));
  }
  return EXIT.ok;
};

export const defineCheck: Define = (command, running) => {
  command
    .option('--schema', 'print the JSON Schema of sereno.yaml instead')
    .action(
      running((setting, _words, options) =>
        options['schema'] === true ? printSchema(setting) : checkConfiguration(setting),
      ),
    );
};

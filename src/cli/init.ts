// `sereno init`: looks at what is really on this machine and writes a commented sereno.yaml of what it understood.

import { existsSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { visible } from '#api/visible.ts';
import { EXIT, problem } from '#kernel/problem.ts';
import type { Define, Setting, Work } from './command.ts';
import { failWith } from './failing.ts';
import { confirm, printJson } from './terminal.ts';

const sayFound = (count: number, one: string): string => `${count} ${one}${count === 1 ? '' : 's'}`;

const mayOverwrite = async ({ settings, terminal }: Setting): Promise<boolean> =>
  settings.isYes || (await confirm(terminal, `Replace ${visible(settings.configFile)}?`));

/** Replacing takes a word; making never replaces what appeared in the meantime. */
const write = (file: string, text: string, isReplacing: boolean): string | null => {
  try {
    writeFileSync(file, text, { flag: isReplacing ? 'w' : 'wx' });
    return null;
  } catch (thrown) {
    return thrown instanceof Error ? thrown.message : String(thrown);
  }
};

const init: Work = async (setting) => {
  const { settings, terminal } = setting;
  const { configFile, isDryRun } = settings;
  const isThere = existsSync(configFile);
  if (isThere && !isDryRun && !(await mayOverwrite(setting))) {
    const mend = '--yes replaces it; --dry-run prints what would be written';
    return failWith(setting, [problem('bad-request', `${configFile} is there already`, { mend })]);
  }
  const { readHost } = await import('#config/hostFacts.ts');
  const { discover } = await import('#config/discover.ts');
  const { writeDiscovery } = await import('#config/writeDiscovery.ts');
  const discovery = discover(readHost(dirname(configFile)));
  const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
  const text = writeDiscovery(discovery, { site: hostname(), timezone: timeZone });
  const trouble = isDryRun ? null : write(configFile, text, isThere);
  if (trouble !== null) return failWith(setting, [problem('bad-request', `cannot write ${configFile}: ${trouble}`)]);
  if (settings.format === 'json') {
    printJson(terminal, { file: configFile, isWritten: !isDryRun, text, ...discovery });
    return EXIT.ok;
  }
  if (isDryRun) terminal.out(text.trimEnd().split('\n').map(visible).join('\n'));
  const found = [sayFound(discovery.services.length, 'service'), sayFound(discovery.jobs.length, 'job')].join(', ');
  terminal.err(`${isDryRun ? 'dry run, nothing was written' : `wrote ${visible(configFile)}`}: ${found}`);
  for (const { what, why } of discovery.notUnderstood) terminal.err(visible(`not understood: ${what}: ${why}`));
  if (!isDryRun) terminal.err('read it, then: sereno check');
  return EXIT.ok;
};

export const defineInit: Define = (command, running) => {
  command.action(running(init));
};

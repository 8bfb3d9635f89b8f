// `sereno codex …`: export sources, bless them, and look at what was blessed. Works on the state directory; nothing must run.

import { Option, type Command } from 'commander';
import { existsSync } from 'node:fs';
import { userInfo } from 'node:os';
import type { Author } from '#kernel/codex.ts';
import { problem, type Problem } from '#kernel/problem.ts';
import type { CodexSite } from '#kernel/site.ts';
import { instant, type Instant } from '#kernel/time.ts';
import type { Verb } from './codexVerb.ts';
import { NO_WORKSPACE } from '#daemon/codex/words.ts';
import type { Define, Options, Setting, Work } from './command.ts';
import { failWith } from './failing.ts';

const textOf = (options: Options, name: string): string | null =>
  typeof options[name] === 'string' && options[name] !== '' ? options[name] : null;

type Found = { readonly codex: CodexSite; readonly stateDirectory: string };

/** Where nothing is configured: the codex of the workspace that the folder belongs to. */
const readWorkspace = async (setting: Setting, options: Options, now: Instant): Promise<Found | readonly Problem[]> => {
  const { codexOfWorkspace } = await import('#daemon/codex/workspace.ts');
  const found = codexOfWorkspace(process.cwd(), now);
  if (found === null) return [noWorkspace()];
  return options['state'] === undefined ? found : { ...found, stateDirectory: setting.settings.stateDirectory };
};

const noWorkspace = (): Problem =>
  problem('codex-source', NO_WORKSPACE, {
    expected: 'a sereno.yaml here that declares a codex, or the folders modules and llm_framework here or above',
    mend: 'sereno init',
  });

/** The codex of the configuration or of the workspace, or the problems that stand in its way. */
const readCodex = async (setting: Setting, options: Options, now: Instant): Promise<Found | readonly Problem[]> => {
  if (options['config'] === undefined && !existsSync(setting.settings.configFile))
    return readWorkspace(setting, options, now);
  const { stateDirectory, configFile } = setting.settings;
  const { quickCodex } = await import('#config/quickCodex.ts');
  const quick = quickCodex(configFile, now);
  if (quick !== null) return { codex: quick, stateDirectory };
  const { readSite } = await import('#config/readSite.ts');
  const { site, problems } = readSite({ file: configFile, env: process.env, now });
  if (site === null) return problems;
  if (site.codex !== null) return { codex: site.codex, stateDirectory };
  return [
    problem('config-missing-key', 'no codex is declared', {
      place: { file: configFile, line: 1, column: 1 },
      expected: 'codex: { sources: ty_log/, templates: templates/, blessed: output/llm_tasks/, blessers: [ana] }',
    }),
  ];
};

/** Who works here is a claim of this machine; only signatures are believed. */
const authorOf = (options: Options): Author => ({ name: textOf(options, 'as') ?? userInfo().username, kind: 'person' });

const on =
  (load: () => Promise<Verb>, fail = failWith): Work =>
  async (setting, words, options) => {
    const now = instant(Date.now());
    const found = await readCodex(setting, options, now);
    if (!('codex' in found)) return fail(setting, found);
    const verb = await load();
    // The last words of a verb may be a list.
    const given = words.flat().filter((word) => word !== undefined);
    const { codex, stateDirectory } = found;
    const settings = { ...setting.settings, stateDirectory };
    const around = { ...setting, settings, codex, by: authorOf(options), now, why: textOf(options, 'why') };
    return verb(around, given, options);
  };

/** What is exported, and how, is found before the configuration is read: without a word it says how it is used. */
const exporting: Work = async (setting, words, options) => {
  const { failExport, sayUsage, verbOf } = await import('./codexExport.ts');
  const verb = verbOf(words, options);
  return verb === null ? sayUsage(setting) : on(() => Promise.resolve(verb), failExport)(setting, words, options);
};

const AS = 'who does it; the user of this machine unless told';
const REVISION = 'item, item@3, item@tag, or a digest; a bare name is its newest version';

const work = () => import('./codexWork.ts');
const look = () => import('./codexLook.ts');

type Add = (name: string, description: string, load: () => Promise<Verb>) => Command;

const addLooks = (add: Add): void => {
  add('list', 'the items, with what is active and what is newest', async () => (await look()).list);
  add('show', 'what a revision says, and how it stands', async () => (await look()).show).argument(
    '<revision>',
    REVISION,
  );
  add('history', 'everything that happened to an item', async () => (await look()).history).argument(
    '<item>',
    'its name',
  );
  add('diff', 'what differs between two revisions, by field', async () => (await look()).diff)
    .argument('<before>', REVISION)
    .argument('<after>', REVISION);
  add(
    'verify',
    'look at every byte and every signature; exit 1 when anything is wrong',
    async () => (await look()).verify,
  );
};

const addReview = (add: Add): void => {
  add('submit', 'give a candidate to the people who bless', async () => (await work()).submitOne).argument(
    '<revision>',
    REVISION,
  );
  add('reject', 'say no to a candidate', async () => (await work()).rejectOne)
    .argument('<revision>', REVISION)
    .requiredOption('--why <reason>', 'goes into the log');
  add(
    'bless',
    'sign a revision; with the last signature it needs it becomes active',
    async () => (await work()).blessOne,
  )
    .argument('<revision>', REVISION)
    .requiredOption('--key <file>', 'the private key of a blesser: PEM, or an OpenSSH key')
    .option('--why <reason>', 'goes into the signed statement')
    .option('--hold', 'do not make it active yet');
  add(
    'activate',
    'make a blessed revision the one that production reads',
    async () => (await work()).activateOne,
  ).argument('<revision>', REVISION);
  add('key', 'make a key to sign with', async () => (await work()).makeKey).argument(
    '<file>',
    'where its private half is written',
  );
  add('trust', 'name the keys of the people who may bless', async () => (await work()).trust).argument(
    '<person=key...>',
    'ana=ana.pem (signs now) or ben=ben.pub (a public key of OpenSSH)',
  );
};

const addTurns = (add: Add): void => {
  add('rollback', 'make the content of an old version the next one, and active', async () => (await work()).rollBackOne)
    .argument('<item>', 'its name')
    .requiredOption('--to <version>', 'the version whose content comes back')
    .requiredOption('--why <reason>', 'goes into the log');
  add('revoke', 'nobody reads this revision any more', async () => (await work()).revokeOne)
    .argument('<revision>', REVISION)
    .requiredOption('--why <reason>', 'goes into the signed statement')
    .option('--key <file>', 'the private key of a blesser');
  add('tag', 'give a revision a name that can move', async () => (await work()).tagOne)
    .argument('<revision>', REVISION)
    .argument('<tag>', 'its name');
  add('gc', 'remove objects that nobody names', async () => (await work()).collect);
};

export const defineCodex: Define = (command, running) => {
  const add: Add = (name, description, load) =>
    command
      .command(name)
      .description(description)
      .option('--as <person>', AS)
      .action(running(on(load)));
  command
    .command('export')
    .description('make the next version of an item; nothing is written when anything is wrong')
    .argument('[source]', 'a YAML file, from here or from the folder of the sources')
    .option('--as <person>', AS)
    .option('--why <reason>', 'goes into the log')
    .option('--dependants-of <template>', 'instead of a source: all items whose newest version holds this template')
    .addOption(new Option('--overwrite', 'there is no such thing; it is refused').hideHelp())
    .action(running(exporting));
  add(
    'dependants',
    'the items that a template goes into',
    async () => (await import('./codexExport.ts')).list,
  ).argument('[template]', 'its path; without one: the items whose templates have changed since their newest version');
  addLooks(add);
  addReview(add);
  addTurns(add);
};

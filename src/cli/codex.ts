// `sereno codex …`: export sources, bless them, and look at what was blessed. Works on the state directory; nothing must run.

import { Option, type Command } from 'commander';
import { existsSync } from 'node:fs';
import { userInfo } from 'node:os';
import type { Author } from '#kernel/codex.ts';
import { problem, type Problem } from '#kernel/problem.ts';
import { instant, type Instant } from '#kernel/time.ts';
import { NO_WORKSPACE } from '#daemon/codex/words.ts';
import type { CodexSetting, Verb } from './codexVerb.ts';
import type { Define, Options, Setting, Work } from './command.ts';
import { lookAtWords } from './codexWords.ts';
import { failWith } from './failing.ts';

const textOf = (options: Options, name: string): string | null =>
  typeof options[name] === 'string' && options[name] !== '' ? options[name] : null;

type Found = Pick<CodexSetting, 'codex' | 'model'> & { readonly stateDirectory: string };

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

/** The codex of the configuration or of the workspace, and the models that it may ask; or the problems in the way. */
const readCodex = async (setting: Setting, options: Options, now: Instant): Promise<Found | readonly Problem[]> => {
  if (options['config'] === undefined && !existsSync(setting.settings.configFile))
    return readWorkspace(setting, options, now);
  const { stateDirectory, configFile } = setting.settings;
  const { quickCodex } = await import('#config/quickCodex.ts');
  const quick = quickCodex(configFile, now);
  if (quick !== null) return { codex: quick, model: null, stateDirectory };
  const { readSite } = await import('#config/readSite.ts');
  const { site, problems } = readSite({ file: configFile, env: process.env, now });
  if (site === null) return problems;
  const { codex, model } = site;
  if (codex !== null) return { codex, model, stateDirectory };
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
    const wrong = lookAtWords(options, found.codex.blessers);
    if (wrong.length > 0) return fail(setting, wrong);
    const verb = await load();
    // The last words of a verb may be a list.
    const given = words.flat().filter((word) => word !== undefined);
    const { codex, model, stateDirectory } = found;
    const settings = { ...setting.settings, stateDirectory };
    const around = { ...setting, settings, codex, model, by: authorOf(options), now, why: textOf(options, 'why') };
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
const watch = () => import('./codexWatch.ts');
const look = () => import('./codexLook.ts');
const gate = () => import('./codexGate.ts');

type Add = (name: string, description: string, load: () => Promise<Verb>) => Command;

const addLooks = (add: Add): void => {
  add('list', 'the items, with what is active and what is newest', async () => (await look()).list);
  add('show', 'what a revision says, and how it stands', async () => (await look()).show).argument(
    '<revision>',
    REVISION,
  );
  add(
    'get',
    'what production may read, verified: for programs and pipes',
    async () => (await import('./codexGet.ts')).getOne,
  )
    .argument('[revision]', 'item (what is active), item@3, item@tag, or a digest')
    .option('--field <name>', 'only this field, as it is')
    .option('--root', 'the root of trust in force, for a program to pin');
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
  ).option('--seen <file>', 'an end of the log that was kept elsewhere: what `codex head --format json` printed');
};

const addWatch = (add: Add): void => {
  add(
    'drift',
    'what lies where programs read it, beside what was blessed; exit 1 when it differs',
    async () => (await watch()).drift,
  );
  add(
    'monitor',
    'states, figures and alerts of the codex; exit 3 when it is not healthy',
    async () => (await watch()).monitor,
  );
  add(
    'maintenance',
    'what the running Sereno does for the codex each day, week and month, and what came of it',
    async () => (await watch()).maintenance,
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
  add('activate', 'make a blessed revision the one that production reads', async () => (await work()).activateOne)
    .argument('<revision>', REVISION)
    .option('--key <file>', 'the private key of a blesser, when the head of the log has expired');
};

const addTurns = (add: Add): void => {
  add('rollback', 'make the content of an old version the next one, and active', async () => (await work()).rollBackOne)
    .argument('<item>', 'its name')
    .requiredOption('--to <version>', 'the version whose content comes back')
    .requiredOption('--why <reason>', 'goes into the log')
    .option('--key <file>', 'the private key of a blesser, when the head of the log has expired');
  add('revoke', 'nobody reads this revision any more', async () => (await work()).revokeOne)
    .argument('<revision>', REVISION)
    .requiredOption('--why <reason>', 'goes into the signed statement')
    .option('--key <file>', 'the private key of a blesser');
  add('tag', 'give a revision a name that can move', async () => (await work()).tagOne)
    .argument('<revision>', REVISION)
    .argument('<tag>', 'its name');
  add('gc', 'remove objects that nobody names', async () => (await work()).collect);
};

/** An option that may stand several times. */
const collect = (value: string, before: readonly string[] | undefined): readonly string[] => [...(before ?? []), value];

const addTrust = (add: Add): void => {
  add('key', 'make a key to sign with', async () => (await work()).makeKey).argument(
    '<file>',
    'where its private half is written',
  );
  add(
    'trust',
    'who may bless: shown, begun, or replaced by the next root',
    async () => (await import('./codexTrust.ts')).trust,
  )
    .argument(
      '[person=key...]',
      'ana=ana.pem (signs now) or ben=ben.pub (a public key: PEM, or OpenSSH); or: sign <file>',
    )
    .option('--next', 'the root that follows the one in force; who is not named here may not bless any more')
    .option('--threshold <n>', 'so many of them must sign (default: codex.threshold)')
    .option('--expires <duration>', 'how long the root is good for (default: 365d)')
    .option('--key <file>', 'sign with this key too; may stand several times', collect)
    .option(
      '--tester <name=key>',
      'who signs test results; may stand several times; `none`: they count unsigned again (default: as before)',
      collect,
    )
    .option('--tests <n>', 'so many testers must sign a result (default: 1)')
    .option('--retire <person>', 'keys of this person that are not named stay good for what they signed', collect)
    .option('--out <file>', 'where a root waits for more signatures (default: root-<version>.json)');
  add('head', 'the signed end of the log', async () => (await import('./codexHead.ts')).head)
    .option('--key <file>', 'sign it with the private key of a blesser')
    .option('--accept', 'take up a log whose last entries are lost')
    .option('--why <reason>', 'why they are lost');
};

const addOwn = (add: Add): void => {
  add('own', "Sereno's own configuration against what was blessed", async () => (await import('./codexOwn.ts')).own);
  add(
    'emergency',
    'let Sereno run unblessed for a while, signed',
    async () => (await import('./codexOwn.ts')).emergency,
  )
    .argument('<kind>', 'config, policy or runbooks')
    .requiredOption('--key <file>', 'the private key of a blesser')
    .requiredOption('--why <reason>', 'goes into the signed statement')
    .option('--for <duration>', 'how long (default: 24h)');
};

const addQuality = (add: Add): void => {
  add(
    'evaluate',
    'run the suites of a revision beside the active one; exit 1 when it is blocked, 5 when nothing is proven',
    async () => (await gate()).evaluateOne,
  )
    .argument('<revision>', REVISION)
    .option('--against <revision>', 'instead of the active one; the gate asks for the active one')
    .option('--n <pairs>', 'so many pairs at most, instead of those that are proposed')
    .option(
      '--key <file>',
      'signs the result; where the root of trust names testers, only a pass that they signed counts',
    );
  add(
    'waive',
    'in an emergency: sign that a revision goes on in spite of its quality',
    async () => (await gate()).waiveOne,
  )
    .argument('<revision>', REVISION)
    .requiredOption('--key <file>', 'the private key of a blesser who did not write the source')
    .requiredOption('--why <reason>', 'goes into the signed statement and the log');
  add('import', 'make a source and suites of a file of promptfoo or dotprompt', async () => (await gate()).importOne)
    .argument('<file>', 'promptfooconfig.yaml, or name.prompt')
    .option('--item <name>', 'the item that it becomes; by the name of the file unless told');
};

const CLASS = 'none, backward, forward, full, or one of them with -transitive; that of the version before unless told';

const addSchemas = (add: Add): void => {
  const options = (command: Command): Command =>
    command
      .argument('<file>', 'YAML or JSON, from here or from the folder of the schemas')
      .option('--id <name>', 'qa_describe_v2; the name of the file unless told')
      .option('--class <class>', CLASS);
  options(add('add', 'register a schema of answers, for ever', async () => (await gate()).addSchemaOne));
  options(
    add('check', 'say whether it could be registered, and write nothing', async () => (await gate()).checkSchemaOne),
  );
  add('list', 'the schemas that are registered', async () => (await gate()).listSchemas);
};

export const defineCodex: Define = (command, running) => {
  const addTo =
    (parent: Command): Add =>
    (name, description, load) =>
      parent
        .command(name)
        .description(description)
        .option('--as <person>', AS)
        .action(running(on(load)));
  const add = addTo(command);
  command
    .command('export')
    .description('make the next version of an item; nothing is written when anything is wrong')
    .argument('[source]', 'a YAML file, from here or from the folder of the sources')
    .option('--as <person>', AS)
    .option('--kind <kind>', "Sereno's own configuration instead: config, policy or runbooks")
    .option('--dependants-of <template>', 'instead of a source: all items whose newest version holds this template')
    .option('--why <reason>', 'goes into the log')
    .addOption(new Option('--overwrite', 'there is no such thing; it is refused').hideHelp())
    .action(running(exporting));
  add(
    'dependants',
    'the items that a template goes into',
    async () => (await import('./codexExport.ts')).list,
  ).argument('[template]', 'its path; without one: the items whose templates have changed since their newest version');
  addLooks(add);
  addWatch(add);
  addReview(add);
  addTurns(add);
  addTrust(add);
  addOwn(add);
  addQuality(add);
  addSchemas(addTo(command.command('schema').description('the schemas of answers, and what may follow them')));
};

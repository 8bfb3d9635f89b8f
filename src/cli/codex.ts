// `sereno codex …`: export sources, bless them, and look at what was blessed. Works on the state directory; nothing must run.

import { userInfo } from 'node:os';
import type { Author } from '#kernel/codex.ts';
import { problem, type Problem } from '#kernel/problem.ts';
import type { CodexSite } from '#kernel/site.ts';
import { instant, type Instant } from '#kernel/time.ts';
import type { Define, Options, Setting, Work } from './command.ts';
import { failWith } from './failing.ts';

/** What every verb of the codex works with. */
export type CodexSetting = Setting & {
  readonly codex: CodexSite;
  readonly by: Author;
  readonly now: Instant;
  readonly why: string | null;
};

const textOf = (options: Options, name: string): string | null =>
  typeof options[name] === 'string' && options[name] !== '' ? options[name] : null;

/** The codex of the configuration, or the problems that stand in its way. */
const readCodex = async (setting: Setting, now: Instant): Promise<CodexSite | readonly Problem[]> => {
  const { readSite } = await import('#config/readSite.ts');
  const { site, problems } = readSite({ file: setting.settings.configFile, env: process.env, now });
  if (site === null) return problems;
  if (site.codex !== null) return site.codex;
  return [
    problem('config-missing-key', 'no codex is declared', {
      place: { file: setting.settings.configFile, line: 1, column: 1 },
      expected: 'codex: { sources: ty_log/, templates: templates/, blessed: output/llm_tasks/, blessers: [ana] }',
    }),
  ];
};

type Verb = (setting: CodexSetting, words: readonly string[], options: Options) => Promise<number | undefined>;

/** Who works here is a claim of this machine; only signatures are believed. */
const authorOf = (options: Options): Author => ({ name: textOf(options, 'as') ?? userInfo().username, kind: 'person' });

const on =
  (load: () => Promise<Verb>): Work =>
  async (setting, words, options) => {
    const now = instant(Date.now());
    const codex = await readCodex(setting, now);
    if (!('blessed' in codex)) return failWith(setting, codex);
    const verb = await load();
    const given = words.filter((word) => word !== undefined);
    const exit = await verb({ ...setting, codex, by: authorOf(options), now, why: textOf(options, 'why') }, given, options);
    return exit === 3 || exit === 1 ? exit : 0;
  };

const REVISION = 'item, item@3, item@tag, or a digest; a bare name is its newest version';

export const defineCodex: Define = (command, running) => {
  const verb = (name: string, description: string, load: () => Promise<Verb>) =>
    command
      .command(name)
      .description(description)
      .option('--as <person>', 'who does it; the user of this machine unless told')
      .action(running(on(load)));
  verb('export', 'make the next version of an item from a source; nothing is written when anything is wrong', async () => (await import('./codexWork.ts')).exportOne)
    .argument('<source>', 'a YAML file, from here or from the folder of the sources')
    .option('--why <reason>', 'goes into the log');
  verb('list', 'the items, with what is active and what is newest', async () => (await import('./codexLook.ts')).list);
  verb('show', 'what a revision says, and how it stands', async () => (await import('./codexLook.ts')).show).argument('<revision>', REVISION);
  verb('history', 'everything that happened to an item', async () => (await import('./codexLook.ts')).history).argument('<item>', 'its name');
  verb('diff', 'what differs between two revisions, by field', async () => (await import('./codexLook.ts')).diff)
    .argument('<before>', REVISION)
    .argument('<after>', REVISION);
  verb('submit', 'give a candidate to the people who bless', async () => (await import('./codexWork.ts')).submitOne).argument('<revision>', REVISION);
  verb('reject', 'say no to a candidate', async () => (await import('./codexWork.ts')).rejectOne)
    .argument('<revision>', REVISION)
    .requiredOption('--why <reason>', 'goes into the log');
  verb('bless', 'sign a revision; with the last signature that is needed it becomes active', async () => (await import('./codexWork.ts')).blessOne)
    .argument('<revision>', REVISION)
    .requiredOption('--key <file>', 'the private key of a blesser: PEM, or an OpenSSH key')
    .option('--why <reason>', 'goes into the signed statement')
    .option('--hold', 'do not make it active yet');
  verb('activate', 'make a blessed revision the one that production reads', async () => (await import('./codexWork.ts')).activateOne).argument('<revision>', REVISION);
  verb('rollback', 'make the content of an old version the next one, and active', async () => (await import('./codexWork.ts')).rollBackOne)
    .argument('<item>', 'its name')
    .requiredOption('--to <version>', 'the version whose content comes back')
    .requiredOption('--why <reason>', 'goes into the log');
  verb('revoke', 'nobody reads this revision any more', async () => (await import('./codexWork.ts')).revokeOne)
    .argument('<revision>', REVISION)
    .requiredOption('--why <reason>', 'goes into the signed statement')
    .option('--key <file>', 'the private key of a blesser');
  verb('tag', 'give a revision a name that can move', async () => (await import('./codexWork.ts')).tagOne)
    .argument('<revision>', REVISION)
    .argument('<tag>', 'its name');
  verb('verify', 'look at every byte of the codex, and at every signature; exit 1 when anything is wrong', async () => (await import('./codexLook.ts')).verify);
  verb('gc', 'remove objects that nobody names', async () => (await import('./codexWork.ts')).collect);
  verb('key', 'make a key to sign with', async () => (await import('./codexWork.ts')).makeKey).argument('<file>', 'where its private half is written');
  verb('trust', 'name the keys of the people who may bless: the first root of trust', async () => (await import('./codexWork.ts')).trust)
    .argument('<person=key...>', 'ana=ana.pem (signs now) or ben=ben.pub (a public key of OpenSSH)');
};

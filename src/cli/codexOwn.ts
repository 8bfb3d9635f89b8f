// `sereno codex own`, `emergency`, and `export --kind`: Sereno's own configuration as items of the codex.

import { resolve } from 'node:path';
import { readDuration } from '#config/quantity.ts';
import { readSite } from '#config/readSite.ts';
import { declareEmergency } from '#daemon/codex/deeds.ts';
import { emergencyUntil, exportOwn, judgeOwn, revisionWith, type OwnRead } from '#daemon/codex/own.ts';
import { openSigner } from '#daemon/codex/trust.ts';
import { OWN_ITEMS, OWN_KINDS, type OwnKind } from '#kernel/own.ts';
import { problem, ProblemError, type ExitCode } from '#kernel/problem.ts';
import { sayInstant } from '#kernel/reason.ts';
import { answer, deskOf, passphrase, warn, type CodexSetting, type Words } from './codexVerb.ts';
import type { Options } from './command.ts';
import { failWith } from './failing.ts';

/** An emergency of a night and the morning after it. */
const EMERGENCY = '24h';
const EMERGENCY_MAX_MS = 7 * 86_400_000;

type Configuration = OwnRead & { readonly secrets: readonly string[] };

/** Reads the configuration anew: what is exported is what stands in the files now. Throws ProblemError: config-*. */
const readConfiguration = (setting: CodexSetting, file: string): Configuration => {
  const { site, problems, tree } = readSite({ file, env: process.env, now: setting.now });
  if (site === null) throw new ProblemError(problems);
  return { file, tree, isProduction: site.environment === 'production', codex: site.codex, secrets: site.secrets };
};

const kindIn = (given: unknown): OwnKind => {
  const kind = OWN_KINDS.find((it) => it === given);
  if (kind !== undefined) return kind;
  throw new ProblemError([
    problem('bad-request', `${JSON.stringify(given)} is no part of Sereno's own configuration`, {
      expected: OWN_KINDS.join(', '),
    }),
  ]);
};

export const exportConfiguration = (setting: CodexSetting, [file]: Words, options: Options): ExitCode => {
  const kind = kindIn(options['kind']);
  const read = readConfiguration(setting, file === undefined ? setting.settings.configFile : resolve(file));
  const desk = deskOf(setting);
  const item = OWN_ITEMS[kind];
  if (setting.settings.isDryRun)
    return answer(setting, { item }, [`would become the next version of ${item}; nothing was written`]);
  const { secrets } = read;
  const revision = exportOwn(desk, setting, { kind, read, secrets, why: setting.why });
  const name = `${item}@${revision.version}`;
  return answer(setting, { revision }, [
    `${name} is a candidate: sha256 ${revision.digest}`,
    `next: sereno codex submit ${name}`,
  ]);
};

/** What stands on disk against what was blessed; exit 4 when production would not start with it. */
export const own = (setting: CodexSetting): ExitCode => {
  const read = readConfiguration(setting, setting.settings.configFile);
  const { views, problems, warnings } = judgeOwn(deskOf(setting), read, setting.now);
  if (problems.length > 0) return failWith(setting, problems, { own: views });
  warn(setting, warnings);
  const none = 'nothing of it must be blessed; codex: { own: [config] } asks for it';
  const lines = views.map(({ kind, digest, headline }) => `${kind} ${digest.slice(0, 12)}: ${headline}`);
  return answer(setting, { own: views }, lines.length === 0 ? [none] : lines);
};

export const emergency = (setting: CodexSetting, [given]: Words, options: Options): ExitCode => {
  const kind = kindIn(given);
  const lastsMs = readDuration(typeof options['for'] === 'string' ? options['for'] : EMERGENCY);
  if (lastsMs === null || lastsMs <= 0 || lastsMs > EMERGENCY_MAX_MS)
    return failWith(setting, [
      problem('bad-request', `--for ${JSON.stringify(options['for'])} is no time for an emergency`, {
        expected: `at most 7d, such as ${EMERGENCY}`,
      }),
    ]);
  const signer = openSigner(String(options['key']), passphrase());
  const read = readConfiguration(setting, setting.settings.configFile);
  const desk = deskOf(setting);
  if (desk.chain.root() === null) {
    const mend = 'sereno codex trust <person>=<key> …';
    return failWith(setting, [problem('codex-untrusted', 'nobody is trusted to declare an emergency', { mend })]);
  }
  const why = setting.why ?? '';
  const known = revisionWith(desk, kind, read.tree)?.ref;
  const revision = known ?? exportOwn(desk, setting, { kind, read, secrets: read.secrets, why });
  const until = emergencyUntil(setting.now, lastsMs);
  declareEmergency(desk, setting, { revision, signer, why, until });
  const judged = judgeOwn(deskOf(setting), read, setting.now);
  const view = judged.views.find((it) => it.kind === kind);
  const isHeard = view === undefined || view.state !== 'unblessed';
  const name = `${revision.item}@${revision.version}`;
  if (!isHeard)
    return failWith(setting, [
      problem('codex-untrusted', `the root trusts this key for no emergency: ${name} stays unblessed`),
    ]);
  return answer(setting, { revision, until }, [
    `${name} may run unblessed until ${sayInstant(until)}; this stands in the log, signed`,
    `before then: sereno codex submit ${name}; sereno codex bless ${name} --key <file>`,
  ]);
};

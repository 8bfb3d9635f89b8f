// What `sereno codex` does about quality: evaluations, waivers in an emergency, schemas, and files of other tools.

import { visible } from '#api/visible.ts';
import { waive } from '#daemon/codex/deeds.ts';
import { workedOn } from '#daemon/codex/desk.ts';
import { evaluateRevision, planEvaluation, type EvaluationPlan } from '#daemon/codex/evaluate.ts';
import { planImport, writeImport } from '#daemon/codex/importing.ts';
import { addSchema, checkSchema, registrationProblems, type SchemaAsk } from '#daemon/codex/schemas.ts';
import { lookAtQuality } from '#daemon/codex/quality.ts';
import { openSigner } from '#daemon/codex/trust.ts';
import { COMPATIBILITY_CLASSES, type CompatibilityClass } from '#kernel/codex.ts';
import type { EvaluationVerdict } from '#kernel/evaluation.ts';
import { EXIT, problem, ProblemError, type ExitCode } from '#kernel/problem.ts';
import { sayInstant } from '#kernel/reason.ts';
import { percent, sayEvaluation } from './codexEvaluation.ts';
import { answer, deskOf, type CodexSetting, type Words } from './codexVerb.ts';
import type { Options } from './command.ts';
import { failWith } from './failing.ts';
import { table } from './terminal.ts';

const textAt = (options: Options, name: string): string | null =>
  typeof options[name] === 'string' && options[name] !== '' ? options[name] : null;

/** A passphrase stands in no argument: `ps` shows those. */
const signerAt = (options: Options) => {
  const path = textAt(options, 'key');
  return path === null ? null : openSigner(path, process.env['SERENO_KEY_PASSPHRASE'] ?? null);
};

const PAIRS_MAX = 20_000;

const pairsAt = (options: Options): number | null => {
  const text = textAt(options, 'n');
  if (text === null) return null;
  if (/^[1-9]\d{0,4}$/.test(text) && Number(text) <= PAIRS_MAX) return Number(text);
  const expected = `a whole number from 1 to ${PAIRS_MAX}`;
  throw new ProblemError([problem('bad-request', `--n ${text} is no number of pairs`, { expected })]);
};

/** A person who looks on is told every so many pairs. */
const TOLD_EVERY = 25;

const teller =
  ({ terminal, settings }: CodexSetting) =>
  (verdict: EvaluationVerdict): void => {
    const pairs = verdict.compared?.pairs ?? 0;
    if (!terminal.isInteractive || settings.format === 'json' || pairs === 0 || pairs % TOLD_EVERY !== 0) return;
    const { losses = 0, wins = 0 } = verdict.compared ?? {};
    terminal.err(`${pairs} pairs, ${losses} lost, ${wins} won`);
  };

const BREAKS = ['SIGINT', 'SIGTERM'] as const;

/** The first signal breaks the work off, so that it can say how far it came; the second one ends the process as always. */
const untilBrokenOff = async <Value>(work: (ending: AbortSignal) => Promise<Value>): Promise<Value> => {
  const ending = new AbortController();
  const stop = (signal: NodeJS.Signals): void => {
    for (const each of BREAKS) process.off(each, stop);
    ending.abort(signal);
  };
  for (const each of BREAKS) process.on(each, stop);
  try {
    return await work(ending.signal);
  } finally {
    for (const each of BREAKS) process.off(each, stop);
  }
};

const EXITS = { passed: EXIT.ok, blocked: EXIT.failed, 'not-enough-data': EXIT.notEnoughData } as const;

const tellPlan = (setting: CodexSetting, plan: EvaluationPlan): ExitCode => {
  const { cases, against, pairsProposed, pairsAsked, power } = plan;
  const beside = against === null ? 'alone' : `beside version ${against}`;
  const seen = `by which the fall is seen in ${percent(power)} of runs; ${pairsProposed} are proposed`;
  return answer(setting, { plan }, [`${cases} cases, ${beside}: at most ${pairsAsked} pairs, ${seen}`]);
};

export const evaluateOne = async (
  setting: CodexSetting,
  [selector = '']: Words,
  options: Options,
): Promise<ExitCode> => {
  const desk = deskOf(setting);
  const revision = workedOn(desk, selector);
  const beside = textAt(options, 'against');
  const against = beside === null ? null : workedOn(desk, beside);
  const what = { revision, against, pairs: pairsAt(options) };
  if (setting.settings.isDryRun) return tellPlan(setting, planEvaluation(desk, what));
  const signer = signerAt(options);
  const { report, record } = await untilBrokenOff((ending) => {
    const asked = { ...what, signer, tell: teller(setting), ending };
    return evaluateRevision(desk, setting, { site: setting.model, asked });
  });
  const name = `${revision.ref.item}@${revision.ref.version}`;
  const lines = [...sayEvaluation(name, report), `kept as entry ${record.seq} of the log`];
  answer(setting, { revision: revision.ref, report, entry: record.seq }, lines);
  return EXITS[report.verdict.kind];
};

export const waiveOne = (setting: CodexSetting, [selector = '']: Words, options: Options): ExitCode => {
  const desk = deskOf(setting);
  const revision = workedOn(desk, selector);
  const { ref } = revision;
  const signer = signerAt(options);
  if (signer === null)
    return failWith(setting, [problem('codex-untrusted', 'a waiver must be signed', { mend: 'give --key' })]);
  if (setting.settings.isDryRun) {
    const { standing } = lookAtQuality(desk, revision, setting.now);
    return answer(setting, { revision: ref, waives: standing }, ['would be let pass:', ...standing]);
  }
  const waives = waive(desk, setting, { revision: ref, signer, why: setting.why ?? '' });
  const lines = [`${ref.item}@${ref.version}: let pass, and written down for ever:`, ...waives.map((it) => `  ${it}`)];
  return answer(setting, { revision: ref, waives }, lines);
};

const classAt = (options: Options): CompatibilityClass | null => {
  const text = textAt(options, 'class');
  const known = COMPATIBILITY_CLASSES.find((it) => it === text);
  if (text === null || known !== undefined) return known ?? null;
  const expected = COMPATIBILITY_CLASSES.join(', ');
  throw new ProblemError([
    problem('bad-request', `${JSON.stringify(text)} is no class of compatibility`, { expected }),
  ]);
};

const schemaAsk = (file: string, options: Options): SchemaAsk => ({
  file,
  id: textAt(options, 'id'),
  compatibility: classAt(options),
});

export const addSchemaOne = (setting: CodexSetting, words: Words, options: Options): ExitCode => {
  if (setting.settings.isDryRun) return checkSchemaOne(setting, words, options);
  const [file = ''] = words;
  const desk = deskOf(setting);
  const added = addSchema(desk, setting, schemaAsk(file, options));
  if (added === null)
    return answer(setting, { registered: null }, ['the same schema is registered under this name already']);
  const { subject, version, compatibility, digest } = added;
  const line = `${subject}_v${version} is registered for ever (${compatibility}, sha256 ${digest.slice(0, 12)})`;
  return answer(setting, { registered: added }, [line]);
};

export const checkSchemaOne = (setting: CodexSetting, [file = '']: Words, options: Options): ExitCode => {
  const check = checkSchema(deskOf(setting), schemaAsk(file, options));
  const problems = registrationProblems(check);
  const { id, compatibility, registration } = check;
  if (problems.length > 0) return failWith(setting, problems, { id, compatibility, registration });
  const says = registration.kind === 'known' ? 'is registered already' : 'could be registered';
  return answer(setting, { id, compatibility, outcome: registration.kind }, [`${id} ${says} (${compatibility})`]);
};

export const listSchemas = async (setting: CodexSetting): Promise<ExitCode> => {
  const schemas = deskOf(setting).ledger.schemas();
  if (setting.settings.format === 'json') return answer(setting, { schemas }, []);
  if (schemas.length === 0) return answer(setting, {}, ['no schema is registered yet']);
  const rows = schemas.map((it) => [
    `${it.subject}_v${it.version}`,
    it.compatibility,
    it.digest.slice(0, 12),
    sayInstant(it.at),
    it.by.name,
  ]);
  setting.terminal.out(await table(setting.terminal, ['schema', 'class', 'digest', 'registered', 'by'], rows));
  return EXIT.ok;
};

export const importOne = (setting: CodexSetting, [file = '']: Words, options: Options): ExitCode => {
  const imported = planImport(setting.codex, file, textAt(options, 'item'));
  const { item, files, notTaken } = imported;
  const isDry = setting.settings.isDryRun;
  if (!isDry) writeImport(imported);
  if (setting.settings.format !== 'json')
    for (const { place, what, why } of notTaken)
      setting.terminal.err(visible(`${place.file}:${place.line}:${place.column}: not taken: ${what}: ${why}`));
  const paths = files.map(({ path }) => path);
  const lines = [
    ...paths.map((path) => `${path}${isDry ? ' would be written' : ''}`),
    `${item}: ${notTaken.length === 0 ? 'all of it was taken over' : `${notTaken.length} things were not taken over`}`,
  ];
  return answer(setting, { item, files: paths, notTaken }, lines);
};

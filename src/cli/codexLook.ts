// What `sereno codex` shows: items, revisions, what happened to them, and whether every byte is what was written.

import { visible } from '#api/visible.ts';
import { verdictOn } from '#daemon/codex/deeds.ts';
import { verifyAll, type CodexReport } from '#daemon/codex/verifyAll.ts';
import { lookAtQuality, type QualityLook } from '#daemon/codex/quality.ts';
import { diffRevisions, historyOf, listItems, showRevision } from '#daemon/codex/looks.ts';
import { readSeen } from '#daemon/codex/witnesses.ts';
import type { CodexDeed, CodexRecord } from '#kernel/codex.ts';
import { isOwnItem } from '#kernel/own.ts';
import { EXIT, type ExitCode } from '#kernel/problem.ts';
import { sayInstant } from '#kernel/reason.ts';
import { sayVerdict } from '#kernel/trust.ts';
import { sayEvaluation } from './codexEvaluation.ts';
import { answer, deskOf, type CodexSetting, type Words } from './codexVerb.ts';
import type { Options } from './command.ts';
import { printJson, printProblems, table } from './terminal.ts';

const isJson = ({ settings }: CodexSetting): boolean => settings.format === 'json';
const short = (digest: string): string => digest.slice(0, 12);

/** A title may be a page long; `show` tells it whole. */
const TITLE_SHOWN = 80;
const shorten = (title: string): string => {
  const letters = Array.from(title);
  return letters.length <= TITLE_SHOWN ? title : `${letters.slice(0, TITLE_SHOWN - 1).join('')}…`;
};

export const list = async (setting: CodexSetting): Promise<ExitCode> => {
  const items = listItems(deskOf(setting));
  if (isJson(setting)) return answer(setting, { items }, []);
  if (items.length === 0) return answer(setting, {}, ['nothing was exported yet']);
  const rows = items.map((it) => [
    it.item,
    it.active === null ? 'none' : String(it.active),
    `${it.latest.version} ${it.latest.state}`,
    short(it.latest.digest),
    Object.entries(it.tags)
      .map(([tag, version]) => `${tag}=${version}`)
      .join(' '),
    sayInstant(it.changedAt),
    shorten(it.title),
  ]);
  const heads = ['item', 'active', 'newest', 'digest', 'tags', 'changed', 'title'];
  setting.terminal.out(await table(setting.terminal, heads, rows));
  return EXIT.ok;
};

export const show = (setting: CodexSetting, [selector = '']: Words): ExitCode => {
  const desk = deskOf(setting);
  const { revision, content, variables } = showRevision(desk, selector);
  const verdict = verdictOn(desk, revision.ref, setting.now);
  const quality = lookAtQuality(desk, revision, setting.now);
  if (isJson(setting)) return answer(setting, { revision, content, variables, verdict, quality }, []);
  const { out } = setting.terminal;
  const { ref, state, by, at } = revision;
  out(visible(`${ref.item}@${ref.version} is ${state}, exported by ${by.name} at ${sayInstant(at)}`));
  out(`  sha256 ${ref.digest}`);
  for (const reason of verdict.reasons) out(visible(`  ${sayVerdict(reason)}`));
  for (const line of sayQuality(quality)) out(visible(`  ${line}`));
  const fields = isOwnItem(ref.item) ? [] : Object.entries(content).filter(([field]) => field !== 'prompt');
  for (const [field, value] of fields) out(visible(`  ${field}: ${String(value)}`));
  if (variables.length > 0) out(visible(`  filled when it runs: ${variables.join(', ')}`));
  out(isOwnItem(ref.item) ? `  ${content.title}:` : '  prompt:');
  for (const line of content.prompt.split('\n')) out(visible(`    ${line}`));
  return EXIT.ok;
};

const SUITES_NEW = 'its suites are others than those that the active version was evaluated with: look at them too';

const sayQuality = ({ evaluations, areSuitesNew, standing, waivers }: QualityLook): readonly string[] => [
  ...evaluations.flatMap(({ seq, version, report }) =>
    report === null
      ? [`entry ${seq}: an evaluation that cannot be read`]
      : sayEvaluation(`evaluated, entry ${seq}: version ${version}`, report),
  ),
  ...(areSuitesNew ? [SUITES_NEW] : []),
  ...waivers.map(({ who, why }) => `waived by ${who}: ${why}`),
  ...standing.map((reason) => `stands against it: ${reason}`),
];

const sayDeed = (deed: CodexDeed): string => {
  switch (deed.kind) {
    case 'exported':
      return deed.restores === null ? 'exported' : `rolled back to the content of ${deed.restores}`;
    case 'attested':
      return `signed: ${deed.predicate}`;
    case 'evaluated':
      return `evaluated: ${deed.verdict}`;
    case 'waived':
      return 'waived: let pass in an emergency';
    case 'tagged':
      return `tagged ${deed.tag}`;
    case 'untagged':
      return `tag ${deed.tag} removed`;
    default:
      return deed.kind;
  }
};

const versionIn = (deed: CodexDeed): string => ('revision' in deed ? String(deed.revision.version) : '');
const whyIn = (deed: CodexDeed): string => ('why' in deed ? (deed.why ?? '') : '');

const rowOf = ({ seq, at, by, deed }: CodexRecord): readonly string[] => [
  String(seq),
  sayInstant(at),
  versionIn(deed),
  sayDeed(deed),
  by.name,
  whyIn(deed),
];

export const history = async (setting: CodexSetting, [item = '']: Words): Promise<ExitCode> => {
  const records = historyOf(deskOf(setting), item);
  if (isJson(setting)) return answer(setting, { records }, []);
  const heads = ['entry', 'at', 'version', 'what', 'by', 'why'];
  setting.terminal.out(await table(setting.terminal, heads, records.map(rowOf)));
  return EXIT.ok;
};

export const diff = (setting: CodexSetting, [before = '', after = '']: Words): ExitCode => {
  const fields = diffRevisions(deskOf(setting), before, after);
  if (isJson(setting)) return answer(setting, { fields }, []);
  const { out } = setting.terminal;
  if (fields.length === 0) out('both say the same');
  for (const { field, before: was, after: is, lines } of fields) {
    out(visible(lines === null ? `${field}: ${JSON.stringify(was)} → ${JSON.stringify(is)}` : `${field}:`));
    for (const line of lines ?? []) out(visible(`  ${line}`));
  }
  return EXIT.ok;
};

/** What stands behind the signed end, and behind the evidence: true for a while after every deed. */
const pending = ({ entries, unnamed, unsigned, unwitnessed, head }: CodexReport): readonly string[] => [
  ...(unnamed === 0 ? [] : [`${unnamed} objects that nobody names (sereno codex gc)`]),
  ...(head === null && entries > 0 ? ['nobody has signed the end of the log'] : []),
  ...(head === null || unsigned === 0 ? [] : [`${unsigned} entries behind the signed end of the log`]),
  ...(unwitnessed === null || unwitnessed === 0
    ? []
    : [`${unwitnessed} entries not in the evidence yet (a running Sereno puts them there)`]),
];

export const verify = (setting: CodexSetting, _words: Words, options: Options): ExitCode => {
  const seen = typeof options['seen'] === 'string' ? [readSeen(options['seen'])] : [];
  const report = verifyAll(setting.codex, setting.settings.stateDirectory, setting.now, seen);
  const { entries, objects, revisions, strays, problems } = report;
  if (isJson(setting)) printJson(setting.terminal, report);
  else {
    printProblems(setting.terminal, problems);
    const { out } = setting.terminal;
    for (const stray of strays) out(visible(`not ours: ${stray}`));
    const whole = problems.length === 0 ? 'all of it is what was written' : `${problems.length} problems`;
    const parts = [
      `${entries} entries, ${objects} objects, ${revisions} ${revisions === 1 ? 'revision' : 'revisions'}: ${whole}`,
      ...pending(report),
    ];
    out(parts.join('; '));
  }
  return problems.length === 0 ? EXIT.ok : EXIT.failed;
};

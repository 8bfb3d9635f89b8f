// `sereno target list|show|backtest|import|export`: what is promised, how it stands, and the same for other programs.

import { visible } from '#api/visible.ts';
import { burnRulesOf } from '#judge/budget/burnRules.ts';
import { EXIT, problem, type ExitCode, type Problem } from '#kernel/problem.ts';
import { sayInstant, sayReason } from '#kernel/reason.ts';
import type { Target, TargetState } from '#kernel/target.ts';
import { BUDGET_SHARES } from '#kernel/target.ts';
import type { BudgetView, TargetView } from '#kernel/targetView.ts';
import { instant, sayDuration, type DurationMs } from '#kernel/time.ts';
import type { Define, Options, Setting, Words, Work } from './command.ts';
import { show, withClient } from './connection.ts';
import { deliver } from './document.ts';
import { failWith } from './failing.ts';
import { backtestTargets } from './targetBacktest.ts';
import { paint, printJson, table } from './terminal.ts';

/** A file of OpenSLO objects; 1 MB holds thousands. */
const IMPORT_BYTES_MAX = 1_048_576;

const COLOURS: Record<TargetState, 'green' | 'yellow' | 'red'> = {
  meeting: 'green',
  'no-data': 'yellow',
  burning: 'yellow',
  breached: 'red',
  exhausted: 'red',
};

const percentOf = (value: number): string => `${Number(value.toFixed(1))} %`;
const rateOf = (value: number): string => `${Number(value.toPrecision(3))}x`;

/** Burn windows of short promises are not whole minutes; a minute and a half is not a minute. */
const sayWindow = (ms: DurationMs): string => {
  const seconds = Math.round(ms / 1_000) % 60;
  return ms < 60_000 || ms >= 3_600_000 || seconds === 0 ? sayDuration(ms) : `${sayDuration(ms)} ${seconds} s`;
};

const sayLeft = ({ budget }: TargetView): string =>
  budget === null ? 'not known' : percentOf(budget.remainingPercent);

/** The rule that is nearest to holding. */
const sayPace = ({ burns }: TargetView): string => {
  const nearest = burns.toSorted((a, b) => b.longRate / b.factor - a.longRate / a.factor)[0];
  return nearest === undefined ? '' : `${rateOf(nearest.longRate)} in ${sayDuration(nearest.longMs)}`;
};

const list: Work = (setting) =>
  withClient(setting, async (client) =>
    show(setting, await client.read('targets'), async ({ targets }) => {
      const rows = targets.map((each) => [each.id, each.state, sayLeft(each), sayPace(each), each.said]);
      setting.terminal.out(
        await table(setting.terminal, ['target', 'state', 'budget left', 'burns', 'promised'], rows),
      );
    }),
  );

const sayExhaustion = ({ exhaustedAt, exhaustedEarliest, exhaustedLatest }: BudgetView): string => {
  if (exhaustedAt === null) return '  at the pace of now it lasts for the window';
  const latest = exhaustedLatest === null ? 'never' : sayInstant(exhaustedLatest);
  const earliest = sayInstant(exhaustedEarliest ?? exhaustedAt);
  return `  at the pace of now it is gone at ${sayInstant(exhaustedAt)} (19 times in 20 between ${earliest} and ${latest})`;
};

const count = (value: number): string => String(Number(value.toFixed(2)));

const budgetLines = (budget: BudgetView): readonly string[] => {
  const shares = BUDGET_SHARES.filter((share) => budget.shares[share] > 0);
  const by = shares.map((share) => `${share} ${count(budget.shares[share])}`).join(', ');
  const blind = budget.withoutDataMs > 0 ? [`  nothing was known for ${sayDuration(budget.withoutDataMs)}`] : [];
  return [
    `  budget left: ${percentOf(budget.remainingPercent)}, or ${sayDuration(budget.remainingMs)} of everything failing`,
    `  bad events: ${count(budget.used)} of ${count(budget.allowed)} that may be${by === '' ? '' : `; by whom: ${by}`}`,
    ...blind,
    sayExhaustion(budget),
  ];
};

const EPISODES_SHOWN = 10;

const printOne = async ({ terminal }: Setting, view: TargetView): Promise<void> => {
  const { out } = terminal;
  out(
    `${paint(terminal, 'bold', visible(view.id))} is ${paint(terminal, COLOURS[view.state], view.state)}: ${visible(view.said)}`,
  );
  for (const reason of view.reasons) out(`  ${visible(sayReason(reason))}`);
  if (view.staleSince !== null) out(`  nothing fresh since ${sayInstant(view.staleSince)}`);
  for (const line of view.budget === null ? [] : budgetLines(view.budget)) out(line);
  const rules = view.burns.map((burn) => [
    burn.severity,
    `${rateOf(burn.factor)} over ${sayWindow(burn.longMs)} and ${sayWindow(burn.shortMs)}`,
    rateOf(burn.longRate),
    rateOf(burn.shortRate),
    burn.isHolding ? 'yes' : 'no',
  ]);
  out(await table(terminal, ['severity', 'told when it burns', 'long', 'short', 'now'], rules));
  for (const episode of view.episodes.slice(-EPISODES_SHOWN))
    out(`  ${sayInstant(episode.from)} to ${sayInstant(episode.to)}: ${count(episode.bad)} bad, ${episode.share}`);
};

const showOne: Work = (setting, [id = '']) =>
  withClient(setting, async (client) =>
    show(setting, await client.read('target', { path: { id } }), (view) => printOne(setting, view)),
  );

const sayNote = ({ place, message }: Problem): string =>
  place === null ? message : `${place.file}:${place.line}: ${message}`;

const importFile: Work = async (setting, [file = ''], options) => {
  const { importOpenSlo } = await import('#config/openslo/import.ts');
  const { DISK } = await import('#config/files.ts');
  const content = DISK.read(file, IMPORT_BYTES_MAX);
  if (content.kind === 'missing' || content.kind === 'unreadable') {
    const why = content.kind === 'missing' ? 'there is no such file' : content.detail;
    return failWith(setting, [
      problem('bad-input', `${file} cannot be read: ${why}`, { expected: 'a file of OpenSLO v1 objects' }),
    ]);
  }
  const imported = importOpenSlo(file, content);
  if (imported.problems.length > 0) return failWith(setting, imported.problems);
  if (imported.targets.length === 0)
    return failWith(setting, [problem('bad-input', `${file} has no SLO`, { expected: 'objects of kind SLO' })]);
  const { settings, terminal } = setting;
  if (settings.format === 'json' && options['write'] === undefined) {
    printJson(terminal, { targets: imported.targets, yaml: imported.yaml, notes: imported.notes });
    return EXIT.ok;
  }
  for (const note of imported.notes) terminal.err(`note: ${visible(sayNote(note))}`);
  return deliver(setting, options['write'], async (line) => {
    for (const text of imported.yaml.trimEnd().split('\n')) line(visible(text));
    return EXIT.ok;
  });
};

/** The targets of the configuration, or those of them that were named. */
const wantedTargets = async (setting: Setting, words: Words): Promise<readonly Target[] | ExitCode> => {
  const { readSite } = await import('#config/readSite.ts');
  const { site, problems } = readSite({
    file: setting.settings.configFile,
    env: process.env,
    now: instant(Date.now()),
  });
  if (site === null) return failWith(setting, problems);
  const targets = site.services.flatMap((service) => service.targets);
  const names = words.filter((word) => word !== undefined);
  const ids = new Set<string>(targets.map((target) => target.id));
  const lost = names.filter((name) => !ids.has(name));
  const mend = 'sereno check shows the targets';
  if (lost.length > 0)
    return failWith(
      setting,
      lost.map((name) => problem('not-found', `no target called ${name}`, { mend })),
    );
  return names.length === 0 ? targets : targets.filter((target) => names.includes(target.id));
};

const writeOut = async (targets: readonly Target[], isOpenSlo: boolean) => {
  if (isOpenSlo) return (await import('#config/openslo/export.ts')).exportOpenSlo(targets);
  const { prometheusRules } = await import('#config/prometheusRules.ts');
  return prometheusRules(targets.map((target) => ({ target, rules: burnRulesOf(target) })));
};

const exportTargets: Work = async (setting, words, options: Options) => {
  const [isOpenSlo, isPrometheus] = [options['openslo'] === true, options['prometheus'] === true];
  if (isOpenSlo === isPrometheus)
    return failWith(setting, [
      problem('bad-request', 'in which form?', { expected: 'either --openslo or --prometheus' }),
    ]);
  const targets = await wantedTargets(setting, words);
  if (typeof targets === 'number') return targets;
  const { yaml, problems } = await writeOut(targets, isOpenSlo);
  if (problems.length > 0) return failWith(setting, problems);
  if (setting.settings.format === 'json' && options['output'] === undefined) {
    printJson(setting.terminal, { targets: targets.map((target) => target.id), yaml });
    return EXIT.ok;
  }
  return deliver(setting, options['output'], async (line) => {
    for (const text of yaml.trimEnd().split('\n')) line(visible(text));
    return EXIT.ok;
  });
};

export const defineTarget: Define = (command, running) => {
  command.command('list').description('all targets: state, budget, burn').action(running(list));
  command
    .command('show')
    .description('one target: budget, burn rules, who ate the budget and when')
    .argument('<target>', 'its name: service.target')
    .action(running(showOne));
  command
    .command('backtest')
    .description('judge what was recorded again, under the running declaration and under a changed one')
    .argument('[file]', 'the changed configuration (default: only the present one)')
    .option('--since <duration>', 'look back so far (default: 14d)')
    .option('--target <target>', 'only this target: service.target')
    .action(running(backtestTargets));
  command
    .command('import')
    .description('read OpenSLO v1 objects and print the lines for sereno.yaml')
    .argument('<file>', 'YAML, one or several documents')
    .option('--write <file>', 'into this file instead, such as sereno.d/targets.yaml')
    .action(running(importFile));
  command
    .command('export')
    .description('write the declared targets for other programs')
    .argument('[targets...]', 'only these; all of them unless named')
    .option('--openslo', 'as OpenSLO v1 objects')
    .option('--prometheus', 'as recording and alert rules for Prometheus')
    .option('--output <file>', 'into this file instead')
    .action(running(exportTargets));
};

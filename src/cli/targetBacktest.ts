// `sereno target backtest`: how a changed declaration would have done over what was recorded, beside the running one.

import { visible } from '#api/visible.ts';
import type { Backtest, BacktestSide, BacktestTarget } from '#daemon/backtest.ts';
import type { IncidentFate, MissedWhy, RealIncident } from '#judge/backtest.ts';
import { EXIT, problem, type ExitCode } from '#kernel/problem.ts';
import { sayInstant } from '#kernel/reason.ts';
import type { Site } from '#kernel/site.ts';
import { durationMs, instant, sayDuration, type DurationMs } from '#kernel/time.ts';
import { unreachable } from '#kernel/unreachable.ts';
import type { Options, Setting, Work } from './command.ts';
import { failWith } from './failing.ts';
import { printJson, table } from './terminal.ts';

const SINCE = '14d';
/** As long as anything is kept. */
const SINCE_MAX_MS = 730 * 86_400_000;
/** Of each target, the newest. All of them are in the JSON. */
const INCIDENTS_SHOWN = 20;

const readSince = async (options: Options): Promise<DurationMs | null> => {
  const { DURATION_PATTERN, readDuration } = await import('#config/quantity.ts');
  const text = typeof options['since'] === 'string' ? options['since'] : SINCE;
  const sinceMs = DURATION_PATTERN.test(text) ? readDuration(text) : durationMs(0);
  return sinceMs > 0 && sinceMs <= SINCE_MAX_MS ? sinceMs : null;
};

/** The declaration in a file, or the exit code with which its problems were told. */
const siteIn = async (setting: Setting, file: string): Promise<Site | ExitCode> => {
  const { readSite } = await import('#config/readSite.ts');
  const { site, problems } = readSite({ file, env: process.env, now: instant(Date.now()) });
  return site ?? failWith(setting, problems);
};

export const backtestTargets: Work = async (setting, [file], options) => {
  const { settings, terminal } = setting;
  const sinceMs = await readSince(options);
  const expected = 'a duration up to 730d, such as 14d or 12h';
  if (sinceMs === null) return failWith(setting, [problem('bad-request', '--since is no such time', { expected })]);
  if (settings.url !== null) {
    const mend = 'run it where the state directory is';
    return failWith(setting, [problem('bad-request', 'history cannot be read over --url', { mend })]);
  }
  const running = await siteIn(setting, settings.configFile);
  if (typeof running === 'number') return running;
  const changed = file === undefined ? null : await siteIn(setting, file);
  if (typeof changed === 'number') return changed;
  const { backtest } = await import('#daemon/backtest.ts');
  const target = typeof options['target'] === 'string' ? options['target'] : null;
  const { stateDirectory } = settings;
  const done = backtest({ stateDirectory, running, changed, sinceMs, target, now: instant(Date.now()) });
  if (settings.format === 'json') printJson(terminal, done);
  else await print(setting, done);
  return EXIT.ok;
};

const LEVEL_SAID = {
  detail: 'look by look',
  minutes: 'from minutes: alarms are known to the minute',
  hours: 'from hours: alarms are known to the hour, and what lasted for less is spread over it',
} as const;

const print = async ({ terminal }: Setting, done: Backtest): Promise<void> => {
  const { out } = terminal;
  out(`judged again: ${sayDuration(done.to - done.from)}, from ${sayInstant(done.from)} to ${sayInstant(done.to)}`);
  for (const { level, from, to } of done.stretches)
    out(`  ${sayDuration(to - from)} from ${sayInstant(from)} on ${LEVEL_SAID[level]}`);
  const heads = [
    'target',
    'declared',
    'promised',
    'pages',
    'a week',
    'notices',
    'a week',
    'budget left',
    'incidents found',
  ];
  out(
    await table(
      terminal,
      heads,
      done.targets.flatMap((each) => rowsOf(done, each)),
    ),
  );
  for (const each of done.targets) printTarget(out, done, each);
  printAnomalies(out, done);
  if (done.seriesLeft > 0) out(`${done.seriesLeft} series of sources were left out: they are too many`);
};

type Out = (line: string) => void;

const sidesOf = (
  { hasChanged }: Backtest,
  target: BacktestTarget,
): readonly (readonly [string, BacktestSide | null])[] =>
  hasChanged
    ? [
        ['now', target.running],
        ['changed', target.changed],
      ]
    : [['now', target.running]];

const rate = (perWeek: number | null): string => (perWeek === null ? 'not known' : String(Number(perWeek.toFixed(2))));

const rowsOf = (done: Backtest, target: BacktestTarget): readonly (readonly string[])[] =>
  sidesOf(done, target).map(([name, side]) => {
    if (side === null) return [target.id, name, 'not declared', '', '', '', '', '', ''];
    const { said, score, budget } = side;
    if (score === null || budget === null) return [target.id, name, said, '', '', '', '', 'not known', ''];
    const found = score.incidents.filter(({ fate }) => fate.kind !== 'missed').length;
    return [
      target.id,
      name,
      said,
      String(score.pages),
      rate(score.pagesPerWeek),
      String(score.notices),
      rate(score.noticesPerWeek),
      `${Number(budget.remainingPercent.toFixed(1))} %`,
      `${found} of ${score.incidents.length}`,
    ];
  });

const printTarget = (out: Out, done: Backtest, target: BacktestTarget): void => {
  const sides = sidesOf(done, target);
  for (const [name, side] of sides)
    for (const line of remarksOf(side)) out(`${visible(target.id)}, ${name}: ${visible(line)}`);
  const fates = sides.map(([name, side]) => ({
    name,
    fates: new Map(side?.score?.incidents.map(({ number, fate }) => [number, fate]) ?? []),
  }));
  const those = done.incidents.filter(({ number }) => fates.some((each) => each.fates.has(number)));
  for (const incident of those.slice(-INCIDENTS_SHOWN)) {
    const said = fates.flatMap(({ name, fates: known }) => {
      const fate = known.get(incident.number);
      return fate === undefined ? [] : [`${name} ${sayFate(fate)}`];
    });
    out(`${visible(target.id)}, ${visible(sayIncident(incident))}: ${said.join('; ')}`);
  }
  if (those.length > INCIDENTS_SHOWN)
    out(`${visible(target.id)}: ${those.length - INCIDENTS_SHOWN} older incidents; --format json has them`);
};

/** What the numbers of one side do not say. */
const remarksOf = (side: BacktestSide | null): readonly string[] => {
  if (side === null) return [];
  const { cannot, score } = side;
  const remarks = cannot === null ? [] : [cannot];
  if (score === null) return remarks;
  if (score.grouped > 0)
    remarks.push(`${score.grouped} of the pages would be grouped: people knew of the service already`);
  if (score.unexplained > 0)
    remarks.push(`${score.unexplained} of the pages are of a time of which the evidence knows no incident`);
  return remarks;
};

const sayIncident = ({ number, severity, subject, openedAt, resolvedAt }: RealIncident): string =>
  `${number} ${severity} of ${subject} (${sayInstant(openedAt)}, ${resolvedAt === null ? 'lasts' : sayDuration(resolvedAt - openedAt)})`;

const sayFate = (fate: IncidentFate): string => {
  if (fate.kind === 'missed') return `misses it: ${sayMissed(fate.why, fate.bad)}`;
  const { kind, severity, tookMs, aheadMs } = fate;
  const when = aheadMs >= 0 ? `${sayDuration(aheadMs)} before` : `${sayDuration(-aheadMs)} after`;
  return `${kind === 'paged' ? 'pages' : 'gives a notice'} (${severity}) ${sayDuration(tookMs)} after the first bad event, ${when} it was opened`;
};

const sayMissed = (why: MissedWhy, bad: number): string => {
  switch (why) {
    case 'no-data':
      return 'nothing was recorded then';
    case 'not-bad':
      return 'none of its events was bad';
    case 'not-burning':
      return `${Number(bad.toFixed(1))} bad events were not enough for any rule`;
    default:
      return unreachable(why);
  }
};

const printAnomalies = (out: Out, { anomalies, from, to, stretches, hasChanged }: Backtest): void => {
  if (anomalies === null) return;
  const detail = stretches.find(({ level }) => level === 'detail');
  const lengthMs = detail === undefined ? 0 : Math.min(to - from, detail.to - detail.from);
  const sides = hasChanged ? (['running', 'changed'] as const) : (['running'] as const);
  for (const name of sides) {
    const side = anomalies[name];
    const said =
      side === null
        ? 'off'
        : `${side.told.length} told, ${side.heldBack} held back, at ${Number(side.perWeek.toFixed(3))} a week declared; ${side.seriesWatched} series in the ${sayDuration(lengthMs)} of which every value is kept`;
    out(`anomalies, ${name === 'running' ? 'now' : 'changed'}: ${said}`);
  }
};

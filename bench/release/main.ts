// Benchmark: our test of a new release beside those that people use, on the same simulated traffic in the same run.
//
//   node bench/release/main.ts [--runs 2000] [--seed 1] [--short] [--write]
//
// 100 requests a second, 5 % of them to the release, 30 minutes, 0.5 % failing; and one request a second. Prints how often
// a release that is fine is stopped, how long it takes to stop one that is not, and the requests that failed by then.
// `--short` makes 100 runs: enough to see that it works, not to be quoted. `--write` fills the section of docs/benchmarks.md.
// Exits 1 when a goal is missed: false alarms ≤ 0.1 %, total outage ≤ 5 s, ten times the errors ≤ 60 s.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Chance } from '#sim/chance.ts';
import { CONTENDERS, OURS, WINDOW_MINUTES, type Contender, type Judge } from './judges.ts';
import { drawSecond, SCENARIOS, type Scenario, type ScenarioName } from './traffic.ts';

const WINDOW_SECONDS = WINDOW_MINUTES * 60;
const SHORT_RUNS = 100;
const PAGE = join(import.meta.dirname, '..', '..', 'docs', 'benchmarks.md');
const MARKS = ['<!-- release -->', '<!-- /release -->'] as const;

/** Seconds until the release was stopped, for each run; null: it was let through. And what had failed of it by then. */
type Outcome = { readonly stoppedAt: (number | null)[]; readonly failed: number[] };

type Open = { readonly contender: Contender; judge: Judge; isOver: boolean; failed: number };

/** One run of traffic, shown to all at once; each judge sees it until it stops the release. */
const runOnce = (scenario: Scenario, chance: Chance, outcomes: ReadonlyMap<Contender, Outcome>): void => {
  const open: Open[] = CONTENDERS.map((contender) => ({
    contender,
    judge: contender.make(),
    isOver: false,
    failed: 0,
  }));
  for (let second = 0; second < WINDOW_SECONDS; second += 1) {
    const seen = drawSecond(chance, scenario, second);
    for (const each of open) {
      if (each.isOver) continue;
      each.failed += seen.release.errors;
      if (!each.judge(seen, second)) continue;
      each.isOver = true;
      outcomes.get(each.contender)?.stoppedAt.push(second + 1);
    }
  }
  for (const { contender, isOver, failed } of open) {
    const outcome = outcomes.get(contender);
    if (!isOver) outcome?.stoppedAt.push(null);
    outcome?.failed.push(failed);
  }
};

const measure = (name: ScenarioName, runs: number, seed: number): ReadonlyMap<Contender, Outcome> => {
  const outcomes = new Map<Contender, Outcome>(CONTENDERS.map((each) => [each, { stoppedAt: [], failed: [] }]));
  const chance = new Chance(seed, name);
  for (let run = 0; run < runs; run += 1) runOnce(SCENARIOS[name], chance, outcomes);
  return outcomes;
};

const quantile = (values: readonly number[], part: number): number =>
  values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(part * values.length))] ?? Number.NaN;

const stopsOf = ({ stoppedAt }: Outcome): readonly number[] => stoppedAt.filter((at) => at !== null);

const shareStopped = (outcome: Outcome): number => stopsOf(outcome).length / outcome.stoppedAt.length;

const sayPercent = (share: number): string => `${Number((100 * share).toFixed(share < 0.01 ? 2 : 1))} %`;

const saySeconds = (seconds: number): string => (seconds < 120 ? `${seconds} s` : `${(seconds / 60).toFixed(1)} min`);

/** `94 %, 13 min`, and how many requests of the release had failed by then in the middle run. */
const sayFound = (outcome: Outcome): string => {
  const stops = stopsOf(outcome);
  const share = shareStopped(outcome);
  if (stops.length === 0) return 'never';
  const part = share === 1 ? '' : `${sayPercent(share)}, `;
  return `${part}${saySeconds(quantile(stops, 0.5))} (95th ${saySeconds(quantile(stops, 0.95))}); ${quantile(outcome.failed, 0.5)} failed`;
};

type Measured = Readonly<Record<ScenarioName, ReadonlyMap<Contender, Outcome>>>;

const cell = (measured: Measured, name: ScenarioName, contender: Contender): string => {
  const outcome = measured[name].get(contender);
  if (outcome === undefined) return '–';
  return SCENARIOS[name].isFine ? sayPercent(shareStopped(outcome)) : sayFound(outcome);
};

const table = (measured: Measured, names: readonly ScenarioName[]): readonly string[] => [
  `| judge | ${names.map((name) => `${SCENARIOS[name].isFine ? 'stopped though fine: ' : ''}${SCENARIOS[name].name}`).join(' | ')} |`,
  `|---|${names.map(() => '---').join('|')}|`,
  ...CONTENDERS.map((each) => `| ${each.name} | ${names.map((name) => cell(measured, name, each)).join(' | ')} |`),
];

const report = (measured: Measured, runs: number, seed: number): string =>
  [
    `${runs} runs of each scenario, seed ${seed}; every judge sees the same requests. 100 requests a second, 5 % to the release:`,
    '',
    ...table(measured, ['equal', 'equalLow', 'shared', 'double', 'tenfold', 'outage']),
    '',
    'One request a second:',
    '',
    ...table(measured, ['quietEqual', 'quietOutage', 'quietHalfTenfold']),
  ].join('\n');

type Goal = { readonly what: string; readonly isMet: boolean; readonly measured: string };

const goalsOf = (measured: Measured): readonly Goal[] => {
  const ours = (name: ScenarioName): Outcome => measured[name].get(OURS) ?? { stoppedAt: [], failed: [] };
  const fine = (['equal', 'equalLow', 'shared', 'quietEqual'] as const).map((name) => {
    const share = shareStopped(ours(name));
    return { what: `false alarms ≤ 0.1 %: ${name}`, isMet: share <= 0.001, measured: sayPercent(share) };
  });
  const within = (name: ScenarioName, most: number): Goal => {
    const median = quantile(stopsOf(ours(name)), 0.5);
    const isMet = shareStopped(ours(name)) >= 0.99 && median <= most;
    return { what: `${SCENARIOS[name].name}: half of the runs within ${most} s`, isMet, measured: `${median} s` };
  };
  return [...fine, within('outage', 5), within('tenfold', 60)];
};

const write = (text: string): void => {
  const page = readFileSync(PAGE, 'utf8');
  const [open, close] = MARKS;
  const from = page.indexOf(open);
  const to = page.indexOf(close);
  if (from < 0 || to < 0) throw new Error(`${PAGE} has no section between ${open} and ${close}`);
  writeFileSync(PAGE, `${page.slice(0, from + open.length)}\n${text}\n${page.slice(to)}`);
};

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '2000' },
    seed: { type: 'string', default: '1' },
    short: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
  },
});
const runs = values.short ? SHORT_RUNS : Number(values.runs);
const seed = Number(values.seed);
const names = Object.keys(SCENARIOS).filter((name): name is ScenarioName => Object.hasOwn(SCENARIOS, name));
const measured = Object.fromEntries(names.map((name) => [name, measure(name, runs, seed)])) as Measured; // decoder: all names
const text = report(measured, runs, seed);
const goals = goalsOf(measured);
const lines = goals.map((goal) => `- ${goal.isMet ? 'met' : '**missed**'}: ${goal.what}: ${goal.measured}`);
console.log(`${text}\n\n${lines.join('\n')}`);
if (values.write && !values.short) write(`${text}\n\nGoals, Sereno's row:\n\n${lines.join('\n')}`);
process.exitCode = goals.every((goal) => goal.isMet) ? 0 : 1;

// Benchmark: what the comparison of a candidate with the blessed configuration promises, by simulation.
//
//   node bench/evaluation.ts [--runs 4000] [--seed 1] [--short] [--write]
//
// Every run goes through the comparison as it is built in, at the number of pairs that it proposes itself. Of unchanged
// configurations 5 % may be blocked; of those that pass 10 points less often 90 % must be. Beside it what people do: one run of
// each case and a lower score blocks; and a test of two proportions, looked at after every twenty pairs.
// `--short` makes 200 runs: enough to see that it works, not to be quoted. `--write` fills the section of docs/benchmarks.md.
// Exits 1 when a promise is missed by more than three standard deviations of the simulation.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Comparison, type Pair } from '#judge/evaluation/comparison.ts';
import { GOAL, planPairs, type Plan } from '#judge/evaluation/plan.ts';
import { Chance } from '#sim/chance.ts';
import { quantile } from './measure.ts';

const CASES = 40;
const SHORT_RUNS = 200;
const PAGE = join(import.meta.dirname, '..', 'docs', 'benchmarks.md');
const MARKS = ['<!-- evaluation -->', '<!-- /evaluation -->'] as const;

/** Pass rates of a case by its number, and by how much the candidate falls there. */
type World = {
  readonly name: string;
  readonly passRate: (index: number) => number;
  readonly fall: (index: number) => number;
  /** What is known of the blessed one before; null: nothing. */
  readonly known: { readonly passed: number; readonly total: number } | null;
  readonly isFine: boolean;
};

const flat = (value: number) => (): number => value;
const sloped = (index: number): number => 0.6 + (0.4 * (index + 0.5)) / CASES;

const KNOWN_RATES = [0.55, 0.7, 0.85, 0.95, 0.98] as const;

const of1000 = (rate: number): World['known'] => ({ passed: Math.round(1_000 * rate), total: 1_000 });

const percent = (share: number): string => `${Number((100 * share).toFixed(1))} %`;

const WORLDS: readonly World[] = [
  ...KNOWN_RATES.flatMap((rate): readonly World[] => [
    { name: `${percent(rate)}, unchanged`, passRate: flat(rate), fall: flat(0), known: of1000(rate), isFine: true },
    {
      name: `${percent(rate)}, 10 points less`,
      passRate: flat(rate),
      fall: flat(0.1),
      known: of1000(rate),
      isFine: false,
    },
  ]),
  { name: 'nothing known, 95 %, unchanged', passRate: flat(0.95), fall: flat(0), known: null, isFine: true },
  { name: 'nothing known, 55 %, 10 points less', passRate: flat(0.55), fall: flat(0.1), known: null, isFine: false },
  { name: 'nothing known, 95 %, 10 points less', passRate: flat(0.95), fall: flat(0.1), known: null, isFine: false },
  { name: 'cases of 60 to 100 %, unchanged', passRate: sloped, fall: flat(0), known: of1000(0.8), isFine: true },
  {
    name: 'cases of 60 to 100 %, a quarter of them 40 points less',
    passRate: sloped,
    fall: (index) => (index % 4 === 0 ? 0.4 : 0),
    known: of1000(0.8),
    isFine: false,
  },
  {
    name: 'cases of 60 to 100 %, half of them 10 points more, half less',
    passRate: (index) => Math.min(0.9, sloped(index)),
    fall: (index) => (index % 2 === 0 ? 0.1 : -0.1),
    known: of1000(0.78),
    isFine: true,
  },
  {
    name: 'always the same answer, one case of ten breaks',
    passRate: flat(1),
    fall: (index) => (index % 10 === 0 ? 1 : 0),
    known: of1000(1),
    isFine: false,
  },
];

const draw = (chance: Chance, world: World, order: readonly number[], turn: number): Pair => {
  const index = order[turn % CASES] ?? 0;
  const rate = world.passRate(index);
  return {
    name: `${index}`,
    isBlessedPassed: chance.hits(rate),
    isCandidatePassed: chance.hits(rate - world.fall(index)),
  };
};

/** The cases in a drawn order, as they are asked. */
const shuffled = (chance: Chance): readonly number[] =>
  Array.from({ length: CASES }, (_, index) => ({ index, key: chance.unit() }))
    .sort((a, b) => a.key - b.key)
    .map(({ index }) => index);

/** One side, 5 %. */
const Z_5 = 1.6449;
const LOOK_EVERY = 20;

type Judged = {
  readonly isBlocked: boolean;
  readonly pairs: number;
  readonly isOnceBlocked: boolean;
  readonly isPeekBlocked: boolean;
};

const runOnce = (chance: Chance, world: World, plan: Plan): Judged => {
  const comparison = new Comparison(plan);
  const order = shuffled(chance);
  let isOver = false;
  let judgedAt = plan.pairs;
  let [blessed, candidate] = [0, 0];
  let [isOnceBlocked, isPeekBlocked] = [false, false];
  for (let turn = 0; turn < plan.pairs; turn += 1) {
    const pair = draw(chance, world, order, turn);
    if (!isOver && comparison.add(pair)) {
      isOver = true;
      judgedAt = turn + 1;
    }
    blessed += Number(pair.isBlessedPassed);
    candidate += Number(pair.isCandidatePassed);
    const seen = turn + 1;
    if (seen === CASES) isOnceBlocked = candidate < blessed;
    if (seen % LOOK_EVERY === 0) isPeekBlocked ||= isLower(blessed, candidate, seen);
  }
  return { isBlocked: comparison.verdict().kind === 'blocked', pairs: judgedAt, isOnceBlocked, isPeekBlocked };
};

const isLower = (blessed: number, candidate: number, seen: number): boolean => {
  const pooled = (blessed + candidate) / (2 * seen);
  const deviation = Math.sqrt((2 * pooled * (1 - pooled)) / seen);
  return deviation > 0 && (blessed - candidate) / seen / deviation > Z_5;
};

type Row = {
  readonly world: World;
  readonly plan: Plan;
  readonly blocked: number;
  readonly once: number;
  readonly peek: number;
  readonly pairs: readonly number[];
};

const measure = (world: World, runs: number, seed: number): Row => {
  const plan = planPairs(GOAL, world.known);
  const chance = new Chance(seed, world.name);
  const judged = Array.from({ length: runs }, () => runOnce(chance, world, plan));
  const share = (isHit: (it: Judged) => boolean): number => judged.filter(isHit).length / runs;
  return {
    world,
    plan,
    blocked: share((it) => it.isBlocked),
    once: share((it) => it.isOnceBlocked),
    peek: share((it) => it.isPeekBlocked),
    pairs: judged.map((it) => it.pairs),
  };
};

const isKept = ({ world, blocked }: Row, runs: number): boolean => {
  const promised = world.isFine ? GOAL.falseBlocks : GOAL.power;
  const slack = 3 * Math.sqrt((promised * (1 - promised)) / runs);
  return world.isFine ? blocked <= promised + slack : blocked >= promised - slack;
};

const sayRow = ({ world, plan, blocked, once, peek, pairs }: Row): string =>
  `| ${world.name} | ${plan.pairs} | ${quantile(pairs, 0.5)} (95th ${quantile(pairs, 0.95)}) | **${percent(blocked)}** | ${percent(once)} | ${percent(peek)} |`;

const report = (rows: readonly Row[], runs: number, seed: number): string =>
  [
    `${runs} runs of each row, seed ${seed}, ${CASES} cases. Blocked: ours; one run of each case where a lower score blocks; a test of two proportions at 5 %, looked at every ${LOOK_EVERY} pairs.`,
    '',
    '| pass rate of the blessed one, and the candidate | pairs proposed | pairs until the verdict, middle run | blocked by Sereno | by one run | by the repeated test |',
    '|---|---|---|---|---|---|',
    ...rows.map(sayRow),
  ].join('\n');

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
    runs: { type: 'string', default: '4000' },
    seed: { type: 'string', default: '1' },
    short: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
  },
});
const runs = values.short ? SHORT_RUNS : Number(values.runs);
const seed = Number(values.seed);
const rows = WORLDS.map((world) => measure(world, runs, seed));
const text = report(rows, runs, seed);
const missed = rows.filter((row) => !isKept(row, runs)).map(({ world }) => world.name);
const promise = `Promise: unchanged blocked in ${percent(GOAL.falseBlocks)} at most, 10 points less in ${percent(GOAL.power)} at least: ${missed.length === 0 ? 'kept in every row' : `**missed**: ${missed.join('; ')}`}.`;
console.log(`${text}\n\n${promise}`);
if (values.write && !values.short) write(`${text}\n\n${promise}`);
process.exitCode = missed.length === 0 ? 0 : 1;

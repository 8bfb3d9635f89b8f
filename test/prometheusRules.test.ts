// Burn rules beside the real Prometheus: a thousand random series, the workbook's four rules, every evaluation compared.

import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { allowanceOf } from '#judge/budget/burnRules.ts';
import { openTarget } from '#judge/budget/judge.ts';
import { serviceId } from '#kernel/id.ts';
import { targetId, type Target } from '#kernel/target.ts';
import { durationMs, hours, instant } from '#kernel/time.ts';
import { queryRange, startPrometheus, type Answered } from './stand/prometheus.ts';

type Chance = () => number;

/** mulberry32: seeded, so that a failure comes again. */
const makeChance = (seed: number): Chance => {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
};

const START = Date.UTC(2026, 2, 1);
/** Between two evaluations: a sample in the very moment of one is in both of two windows for Prometheus 2. */
const OFFSET_MS = 7_000;

type Amount = { readonly at: number; readonly good: number; readonly bad: number };
type Family = {
  readonly name: string;
  readonly count: number;
  readonly lengthMs: number;
  readonly everyMs: number;
  /** How often the rules are evaluated: the windows of days leave off in steps of ten minutes. */
  readonly stepMs: number;
  /** Of the workbook's rules. */
  readonly rules: readonly number[];
};

const FAMILIES: readonly Family[] = [
  { name: 'pages', count: 700, lengthMs: hours(10), everyMs: 60_000, stepMs: 30_000, rules: [0, 1] },
  { name: 'tickets', count: 300, lengthMs: hours(144), everyMs: 600_000, stepMs: 600_000, rules: [2, 3] },
];

const OBJECTIVES = [99.9, 99, 95] as const;
const objectiveOf = (index: number): number => OBJECTIVES[index % OBJECTIVES.length] ?? 99.9;

/** Calm, trouble and silence in turn; from one event a sample, as a prober makes them, to hundreds. */
const amounts = (family: Family, index: number): readonly Amount[] => {
  const chance = makeChance(index * 7_919 + family.count);
  const budget = allowanceOf({ objectivePercent: objectiveOf(index) });
  const traffic = chance() < 0.3 ? 1 : Math.ceil(400 * chance());
  const all: Amount[] = [];
  let [badPart, isSilent, until] = [0, false, 0];
  for (let at = START + OFFSET_MS; at < START + family.lengthMs; at += family.everyMs) {
    if (at >= until) {
      until = at + chance() * (family.lengthMs / 6);
      isSilent = chance() < 0.1;
      badPart = [0, budget * 2 * chance(), budget * 30 * chance(), chance()][Math.floor(4 * chance())] ?? 0;
    }
    if (isSilent) continue;
    let bad = 0;
    for (let event = 0; event < traffic; event += 1) if (chance() < badPart) bad += 1;
    all.push({ at, good: traffic - bad, bad });
  }
  return all;
};

const targetOf = (index: number): Target => ({
  id: targetId(serviceId('api'), 'errors'),
  service: serviceId('api'),
  name: 'errors',
  indicator: { kind: 'availability' },
  objectivePercent: objectiveOf(index),
  window: { kind: 'rolling', lengthMs: hours(720) },
  budgeting: { method: 'occurrences' },
  burn: [],
  said: `${objectiveOf(index)}% over 30d`,
});

/** For each rule: the evaluations at which it holds. */
const judge = (family: Family, index: number, series: readonly Amount[]): ReadonlyMap<number, ReadonlySet<number>> => {
  const terms = { target: targetOf(index), everyMs: durationMs(family.everyMs) };
  const judge = openTarget(terms, instant(START));
  const held = new Map(family.rules.map((rule) => [rule, new Set<number>()]));
  let place = 0;
  for (let at = START; at <= START + family.lengthMs; at += family.stepMs) {
    for (let next = series[place]; next !== undefined && next.at <= at; next = series[(place += 1)])
      judge.take({ ...next, at: instant(next.at), share: 'own', isExtra: false }, instant(next.at));
    const { burns } = judge.verdict(instant(at));
    for (const rule of family.rules) if (burns[rule]?.isHolding === true) held.get(rule)?.add(at);
  }
  return held;
};

const labels = (family: Family, index: number): string => `{f="${family.name}",s="${index}"}`;

/** The samples of all families, metric by metric, as OpenMetrics wants them. */
const exposition = (all: readonly (readonly (readonly Amount[])[])[]): string => {
  const lines = ['bad', 'total'].map((metric) => {
    const samples = FAMILIES.flatMap((family, which) =>
      (all[which] ?? []).flatMap((series, index) =>
        series.map(({ at, good, bad }) => {
          const value = metric === 'bad' ? bad : good + bad;
          return `${metric}${labels(family, index)} ${value} ${at / 1_000}`;
        }),
      ),
    );
    return `# TYPE ${metric} gauge\n${samples.join('\n')}\n`;
  });
  return `${lines.join('')}# EOF\n`;
};

const RULES = [
  ['1h', '5m', 14.4],
  ['6h', '30m', 6],
  ['1d', '2h', 3],
  ['3d', '6h', 1],
] as const;

const burned = (family: Family, window: string): string => {
  const sum = (metric: string): string => `sum_over_time(${metric}{f="${family.name}"}[${window}])`;
  return `${sum('bad')} / ${sum('total')}`;
};

/** The limit differs from series to series: it is asked for each objective, and the right one is taken. */
const promQuery = (family: Family, rule: number, objective: number): string => {
  const [long, short, factor] = RULES[rule] ?? RULES[0];
  const limit = `${factor} * ${allowanceOf({ objectivePercent: objective })}`;
  return [long, short].map((window) => `(${burned(family, window)} > ${limit})`).join(' and ');
};

suite('plain burn rules', () => {
  test('are those of the real Prometheus on a thousand random series', async () => {
    const all = FAMILIES.map((family) => Array.from({ length: family.count }, (_, index) => amounts(family, index)));
    const stand = await startPrometheus(exposition(all));
    let [evaluations, holding, different] = [0, 0, 0];
    for (const [which, family] of FAMILIES.entries()) {
      const ours = (all[which] ?? []).map((series, index) => judge(family, index, series));
      for (const rule of family.rules) {
        const theirs = new Map<number, Answered>();
        for (const objective of OBJECTIVES) {
          const query = promQuery(family, rule, objective);
          const range = { query, from: START, to: START + family.lengthMs, stepMs: family.stepMs };
          theirs.set(objective, await queryRange(stand, range));
        }
        for (const [index, held] of ours.entries()) {
          const mine = held.get(rule) ?? new Set<number>();
          const other = new Set(theirs.get(objectiveOf(index))?.get(String(index)));
          const apart = [...mine, ...other].filter((at) => mine.has(at) !== other.has(at));
          evaluations += Math.floor(family.lengthMs / family.stepMs) + 1;
          holding += other.size;
          different += apart.length;
          const isNear = (at: number): boolean =>
            [at - family.stepMs, at + family.stepMs].some((near) => (mine.has(at) ? other : mine).has(near));
          assert.deepEqual(
            apart.filter((at) => !isNear(at)),
            [],
            `rule ${rule + 1} of ${labels(family, index)}`,
          );
        }
      }
    }
    await stand.stop();
    console.log(`${evaluations} evaluations, ${holding} of them holding, ${different} one step apart`);
    assert.ok(holding > evaluations / 50, 'there is something to compare');
  });
});

// How an evaluation is told to a person: the verdict first, then what it stands on.

import type { EvaluationReport, PassRate, RepeatsTold } from '#kernel/evaluation.ts';

const percent = (share: number): string => `${Number((100 * share).toFixed(1))} %`;

const range = ({ low, high }: Pick<PassRate, 'low' | 'high'>): string => `${percent(low)} to ${percent(high)}`;

const sayRate = (name: string, rate: PassRate): string => {
  const share = rate.total === 0 ? 0 : rate.passed / rate.total;
  return `${name} passed ${rate.passed} of ${rate.total}: ${percent(share)}, between ${range(rate)} with 95 %`;
};

const sayRepeats = (name: string, told: readonly RepeatsTold[]): readonly string[] =>
  told.length === 0
    ? []
    : [`${name}: ${told.map((it) => `${it.k}: ${percent(it.estimate)} (${range(it)})`).join(', ')}`];

/** As many names as one reads. */
const NAMES_SHOWN = 5;

const sayNames = (what: string, names: readonly string[]): readonly string[] => {
  if (names.length === 0) return [];
  const more = names.length > NAMES_SHOWN ? ` and ${names.length - NAMES_SHOWN} more` : '';
  return [`${what}: ${names.slice(0, NAMES_SHOWN).join(', ')}${more}`];
};

const sayCompared = ({ verdict }: EvaluationReport): readonly string[] => {
  const { compared } = verdict;
  if (compared === null) return [];
  const { candidate, blessed, worst } = compared;
  return [
    sayRate('the candidate', candidate),
    ...(blessed === null ? [] : [sayRate('the blessed one', blessed)]),
    ...worst.map(({ name, losses, wins, pairs }) => `lost most: ${name}, ${losses} lost and ${wins} won of ${pairs}`),
  ];
};

const SAY_VERDICT = { passed: 'passed', blocked: 'blocked', 'not-enough-data': 'not enough data' } as const;

/** The first line says what came of it; the others are indented below it. */
export const sayEvaluation = (name: string, report: EvaluationReport): readonly string[] => {
  const { verdict, goal, against, pairsAsked, pairsProposed, power } = report;
  const beside = against === null ? 'alone, as a first version' : `beside version ${against.version}`;
  const seen = `a fall by ${percent(goal.regression)} is seen in ${percent(power)} of runs`;
  const lines = [
    ...sayCompared(report),
    `pairs: at most ${pairsAsked}, by which ${seen}; ${pairsProposed} are proposed`,
    ...sayRepeats('pass^k, each of k times', report.everyOf),
    ...sayRepeats('pass@k, once of k times', report.anyOf),
    ...sayNames('passed some times only', report.sometimes),
    ...sayNames('never passed', report.never),
    `answered by ${report.endpoint}`,
  ];
  return [`${name} ${beside}: ${SAY_VERDICT[verdict.kind]}: ${verdict.why}`, ...lines.map((line) => `  ${line}`)];
};

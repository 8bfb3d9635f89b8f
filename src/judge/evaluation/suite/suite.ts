// The suites of one item, as the file in the folder of the suites has them: cases, how many pairs, who judges.
//
//   goal: { regression: 10%, power: 90%, false_blocks: 5% }    # the default
//   least: 80%                # the pass rate that a first version has to have
//   pairs: 400                # instead of the number that is proposed
//   similarity: nomic-embed   # a model of embeddings, for `similar`
//   judge: { model: gpt-x, labels: [{ criterion: …, answer: …, passed: true }, …] }
//   cases:
//     - { name: short, input: { posting: … }, expect: [{ contains: three }] }
//
// A goal that is less strict needs fewer pairs, and says so in every report. Fewer pairs than a goal needs prove nothing.

import type { EvaluationCase, EvaluationGoal, EvaluationSuite } from '#kernel/evaluation.ts';
import type { Json } from '#kernel/evidence.ts';
import type { Problem } from '#kernel/problem.ts';
import { Desk, isBlock, isList, sayScalar, type Block, type FilePath, type ParsedFile } from '../importing/desk.ts';
import { GOAL, PAIRS_MAX } from '../plan.ts';
import { readExpectations, writeExpectation } from './expected.ts';

/** An answer that a person has judged by a criterion. */
export type Label = { readonly criterion: string; readonly answer: string; readonly isPassed: boolean };

export type SuiteFile = {
  readonly suite: EvaluationSuite;
  readonly goal: EvaluationGoal;
  readonly least: number;
  /** Null: as many as are proposed. */
  readonly pairs: number | null;
  /** Pairs that are asked at the same time. */
  readonly atOnce: number;
  readonly similarity: string | null;
  readonly judge: { readonly model: string; readonly labels: readonly Label[] } | null;
};

export type SuiteReading =
  | { readonly kind: 'read'; readonly file: SuiteFile }
  | { readonly kind: 'refused'; readonly problems: readonly Problem[] };

/** The pass rate of a first version, unless told. */
export const LEAST_DEFAULT = 0.8;
const AT_ONCE_DEFAULT = 4;
const AT_ONCE_MAX = 64;
const CASES_MAX = 10_000;
const LABELS_MAX = 5_000;

const KEYS = ['goal', 'least', 'pairs', 'at_once', 'similarity', 'judge', 'cases'] as const;
const GOAL_KEYS = ['regression', 'power', 'false_blocks'] as const;
const CASE_KEYS = ['name', 'input', 'least', 'expect'] as const;

/** Reads the suites of an item; `name` is that of the item. Refused: `bad-input`, all problems together. */
export const readSuite = (file: ParsedFile, name: string): SuiteReading => {
  const desk = new Desk(file);
  const whole = isBlock(file.value) ? file.value : {};
  if (!isBlock(file.value)) desk.refuse([], 'no suites stand here', 'a block with `cases`');
  refuseOthers(desk, whole, [], KEYS);
  const read: SuiteFile = {
    suite: { name, cases: isBlock(file.value) ? readCases(desk, whole['cases'] ?? null) : [] },
    goal: readGoal(desk, whole['goal'] ?? {}),
    least: shareAt(desk, whole, ['least']) ?? LEAST_DEFAULT,
    pairs: countAt(desk, whole, 'pairs', PAIRS_MAX),
    atOnce: countAt(desk, whole, 'at_once', AT_ONCE_MAX) ?? AT_ONCE_DEFAULT,
    similarity: textAt(desk, whole, ['similarity']),
    judge: readJudge(desk, whole['judge'] ?? null),
  };
  return desk.problems.length === 0 ? { kind: 'read', file: read } : { kind: 'refused', problems: desk.problems };
};

const refuseOthers = (desk: Desk, block: Block, path: FilePath, keys: readonly string[]): void => {
  for (const key of Object.keys(block).filter((it) => !keys.includes(it)))
    desk.refuse([...path, key], `an unknown key: ${key}`, keys.join(', '));
};

const PERCENT = /^(\d{1,3}(?:\.\d+)?)\s*%$/;
const SHARE = 'a share such as 10% or 0.1';

/** `10%` or 0.1; null: it is not there, or is wrong and was told. */
const shareAt = (desk: Desk, block: Block, path: FilePath): number | null => {
  const value = block[String(path.at(-1))] ?? null;
  if (value === null) return null;
  const percent = typeof value === 'string' ? PERCENT.exec(value)?.[1] : undefined;
  const share = percent === undefined ? value : Number(percent) / 100;
  if (typeof share === 'number' && share >= 0 && share <= 1) return share;
  return desk.refuse(path, `${JSON.stringify(value)} is no share`, SHARE);
};

const countAt = (desk: Desk, block: Block, key: string, most: number): number | null => {
  const value = block[key] ?? null;
  if (value === null || (Number.isSafeInteger(value) && Number(value) >= 1 && Number(value) <= most))
    return value === null ? null : Number(value);
  return desk.refuse([key], `${JSON.stringify(value)} is no number of ${key}`, `a whole number from 1 to ${most}`);
};

const textAt = (desk: Desk, block: Block, path: FilePath): string | null => {
  const value = block[String(path.at(-1))] ?? null;
  if (value === null || (typeof value === 'string' && value.trim() !== '')) return value;
  return desk.refuse(path, `${path.join('.')} is no text`, 'a text');
};

/** Goals at the ends of their ranges could never be kept, or promise nothing. */
const RANGES = { regression: [0.01, 0.9], power: [0.5, 0.99], false_blocks: [0.001, 0.2] } as const;

const readGoal = (desk: Desk, value: Json): EvaluationGoal => {
  const block = isBlock(value) ? value : {};
  if (!isBlock(value))
    desk.refuse(['goal'], 'the goal is no block', '{ regression: 10%, power: 90%, false_blocks: 5% }');
  refuseOthers(desk, block, ['goal'], GOAL_KEYS);
  const part = (key: (typeof GOAL_KEYS)[number], usual: number): number => {
    const share = shareAt(desk, block, ['goal', key]) ?? usual;
    const [low, high] = RANGES[key];
    if (share < low || share > high)
      desk.refuse(['goal', key], `${key} is ${share * 100} %`, `${low * 100} % to ${high * 100} %`);
    return share;
  };
  return {
    regression: part('regression', GOAL.regression),
    power: part('power', GOAL.power),
    falseBlocks: part('false_blocks', GOAL.falseBlocks),
  };
};

const readJudge = (desk: Desk, value: Json): SuiteFile['judge'] => {
  if (value === null) return null;
  if (!isBlock(value)) return desk.refuse(['judge'], 'the judge is no block', '{ model: gpt-x, labels: […] }');
  refuseOthers(desk, value, ['judge'], ['model', 'labels']);
  const model = textAt(desk, value, ['judge', 'model']);
  if (model === null) desk.refuse(['judge'], 'the judge has no model', '`model`, a name that the endpoint knows');
  const labels = value['labels'] ?? [];
  if (!isList(labels) || labels.length > LABELS_MAX)
    return desk.refuse(
      ['judge', 'labels'],
      'the labels are no list',
      `at most ${LABELS_MAX} answers that people judged`,
    );
  const read = labels.map((label, index) => readLabel(desk, label, ['judge', 'labels', index]));
  return { model: model ?? '', labels: read.filter((it) => it !== null) };
};

const readLabel = (desk: Desk, value: Json, path: FilePath): Label | null => {
  const { criterion, answer, passed } = isBlock(value) ? value : {};
  if (typeof criterion === 'string' && typeof answer === 'string' && typeof passed === 'boolean')
    return { criterion, answer, isPassed: passed };
  return desk.refuse(path, 'a label cannot be read', '{ criterion: a text, answer: a text, passed: true or false }');
};

const readCases = (desk: Desk, value: Json): readonly EvaluationCase[] => {
  if (!isList(value) || value.length === 0 || value.length > CASES_MAX) {
    desk.refuse(['cases'], 'there are no cases', `a list of 1 to ${CASES_MAX} under \`cases\``);
    return [];
  }
  const seen = new Set<string>();
  return value.flatMap((it, index) => {
    const read = readCase(desk, it, index);
    if (read === null) return [];
    if (seen.has(read.name))
      desk.refuse(['cases', index, 'name'], `two cases are called ${read.name}`, 'a name of its own');
    seen.add(read.name);
    return [read];
  });
};

const readCase = (desk: Desk, value: Json, index: number): EvaluationCase | null => {
  const path: FilePath = ['cases', index];
  if (!isBlock(value)) return desk.refuse(path, 'a case is no block', 'a block with `input` and `expect`');
  refuseOthers(desk, value, path, CASE_KEYS);
  const given = value['input'] ?? {};
  const input = isBlock(given) ? given : {};
  if (!isBlock(given)) desk.refuse([...path, 'input'], 'the input is no block', 'variables with their values');
  const least = shareAt(desk, value, [...path, 'least']);
  const expectations = readExpectations(desk, value['expect'] ?? null, [...path, 'expect']);
  if (expectations.length > 0 && expectations.every(({ weight }) => weight === 0))
    desk.refuse([...path, 'expect'], 'any answer would pass', 'an expectation with a weight above 0');
  return { name: sayScalar(value['name']) ?? `case ${index + 1}`, input, expectations, least };
};

/** A suite as its file, for what was imported. `readSuite` gives the same cases back. */
export const writeSuite = ({ cases }: EvaluationSuite): { readonly cases: readonly Block[] } => ({
  cases: cases.map(({ name, input, expectations, least }) => ({
    name,
    input,
    ...(least === null ? {} : { least }),
    expect: expectations.map(writeExpectation),
  })),
});

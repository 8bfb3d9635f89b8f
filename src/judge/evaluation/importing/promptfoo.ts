// Suites of promptfoo: their tests become cases. Every deterministic assertion that needs nothing but the answer is taken,
// with promptfoo's own defaults; what is not taken is told.
//
// Source: promptfoo's documentation of configuration and of expected outputs, release 0.12x.

import type { EvaluationCase, EvaluationSuite, Expectation } from '#kernel/evaluation.ts';
import type { Json } from '#kernel/evidence.ts';
import type { Problem } from '#kernel/problem.ts';
import { readAssertions } from './assertion.ts';
import { Desk, isBlock, isList, sayScalar, type Block, type FilePath, type NotTaken, type ParsedFile } from './desk.ts';
import { combinationsOf } from './variables.ts';

/** More cases than a year of nights could ask. */
const CASES_MAX = 10_000;

export type ImportedSuite = {
  /** Null: there are problems, or no case was left. */
  readonly suite: EvaluationSuite | null;
  readonly problems: readonly Problem[];
  readonly notTaken: readonly NotTaken[];
};

/** What is left where something was told. */
const nothing = (_told: null): readonly never[] => [];

type Context = { readonly desk: Desk; readonly templates: Block; readonly usual: Block };

/** Reads a configuration of promptfoo. `name` is that of the suite. */
export const readPromptfoo = (file: ParsedFile, name: string): ImportedSuite => {
  const desk = new Desk(file);
  const cases = isBlock(file.value)
    ? readTests(file.value, desk)
    : nothing(desk.refuse([], 'not a configuration of promptfoo', 'a block with `tests`'));
  if (desk.problems.length === 0 && cases.length === 0)
    desk.refuse([], 'no case is left that expects anything', 'tests with assertions that can be taken');
  const suite = desk.problems.length === 0 ? { name, cases: named(cases) } : null;
  return { suite, problems: desk.problems, notTaken: desk.notTaken };
};

const ELSEWHERE: Readonly<Record<string, string>> = {
  scenarios: 'scenarios are not unfolded; write their tests',
  derivedMetrics: 'metrics are not derived from each other',
  transform: 'answers are not changed by code',
};

const readTests = (whole: Block, desk: Desk): readonly EvaluationCase[] => {
  for (const [key, why] of Object.entries(ELSEWHERE)) if (whole[key] !== undefined) desk.leave([key], key, why);
  const usual = whole['defaultTest'];
  if (typeof usual === 'string')
    return nothing(desk.refuse(['defaultTest'], 'the default test is in another file', 'a block under `defaultTest`'));
  const tests = whole['tests'] ?? null;
  if (typeof tests === 'string')
    return nothing(desk.leave(['tests'], tests, 'the tests are in another file; write them here'));
  if (!isList(tests)) return nothing(desk.refuse(['tests'], 'there are no tests', 'a list under `tests`'));
  const context: Context = {
    desk,
    templates: blockAt(whole, 'assertionTemplates'),
    usual: blockAt(whole, 'defaultTest'),
  };
  const cases: EvaluationCase[] = [];
  for (const [index, test] of tests.entries()) {
    cases.push(...readTest(context, test, index));
    if (cases.length > CASES_MAX)
      return nothing(desk.refuse(['tests', index], 'too many cases', `at most ${CASES_MAX}`));
  }
  return cases;
};

const blockAt = (block: Block, key: string): Block => {
  const value = block[key];
  return isBlock(value) ? value : {};
};

const readTest = (context: Context, test: Json, index: number): readonly EvaluationCase[] => {
  const { desk, usual } = context;
  const path: FilePath = ['tests', index];
  if (typeof test === 'string') return nothing(desk.leave(path, test, 'the test is in another file; write it here'));
  if (!isBlock(test)) return nothing(desk.refuse(path, 'a test is no block', 'a block with `vars` and `assert`'));
  const options = { ...blockAt(usual, 'options'), ...blockAt(test, 'options') };
  const name = sayScalar(test['description']) ?? `test ${index + 1}`;
  if (options['transform'] !== undefined || options['postprocess'] !== undefined)
    return nothing(desk.leave(path, name, 'its answers are changed by code before they are looked at'));
  const values = { ...blockAt(usual, 'vars'), ...blockAt(test, 'vars') };
  if (Object.values(values).some((value) => typeof value === 'string' && value.startsWith('file://')))
    return nothing(desk.leave(path, name, 'its variables are in another file; write them here'));
  const combinations = combinationsOf(values, CASES_MAX);
  if (combinations === null)
    return nothing(desk.refuse(path, 'too many combinations of variables', `at most ${CASES_MAX}`));
  const hasUsual = options['disableDefaultAsserts'] !== true;
  return combinations.flatMap((input) => readCase({ context, test, path, hasUsual }, name, input));
};

type TestPlace = {
  readonly context: Context;
  readonly test: Block;
  readonly path: FilePath;
  /** What is expected of every test is expected of this one too. */
  readonly hasUsual: boolean;
};

const readCase = (place: TestPlace, name: string, input: Block): readonly EvaluationCase[] => {
  const { context, test, path, hasUsual } = place;
  const { desk, templates, usual } = context;
  const reader = { desk, templates, values: input };
  const read = (list: Json | undefined, at: FilePath): readonly Expectation[] =>
    list === undefined ? [] : readAssertions(reader, list, at);
  const expectations = [
    ...read(hasUsual ? usual['assert'] : undefined, ['defaultTest', 'assert']),
    ...read(test['assert'], [...path, 'assert']),
  ];
  const threshold = test['threshold'] ?? usual['threshold'] ?? null;
  if (threshold !== null && typeof threshold !== 'number')
    return nothing(desk.refuse([...path, 'threshold'], 'threshold is no number', 'a number'));
  // What has no weight is measured and decides nothing.
  if (expectations.every(({ weight }) => weight === 0))
    return nothing(desk.leave(path, name, 'nothing is expected of its answer, so that any would pass'));
  return [{ name, input, expectations, least: threshold }];
};

/** Names that stand twice are counted: the second is `name (2)`. */
const named = (cases: readonly EvaluationCase[]): readonly EvaluationCase[] => {
  const taken = new Set<string>();
  const counts = new Map<string, number>();
  return cases.map((it) => {
    let count = (counts.get(it.name) ?? 0) + 1;
    const nameOf = (): string => (count === 1 ? it.name : `${it.name} (${count})`);
    while (taken.has(nameOf())) count += 1;
    counts.set(it.name, count);
    taken.add(nameOf());
    return { ...it, name: nameOf() };
  });
};

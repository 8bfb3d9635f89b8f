// Issues: what zod found, translated into problems with a place, what was found, what was expected, and a nearest name.

import type * as z from 'zod';
import type { Problem } from '#kernel/problem.ts';
import type { Path } from './document.ts';
import { about, didYouMean, unknownKey, valueAt, type Ground } from './finding.ts';
import { knownKeysIn } from './section.ts';

type Issue = z.core.$ZodIssue;

/** The words for what zod calls types. */
const TYPE_WORDS: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a block',
  record: 'names, each with its declaration',
  null: 'nothing',
  nonoptional: 'a value',
};

/** The messages that zod writes by itself begin so; ours never do. */
const isOwnMessage = (message: string): boolean => !/^(?:Invalid|Unrecognized|Too )/.test(message);

const expectedOf = (issue: Issue): string => {
  if (isOwnMessage(issue.message)) return issue.message;
  if (issue.code === 'invalid_type') return TYPE_WORDS[issue.expected] ?? issue.expected;
  if (issue.code === 'invalid_value') return `one of ${issue.values.map(String).join(', ')}`;
  if (issue.code === 'too_big') return `at most ${issue.maximum}`;
  if (issue.code === 'too_small') return `at least ${issue.minimum}`;
  if (issue.code === 'invalid_union') return expectedOfUnion(issue.errors);
  return 'another value';
};

/** ` or ` between the different things that the forms of a union expect. */
const expectedOfUnion = (options: readonly (readonly Issue[])[]): string => {
  const said = options.flatMap((issues) => issues.filter((issue) => issue.path.length === 0).map(expectedOf));
  return [...new Set(said)].join(' or ') || 'another form';
};

const plainPath = (path: readonly PropertyKey[]): Path =>
  path.map((step) => (typeof step === 'number' ? step : String(step)));

/** True when the value has not even the type of this form, such as a text where the form is a block. */
const isOtherType = (issues: readonly Issue[]): boolean =>
  issues.some((issue) => issue.path.length === 0 && (issue.code === 'invalid_type' || issue.code === 'invalid_value'));

/** A union has a short and a long form of different types: only the form of the type found is talked about. */
const unionProblems = (
  ground: Ground,
  path: Path,
  issue: Issue & { readonly code: 'invalid_union' },
): readonly Problem[] => {
  const fitting = issue.errors.filter((issues) => !isOtherType(issues));
  const only = fitting.length === 1 ? fitting[0] : undefined;
  if (only !== undefined) return issuesProblems(ground, only, path);
  const nested = fitting.filter((issues) => issues.some((inner) => inner.path.length > 0));
  const fewest = nested.toSorted((a, b) => a.length - b.length)[0];
  if (fewest !== undefined) return issuesProblems(ground, fewest, path);
  const said = isOwnMessage(issue.message)
    ? issue.message
    : expectedOfUnion(fitting.length > 0 ? fitting : issue.errors);
  return [about(ground, path, fitting.length > 0 ? 'config-bad-value' : 'config-wrong-type', said)];
};

const valueProblem = (ground: Ground, path: Path, issue: Issue & { readonly code: 'invalid_value' }): Problem => {
  const found = valueAt(ground.tree, path);
  const isText = typeof found === 'string';
  const isSameType = issue.values.some((value) => typeof value === typeof found);
  const mend = isText ? didYouMean(found, issue.values.map(String)) : null;
  return { ...about(ground, path, isSameType ? 'config-bad-value' : 'config-wrong-type', expectedOf(issue)), mend };
};

const isFormOrKey = (issue: Issue): boolean => issue.code === 'unrecognized_keys' || issue.code === 'invalid_format';

/**
 * The problems behind the issues of one value. A block with a mistyped key lacks the right one as well, and a text of a
 * wrong form is out of its limits as well: only the first is told, with what was probably meant.
 */
export const issuesProblems = (ground: Ground, issues: readonly Issue[], base: Path = []): readonly Problem[] => {
  const deeper = new Set(issues.filter(isFormOrKey).map((issue) => JSON.stringify(issue.path)));
  const told = issues.filter((issue) => issue.code !== 'custom' || !deeper.has(JSON.stringify(issue.path)));
  return told.flatMap((issue) => issueProblems(ground, issue, base));
};

/** A bare number where a duration stands: seconds are the most common meaning, but only a person knows. */
const addUnit = (ground: Ground, path: Path, found: Problem): Problem => {
  const value = valueAt(ground.tree, path);
  const isBare = typeof value === 'number' && found.expected?.startsWith('a duration') === true;
  return isBare ? { ...found, mend: `add the unit: ${value}s or ${value}ms` } : found;
};

/** The problems behind one issue; `base` is the path of what was being checked. */
const issueProblems = (ground: Ground, issue: Issue, base: Path = []): readonly Problem[] => {
  const path = [...base, ...plainPath(issue.path)];
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => unknownKey(ground, path, key, knownKeysIn(issue.message) ?? []));
    case 'invalid_union':
      return unionProblems(ground, path, issue);
    case 'invalid_value':
      return [valueProblem(ground, path, issue)];
    case 'invalid_key':
      return issue.issues.map((inner) => keyProblem(ground, path, expectedOf(inner)));
    case 'invalid_type':
      return [addUnit(ground, path, about(ground, path, 'config-wrong-type', expectedOf(issue)))];
    default:
      return [about(ground, path, 'config-bad-value', expectedOf(issue))];
  }
};

/** A name that is not one: shown at the name itself. */
const keyProblem = (ground: Ground, path: Path, expected: string): Problem => {
  const name = String(path.at(-1) ?? '');
  return {
    code: 'config-bad-value',
    message: `${JSON.stringify(name.slice(0, 80))} cannot be a name here`,
    place: ground.locate(path, true),
    expected,
    mend: null,
  };
};

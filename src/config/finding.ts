// Findings about the file: how a path, a value and a mistake are put into words.

import type { Json } from '#kernel/evidence.ts';
import { problem, type Place, type Problem, type ProblemCode } from '#kernel/problem.ts';
import type { Path, Tree } from './document.ts';
import { nearestName } from './nearest.ts';

/** Where things stand in the files, and what stands there before references are replaced. */
export type Ground = {
  readonly tree: Json;
  readonly locate: (path: Path, isKey?: boolean) => Place;
};

/** `services.api.checks[0].every` */
export const sayPath = (path: Path): string =>
  path.map((step, index) => (typeof step === 'number' ? `[${step}]` : index === 0 ? step : `.${step}`)).join('');

const isTree = (value: Json): value is Tree => typeof value === 'object' && value !== null && !Array.isArray(value);

/** The value at a path, or undefined when there is none. */
export const valueAt = (tree: Json, path: Path): Json | undefined => {
  let value: Json | undefined = tree;
  for (const step of path) {
    if (typeof value !== 'object' || value === null) return undefined;
    if (Array.isArray(value)) {
      value = typeof step === 'number' ? value[step] : undefined;
      continue;
    }
    value = isTree(value) && Object.hasOwn(value, String(step)) ? value[String(step)] : undefined;
  }
  return value;
};

/** Longer texts are cut: the place shows the rest. */
const SAID_MAX = 60;

const SECRET_KEY = /key|token|secret|password|passphrase|credential|bearer|authorization/i;

/** A value as it stands in the file, short, and without the passwords that people write into addresses. */
const sayValue = (value: Json, key: string): string => {
  if (value === null) return 'nothing';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (typeof value === 'object') {
    const keys = Object.keys(value);
    return keys.length === 0 ? 'an empty block' : `a block with ${cut(keys.slice(0, 5).join(', '))}`;
  }
  if (SECRET_KEY.test(key)) return '***';
  return typeof value === 'string' ? JSON.stringify(cut(hideCredentials(value))) : String(value);
};

const cut = (said: string): string => (said.length <= SAID_MAX ? said : `${said.slice(0, SAID_MAX)}…`);

/** `redis://:password@host` becomes `redis://***@host`. */
export const hideCredentials = (said: string): string => said.replaceAll(/:\/\/[^/\s]*@/g, '://***@');

/** A problem about the value at `path`; says what was found there. */
export const about = (ground: Ground, path: Path, code: ProblemCode, expected: string): Problem => {
  const found = valueAt(ground.tree, path);
  const place = ground.locate(path);
  const said = sayPath(path) === '' ? 'the file' : sayPath(path);
  if (found === undefined) {
    const isMissing = code === 'config-wrong-type' || code === 'config-bad-value' || code === 'config-missing-key';
    return problem(isMissing ? 'config-missing-key' : code, `${said} is missing`, { place, expected });
  }
  const key = path.findLast((step) => typeof step === 'string') ?? '';
  return problem(code, `${said} is ${sayValue(found, String(key))}`, { place, expected });
};

/** At most this many names are listed as what was expected. */
const NAMES_SAID_MAX = 12;

const sayNames = (names: readonly string[]): string =>
  names.length <= NAMES_SAID_MAX
    ? names.join(', ')
    : `${names.slice(0, NAMES_SAID_MAX).join(', ')} and ${names.length - NAMES_SAID_MAX} more`;

export const didYouMean = (found: string, names: readonly string[]): string | null => {
  const nearest = nearestName(found, names);
  return nearest === null ? null : `did you mean ${nearest}?`;
};

/** A key that the language does not have. */
export const unknownKey = (ground: Ground, path: Path, key: string, known: readonly string[]): Problem => {
  const where = path.length === 0 ? 'the file' : sayPath(path);
  return problem('config-unknown-key', `unknown key ${JSON.stringify(cut(key))} in ${where}`, {
    place: ground.locate([...path, key], true),
    expected: `one of ${sayNames(known)}`,
    mend: didYouMean(key, known),
  });
};

/**
 * A text as it stands in the file, short: the references in it are not replaced. What they stand for must not be cut
 * either, because half of a secret is not found by the redactor.
 */
export const sayWritten = (ground: Ground, path: Path, meant: string): string => {
  const written = valueAt(ground.tree, path);
  return JSON.stringify(cut(hideCredentials(typeof written === 'string' ? written : meant)));
};

/** A name at `path` that nothing declares. */
export const unknownName = (
  ground: Ground,
  path: Path,
  name: string,
  declared: { readonly noun: string; readonly names: readonly string[] },
): Problem =>
  problem('config-unknown-name', `${sayPath(path)} names ${sayWritten(ground, path, name)}, which is not declared`, {
    place: ground.locate(path),
    expected:
      declared.names.length === 0
        ? `${declared.noun}; none is declared`
        : `${declared.noun}: ${sayNames(declared.names)}`,
    mend: didYouMean(name, declared.names),
  });

const comparePlaces = (a: Place | null, b: Place | null): number => {
  if (a === null || b === null) return (a === null ? 0 : 1) - (b === null ? 0 : 1);
  if (a.file !== b.file) return a.file < b.file ? -1 : 1;
  return a.line - b.line || a.column - b.column;
};

/** More than this many are not read by anyone, and a hostile file could make millions. */
const PROBLEMS_MAX = 500;

/** Sorted by file, line and column; each once. */
export const inOrder = (problems: readonly Problem[]): readonly Problem[] => {
  const seen = new Set<string>();
  const kept = problems.filter((it) => {
    const key = JSON.stringify(it);
    return seen.has(key) ? false : seen.add(key).size > 0;
  });
  const sorted = kept.sort((a, b) => comparePlaces(a.place, b.place));
  if (sorted.length <= PROBLEMS_MAX) return sorted;
  const more = problem('config-bad-value', `and ${sorted.length - PROBLEMS_MAX} more problems`);
  return [...sorted.slice(0, PROBLEMS_MAX), more];
};

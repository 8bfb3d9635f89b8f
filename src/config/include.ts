// Includes: the files of sereno.d/ beside the main file, merged into one tree that still knows where all came from.

import { basename, dirname, join } from 'node:path';
import type { Json } from '#kernel/evidence.ts';
import { problem, type Problem } from '#kernel/problem.ts';
import { FILE_BYTES_MAX, readDocument, type Path, type Source, type Tree } from './document.ts';
import type { Files } from './files.ts';
import type { Ground } from './finding.ts';
import { MERGED_SECTIONS } from './grammar.ts';

/** A folder with more files than this holds something else. */
const INCLUDES_MAX = 256;

export type Gathered = {
  readonly tree: Tree;
  readonly ground: Ground;
  readonly problems: readonly Problem[];
  /** Every file that was read, the main one first. */
  readonly sources: readonly string[];
  /** False when the main file itself could not be read. */
  readonly isReadable: boolean;
};

const isTree = (value: Json | undefined): value is Tree =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const twice = (path: Path, first: Source, second: Source): Problem => {
  const at = first.locate(path, true);
  return problem(
    'config-duplicate',
    `${path.join('.')} is declared twice, first in ${at.file}:${at.line}:${at.column}`,
    {
      place: second.locate(path, true),
      expected: 'each name once in all files together',
      mend: 'remove one of the two',
    },
  );
};

type Merging = {
  readonly tree: Record<string, Json>;
  /** Which file a section, or `section.name` of a merged one, came from. */
  readonly origin: Map<string, Source>;
  readonly problems: Problem[];
};

const originKey = (path: Path): string => path.slice(0, 2).join('\n');

const mergeNames = (merging: Merging, section: string, names: Tree, source: Source): void => {
  const merged: Record<string, Json> = { ...(isTree(merging.tree[section]) ? merging.tree[section] : {}) };
  for (const [name, value] of Object.entries(names)) {
    const path = [section, name];
    const first = merging.origin.get(originKey(path));
    if (first !== undefined) {
      merging.problems.push(twice(path, first, source));
      continue;
    }
    merging.origin.set(originKey(path), source);
    merged[name] = value;
  }
  merging.tree[section] = merged;
};

const mergeSection = (merging: Merging, section: string, value: Json, source: Source): void => {
  const first = merging.origin.get(section);
  const isMerged = MERGED_SECTIONS.includes(section) && isTree(value);
  if (first === undefined) merging.origin.set(section, source);
  if (isMerged && (first === undefined || isTree(merging.tree[section]))) {
    mergeNames(merging, section, value, source);
    return;
  }
  // Each file may say which version of the language it is written in, as long as they agree.
  const isSameVersion = section === 'sereno' && merging.tree[section] === value;
  if (first === undefined) merging.tree[section] = value;
  else if (!isSameVersion) merging.problems.push(twice([section], first, source));
};

/** Reads the main file and its includes. What cannot be read or is declared twice is a problem; the rest is merged. */
export const gather = (file: string, files: Files): Gathered => {
  const main = readDocument(file, files.read(file, FILE_BYTES_MAX));
  const folder = join(dirname(file), 'sereno.d');
  const names = files.list(folder).filter((name) => /\.ya?ml$/.test(name) && !basename(name).startsWith('.'));
  const included = names.slice(0, INCLUDES_MAX).map((name) => {
    const path = join(folder, name);
    return readDocument(path, files.read(path, FILE_BYTES_MAX));
  });
  const reads = [main, ...included];
  const tooMany =
    names.length > INCLUDES_MAX ? [problem('config-too-big', `${folder} holds more than ${INCLUDES_MAX} files`)] : [];
  const merging: Merging = { tree: {}, origin: new Map(), problems: [] };
  for (const { source } of reads) {
    if (source === null) continue;
    for (const [section, value] of Object.entries(source.tree)) mergeSection(merging, section, value, source);
  }
  const fallback: Source = main.source ?? { file, tree: {}, locate: () => ({ file, line: 1, column: 1 }) };
  const sourceOf = (path: Path): Source =>
    merging.origin.get(originKey(path)) ?? merging.origin.get(String(path[0])) ?? fallback;
  return {
    tree: merging.tree,
    ground: { tree: merging.tree, locate: (path, isKey) => sourceOf(path).locate(path, isKey) },
    problems: [...tooMany, ...reads.flatMap((read) => read.problems), ...merging.problems],
    sources: [file, ...names.slice(0, INCLUDES_MAX).map((name) => join(folder, name))],
    isReadable: main.source !== null,
  };
};

// Documents that speak of the code are compared with it, both ways: the map, the page of errors, the numbered decisions.

import { posix } from 'node:path';
import type { Finding } from './source.ts';

/** The repository as the documents know it: the paths of its files, and their text. */
export type House = {
  readonly paths: readonly string[];
  readonly read: (path: string) => string | null;
};

/** Folders below these are named one by one in the map; elsewhere the top folder is enough. */
const NAMED_INSIDE = ['src', 'src/duties', 'src/adapters'] as const;

/** The first lines of the map: paths in a fenced block, one a line, each with what it is for. */
export const checkMap = (house: House): readonly Finding[] => {
  const map = house.read('ARCHITECTURE.md');
  if (map === null) return [missing('ARCHITECTURE.md', 'map')];
  const drawn = [...map.matchAll(/^ {4}([\w.-]+(?:\/[\w.-]+)*)\/ {2,}\S/gm)].map((it) => it[1] ?? '');
  return compare(
    { path: 'ARCHITECTURE.md', rule: 'map' },
    { written: drawn, real: foldersOf(house.paths) },
    { extra: 'is on the map and not in the tree', lacking: 'is in the tree and not on the map' },
  );
};

/** Every code of kernel/problem.ts has a row in docs/errors.md, and every row a code. */
export const checkErrors = (house: House, codes: readonly string[]): readonly Finding[] => {
  const page = house.read('docs/errors.md');
  if (page === null) return [missing('docs/errors.md', 'errors')];
  const rows = [...page.matchAll(/^\| `([^`]+)` \|(.*)\|(.*)\|$/gm)];
  const empty = rows.filter((row) => row.slice(2).some((cell) => cell.trim() === ''));
  return [
    ...compare(
      { path: 'docs/errors.md', rule: 'errors' },
      { written: rows.map((row) => row[1] ?? ''), real: codes },
      {
        extra: 'has a row and no code in src/kernel/problem.ts',
        lacking: 'is a code of src/kernel/problem.ts without a row',
      },
    ),
    ...empty.map((row) => finding('docs/errors.md', 'errors', `${row[1] ?? ''} lacks its meaning or its mending`)),
  ];
};

/** Decisions are numbered without a gap from 0001, have a title and a status, and the index links each of them. */
export const checkDecisions = (house: House): readonly Finding[] => {
  const folder = 'docs/decisions';
  const index = house.read(`${folder}/README.md`);
  if (index === null) return [missing(`${folder}/README.md`, 'decisions')];
  const records = house.paths
    .filter((path) => posix.dirname(path) === folder && !path.endsWith('/README.md'))
    .toSorted();
  return [
    ...records.flatMap((path, position) => checkRecord(path, position + 1, house.read(path) ?? '')),
    ...compare(
      { path: `${folder}/README.md`, rule: 'decisions' },
      {
        written: [...index.matchAll(/\]\(\.?\/?(\d{4}-[^)]+)\)/g)].map((it) => it[1] ?? ''),
        real: records.map((path) => posix.basename(path)),
      },
      { extra: 'is linked and not there', lacking: 'is not linked' },
    ),
  ];
};

const checkRecord = (path: string, number: number, text: string): readonly Finding[] => {
  const prefix = `${String(number).padStart(4, '0')}-`;
  const problems = [
    posix.basename(path).startsWith(prefix) ? '' : `should be numbered ${prefix}…: without a gap, without a twin`,
    /^# .+/.test(text) ? '' : 'starts with `# Title`',
    /^Status: (proposed|accepted|superseded by \d{4})\b/m.test(text)
      ? ''
      : 'has a line `Status: accepted` (or proposed)',
  ];
  return problems.filter((it) => it !== '').map((it) => finding(path, 'decisions', it));
};

const foldersOf = (paths: readonly string[]): readonly string[] => {
  const folders = paths.flatMap((path) => {
    const parts = path.split('/').slice(0, -1);
    return parts.map((_, index) => parts.slice(0, index + 1).join('/'));
  });
  const isNamed = (folder: string): boolean =>
    !folder.includes('/') || NAMED_INSIDE.some((it) => posix.dirname(folder) === it);
  return [...new Set(folders)].filter(isNamed);
};

type Sides = { readonly written: readonly string[]; readonly real: readonly string[] };
type Words = { readonly extra: string; readonly lacking: string };

const compare = (
  where: { readonly path: string; readonly rule: string },
  sides: Sides,
  words: Words,
): readonly Finding[] => {
  const twice = sides.written.filter((it, index) => sides.written.indexOf(it) !== index);
  return [
    ...sides.written.filter((it) => !sides.real.includes(it)).map((it) => `${it} ${words.extra}`),
    ...sides.real.filter((it) => !sides.written.includes(it)).map((it) => `${it} ${words.lacking}`),
    ...twice.map((it) => `${it} is written twice`),
  ].map((message) => finding(where.path, where.rule, message));
};

const missing = (path: string, rule: string): Finding => finding(path, rule, 'is missing');

const finding = (path: string, rule: string, message: string): Finding => ({ path, line: 1, rule, message });

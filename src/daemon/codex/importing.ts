// Importing: files of other tools become a source and suites of an item. What cannot be taken over is told with its line;
// nothing that is there is written over, and nothing is written when anything is wrong.

import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { basename, dirname, extname, join } from 'node:path';
import { readBounded, unwritable } from '#adapters/codex/disk.ts';
import { readSourceFile } from '#adapters/codex/sources.ts';
import { readYaml, writeYaml, YAML_BYTES_MAX } from '#adapters/codex/yaml.ts';
import { decodeSource } from '#duties/codex/source.ts';
import { Desk, sayScalar, type Block, type NotTaken, type ParsedFile } from '#judge/evaluation/importing/desk.ts';
import { readDotprompt, splitPrompt } from '#judge/evaluation/importing/dotprompt.ts';
import { readPromptfoo } from '#judge/evaluation/importing/promptfoo.ts';
import { sourceIn } from '#judge/evaluation/importing/promptfooSource.ts';
import { readSuite, writeSuite } from '#judge/evaluation/suite/suite.ts';
import { isItemId } from '#kernel/codex.ts';
import { problem, ProblemError, type Problem } from '#kernel/problem.ts';
import type { CodexSite } from '#kernel/site.ts';
import { suitePath, wordingOf } from './suites.ts';

export type ImportedFile = { readonly path: string; readonly text: string };

export type Imported = {
  readonly item: string;
  readonly files: readonly ImportedFile[];
  readonly notTaken: readonly NotTaken[];
};

type Parts = {
  readonly item: string;
  readonly source: Block | null;
  readonly suite: Block | null;
  readonly notTaken: readonly NotTaken[];
};

const IMPORT = wordingOf('the file');

/** What would be written. Throws ProblemError: `bad-input`, `codex-source`, `bad-request`; all problems of a stage together. */
export const planImport = (site: CodexSite, path: string, item: string | null): Imported => {
  const parts = extname(path) === '.prompt' ? fromDotprompt(path, item) : fromPromptfoo(path, item);
  const files = [
    ...(parts.source === null ? [] : [sourceFile(site, parts.item, parts.source)]),
    ...(parts.suite === null ? [] : [suiteFile(site, parts.item, parts.suite)]),
  ];
  const there = files.filter((file) => existsSync(file.path));
  if (there.length > 0) throw new ProblemError(there.map(isThere));
  return { item: parts.item, files, notTaken: parts.notTaken };
};

const isThere = (file: ImportedFile): Problem =>
  problem('bad-request', `${file.path} is there already`, { mend: 'move it away, or choose another --item' });

/** Writes what was planned. Throws ProblemError: `store-unusable`; files that were written before stay. */
export const writeImport = ({ files }: Imported): void => {
  for (const { path, text } of files) {
    try {
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, text, { flag: 'wx' });
    } catch (error) {
      throw new ProblemError([unwritable(path, error)]);
    }
  }
};

const demandItem = (item: string): string => {
  if (isItemId(item)) return item;
  const expected = 'a small letter, then small letters, digits and underscores';
  throw new ProblemError([
    problem('bad-request', `${JSON.stringify(item)} cannot be the name of an item`, { expected, mend: 'give --item' }),
  ]);
};

/** The usual name of the file says nothing about what is in it. */
const SAYS_NOTHING = 'promptfooconfig';

const fromPromptfoo = (path: string, item: string | null): Parts => {
  const read = readSourceFile(path, IMPORT);
  if ('problems' in read) throw new ProblemError(read.problems);
  const stem = basename(path, extname(path));
  const name = demandItem(item ?? (stem === SAYS_NOTHING ? '' : stem));
  const { suite, problems, notTaken } = readPromptfoo(read, name);
  if (suite === null) throw new ProblemError(problems);
  const desk = new Desk(read);
  const source = sourceIn(desk, read, name);
  return { item: name, source, suite: writeSuite(suite), notTaken: [...notTaken, ...desk.notTaken] };
};

const fromDotprompt = (path: string, item: string | null): Parts => {
  const text = textOf(path);
  const split = splitPrompt(text);
  const bytes = Buffer.from(split.frontMatter ?? '');
  const empty: ParsedFile = { value: null, locate: () => ({ file: path, line: 1, column: 1 }) };
  const front = split.frontMatter === null ? empty : readYaml(path, bytes, IMPORT);
  if ('problems' in front) throw new ProblemError(front.problems);
  const { source, partials, problems, notTaken } = readDotprompt(front, split, basename(path, '.prompt'));
  if (source === null) throw new ProblemError(problems);
  const name = demandItem(item ?? sayScalar(source['task_id']) ?? '');
  const place = { file: path, line: split.linesBefore + 1, column: 1 };
  const left = partials.map((partial) => ({
    place,
    what: partial,
    why: 'a partial is a file of its own: put it below the folder of the templates',
  }));
  return { item: name, source: { ...source, task_id: name }, suite: null, notTaken: [...notTaken, ...left] };
};

const textOf = (path: string): string => {
  const read = readBounded(path, YAML_BYTES_MAX);
  const refuse = (why: string): never => {
    throw new ProblemError([problem('bad-input', `${path} ${why}`)]);
  };
  if (read.kind === 'missing') return refuse('does not exist');
  if (read.kind === 'unreadable') return refuse(`cannot be read: ${read.why}`);
  if (read.bytes.length > YAML_BYTES_MAX) return refuse(`is larger than ${YAML_BYTES_MAX} bytes`);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(read.bytes);
  } catch {
    return refuse('is not UTF-8');
  }
};

/** What is written is read back first: an import that could not be used would be found at the worst time. */
const sourceFile = (site: CodexSite, item: string, source: Block): ImportedFile => {
  const path = join(site.sources, `${item}.yaml`);
  const text = writeYaml(source);
  const read = readYaml(path, Buffer.from(text));
  if ('problems' in read) throw new ProblemError(read.problems);
  const decoded = decodeSource(read);
  if (decoded.kind === 'refused') throw new ProblemError(decoded.problems);
  return { path, text };
};

const suiteFile = (site: CodexSite, item: string, suite: Block): ImportedFile => {
  const path = suitePath(site, item);
  const text = writeYaml(suite);
  const read = readYaml(path, Buffer.from(text), wordingOf('the suites'));
  if ('problems' in read) throw new ProblemError(read.problems);
  const decoded = readSuite(read, item);
  if (decoded.kind === 'refused') throw new ProblemError(decoded.problems);
  return { path, text };
};

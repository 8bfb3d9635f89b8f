// Suites as they lie in their folder: one file an item. They are read anew each time, and kept with every evaluation.

import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { readSourceFile } from '#adapters/codex/sources.ts';
import type { Wording } from '#adapters/codex/yaml.ts';
import { readSuite, type SuiteFile } from '#judge/evaluation/suite/suite.ts';
import { canonical } from '#kernel/canonical.ts';
import { digest, type Digest } from '#kernel/codex.ts';
import type { Json } from '#kernel/evidence.ts';
import { ProblemError } from '#kernel/problem.ts';
import type { CodexSite } from '#kernel/site.ts';

/** How a file is called that is no source and no blessed file. */
export const wordingOf = (what: string): Wording => ({
  code: 'bad-input',
  invalid: `${what} cannot be read`,
  missing: (path) => `${path} does not exist`,
});

export const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** The digest of a value, whatever the order of its keys. */
export const digestOf = (value: Json): Digest => digest(sha256(canonical(value)));

export type HeldSuite = {
  readonly path: string;
  readonly file: SuiteFile;
  /** The canonical form of what was read: comments and the order of keys are no part of it. */
  readonly text: string;
  readonly digest: Digest;
};

export const suitePath = ({ suites }: Pick<CodexSite, 'suites'>, item: string): string => join(suites, `${item}.yaml`);

/** The suites of an item; null: none are declared. Throws ProblemError: `bad-input`, all problems together. */
export const suiteOf = (site: CodexSite, item: string): HeldSuite | null => {
  const path = suitePath(site, item);
  if (!existsSync(path)) return null;
  const read = readSourceFile(path, wordingOf('the suites'));
  if ('problems' in read) throw new ProblemError(read.problems);
  const suite = readSuite(read, item);
  if (suite.kind === 'refused') throw new ProblemError(suite.problems);
  const text = canonical(read.value);
  return { path, file: suite.file, text, digest: digest(sha256(text)) };
};

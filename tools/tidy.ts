// Tidy: the rules of STYLE.md that a compiler and a linter do not check. Run it before a commit; `npm run check` does.

import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { PROBLEMS } from '#kernel/problem.ts';
import { ratchet, type Baseline } from './tidy/baseline.ts';
import { claims, unfinished } from './tidy/claims.ts';
import { checkDecisions, checkErrors, checkMap, type House } from './tidy/documents.ts';
import { modules } from './tidy/modules.ts';
import { names, pathNames } from './tidy/names.ts';
import { purity } from './tidy/purity.ts';
import { shape } from './tidy/shape.ts';
import { parse, type Finding, type Rule } from './tidy/source.ts';

const RULES: readonly Rule[] = [shape, names, modules, claims, purity];

const CODE = /\.([cm]?[jt]s|tsx)$/;
const TEXT = /\.([cm]?[jt]sx?|css|html|sql|sh|ya?ml|md)$/;

/** Text from elsewhere that is kept as it came. */
const FOREIGN = /^(LICENSE|package-lock\.json)$|(^|\/)(golden|fixtures|vendor)\//;

/** Examples are small stacks in the manner of their users: they are read for unfinished work, and otherwise left alone. */
const AS_USERS_WRITE = /^examples\//;

/** Everything that is wrong in the house, in the order of its paths. */
export const tidy = (house: House, codes: readonly string[], baseline: Baseline): readonly Finding[] => {
  const paths = house.paths.filter((path) => !FOREIGN.test(path));
  const findings = paths.flatMap((path) => checkFile(path, house.read(path)));
  const documents = [...checkMap(house), ...checkErrors(house, codes), ...checkDecisions(house)];
  return ratchet([...findings, ...documents], baseline).toSorted((a, b) => order(a.path, b.path) || a.line - b.line);
};

const checkFile = (path: string, text: string | null): readonly Finding[] => {
  if (text === null || !TEXT.test(path)) return [];
  const marks = unfinished(path, text);
  if (!CODE.test(path) || AS_USERS_WRITE.test(path)) return marks;
  const source = parse(path, text);
  return [...marks, ...pathNames(path), ...RULES.flatMap((rule) => rule(source))];
};

const order = (a: string, b: string): number => (a < b ? -1 : Number(a > b));

/** The files that git knows or would add, as they are on disk now. */
const houseOnDisk = (): House => {
  const listed = spawnSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    encoding: 'utf8',
  });
  if (listed.status !== 0) throw new Error(`git ls-files failed: ${listed.stderr}`);
  return {
    paths: listed.stdout.split('\0').filter((path) => path !== '' && existsSync(path)),
    read: (path) => (existsSync(path) ? readFileSync(path, 'utf8') : null),
  };
};

const main = (): void => {
  const house = houseOnDisk();
  const baseline: Baseline = JSON.parse(house.read('tools/tidy.baseline.json') ?? '{}');
  const findings = tidy(house, Object.keys(PROBLEMS), baseline);
  for (const it of findings) console.log(`${it.path}:${it.line}: ${it.message} [${it.rule}]`);
  console.log(`tidy: ${house.paths.length} files, ${findings.length} findings`);
  process.exitCode = findings.length === 0 ? 0 : 1;
};

if (import.meta.main) main();

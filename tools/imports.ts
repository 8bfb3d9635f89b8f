// Checks who imports whom against the table in .dependency-cruiser.mjs, and that nothing escaped the check.
//
// The cruiser exits with success when it finds no modules at all (for example because no TypeScript compiler answered),
// so this counts what it saw against what is on disk. It also refuses a folder of src/ that has no row.

import { cruise, type ICruiseResult } from 'dependency-cruiser';
import extractDepcruiseOptions from 'dependency-cruiser/config-utl/extract-depcruise-options';
import extractTSConfig from 'dependency-cruiser/config-utl/extract-ts-config';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const ROOTS = ['src', 'web/src', 'scenarios', 'tools', 'test', 'bench'];

export type ImportReport = { readonly problems: readonly string[]; readonly seen: number; readonly onDisk: number };

/** Cruises the tree at `root` under the rules of the file `rules`; a problem is a sentence for a person. */
export const checkImports = async (root: string, rules: string): Promise<ImportReport> => {
  const roots = ROOTS.filter((folder) => existsSync(join(root, folder)));
  const options = await extractDepcruiseOptions(rules);
  const tsConfig = extractTSConfig(join(root, 'tsconfig.json'));
  const { output } = await cruise(roots, { ...options, baseDir: root }, options.enhancedResolveOptions, { tsConfig });
  if (typeof output === 'string') throw new Error('the cruiser answered with text where a result was expected');
  const onDisk = roots.flatMap((folder) => sourcesUnder(root, folder));
  const seen = new Set(output.modules.map((module) => module.source));
  return {
    problems: [...sayViolations(output), ...(await rowless(root, rules)), ...unseen(onDisk, seen)],
    seen: onDisk.filter((path) => seen.has(path)).length,
    onDisk: onDisk.length,
  };
};

const sayViolations = (result: ICruiseResult): readonly string[] =>
  result.summary.violations.map((it) => {
    const rule = result.summary.ruleSetUsed?.forbidden?.find((one) => one.name === it.rule.name);
    const way = it.cycle === undefined ? it.to : it.cycle.map((step) => step.name).join(' → ');
    return `${it.from} → ${way} [${it.rule.name}: ${rule?.comment ?? ''}]`;
  });

const unseen = (onDisk: readonly string[], seen: ReadonlySet<string>): readonly string[] =>
  onDisk.filter((path) => !seen.has(path)).map((path) => `${path} was not seen by the cruiser [unseen]`);

const sourcesUnder = (root: string, folder: string): readonly string[] =>
  readdirSync(join(root, folder), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name) && !entry.name.endsWith('.d.ts'))
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1));

/** Folders of src/ without a row, and files of duties/ and adapters/ that belong to no family or adapter. */
const rowless = async (root: string, rules: string): Promise<readonly string[]> => {
  const table: { readonly MAY_IMPORT: Readonly<Record<string, readonly string[]>> } = await import(
    pathToFileURL(rules).href
  );
  const strangers = ['src/duties', 'src/adapters'].filter((folder) => existsSync(join(root, folder)));
  return [
    ...readdirSync(join(root, 'src'), { withFileTypes: true })
      .filter((entry) => !entry.isDirectory() || table.MAY_IMPORT[entry.name] === undefined)
      .map((entry) => `src/${entry.name} has no row in the table of .dependency-cruiser.mjs [row]`),
    ...strangers.flatMap((folder) =>
      readdirSync(join(root, folder), { withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => `${folder}/${entry.name} must be in a folder of its own [row]`),
    ),
  ];
};

const main = async (): Promise<void> => {
  const root = process.cwd();
  const report = await checkImports(root, join(root, '.dependency-cruiser.mjs'));
  for (const problem of report.problems) console.log(problem);
  console.log(`imports: ${report.seen} of ${report.onDisk} modules seen, ${report.problems.length} problems`);
  process.exitCode = report.problems.length === 0 && report.onDisk > 0 ? 0 : 1;
};

if (import.meta.main) await main();

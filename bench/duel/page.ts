// Page: a report as text, on the terminal and as its own section of docs/benchmarks.md.

import { readFileSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, totalmem } from 'node:os';
import { join } from 'node:path';
import type { Duel, Report } from './duel.ts';

const PAGE = join(import.meta.dirname, '..', '..', 'docs', 'benchmarks.md');
/** Where a new section goes: before this mark. */
const LAST = '<!-- duels end -->';

/** The machine in one line, with how busy it was: numbers without it are worth nothing. */
export const machine = (): string => {
  const [processor] = cpus();
  const load = loadavg().map((it) => it.toFixed(1));
  return `${cpus().length} × ${processor?.model.trim() ?? 'unknown processor'}, ${Math.round(totalmem() / 2 ** 30)} GB, Node ${process.version}, load ${load.join(' ')}`;
};

/** One duel as a piece of Markdown. */
export const section = (duel: Duel, report: Report, when: string): string => {
  const head = ['contender', 'version, settings', ...report.columns];
  const rows = report.rows.map((row) => [row.contender, `${row.version}, ${row.settings}`, ...row.cells]);
  const wrong = report.claims.filter((claim) => !claim.isTrue);
  return [
    `### ${duel.name.toUpperCase()}: ${duel.title}`,
    '',
    `Goal: ${duel.goal}. **${verdictOf(report)}**`,
    '',
    ...[head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`),
    '',
    ...report.notes.map((note) => `- ${note}`),
    ...wrong.map((claim) => `- **Not true: ${claim.what}.**`),
    `- \`npm run duel -- ${duel.name}\`, ${when}.`,
  ].join('\n');
};

const verdictOf = (report: Report): string =>
  report.verdict === 'reached' && report.claims.some((claim) => !claim.isTrue)
    ? 'Missed.'
    : `${capital(report.verdict)}.`;

const capital = (word: string): string => `${word.charAt(0).toUpperCase()}${word.slice(1)}`;

/** Puts the section between its markers; a section that is not there yet is added at the end of the duels. */
export const writeSection = (name: string, text: string): void => {
  const [open, close] = [`<!-- duel:${name} -->`, `<!-- /duel:${name} -->`];
  const page = readFileSync(PAGE, 'utf8');
  const block = `${open}\n\n${text}\n\n${close}`;
  const [from, to] = [page.indexOf(open), page.indexOf(close)];
  if (from >= 0 && to > from) writeFileSync(PAGE, `${page.slice(0, from)}${block}${page.slice(to + close.length)}`);
  else
    writeFileSync(
      PAGE,
      page.replace(LAST, () => `${block}\n\n${LAST}`),
    );
};

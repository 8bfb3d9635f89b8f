// Export: a source becomes the next version of its item. All that is wrong with it is told together, and then nothing is written.
//
//   source ─▶ closure ─▶ content, rules of quality ─▶ object ─▶ log: version n+1 ─▶ the candidate's file, read back
//
// What production reads stays as it is: a candidate lies in a folder of its own until people have blessed it.

import { existsSync } from 'node:fs';
import { isAbsolute, join, resolve } from 'node:path';
import { project } from '#adapters/codex/projection.ts';
import { openShelf, readSourceFile } from '#adapters/codex/sources.ts';
import { closureText, gather, placeOfFlaw } from '#duties/codex/closure.ts';
import { incompatibilities, sayIncompatibility } from '#duties/codex/compat.ts';
import { blessedOf, contentOf } from '#duties/codex/content.ts';
import { proposeExport } from '#duties/codex/propose.ts';
import { refusalProblem } from '#duties/codex/ledgerRefusal.ts';
import { COMPLETED, sayTemplate, sayVersion, VALIDATED } from './words.ts';
import type { Author, Closure, Content, RevisionRef, SourceFile } from '#kernel/codex.ts';
import { problem, ProblemError, type Problem } from '#kernel/problem.ts';
import type { Shelf } from '#kernel/template.ts';
import type { Instant } from '#kernel/time.ts';
import type { CodexDesk } from './desk.ts';

/** Below the folder of the blessed files: nothing in it is read by production. */
export const CANDIDATES = 'candidates';

export type Exporting = {
  /** As it was written: from the working directory, or else from the folder of the sources. */
  readonly file: string;
  readonly by: Author;
  readonly why: string | null;
  readonly now: Instant;
};

export type ExportPlan = {
  readonly closure: Closure;
  readonly content: Content;
  /** Where its template lies; null: the prompt of the source itself. */
  readonly template: string | null;
};

export type Exported = ExportPlan & {
  readonly revision: RevisionRef;
  /** The candidate's file. */
  readonly path: string;
  readonly bytes: number;
};

/** Reads and derives everything, and writes nothing. Throws ProblemError: `codex-source`, `codex-template`, all problems together. */
export const planExport = (desk: CodexDesk, written: string): ExportPlan => {
  const path = sourcePath(written, desk.site.sources);
  const file = readSourceFile(path);
  if ('problems' in file) {
    const expected = `a YAML file, from here or in ${desk.site.sources}`;
    throw new ProblemError(existsSync(path) ? file.problems : file.problems.map((it) => ({ ...it, expected })));
  }
  const shelf = openShelf(desk.site.templates, desk.templates.mentions);
  const gathered = gather(file, shelf);
  if (gathered.kind === 'refused') throw new ProblemError(gathered.problems);
  return planClosure(desk, gathered.closure, { file, shelf });
};

/** Derives the content of a closure that was gathered. Throws ProblemError: `codex-source`, `codex-template`. */
export const planClosure = (
  desk: CodexDesk,
  closure: Closure,
  from: { readonly file: SourceFile; readonly shelf: Shelf },
): ExportPlan => ({
  closure,
  content: contentIn(desk, closure, from),
  template: closure.template === null ? null : from.shelf.where(closure.template.path),
});

/** From where the person stands; else from the folder of the sources, so that a bare name is enough. */
const sourcePath = (written: string, folder: string): string => {
  const here = resolve(written);
  if (isAbsolute(written) || existsSync(here)) return here;
  const there = join(folder, written);
  return existsSync(there) ? there : here;
};

const contentIn = (
  desk: CodexDesk,
  closure: Closure,
  { file, shelf }: { readonly file: SourceFile; readonly shelf: Shelf },
): Content => {
  const made = contentOf(closure, desk.templates.render, placeOfFlaw(file, shelf));
  if (made.kind === 'refused') throw new ProblemError(made.problems);
  const rules = incompatibilities(made.content);
  const told = rules.map((it): Problem => problem('codex-source', sayIncompatibility(it), { place: file.locate([]) }));
  if (told.length > 0) throw new ProblemError(told);
  return made.content;
};

/**
 * Exports a source as the next version of its item. Throws ProblemError as `planExport`, and `store-unusable`,
 * `codex-damaged`, `codex-refused`; the codex then holds the old or the new version, never anything between.
 */
export const exportSource = (desk: CodexDesk, { file, ...doing }: Exporting): Exported =>
  keepPlan(desk, planExport(desk, file), doing);

/** Keeps what was planned as the next version. Throws ProblemError: `store-unusable`, `codex-damaged`, `codex-refused`. */
export const keepPlan = (desk: CodexDesk, plan: ExportPlan, { by, why, now }: Omit<Exporting, 'file'>): Exported => {
  const { closure, content } = plan;
  const kept = desk.store.put(closureText(closure));
  if (kept.kind === 'failed') throw new ProblemError([kept.problem]);
  let refused: Problem | null = null;
  const appended = desk.store.append(() => {
    const proposal = proposeExport(desk.ledger, { item: closure.item, digest: kept.digest, why });
    refused = proposal.kind === 'refused' ? refusalProblem(proposal.refusal) : null;
    return proposal.kind === 'refused' ? null : { at: now, by, deed: proposal.deed };
  });
  if (appended.kind === 'withheld') throw new ProblemError(refused === null ? [] : [refused]);
  if (appended.kind !== 'appended') throw new ProblemError([appended.problem]);
  desk.heads.remember();
  const { deed } = appended.record;
  if (deed.kind !== 'exported') throw new TypeError(`an export was recorded as ${deed.kind}`);
  const { revision } = deed;
  const standing = { blessedBy: [], blessedAt: null, version: revision.version, digest: revision.digest };
  const outcome = project(join(desk.site.blessed, CANDIDATES), blessedOf(content, standing));
  if (outcome.kind === 'refused') throw new ProblemError(outcome.problems);
  return { ...plan, revision, path: outcome.path, bytes: outcome.bytes };
};

/** What an export says, line by line, as systems around the codex look for it. */
export const sayExport = ({ template, revision }: Exported): readonly string[] => [
  VALIDATED,
  ...(template === null ? [] : [sayTemplate(template)]),
  sayVersion(revision.version),
  COMPLETED,
];

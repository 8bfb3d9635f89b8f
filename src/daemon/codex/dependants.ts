// Dependants: items whose newest revision holds a template or a partial, and their next versions once its text has changed.
//
// A revision is exported again from its own closure: the source as it was, the parameters as they were, and the templates as
// they are now. What else was tried out in the source meanwhile does not come with it.

import { hash } from 'node:crypto';
import { isAbsolute, relative, resolve, sep } from 'node:path';
import { openShelf } from '#adapters/codex/sources.ts';
import { changedIn, closureText, gather } from '#duties/codex/closure.ts';
import { isEnded, type Item, type Revision } from '#duties/codex/revision.ts';
import type { Closure, RevisionRef, SourceFile } from '#kernel/codex.ts';
import { problem, ProblemError, type Problem } from '#kernel/problem.ts';
import { isTemplatePath } from '#kernel/template.ts';
import { closureWith, type CodexDesk } from './desk.ts';
import { keepPlan, planClosure, type Exported, type Exporting, type ExportPlan } from './export.ts';

export type Dependant = {
  readonly revision: RevisionRef;
  /** Its template and its partials. */
  readonly templates: readonly string[];
  /** Those whose text is another now, or that are gone. */
  readonly changed: readonly string[];
};

/** The newest revision that was neither rejected nor revoked. */
const newestOf = ({ revisions }: Item): Revision | null => revisions.findLast((it) => !isEnded(it)) ?? null;

type Held = { readonly revision: Revision; readonly closure: Closure };

const heldIn = (desk: CodexDesk): readonly Held[] =>
  desk.ledger.items().flatMap((item) => {
    const revision = newestOf(item);
    return revision === null ? [] : [{ revision, closure: closureWith(desk, revision.ref.digest) }];
  });

const namesIn = ({ template, partials }: Closure): readonly string[] =>
  [template, ...partials].flatMap((it) => (it === null ? [] : [it.path]));

/** From the working directory, when it leads into the folder of the templates; else a name below that folder. */
const nameOf = ({ site }: CodexDesk, written: string): string => {
  const inside = relative(site.templates, resolve(written));
  const isInside = inside !== '' && !inside.startsWith('..') && !isAbsolute(inside);
  const name = isInside ? inside.replaceAll(sep, '/') : written;
  if (isTemplatePath(name)) return name;
  const expected = `a file below ${site.templates}`;
  throw new ProblemError([problem('bad-request', `${JSON.stringify(written)} is no template`, { expected })]);
};

/**
 * Items whose newest revision holds this template or partial, by name; null: all whose templates are others now than in
 * their newest revision. Throws ProblemError: `bad-request`, `codex-damaged`.
 */
export const dependantsIn = (desk: CodexDesk, written: string | null): readonly Dependant[] =>
  dependentOn(desk, written).map(({ revision, closure }) => ({
    revision: revision.ref,
    templates: namesIn(closure),
    changed: changedIn(closure, readerOf(desk)),
  }));

const readerOf = (desk: CodexDesk) => openShelf(desk.site.templates, desk.templates.mentions).read;

const dependentOn = (desk: CodexDesk, written: string | null): readonly Held[] => {
  if (written === null) return heldIn(desk).filter(({ closure }) => changedIn(closure, readerOf(desk)).length > 0);
  const name = nameOf(desk, written);
  return heldIn(desk).filter(({ closure }) => namesIn(closure).includes(name));
};

/** The source of a revision, as it was when it was exported. */
const sourceIn = ({ closure, revision: { ref } }: Held): SourceFile => ({
  file: `${closure.source.stem}.yaml`,
  value: closure.source.value,
  locate: () => ({ file: `${ref.item}@${ref.version}`, line: 1, column: 1 }),
});

const planAgain = (desk: CodexDesk, held: Held): ExportPlan => {
  const file = sourceIn(held);
  const shelf = openShelf(desk.site.templates, desk.templates.mentions);
  const gathered = gather(file, shelf, undefined, held.closure.parameters);
  if (gathered.kind === 'refused') throw new ProblemError(gathered.problems);
  return planClosure(desk, gathered.closure, { file, shelf });
};

const isSame = ({ revision }: Held, { closure }: ExportPlan): boolean =>
  hash('sha256', closureText(closure)) === revision.ref.digest;

export type ExportedAgain = {
  readonly exported: readonly Exported[];
  /** Dependants that say the same as before: no new version is made of them. */
  readonly same: readonly RevisionRef[];
};

/**
 * Exports all dependants of a template again. When one of them cannot be, none is: all problems are told together. Throws
 * ProblemError: as `dependantsIn` and `exportSource`.
 */
export const exportDependants = (
  desk: CodexDesk,
  written: string,
  doing: Pick<Exporting, 'by' | 'why' | 'now'>,
): ExportedAgain => {
  const problems: Problem[] = [];
  const plans = dependentOn(desk, written).flatMap((held) => {
    try {
      return [{ held, plan: planAgain(desk, held) }];
    } catch (error) {
      if (!(error instanceof ProblemError)) throw error;
      problems.push(...error.problems);
      return [];
    }
  });
  if (problems.length > 0) throw new ProblemError(problems);
  const why = doing.why ?? `${nameOf(desk, written)} has changed`;
  return {
    exported: plans
      .filter(({ held, plan }) => !isSame(held, plan))
      .map(({ plan }) => keepPlan(desk, plan, { ...doing, why })),
    same: plans.filter(({ held, plan }) => isSame(held, plan)).map(({ held }) => held.revision.ref),
  };
};

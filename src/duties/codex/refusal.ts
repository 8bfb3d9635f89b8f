// Refusals: what is wrong with an input of the codex, all of it together. Nothing was written when there is one.

import type { SourceFile, SourcePath } from '#kernel/codex.ts';
import { problem, type Place, type Problem, type ProblemCode } from '#kernel/problem.ts';
import type { TemplateFlaw } from '#kernel/template.ts';

export type Refusal = { readonly kind: 'refused'; readonly problems: readonly Problem[] };

export const refused = (...problems: readonly Problem[]): Refusal => ({ kind: 'refused', problems });

/** Nobody reads more problems of one file than this. */
const PROBLEMS_MAX = 50;

/** Collects problems while one file is read. */
export class Faults {
  readonly problems: Problem[] = [];
  readonly #file: SourceFile;
  readonly #code: ProblemCode;
  constructor(file: SourceFile, code: ProblemCode) {
    this.#file = file;
    this.#code = code;
  }

  add(path: SourcePath, message: string, expected: string | null = null): null {
    const place = this.#file.locate(path);
    if (this.problems.length < PROBLEMS_MAX) this.problems.push(problem(this.#code, message, { place, expected }));
    return null;
  }
}

const DECLARE = 'declare names under `parameters` (filled at export) or `variables` (filled when the task runs)';

/** What a template engine found, as problems; `placeOf` knows where the template lies. */
export const problemsOf = (
  flaws: readonly TemplateFlaw[],
  placeOf: (flaw: TemplateFlaw) => Place,
): readonly Problem[] =>
  flaws.map((flaw) =>
    problem('codex-template', flaw.message, {
      place: placeOf(flaw),
      expected: flaw.expected,
      mend: flaw.message.endsWith('is not declared') ? DECLARE : null,
    }),
  );

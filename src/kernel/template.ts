// Templates: texts with variables, and what is asked of whatever fills them.
//
// A template is Liquid with few tags and filters, and has no way out: it sees its parameters, its partials and nothing else,
// and always ends. Parameters are filled at export. Variables are filled when the task runs: they stay as they are written.

import type { Named } from './codex.ts';
import type { Json } from './evidence.ts';
import type { Problem } from './problem.ts';

export type TemplateJob = {
  readonly template: Named;
  /** All that the template and its partials name, by path; it may hold more. */
  readonly partials: readonly Named[];
  readonly parameters: { readonly [name: string]: Json };
  /** Names that the task's caller fills: each use of them, `{{ name }}` and nothing more, stays in the text. */
  readonly variables: readonly string[];
};

/** What is wrong with a template, at which of its lines. */
export type TemplateFlaw = {
  readonly path: string;
  readonly line: number;
  readonly column: number;
  readonly message: string;
  readonly expected: string | null;
};

export type Rendered =
  | {
      readonly kind: 'rendered';
      readonly text: string;
      /** Declared variables that stand in the text, sorted. */
      readonly used: readonly string[];
    }
  | { readonly kind: 'flawed'; readonly flaws: readonly TemplateFlaw[] };

/** The partials that one template names itself, sorted, each once. */
export type Mentions =
  | { readonly kind: 'mentions'; readonly partials: readonly string[] }
  | { readonly kind: 'flawed'; readonly flaws: readonly TemplateFlaw[] };

export type Render = (job: TemplateJob) => Rendered;

/** Where templates lie, and who can tell what they name. */
export type Shelf = {
  /** Its text; null: there is none, or its path leads out of the folder; a problem: it is there and cannot be used. */
  readonly read: (path: string) => string | Problem | null;
  /** How a person calls it: `templates/concise_description.md`. */
  readonly where: (path: string) => string;
  /** Every template there is, for messages. */
  readonly list: () => readonly string[];
  readonly mentions: (template: Named) => Mentions;
};

/** The path of a template: below its folder, without a way out. */
const PATH = /^[A-Za-z0-9_][A-Za-z0-9_.-]*(?:\/[A-Za-z0-9_][A-Za-z0-9_.-]*)*$/;
const PATH_LENGTH_MAX = 200;

/** Whether a template may be called so: plain names divided by `/`, none of which begins with a dot. */
export const isTemplatePath = (path: string): boolean => path.length <= PATH_LENGTH_MAX && PATH.test(path);

/** The name of a parameter or a variable. */
export const isVariableName = (name: string): boolean => /^[a-z_][A-Za-z0-9_]{0,99}$/.test(name);

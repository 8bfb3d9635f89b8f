// Uses: what one template names, found in its parsed form without filling it.

import { analyzeSync, Output, RenderTag, toValueSync, TypeGuards, type Liquid, type Template } from 'liquidjs';
import type { Named } from '#kernel/codex.ts';
import { Flawed } from './flaw.ts';
import { DEPTH_MAX } from './language.ts';

/** Where it stands; a flaw there only lacks its message. */
export type Spot = { readonly path: string; readonly line: number; readonly column: number; readonly expected: null };

export type Use = { readonly name: string; readonly at: Spot };
export type Mention = { readonly path: string; readonly at: Spot; readonly handed: readonly string[] };

export type Uses = {
  /** Each use of a name that the template does not set itself. */
  readonly names: readonly Use[];
  /** Those of them that stand by themselves: `{{ name }}` or `{{ name.part }}`. */
  readonly plain: readonly Use[];
  readonly mentions: readonly Mention[];
  /** The paths of the mentions, sorted, each once. */
  readonly partials: readonly string[];
};

type Positioned = { readonly getPosition: () => number[] };

/** Parses a template and lists what it names. Throws what the library throws, and Flawed for a partial that is not a plain name. */
export const readTemplate = (engine: Liquid, file: Named): Uses => {
  const templates = engine.parse(file.text, file.path);
  const spot = (line: number, column: number): Spot => ({ path: file.path, line, column, expected: null });
  const spotOf = (token: Positioned): Spot => spot(token.getPosition()[0] ?? 1, token.getPosition()[1] ?? 1);
  const all = everyTemplate(templates, spotOf);
  const names = Object.values(analyzeSync(templates, { partials: false }).globals)
    .flat()
    .map((it) => ({ name: String(it.segments[0]), at: spot(it.location.row, it.location.col) }));
  const places = new Set(names.map(({ at }) => `${at.line}:${at.column}`));
  const plain = all.flatMap((it) => plainUse(it, spotOf)).filter(({ at }) => places.has(`${at.line}:${at.column}`));
  const mentions = all.filter((it) => it instanceof RenderTag).map((tag) => mentionOf(tag, spotOf));
  return { names, plain, mentions, partials: [...new Set(mentions.map(({ path }) => path))].sort() };
};

/** The template's parts and theirs, without those of partials. The depth that the stack would bear differs by machine. */
const everyTemplate = (
  templates: readonly Template[],
  spotOf: (token: Positioned) => Spot,
  depth = 0,
): readonly Template[] =>
  templates.flatMap((it) => {
    if (depth > DEPTH_MAX) throw new Flawed([{ ...spotOf(it.token), message: 'it is nested too deeply' }]);
    return [it, ...everyTemplate(childrenOf(it), spotOf, depth + 1)];
  });

const childrenOf = (template: Template): readonly Template[] => {
  const children: unknown = template.children === undefined ? [] : toValueSync(template.children(false, true));
  return Array.isArray(children) ? children : [];
};

const plainUse = (template: Template, spotOf: (token: Positioned) => Spot): readonly Use[] => {
  if (!(template instanceof Output) || template.value.filters.length > 0) return [];
  const [token, ...more] = template.value.initial.postfix;
  if (more.length > 0 || !TypeGuards.isPropertyAccessToken(token) || token.variable !== undefined) return [];
  const words = token.props.filter((it) => TypeGuards.isWordToken(it)).map((it) => it.content);
  const [name] = words;
  return name === undefined || words.length < token.props.length ? [] : [{ name, at: spotOf(token) }];
};

const mentionOf = (tag: RenderTag, spotOf: (token: Positioned) => Spot): Mention => {
  const at = spotOf(tag.token);
  const scope = tag.partialScope();
  if (scope === undefined)
    throw new Flawed([
      { ...at, message: 'the name of a partial in quotes is missing', expected: 'the name of a partial in quotes' },
    ]);
  return { path: scope.name, at, handed: Array.from(scope.scope, (it) => (typeof it === 'string' ? it : it[0])) };
};

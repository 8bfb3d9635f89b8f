// Templates of dotprompt files, in Handlebars, as templates of the codex, in Liquid.
//
// What is filled when the task runs may only stand by itself in a template of the codex; so variables, partials, comments and
// text are taken over, and every block and every helper is told: it would decide at a time when nobody looks any more.

import type { Place, Problem } from '#kernel/problem.ts';
import { problem } from '#kernel/problem.ts';

export type ConvertedTemplate = {
  readonly text: string;
  /** Names that it puts in place, sorted, without the parts behind their dots. */
  readonly variables: readonly string[];
  readonly partials: readonly string[];
  readonly problems: readonly Problem[];
};

/** An expression in two or three braces, perhaps with a backslash before it; comments may hold braces. */
const EXPRESSION = /(\\?)\{\{(~?)(?:(!--[\s\S]*?--|!(?!--)[\s\S]*?)|(\{[^{}]*\})|([^{}]*?))(~?)\}\}/g;
const PATH = /^[A-Za-z_]\w*(?:\.\w+)*$/;
const PARTIAL = /^>\s*([\w./-]+)$/;
/** Words of the language that look like names. */
const HELPERS: ReadonlySet<string> = new Set(['this', 'else', 'history']);

type Piece = { readonly text: string; readonly variable?: string; readonly partial?: string; readonly flaw?: string };

/** Text that Liquid would read as its own is put between marks that keep it as it is. */
const plain = (text: string): string => text.replaceAll(/\{[{%]/g, (braces) => `{% raw %}${braces}{% endraw %}`);

/** A brace at the end of one part and the beginning of the next would together be the beginning of a tag. */
const join = (parts: readonly Piece[]): string =>
  parts.reduce((text, { text: next }) => {
    const isTag = text.endsWith('{') && /^[{%]/.test(next);
    return isTag ? `${text.slice(0, -1)}{% raw %}{{% endraw %}${next}` : text + next;
  }, '');

const pieceOf = (match: RegExpMatchArray): Piece => {
  const [whole, backslash, before, comment, triple, body = '', after] = match;
  if (backslash === '\\') return { text: plain(whole.slice(1)) };
  if (comment !== undefined) return { text: '' };
  const inner = (triple === undefined ? body : triple.slice(1, -1)).trim();
  const partial = PARTIAL.exec(inner)?.[1];
  if (partial !== undefined) return { text: `{% render '${partial}' %}`, partial };
  if (!PATH.test(inner) || HELPERS.has(inner.split('.')[0] ?? '')) return { text: '', flaw: whole };
  const [open, close] = [before === '~' ? '{{-' : '{{', after === '~' ? '-}}' : '}}'];
  return { text: `${open} ${inner} ${close}`, variable: inner.split('.')[0] ?? inner };
};

const placeOf = (file: string, text: string, at: number, linesBefore: number): Place => {
  const lines = text.slice(0, at).split('\n');
  return { file, line: linesBefore + lines.length, column: (lines.at(-1)?.length ?? 0) + 1 };
};

const sorted = (names: readonly (string | undefined)[]): readonly string[] =>
  [...new Set(names.filter((name) => name !== undefined))].sort();

/** Converts a template. `linesBefore`: how many lines of the file come before it. */
export const convertTemplate = (file: string, text: string, linesBefore: number): ConvertedTemplate => {
  const parts: Piece[] = [];
  const problems: Problem[] = [];
  let from = 0;
  for (const match of text.matchAll(EXPRESSION)) {
    const piece = pieceOf(match);
    parts.push({ text: plain(text.slice(from, match.index)) }, piece);
    from = match.index + match[0].length;
    if (piece.flaw === undefined) continue;
    problems.push(
      problem('bad-input', `${piece.flaw.slice(0, 80)} cannot be taken over`, {
        place: placeOf(file, text, match.index, linesBefore),
        expected: 'text, {{ name }}, {{ name.part }}, {{> partial }}, {{! comment }}',
        mend: 'decide it before the task runs, and hand the text in as a variable',
      }),
    );
  }
  parts.push({ text: plain(text.slice(from)) });
  return {
    text: join(parts),
    variables: sorted(parts.map(({ variable }) => variable)),
    partials: sorted(parts.map(({ partial }) => partial)),
    problems,
  };
};

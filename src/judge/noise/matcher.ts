// A matcher: one condition on one label, in the words of Prometheus and Alertmanager (=, !=, =~, !~).

import { expressionTrouble } from './expression.ts';

export type Labels = Readonly<Record<string, string>>;

export const OPERATORS = ['=', '!=', '=~', '!~'] as const;
export type Operator = (typeof OPERATORS)[number];

export type Matcher = { readonly label: string; readonly operator: Operator; readonly value: string };

/** Longest expression and value: a matcher is written by a person, and kept with what it silences. */
export const MATCHER_LENGTH_MAX = 200;

/** The whole of `name<operator>value`; the value may stand in double quotes. */
const WRITTEN = /^\s*([A-Za-z_][A-Za-z0-9_]*)\s*(=~|!~|!=|=)\s*(?:"((?:[^"\\]|\\.)*)"|([^"]*?))\s*$/;

const compiled = new Map<string, RegExp>();
/** As many as a site may have silences and rules; beyond that the oldest are compiled anew. */
const COMPILED_MAX = 1_000;

/** As in Alertmanager, an expression must match the whole value. */
const expressionOf = (text: string): RegExp => {
  const known = compiled.get(text);
  if (known !== undefined) return known;
  const made = new RegExp(`^(?:${text})$`, 'u');
  if (compiled.size >= COMPILED_MAX) compiled.clear();
  compiled.set(text, made);
  return made;
};

export type ParsedMatcher =
  { readonly kind: 'matcher'; readonly matcher: Matcher } | { readonly kind: 'wrong'; readonly why: string };

const isOperator = (text: string): text is Operator => OPERATORS.some((it) => it === text);

/** Reads one matcher as it is written: `service=api`, `service=~"api-.*"`. */
export const parseMatcher = (text: string): ParsedMatcher => {
  const shown = JSON.stringify(text.slice(0, 80));
  if (text.length > MATCHER_LENGTH_MAX)
    return { kind: 'wrong', why: `${shown}… is over ${MATCHER_LENGTH_MAX} letters` };
  const [, label = '', operator = '', quoted, bare = ''] = WRITTEN.exec(text) ?? [];
  if (!isOperator(operator))
    return { kind: 'wrong', why: `${shown} is not NAME=VALUE, NAME!=VALUE, NAME=~EXPRESSION or NAME!~EXPRESSION` };
  const value = quoted === undefined ? bare : quoted.replaceAll(/\\(.)/g, '$1');
  const trouble = operator.includes('~') ? expressionTrouble(value) : null;
  return trouble === null
    ? { kind: 'matcher', matcher: { label, operator, value } }
    : { kind: 'wrong', why: `${shown}: ${trouble}` };
};

export const sayMatcher = ({ label, operator, value }: Matcher): string => `${label}${operator}"${value}"`;

/** A label that is not there has the empty value, as in Prometheus. */
export const isMatch = ({ label, operator, value }: Matcher, labels: Labels): boolean => {
  const found = labels[label] ?? '';
  switch (operator) {
    case '=':
      return found === value;
    case '!=':
      return found !== value;
    case '=~':
      return expressionOf(value).test(found);
    default:
      return !expressionOf(value).test(found);
  }
};

/** All of them must match; none at all match nothing, so that an empty list cannot silence a whole site. */
export const matchAll = (matchers: readonly Matcher[], labels: Labels): boolean =>
  matchers.length > 0 && matchers.every((it) => isMatch(it, labels));

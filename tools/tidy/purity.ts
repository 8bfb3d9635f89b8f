// Purity: in the core, time is an argument and nothing is awaited. The lint rules refuse the globals; this file refuses what
// they cannot tell apart: a Date of now from the Date of an instant, and a calendar of UTC from that of the host.

import ts from 'typescript';
import { at, isTest, nodesOf, type Finding, type Rule, type Source } from './source.ts';

/** The folders whose modules are pure; `.oxlintrc.json` and `tsconfig.core.json` name the same ones. */
export const PURE_FOLDERS = ['kernel', 'observe', 'judge', 'decide', 'act', 'learn', 'duties', 'loop', 'sim'] as const;

/** The program around the simulated world: it reads arguments, hires threads, keeps the seeds, and prints. */
export const SIM_SHELL = ['main', 'order', 'campaign', 'worker', 'seedbook', 'killbook', 'mutation'] as const;

const SHELLS: ReadonlySet<string> = new Set(SIM_SHELL.map((name) => `src/sim/${name}.ts`));

/** They answer in the time zone or the language of the host. */
const LOCAL =
  /^(get(FullYear|Month|Date|Day|Hours|Minutes|Seconds|TimezoneOffset)|set(FullYear|Month|Date|Hours|Minutes|Seconds)|to(Locale\w*|DateString|TimeString)|localeCompare)$/;

export const purity: Rule = (source) =>
  isPure(source.path) ? nodesOf(source).flatMap((node) => impurity(source, node)) : [];

export const isPure = (path: string): boolean =>
  !isTest(path) && !SHELLS.has(path) && PURE_FOLDERS.some((folder) => path.startsWith(`src/${folder}/`));

const impurity = (source: Source, node: ts.Node): readonly Finding[] => {
  const found = (message: string): readonly Finding[] => [at(source, node, 'purity', message)];
  if (node.kind === ts.SyntaxKind.AsyncKeyword || ts.isAwaitExpression(node)) return found('the core is synchronous');
  if (ts.isForOfStatement(node) && node.awaitModifier !== undefined) return found('the core is synchronous');
  if (isNameOf(node, 'Promise') || isNameOf(node, 'PromiseLike')) return found('the core is synchronous');
  if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword)
    return found('the core loads nothing late');
  if (ts.isMetaProperty(node)) return found('the core does not know where it lies');
  if (ts.isPropertyAccessExpression(node) && LOCAL.test(node.name.text)) {
    return found(`${node.name.text} answers for the host's zone or language; use the UTC form, or compare with <`);
  }
  return isNameOf(node, 'Date') && !isDateOfInstant(node) ? found('Date only as new Date(instant) or Date.UTC(…)') : [];
};

/** An identifier that refers to something, not the name of a property. */
const isNameOf = (node: ts.Node, name: string): node is ts.Identifier => {
  if (!ts.isIdentifier(node) || node.text !== name) return false;
  const { parent } = node;
  if (ts.isPropertyAccessExpression(parent)) return parent.expression === node;
  return !ts.isPropertyAssignment(parent) && !ts.isPropertySignature(parent) && !ts.isLiteralTypeNode(parent);
};

const isDateOfInstant = (node: ts.Identifier): boolean => {
  const { parent } = node;
  if (ts.isNewExpression(parent)) return parent.expression === node && parent.arguments?.length === 1;
  return ts.isPropertyAccessExpression(parent) && parent.name.text === 'UTC';
};

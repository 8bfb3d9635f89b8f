// The shape of files and functions: how long, how wide, how deep.

import ts from 'typescript';
import { at, lastLineOf, lineOf, nodesOf, type Finding, type Rule, type Source } from './source.ts';

/** Beyond these, one can no longer hold the whole in one's head; the numbers are those of STYLE.md. */
export const LIMITS = { fileLines: 400, functionLines: 60, parameters: 4, depth: 3 } as const;

const TEST_CALLS: ReadonlySet<string> = new Set(['test', 'it', 'describe', 'suite']);

export const shape: Rule = (source) => [
  ...fileLength(source),
  ...functionsOf(source).flatMap((it) => judge(source, it)),
];

const fileLength = (source: Source): readonly Finding[] => {
  const size = source.lines.length - (source.text.endsWith('\n') ? 1 : 0);
  if (size <= LIMITS.fileLines) return [];
  return [
    { path: source.path, line: 1, rule: 'file-length', message: `${size} lines, at most ${LIMITS.fileLines}`, size },
  ];
};

const functionsOf = (source: Source): readonly ts.FunctionLikeDeclaration[] => nodesOf(source).filter(isFunction);

const isFunction = (node: ts.Node): node is ts.FunctionLikeDeclaration => ts.isFunctionLike(node) && 'body' in node;

const judge = (source: Source, it: ts.FunctionLikeDeclaration): readonly Finding[] => {
  const lines = lastLineOf(source, it) - lineOf(source, it) + 1;
  const depth = it.body === undefined ? 0 : depthOf(it.body);
  const name = nameOf(it);
  const measures = [
    { rule: 'function-length', size: isSuite(it) ? 0 : lines, max: LIMITS.functionLines, unit: 'lines' },
    { rule: 'parameters', size: it.parameters.length, max: LIMITS.parameters, unit: 'parameters' },
    { rule: 'depth', size: depth, max: LIMITS.depth, unit: 'levels of nesting' },
  ];
  return measures
    .filter((one) => one.size > one.max)
    .map((one) => ({
      ...at(source, it, one.rule, `${name} has ${one.size} ${one.unit}, at most ${one.max}`),
      size: one.size,
    }));
};

/** A function that only lists tests is a table of contents and may be as long as the list. */
const isSuite = (it: ts.FunctionLikeDeclaration): boolean =>
  it.body !== undefined && ts.isBlock(it.body) && it.body.statements.some(isTestCall);

const isTestCall = (statement: ts.Statement): boolean => {
  if (!ts.isExpressionStatement(statement)) return false;
  const call = ts.isVoidExpression(statement.expression) ? statement.expression.expression : statement.expression;
  return ts.isCallExpression(call) && ts.isIdentifier(call.expression) && TEST_CALLS.has(call.expression.text);
};

/** How deep branches and loops are nested, not counting those of inner functions; `else if` is not deeper than its `if`. */
const depthOf = (node: ts.Node): number => {
  if (isFunction(node)) return 0;
  const isElseIf = ts.isIfStatement(node) && ts.isIfStatement(node.parent) && node.parent.elseStatement === node;
  let deepest = 0;
  ts.forEachChild(node, (child) => {
    deepest = Math.max(deepest, depthOf(child));
  });
  return deepest + (isNesting(node) && !isElseIf ? 1 : 0);
};

const isNesting = (node: ts.Node): boolean =>
  ts.isIfStatement(node) ||
  ts.isIterationStatement(node, false) ||
  ts.isSwitchStatement(node) ||
  ts.isTryStatement(node);

const nameOf = (it: ts.FunctionLikeDeclaration): string => {
  if (it.name !== undefined && ts.isIdentifier(it.name)) return it.name.text;
  const owner = it.parent;
  const isNamed = ts.isVariableDeclaration(owner) || ts.isPropertyAssignment(owner) || ts.isPropertyDeclaration(owner);
  return isNamed ? owner.name.getText() : 'a function';
};

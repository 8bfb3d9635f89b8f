// A source file as tidy sees it, and a finding: where, which rule, and what a person should know.

import ts from 'typescript';

/** What a rule found. `size` is set by the rules that measure; those can be pardoned by the baseline. */
export type Finding = {
  readonly path: string;
  readonly line: number;
  readonly rule: string;
  readonly message: string;
  readonly size?: number;
};

export type Source = {
  readonly path: string;
  readonly text: string;
  readonly lines: readonly string[];
  readonly tree: ts.SourceFile;
};

/** A rule reads one file and says what is wrong with it. */
export type Rule = (source: Source) => readonly Finding[];

/** Parses the text of one file; nothing is type-checked. */
export const parse = (path: string, text: string): Source => ({
  path,
  text,
  lines: text.split('\n'),
  tree: ts.createSourceFile(path, text, ts.ScriptTarget.ES2024, true),
});

/** The line of a node, counted from 1. */
export const lineOf = (source: Source, node: ts.Node): number =>
  source.tree.getLineAndCharacterOfPosition(node.getStart(source.tree)).line + 1;

/** The line on which a node ends, counted from 1. */
export const lastLineOf = (source: Source, node: ts.Node): number =>
  source.tree.getLineAndCharacterOfPosition(node.getEnd()).line + 1;

/** Every node of the file, parents before children. */
export const nodesOf = (source: Source): readonly ts.Node[] => {
  const found: ts.Node[] = [];
  const visit = (node: ts.Node): void => {
    found.push(node);
    ts.forEachChild(node, visit);
  };
  visit(source.tree);
  return found;
};

export const isTest = (path: string): boolean => /\.(test|contract)\.tsx?$/.test(path) || path.startsWith('test/');

/** A finding at a node. */
export const at = (source: Source, node: ts.Node, rule: string, message: string): Finding => ({
  path: source.path,
  line: lineOf(source, node),
  rule,
  message,
});

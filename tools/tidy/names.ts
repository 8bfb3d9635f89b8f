// Names that say nothing are refused: for folders, for files, and for what a module exports.

import ts from 'typescript';
import { at, type Finding, type Rule, type Source } from './source.ts';

/** Never a word of a folder, a file or an exported name: each of them is a place where anything could be put. */
const EMPTY_WORDS: ReadonlySet<string> = new Set(
  ['util', 'utils', 'helper', 'helpers', 'common', 'shared', 'misc', 'manager', 'managers'].concat(['stuff', 'lib']),
);

/** Never the whole name of an exported thing, nor its last word: everything is data, and everything informs. */
const EMPTY_NOUNS: ReadonlySet<string> = new Set(['data', 'info']);

/** Never the first word of an exported function: they promise something and do not say what. A process is a noun here. */
const EMPTY_VERBS: ReadonlySet<string> = new Set(['handle', 'do', 'manage']);

/** Never a folder: the house is told by the loop, not by kinds of source text. */
const EMPTY_FOLDERS: ReadonlySet<string> = new Set(['types', 'services', 'core', 'interfaces', 'models', 'constants']);

/** The tools' core/ holds what the pure core may see of Node; the word is the subject there. */
const FOLDERS_ALLOWED: ReadonlySet<string> = new Set(['tools/core']);

/** `node bench/anomaly` is the command that people are told: Node looks for this name in a folder. */
const INDEXES_ALLOWED: ReadonlySet<string> = new Set(['bench/anomaly/index.js', 'bench/judge/index.js']);

export const names: Rule = (source) =>
  exported(source).flatMap(({ name, node, isFunction }) => {
    const problem = emptyName(name, isFunction);
    return problem === null ? [] : [at(source, node, 'name', problem)];
  });

/** Refuses the path of a file by the words of its folders and of its name. */
export const pathNames = (path: string): readonly Finding[] => {
  const parts = path.split('/');
  const folders = parts.slice(0, -1);
  const emptyFolder = folders.find(
    (name, index) =>
      (EMPTY_FOLDERS.has(name) || EMPTY_WORDS.has(name)) && !FOLDERS_ALLOWED.has(folders.slice(0, index + 1).join('/')),
  );
  const stem = (parts.at(-1) ?? '').split('.').slice(0, -1);
  const emptyWord = stem.flatMap(wordsOf).find((word) => EMPTY_WORDS.has(word));
  const isIndex = /^index\.[cm]?[jt]sx?$/.test(parts.at(-1) ?? '') && !INDEXES_ALLOWED.has(path);
  const finding = (message: string): Finding => ({ path, line: 1, rule: 'name', message });
  return [
    ...(emptyFolder === undefined ? [] : [finding(`a folder is never called ${emptyFolder}`)]),
    ...(emptyWord === undefined ? [] : [finding(`${emptyWord} in a file name says nothing`)]),
    ...(isIndex ? [finding('an index file is a barrel; name the file for its idea')] : []),
  ];
};

const emptyName = (name: string, isFunction: boolean): string | null => {
  const words = wordsOf(name);
  const empty = words.find((word) => EMPTY_WORDS.has(word));
  if (empty !== undefined) return `${name}: the word ${empty} says nothing`;
  if (EMPTY_NOUNS.has(words.at(-1) ?? '')) return `${name}: name what it is about; everything is ${words.at(-1) ?? ''}`;
  if (isFunction && EMPTY_VERBS.has(words[0] ?? '')) return `${name}: ${words[0] ?? ''} does not say what is done`;
  return null;
};

/** `readSiteFile`, `ReadSite`, `READ_SITE` and `read-site` all fall into lower-case words. */
const wordsOf = (name: string): readonly string[] =>
  name
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1 $2')
    .split(/[\s_.-]+/)
    .map((word) => word.toLowerCase());

type Exported = { readonly name: string; readonly node: ts.Node; readonly isFunction: boolean };

const exported = (source: Source): readonly Exported[] =>
  source.tree.statements.filter(isExported).flatMap((statement): readonly Exported[] => {
    if (ts.isVariableStatement(statement)) return statement.declarationList.declarations.flatMap(variable);
    const name = isNamed(statement) ? statement.name?.text : undefined;
    return name === undefined ? [] : [{ name, node: statement, isFunction: ts.isFunctionDeclaration(statement) }];
  });

const variable = (it: ts.VariableDeclaration): readonly Exported[] => {
  if (!ts.isIdentifier(it.name)) return [];
  const isFunction =
    it.initializer !== undefined && (ts.isArrowFunction(it.initializer) || ts.isFunctionExpression(it.initializer));
  return [{ name: it.name.text, node: it, isFunction }];
};

type Named = ts.FunctionDeclaration | ts.ClassDeclaration | ts.TypeAliasDeclaration | ts.InterfaceDeclaration;

const isNamed = (statement: ts.Statement): statement is Named =>
  ts.isFunctionDeclaration(statement) ||
  ts.isClassDeclaration(statement) ||
  ts.isTypeAliasDeclaration(statement) ||
  ts.isInterfaceDeclaration(statement);

const isExported = (statement: ts.Statement): boolean =>
  ts.canHaveModifiers(statement) &&
  (ts.getModifiers(statement) ?? []).some((it) => it.kind === ts.SyntaxKind.ExportKeyword);

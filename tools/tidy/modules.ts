// Modules: how they begin, what they export, and how they name each other.

import { posix } from 'node:path';
import ts from 'typescript';
import { at, nodesOf, type Finding, type Rule, type Source } from './source.ts';

/** Tools that read these files demand a default export. */
const DEFAULT_EXPORT_DEMANDED: ReadonlySet<string> = new Set(['.dependency-cruiser.mjs', 'web/vite.config.ts']);

export const modules: Rule = (source) => [
  ...beginning(source),
  ...source.tree.statements.flatMap((statement) => exports(source, statement)),
  ...specifiers(source).flatMap(({ node, text }) => crossing(source, node, text)),
];

/** A module starts with a sentence that says what it is. */
const beginning = (source: Source): readonly Finding[] => {
  const text = source.text.replace(/^#!.*\n/, '');
  const comment = /^\s*(?:((?:\/\/.*\n?)+)|\/\*([\s\S]*?)\*\/)/.exec(text);
  const words = (comment?.[1] ?? comment?.[2] ?? '').replaceAll(/^\s*(\/\/|\*+)/gm, '').trim();
  const isSentence = words.split(/\s+/).length >= 4 && /[.!?:]($|[\s)])/.test(words) && !/^(oxlint|@ts)/.test(words);
  if (isSentence) return [];
  return [
    { path: source.path, line: 1, rule: 'header', message: 'start with a sentence that says what this module is' },
  ];
};

const exports = (source: Source, statement: ts.Statement): readonly Finding[] => {
  const isDefault =
    ts.isExportAssignment(statement) ||
    (ts.canHaveModifiers(statement) &&
      (ts.getModifiers(statement) ?? []).some((it) => it.kind === ts.SyntaxKind.DefaultKeyword));
  if (isDefault && !DEFAULT_EXPORT_DEMANDED.has(source.path)) {
    return [at(source, statement, 'default-export', 'export by name, so that everybody calls it the same')];
  }
  if (!ts.isExportDeclaration(statement)) return [];
  if (statement.moduleSpecifier !== undefined) {
    return [at(source, statement, 're-export', 'import it from where it is declared')];
  }
  const clause = statement.exportClause;
  if (clause === undefined || !ts.isNamedExports(clause)) return [];
  const imported = importedNames(source);
  return clause.elements
    .filter((it) => imported.has((it.propertyName ?? it.name).text) || it.name.text === 'default')
    .map((it) => at(source, it, 're-export', `${it.name.text}: import it from where it is declared`));
};

const importedNames = (source: Source): ReadonlySet<string> => {
  const found = source.tree.statements.filter(ts.isImportDeclaration).flatMap((it) => {
    const named = it.importClause?.namedBindings;
    const own = it.importClause?.name === undefined ? [] : [it.importClause.name.text];
    if (named === undefined) return own;
    return ts.isNamespaceImport(named)
      ? [...own, named.name.text]
      : [...own, ...named.elements.map((one) => one.name.text)];
  });
  return new Set(found);
};

type Specifier = { readonly node: ts.Node; readonly text: string };

/** Everything that names a module: static and dynamic imports, and import types. */
const specifiers = (source: Source): readonly Specifier[] =>
  nodesOf(source).flatMap((node): readonly Specifier[] => {
    if (ts.isImportDeclaration(node) && ts.isStringLiteral(node.moduleSpecifier)) {
      return [{ node, text: node.moduleSpecifier.text }];
    }
    if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument) && ts.isStringLiteral(node.argument.literal)) {
      return [{ node, text: node.argument.literal.text }];
    }
    const isDynamic = ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword;
    const argument = isDynamic ? node.arguments[0] : undefined;
    return argument !== undefined && ts.isStringLiteral(argument) ? [{ node, text: argument.text }] : [];
  });

const crossing = (source: Source, node: ts.Node, specifier: string): readonly Finding[] => {
  const home = unitOf(source.path);
  if (specifier.startsWith('.')) {
    const target = posix.join(posix.dirname(source.path), specifier);
    if (unitOf(target) === home || /\.(css|json)$/.test(target)) return [];
    return [at(source, node, 'crossing', `${specifier} leaves the folder: write #${target.replace(/^src\//, '')}`)];
  }
  if (specifier.startsWith('#') && unitOf(`src/${specifier.slice(1)}`) === home) {
    return [at(source, node, 'crossing', `${specifier} stays in the folder: write it with ./`)];
  }
  return [];
};

/** The folder whose inside is private: a folder of src/, a family of duties/, an adapter, or a folder beside src/. */
const unitOf = (path: string): string => {
  const [first = '', second = '', third = ''] = path.split('/');
  if (first !== 'src') return first;
  return second === 'duties' || second === 'adapters' ? `src/${second}/${third}` : `src/${second}`;
};

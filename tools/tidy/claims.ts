// Claims that the compiler cannot check: any, !, as, and comments that silence a rule. Each needs a licence or is refused.

import ts from 'typescript';
import { at, lastLineOf, lineOf, nodesOf, type Finding, type Rule, type Source } from './source.ts';

/** On the line of a cast, or the line above: this is where wire becomes value, or a bare value gets its brand. */
const LICENCE = /\/\/ (decoder|brand)\b/;

/** At the head of a file that is a decoder from end to end; the reason is not optional. */
const FILE_LICENCE = /^\/\/ decoder: \S.{8,}$/m;

const SILENCERS = /(?:ox|es)lint-disable(?:-next-line|-line)?/;

/** Unfinished work is finished or written down as an issue; the words are put together here so as not to find themselves. */
const UNFINISHED = new RegExp(`\\b(${['TO' + 'DO', 'FIX' + 'ME', 'HA' + 'CK'].join('|')})\\b`);

export const claims: Rule = (source) => [
  ...nodesOf(source).flatMap((node) => claim(source, node)),
  ...source.lines.flatMap((line, index) => silencer(source.path, line, index + 1)),
];

/** Markers of unfinished work, in any kind of file. */
export const unfinished = (path: string, text: string): readonly Finding[] =>
  text.split('\n').flatMap((line, index): readonly Finding[] => {
    const marker = UNFINISHED.exec(line)?.[1];
    if (marker === undefined) return [];
    return [
      { path, line: index + 1, rule: 'unfinished', message: `${marker}: finish it, or say it where it is planned` },
    ];
  });

const claim = (source: Source, node: ts.Node): readonly Finding[] => {
  if (node.kind === ts.SyntaxKind.AnyKeyword) return [at(source, node, 'any', 'unknown, and then decode it')];
  if (ts.isNonNullExpression(node)) return [at(source, node, 'non-null', 'handle the case that it is not there')];
  if (ts.isPropertyDeclaration(node) && node.exclamationToken !== undefined) {
    return [at(source, node, 'non-null', 'set it in the constructor')];
  }
  const isCast = ts.isTypeAssertionExpression(node) || (ts.isAsExpression(node) && !isConst(node.type));
  if (!isCast || isLicensed(source, node)) return [];
  return [at(source, node, 'as', 'a cast is allowed in a decoder or a brand, marked `// decoder` or `// brand`')];
};

const isConst = (type: ts.TypeNode): boolean =>
  ts.isTypeReferenceNode(type) && ts.isIdentifier(type.typeName) && type.typeName.text === 'const';

const isLicensed = (source: Source, node: ts.Node): boolean => {
  const head = source.text.slice(0, source.tree.statements[0]?.getStart(source.tree) ?? 0);
  const [first, last] = [lineOf(source, node), lastLineOf(source, node)];
  const above = source.lines[first - 2] ?? '';
  const below = source.lines[last] ?? ''; // prettier pushes the comment of a long expression behind its closing bracket
  return (
    FILE_LICENCE.test(head) ||
    source.lines.slice(first - 1, last).some((line) => LICENCE.test(line)) ||
    (/^\s*\/\//.test(above) && LICENCE.test(above)) ||
    (/^\s*[)\]}]/.test(below) && LICENCE.test(below))
  );
};

const silencer = (path: string, line: string, number: number): readonly Finding[] => {
  const finding = (rule: string, message: string): readonly Finding[] => [{ path, line: number, rule, message }];
  const comment = /(?:\/\/|\/\*)\s*(.*)$/.exec(line)?.[1] ?? '';
  if (/^@ts-(ignore|nocheck)/.test(comment)) return finding('silencer', 'use @ts-expect-error with a reason');
  if (/^@ts-expect-error\s*$/.test(comment)) return finding('silencer', 'say why an error is expected');
  if (!SILENCERS.test(comment.slice(0, 40)) || !/^(?:ox|es)lint-/.test(comment)) return [];
  return / -- \S.{8,}/.test(comment)
    ? []
    : finding('silencer', 'add the reason: `oxlint-disable-next-line rule -- why`');
};

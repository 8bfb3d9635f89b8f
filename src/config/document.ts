// A document: one YAML file read into plain values, with a way back from each value to its line and column.
//
// Hostile input is the normal case here: aliases that unfold to millions of values, ten thousand levels, NUL bytes,
// keys that poison prototypes. Each ends as a problem with a place, within the limits below, and never as a throw.

import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  parseAllDocuments,
  parseDocument,
  type Document,
  type Node,
  type Pair,
  type YAMLMap,
} from 'yaml';
import type { Json } from '#kernel/evidence.ts';
import { problem, type Place, type Problem } from '#kernel/problem.ts';
import type { FileContent } from './files.ts';

/** 1 MB of text: ten thousand services fit in five such files, and parsing stays under a second. */
export const FILE_BYTES_MAX = 1_048_576;
/** The language itself needs 8 levels; expectations and JSON Schemas inside it may need some tens. */
const DEPTH_MAX = 100;
/** Values in one file, with aliases unfolded; 1 MB of plain YAML holds about 200,000. */
const VALUES_MAX = 300_000;
/** Uses of aliases in one file. */
const ALIASES_MAX = 1_000;
/** After so many problems in one file the rest would not be read by anyone. */
const SYNTAX_PROBLEMS_MAX = 50;

export type Path = readonly (string | number)[];

export type Tree = { readonly [key: string]: Json };

/** One file that could be read. */
export type Source = {
  readonly file: string;
  readonly tree: Tree;
  /** The place of a value; with `isKey` that of its key. The nearest thing around it when there is no such value. */
  readonly locate: (path: Path, isKey?: boolean) => Place;
};

export type Read = { readonly source: Source | null; readonly problems: readonly Problem[] };

const whole = (file: string): Place => ({ file, line: 1, column: 1 });

/** Turns bytes into text: strict UTF-8, no NUL. */
const decodeText = (file: string, bytes: Uint8Array): string | Problem => {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return problem('config-syntax', `${file} is not valid UTF-8`, {
      place: whole(file),
      expected: 'text in UTF-8',
      mend: 'save the file in UTF-8',
    });
  }
  const nul = text.indexOf('\0');
  if (nul < 0) return text;
  const before = text.slice(0, nul).split('\n');
  return problem('config-syntax', 'a NUL byte', {
    place: { file, line: before.length, column: (before.at(-1)?.length ?? 0) + 1 },
    expected: 'text',
  });
};

/** What goes wrong while unfolding; caught at the one place below, so that the recursion stays simple. */
class Unfoldable extends Error {
  readonly offset: number;
  readonly code: 'config-too-big' | 'config-syntax' | 'config-unknown-key';
  readonly expected: string;
  constructor(node: Node | null, code: Unfoldable['code'], message: string, expected: string) {
    super(message);
    this.offset = node?.range?.[0] ?? 0;
    this.code = code;
    this.expected = expected;
  }
}

type Unfolding = {
  readonly anchors: Map<string, Node>;
  /** Keys that stand twice in one block, by their offsets. */
  readonly twice: { readonly key: string; readonly offset: number; readonly firstOffset: number }[];
  values: number;
  aliases: number;
};

const keyText = (key: unknown): string => {
  if (isScalar(key)) {
    const text = String(key.value);
    if (text !== '__proto__') return text;
    throw new Unfoldable(key, 'config-unknown-key', 'the key __proto__', 'a name of the language');
  }
  const node = isAlias(key) || isMap(key) || isSeq(key) ? key : null;
  throw new Unfoldable(node, 'config-syntax', 'a key that is not plain text', 'a plain name before the colon');
};

const unfoldAlias = (node: Node & { readonly source: string }, unfolding: Unfolding, depth: number): Json => {
  unfolding.aliases += 1;
  if (unfolding.aliases > ALIASES_MAX)
    throw new Unfoldable(
      node,
      'config-too-big',
      `more than ${ALIASES_MAX} aliases`,
      `at most ${ALIASES_MAX} uses of *aliases in a file`,
    );
  const target = unfolding.anchors.get(node.source);
  if (target === undefined)
    throw new Unfoldable(node, 'config-syntax', `the alias *${node.source} before its anchor`, 'an anchor above it');
  return unfold(target, unfolding, depth + 1);
};

const unfoldScalar = (node: Node, value: unknown): Json => {
  if (typeof value === 'number' && !Number.isFinite(value))
    throw new Unfoldable(node, 'config-syntax', `the number ${value}`, 'a finite number');
  if (value === null || value === undefined) return null;
  if (typeof value === 'number' || typeof value === 'boolean' || typeof value === 'string') return value;
  // With the core schema of YAML 1.2 there is nothing else; a tag such as !!binary would bring it.
  throw new Unfoldable(node, 'config-syntax', 'a value of a special type', 'text, a number, true, false or nothing');
};

const unfold = (node: unknown, unfolding: Unfolding, depth: number): Json => {
  if (node === null || node === undefined) return null;
  if (!isScalar(node) && !isMap(node) && !isSeq(node) && !isAlias(node)) return null;
  unfolding.values += 1;
  if (unfolding.values > VALUES_MAX)
    throw new Unfoldable(node, 'config-too-big', 'the file unfolds to too much', `at most ${VALUES_MAX} values`);
  if (depth > DEPTH_MAX)
    throw new Unfoldable(node, 'config-too-big', 'the file is nested too deeply', `at most ${DEPTH_MAX} levels`);
  if (isAlias(node)) return unfoldAlias(node, unfolding, depth);
  if (node.anchor !== undefined) unfolding.anchors.set(node.anchor, node);
  if (isScalar(node)) return unfoldScalar(node, node.value);
  if (isSeq(node)) return node.items.map((item) => unfold(item, unfolding, depth + 1));
  const tree: Record<string, Json> = {};
  const offsets = new Map<string, number>();
  for (const pair of node.items) {
    const key = keyText(pair.key);
    const offset = startOf(pair.key) ?? 0;
    const firstOffset = offsets.get(key);
    if (firstOffset === undefined) offsets.set(key, offset);
    else unfolding.twice.push({ key, offset, firstOffset });
    tree[key] = unfold(pair.value, unfolding, depth + 1);
  }
  return tree;
};

const placeOf = (file: string, lines: LineCounter, offset: number): Place => {
  const { line, col } = lines.linePos(offset);
  return { file, line: Math.max(1, line), column: Math.max(1, col) };
};

const startOf = (node: unknown): number | null =>
  isScalar(node) || isMap(node) || isSeq(node) || isAlias(node) ? (node.range?.[0] ?? null) : null;

type Spot = { readonly node: unknown; readonly key: unknown };

/** Pairs by key, made once for each block that is asked about: a thousand problems in one block stay cheap. */
const indexes = new WeakMap<YAMLMap, ReadonlyMap<string, Pair>>();

const indexOf = (block: YAMLMap): ReadonlyMap<string, Pair> => {
  const known = indexes.get(block);
  if (known !== undefined) return known;
  const index = new Map<string, Pair>();
  for (const pair of block.items) if (isScalar(pair.key)) index.set(String(pair.key.value), pair);
  indexes.set(block, index);
  return index;
};

const childAt = (parent: unknown, step: string | number): Spot | null => {
  if (isSeq(parent) && typeof step === 'number') {
    const node = parent.items[step];
    return node === undefined ? null : { node, key: node };
  }
  if (!isMap(parent)) return null;
  const pair = indexOf(parent).get(String(step));
  return pair === undefined ? null : { node: pair.value, key: pair.key };
};

/** Walks the nodes again, only when somebody asks: a file without problems never pays for places. */
const locateIn = (document: Document.Parsed, path: Path, isKey: boolean): number => {
  let spot: Spot = { node: document.contents, key: document.contents };
  let isWhole = true;
  for (const step of path) {
    const parent = isAlias(spot.node) ? spot.node.resolve(document) : spot.node;
    const child = childAt(parent, step);
    if (child === null) {
      isWhole = false;
      break;
    }
    spot = child;
  }
  // Something that is missing is shown at the key of what should hold it: that line is short and names the thing.
  const first = isKey || !isWhole ? spot.key : spot.node;
  return startOf(first) ?? startOf(spot.key) ?? 0;
};

/** Once it has lost its way, the library reports each word that follows; only the first says where. */
const IS_ECHO = /in YAML stream/;

const mendOf = (code: string, message: string): string | null => {
  if (code === 'TAB_AS_INDENT') return 'indent with spaces';
  return message.endsWith('at node end') ? 'a value with [ ] { } or a comma in it needs quotes between braces' : null;
};

const syntaxProblems = (file: string, lines: LineCounter, document: Document.Parsed): readonly Problem[] => {
  const errors = document.errors.filter((error, index) => index === 0 || !IS_ECHO.test(error.message));
  return errors.slice(0, SYNTAX_PROBLEMS_MAX).map((error) => {
    const place = placeOf(file, lines, error.pos[0]);
    const message = error.message.split('\n')[0] ?? error.code;
    if (error.code === 'RESOURCE_EXHAUSTION')
      return problem('config-too-big', 'the file is nested too deeply', {
        place,
        expected: `at most ${DEPTH_MAX} levels`,
      });
    return problem('config-syntax', `not valid YAML: ${message}`, { place, mend: mendOf(error.code, message) });
  });
};

/** The library looks for equal keys in quadratic time (minutes for 1 MB of keys), so this is counted here. */
const twiceProblems = (file: string, lines: LineCounter, unfolding: Unfolding): readonly Problem[] =>
  unfolding.twice.slice(0, SYNTAX_PROBLEMS_MAX).map(({ key, offset, firstOffset }) =>
    problem('config-duplicate', `${key} stands twice in one block, first on line ${lines.linePos(firstOffset).line}`, {
      place: placeOf(file, lines, offset),
      expected: 'each key once',
      mend: 'remove one of the two, or merge them',
    }),
  );

/**
 * The library makes an Error for each mistake and each warning: 1 MB can hold a million. With their stacks they took
 * 1.8 GB, and with an excerpt of a long line in each (`prettyErrors`) minutes.
 */
const withoutStacks = <Made>(make: () => Made): Made => {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    return make();
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
};

/** The library answers even its own exhausted stack (at some 800 levels) with an error in the document. */
const parseBare = (text: string, lines: LineCounter): Document.Parsed =>
  withoutStacks(() =>
    parseDocument(text, { lineCounter: lines, uniqueKeys: false, prettyErrors: false, version: '1.2' }),
  );

/** One document of a text, as plain values. */
const unfoldDocument = (file: string, lines: LineCounter, document: Document.Parsed): Read => {
  const problems = syntaxProblems(file, lines, document);
  if (problems.length > 0) return { source: null, problems };
  try {
    const unfolding: Unfolding = { anchors: new Map(), twice: [], values: 0, aliases: 0 };
    const tree = unfold(document.contents, unfolding, 0);
    if (unfolding.twice.length > 0) return { source: null, problems: twiceProblems(file, lines, unfolding) };
    const locate = (path: Path, isKey = false): Place => placeOf(file, lines, locateIn(document, path, isKey));
    return rooted(file, tree, locate);
  } catch (error) {
    if (!(error instanceof Unfoldable)) throw error;
    const place = placeOf(file, lines, error.offset);
    return { source: null, problems: [problem(error.code, error.message, { place, expected: error.expected })] };
  }
};

const parseText = (file: string, text: string): Read => {
  const lines = new LineCounter();
  return unfoldDocument(file, lines, parseBare(text, lines));
};

const isTree = (value: Json): value is Tree => typeof value === 'object' && value !== null && !Array.isArray(value);

const rooted = (file: string, tree: Json, locate: Source['locate']): Read => {
  if (tree === null) return { source: { file, tree: {}, locate }, problems: [] };
  if (isTree(tree)) return { source: { file, tree, locate }, problems: [] };
  const found = Array.isArray(tree) ? 'a list' : 'a single value';
  return {
    source: null,
    problems: [
      problem('config-wrong-type', `the file holds ${found}`, { place: whole(file), expected: 'keys and values' }),
    ],
  };
};

/** The text of a file, or why there is none. */
const readText = (file: string, content: FileContent): string | Problem => {
  if (content.kind === 'missing')
    return problem('config-not-found', `there is no file ${file}`, {
      mend: 'run `sereno init` to write one, or name another with --config',
    });
  if (content.kind === 'unreadable') return problem('config-not-found', `${file} cannot be read: ${content.detail}`);
  if (content.kind === 'too-big')
    return problem('config-too-big', `${file} is larger than ${content.bytesMax} bytes`, {
      place: whole(file),
      mend: 'split it: files in sereno.d/ beside it are read as well',
    });
  return decodeText(file, content.bytes);
};

/** Reads one file of the configuration. Problems: config-not-found, config-too-big, config-syntax, config-duplicate. */
export const readDocument = (file: string, content: FileContent): Read => {
  const text = readText(file, content);
  return typeof text === 'string' ? parseText(file, text) : { source: null, problems: [text] };
};

/** More documents than this in one file were written by no person. */
const DOCUMENTS_MAX = 1_000;

/** Reads a file of several documents, divided by `---`, each with its places in the file. Empty ones are left out. */
export const readDocuments = (file: string, content: FileContent): readonly Read[] => {
  const text = readText(file, content);
  if (typeof text !== 'string') return [{ source: null, problems: [text] }];
  const lines = new LineCounter();
  const documents = withoutStacks(() =>
    parseAllDocuments(text, { lineCounter: lines, uniqueKeys: false, prettyErrors: false, version: '1.2' }),
  );
  const parsed = Array.isArray(documents)
    ? documents.filter((each) => each.contents !== null || each.errors.length > 0)
    : [];
  if (parsed.length <= DOCUMENTS_MAX) return parsed.map((each) => unfoldDocument(file, lines, each));
  const expected = `at most ${DOCUMENTS_MAX} documents in a file`;
  return [
    { source: null, problems: [problem('config-too-big', 'too many documents', { place: whole(file), expected })] },
  ];
};

// YAML of the codex: sources of tasks read into plain values within limits, and blessed files written back as YAML.
//
// A source is written by whoever experiments, and may be hostile: aliases that unfold to millions of values, a thousand
// levels, tags that make objects, keys that stand twice, numbers that lose digits. Each is a problem with a place, never a
// throw, and never a value that two readers would understand differently: the digest must name what people saw.

import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  Lexer,
  LineCounter,
  parseDocument,
  stringify,
  type Document,
  type Node,
} from 'yaml';
import { canonical } from '#kernel/canonical.ts';
import type { SourceFile, SourcePath } from '#kernel/codex.ts';
import type { Json } from '#kernel/evidence.ts';
import { hiddenIn } from '#kernel/hidden.ts';
import { problem, type Place, type Problem, type ProblemCode } from '#kernel/problem.ts';

/** Real sources have about 2 KB; a prompt of 1 MB is more than any model reads. */
export const YAML_BYTES_MAX = 1_048_576;
/** JSON Schemas inside of a source need some tens of levels. */
const DEPTH_MAX = 100;
/** Values in one file with aliases unfolded. */
const VALUES_MAX = 50_000;
const ALIASES_MAX = 1_000;
/** Marks, words and blanks of a text. A file of 50,000 values has less; each costs the library some hundred bytes. */
const LEXEMES_MAX = 400_000;
/** Nobody reads more problems of one file than this. */
const PROBLEMS_MAX = 50;

export type YamlRead = SourceFile | { readonly problems: readonly Problem[] };

/** How problems of this kind of file begin, and their code. */
export type Wording = {
  readonly code: ProblemCode;
  readonly invalid: string;
  readonly missing: (path: string) => string;
};

export const SOURCE_WORDING: Wording = {
  code: 'codex-source',
  invalid: 'Source file is empty or invalid YAML',
  missing: (path) => `Source file not found: ${path}`,
};
export const BLESSED_WORDING: Wording = {
  code: 'codex-content',
  invalid: 'Invalid YAML in blessed config',
  missing: (path) => `Blessed config not found: ${path}. Run export first: sereno codex export <source.yaml>`,
};

/** Reads the bytes of one YAML file (1.2, core schema, one document). Problems: the code of the wording, each with its place. */
export const readYaml = (file: string, bytes: Uint8Array, wording: Wording = SOURCE_WORDING): YamlRead => {
  const desk = new Desk(file, wording);
  if (bytes.length > YAML_BYTES_MAX) return desk.refuse(0, `larger than ${YAML_BYTES_MAX} bytes`, 'a file of a few KB');
  const text = textOf(bytes);
  if (text === null) return desk.refuse(0, 'not UTF-8', 'text in UTF-8');
  const hidden = hiddenIn(text);
  // Lines are counted by the parser, which has not run yet.
  if (hidden !== null) return desk.refuseAt(placeIn(file, text, hidden.index), ...hiddenWords(hidden.name));
  return readText(desk, text);
};

/**
 * A blessed file: the keys in the order in which they are given, long texts as blocks, always the same bytes. A text that the
 * library would write as a block and lose blanks of (lines of nothing but blanks at its beginning) makes all of them quoted.
 */
export const writeYaml = (value: Block): string => {
  const text = sayYaml(value, 'PLAIN');
  const read = readYaml('', Buffer.from(text));
  const isKept = !('problems' in read) && canonical(read.value) === canonical(value);
  return isKept ? text : sayYaml(value, 'QUOTE_DOUBLE');
};

type Block = { readonly [key: string]: Json };

const sayYaml = (value: Block, defaultStringType: 'PLAIN' | 'QUOTE_DOUBLE'): string =>
  stringify(value, {
    version: '1.2',
    schema: 'core',
    lineWidth: 0,
    aliasDuplicateObjects: false,
    defaultStringType,
    defaultKeyType: 'PLAIN',
  });

type Refusal = { readonly problems: readonly Problem[] };

/** Knows the file, its wording and its lines; makes problems. */
class Desk {
  readonly lines = new LineCounter();
  readonly file: string;
  readonly #wording: Wording;
  constructor(file: string, wording: Wording) {
    this.file = file;
    this.#wording = wording;
  }

  place(offset: number): Place {
    const { line, col } = this.lines.linePos(offset);
    return { file: this.file, line: Math.max(1, line), column: Math.max(1, col) };
  }

  problem(place: Place, what: string, expected: string | null): Problem {
    return problem(this.#wording.code, `${this.#wording.invalid}: ${what}`, { place, expected });
  }

  refuseAt(place: Place, what: string, expected: string): Refusal {
    return { problems: [this.problem(place, what, expected)] };
  }

  refuse(offset: number, what: string, expected: string): Refusal {
    return this.refuseAt(this.place(offset), what, expected);
  }
}

const hiddenWords = (name: string): readonly [string, string] => [
  `the hidden character ${name}`,
  'only characters that can be seen: reviewers approve what they see',
];

/** A mark of byte order at the beginning is how some editors say UTF-8; the decoder takes it off. */
const textOf = (bytes: Uint8Array): string | null => {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
};

const placeIn = (file: string, text: string, index: number): Place => {
  const before = text.slice(0, index).split('\n');
  return { file, line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
};

/**
 * Equal keys are looked for below: the library compares each with each. It makes an Error for each mistake, and 1 MB can
 * hold a million: without stacks and excerpts they stay small.
 */
const parse = (text: string, lines: LineCounter): Document.Parsed => {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    return parseDocument(text, {
      lineCounter: lines,
      uniqueKeys: false,
      prettyErrors: false,
      version: '1.2',
      schema: 'core',
      merge: false,
      resolveKnownTags: false,
    });
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
};

/** The library hands on that its stack was exhausted, at some 800 levels. */
const sayMistake = (message: string): string =>
  message.startsWith('Maximum call stack') ? 'it is nested too deeply' : (message.split('\n')[0] ?? message);

/** Lists and blocks in brackets; whether it is nested too deeply is seen before anything is built of it. */
const OPENING: readonly string[] = ['[', '{'];
const CLOSING: readonly string[] = [']', '}'];

/** Marks of the library between lexemes: no part of the text. */
const IS_MARK = /^[\u0002\u0018\u001f]$/;

type TooMuch = { readonly index: number; readonly what: string; readonly expected: string };

/** Why a text is not even parsed: a megabyte of brackets would take most of a gigabyte. Null: it may be. */
const tooMuchIn = (text: string): TooMuch | null => {
  let [index, depth, lexemes] = [0, 0, 0];
  for (const lexeme of new Lexer().lex(text)) {
    if (OPENING.includes(lexeme)) depth += 1;
    if (CLOSING.includes(lexeme)) depth = Math.max(0, depth - 1);
    if (depth > DEPTH_MAX) return { index, what: 'it is nested too deeply', expected: `at most ${DEPTH_MAX} levels` };
    lexemes += 1;
    if (lexemes > LEXEMES_MAX)
      return { index, what: 'it unfolds to too much', expected: `at most ${VALUES_MAX} values` };
    if (!IS_MARK.test(lexeme)) index += lexeme.length;
  }
  return null;
};

const readText = (desk: Desk, text: string): YamlRead => {
  const tooMuch = tooMuchIn(text);
  // Lines are counted by the parser, which has not run yet.
  if (tooMuch !== null) return desk.refuseAt(placeIn(desk.file, text, tooMuch.index), tooMuch.what, tooMuch.expected);
  const document = parse(text, desk.lines);
  // A tag that the core schema does not know is only a warning to the library, and its value is then read as text.
  const mistakes = [...document.errors, ...document.warnings].slice(0, PROBLEMS_MAX);
  const syntax = mistakes.map((it) => desk.problem(desk.place(it.pos[0]), sayMistake(it.message), null));
  if (syntax.length > 0) return { problems: syntax };
  const { explicit: isExplicit, version } = document.directives.yaml;
  if (isExplicit === true && version !== '1.2')
    return desk.refuse(0, `it asks for YAML ${version}, in which yes is true and 010 is eight`, 'YAML 1.2');
  const unfolding = new Unfolding();
  const value = unfolding.unfold(document.contents, []);
  const problems = unfolding.flaws.map((it) => desk.problem(desk.place(it.offset), it.what, it.expected));
  if (problems.length > 0) return { problems };
  const locate = (path: SourcePath): Place => desk.place(unfolding.offsetOf(path));
  return { file: desk.file, value, locate };
};

/** Whole numbers beyond 2^53 that a double does not hold: another reader would have the number that stands there. */
const losesDigits = (value: number, source: string): boolean => {
  if (!/^[-+]?(\d+|0x[0-9a-f]+|0o[0-7]+)$/i.test(source) || Number.isSafeInteger(value)) return false;
  return String(value) !== source && BigInt(value) !== BigInt(source.replace(/^\+/, ''));
};

type Flaw = { readonly offset: number; readonly what: string; readonly expected: string };

const nameOf = (path: SourcePath): string => path.join('\n');
const startOf = (node: unknown): number =>
  isScalar(node) || isMap(node) || isSeq(node) || isAlias(node) ? (node.range?.[0] ?? 0) : 0;

/** Turns nodes into values; keeps the offset of each, and what is wrong. Gives up, as a whole, at its limits. */
class Unfolding {
  readonly flaws: Flaw[] = [];
  readonly #offsets = new Map<string, number>();
  readonly #anchors = new Map<string, Node>();
  #values = 0;
  #aliases = 0;
  #isFull = false;

  unfold(node: unknown, path: SourcePath): Json {
    if (node === null || node === undefined || this.#isFull) return null;
    this.#values += 1;
    if (this.#values > VALUES_MAX) return this.#stop(node, 'it unfolds to too much', `at most ${VALUES_MAX} values`);
    if (path.length > DEPTH_MAX) return this.#stop(node, 'it is nested too deeply', `at most ${DEPTH_MAX} levels`);
    if (!this.#offsets.has(nameOf(path))) this.#offsets.set(nameOf(path), startOf(node));
    if (isAlias(node)) return this.#unfoldAlias(node, path);
    if (isScalar(node) || isMap(node) || isSeq(node)) this.#keepAnchor(node, node.anchor);
    if (isScalar(node)) return this.#scalar(node, node.value, node.source ?? '');
    if (isSeq(node)) return node.items.map((item, index) => this.unfold(item, [...path, index]));
    return isMap(node) ? this.#block(node.items, path) : null;
  }

  /** Of the value, or of the nearest thing around it. */
  offsetOf(path: SourcePath): number {
    for (let length = path.length; length >= 0; length -= 1) {
      const offset = this.#offsets.get(nameOf(path.slice(0, length)));
      if (offset !== undefined) return offset;
    }
    return 0;
  }

  #flaw(node: unknown, what: string, expected: string): null {
    if (this.flaws.length < PROBLEMS_MAX) this.flaws.push({ offset: startOf(node), what, expected });
    return null;
  }

  #stop(node: unknown, what: string, expected: string): null {
    this.#isFull = true;
    return this.#flaw(node, what, expected);
  }

  #keepAnchor(node: Node, name: string | undefined): void {
    if (name === undefined) return;
    if ((this.#anchors.get(name) ?? node) !== node)
      this.#flaw(node, `the anchor &${name} stands twice`, 'each anchor once');
    this.#anchors.set(name, node);
  }

  #unfoldAlias(node: { readonly source: string }, path: SourcePath): Json {
    this.#aliases += 1;
    if (this.#aliases > ALIASES_MAX) return this.#stop(node, 'it has too many aliases', `at most ${ALIASES_MAX}`);
    const target = this.#anchors.get(node.source);
    if (target === undefined)
      return this.#flaw(node, `the alias *${node.source} before its anchor`, 'an anchor above it');
    // An alias to what is around it ends at the limit of levels.
    return this.unfold(target, path);
  }

  #scalar(node: unknown, value: unknown, source: string): Json {
    if (typeof value === 'number') return this.#number(node, value, source);
    if (typeof value === 'string') return this.#text(node, value);
    if (value === null || typeof value === 'boolean') return value;
    return this.#flaw(node, 'a value of a special type', 'text, a number, true, false or nothing');
  }

  #number(node: unknown, value: number, source: string): Json {
    if (!Number.isFinite(value)) return this.#flaw(node, `the number ${value}`, 'a finite number');
    if (losesDigits(value, source)) {
      const expected = 'a whole number up to 2^53, or the digits as text in quotes';
      return this.#flaw(node, `the number ${source} loses digits`, expected);
    }
    return value === 0 ? 0 : value;
  }

  #text(node: unknown, value: string): Json {
    if (!value.isWellFormed()) return this.#flaw(node, 'half a surrogate pair', 'whole characters');
    const hidden = hiddenIn(value);
    return hidden === null ? value : this.#flaw(node, ...hiddenWords(hidden.name));
  }

  #block(pairs: readonly { readonly key: unknown; readonly value: unknown }[], path: SourcePath): Json {
    const block: Record<string, Json> = {};
    for (const pair of pairs) {
      const key = this.#key(pair.key);
      if (key === null) continue;
      if (Object.hasOwn(block, key)) this.#flaw(pair.key, `the key ${key} stands twice in one block`, 'each key once');
      block[key] = null;
      this.#offsets.set(nameOf([...path, key]), startOf(pair.key));
      block[key] = this.unfold(pair.value, [...path, key]);
    }
    return block;
  }

  #key(key: unknown): string | null {
    const name = isScalar(key) ? key.value : null;
    if (typeof name !== 'string' && typeof name !== 'number' && typeof name !== 'boolean')
      return this.#flaw(key, 'a key that is not plain text', 'a plain name before the colon');
    const text = this.#text(key, String(name));
    if (text === '__proto__') return this.#flaw(key, 'the key __proto__', 'another name');
    if (text === '<<') return this.#flaw(key, 'a merge key (<<), which YAML 1.2 has not', 'the keys themselves');
    return typeof text === 'string' ? text : null;
  }
}

// Expectations as a suite writes them: one word for the rule, with its value, and beside it whatever the rule takes besides.
//
//   - { contains: [price, date], needs: any }     - { words: { least: 20, most: 60 }, not: true }
//   - { json: { type: object } }                  - { judge: The answer is polite., least: 0.7, weight: 2 }

import type { Expectation, Rule } from '#kernel/evaluation.ts';
import type { Json } from '#kernel/evidence.ts';
import { patternProblem } from '../expect/text.ts';
import { isBlock, isList, type Block, type Desk, type FilePath } from '../importing/desk.ts';

/** What is expected in the place of what is there. */
type Wrong = string;
type Word = {
  /** Keys that this rule takes besides. */
  readonly keys: readonly string[];
  readonly read: (value: Json, block: Block) => Rule | Wrong;
};

const isText = (value: Json | undefined): value is string => typeof value === 'string';
const isNumber = (value: Json | undefined): value is number => typeof value === 'number' && Number.isFinite(value);
const isShare = (value: Json | undefined): value is number => isNumber(value) && value >= 0 && value <= 1;
const isCount = (value: Json | undefined): value is number => Number.isSafeInteger(value) && Number(value) >= 0;

/** One text, or a list of them. */
const textsIn = (value: Json): readonly string[] | null => {
  if (isText(value)) return [value];
  return isList(value) && value.length > 0 && value.every(isText) ? value : null;
};

const SHARE = 'a number from 0 to 1';
const LEAST = `${SHARE} under \`least\``;
const TEXTS = 'a text, or a list of texts';

const contains: Word = {
  keys: ['needs', 'any_case'],
  read: (value, { needs = 'all', any_case: anyCase = false }) => {
    const texts = textsIn(value);
    if (texts === null) return TEXTS;
    if (needs !== 'all' && needs !== 'any') return '`needs: all` or `needs: any`';
    return { kind: 'contains', texts, needs, isCaseSensitive: anyCase !== true };
  },
};

const overlap = (measure: Extract<Rule, { readonly kind: 'overlap' }>['measure']): Word => ({
  keys: ['least'],
  read: (value, { least }) => {
    const references = textsIn(value);
    if (references === null) return TEXTS;
    return isShare(least) ? { kind: 'overlap', measure, references, least } : LEAST;
  },
});

const limit = (expected: string, ruleOf: (value: number) => Rule): Word => ({
  keys: [],
  read: (value) => (isNumber(value) && value >= 0 ? ruleOf(value) : expected),
});

const WORDS: Readonly<Record<string, Word>> = {
  equals: { keys: [], read: (value) => ({ kind: 'equals', value }) },
  contains,
  starts_with: { keys: [], read: (value) => (isText(value) ? { kind: 'starts-with', text: value } : 'a text') },
  regex: {
    keys: [],
    read: (value) => {
      if (!isText(value)) return 'a regular expression';
      const flaw = patternProblem(value);
      return flaw === null ? { kind: 'regex', pattern: value } : `a pattern of which it cannot be said that ${flaw}`;
    },
  },
  json: {
    keys: ['within'],
    read: (value, { within = false }) =>
      value === true || isBlock(value)
        ? { kind: 'json', isWhole: within !== true, schema: value === true ? null : value }
        : 'a JSON Schema, or true',
  },
  xml: {
    keys: ['within'],
    read: (value, { within = false }) => {
      const elements = value === true ? [] : textsIn(value);
      return elements === null ? 'paths of elements, or true' : { kind: 'xml', isWhole: within !== true, elements };
    },
  },
  html: {
    keys: ['within'],
    read: (value, { within = false }) => (value === true ? { kind: 'html', isWhole: within !== true } : 'true'),
  },
  levenshtein: {
    keys: ['most'],
    read: (value, { most }) => {
      if (!isText(value)) return 'a text';
      return isNumber(most) && most >= 0 ? { kind: 'levenshtein', text: value, most } : 'a number under `most`';
    },
  },
  rouge_n: overlap('rouge-n'),
  bleu: overlap('bleu'),
  gleu: overlap('gleu'),
  words: {
    keys: [],
    read: (value) => {
      const { least = 0, most = null } = isBlock(value) ? value : { least: null };
      if (!isCount(least) || (most !== null && !isCount(most))) return '{ least: 20, most: 60 }';
      return { kind: 'words', least, most };
    },
  },
  latency_ms: limit('milliseconds', (mostMs) => ({ kind: 'latency', mostMs })),
  cost: limit('an amount of money', (most) => ({ kind: 'cost', most })),
  perplexity: limit('a number', (most) => ({ kind: 'perplexity', most })),
  perplexity_score: limit('a number', (least) => ({ kind: 'perplexity-score', least })),
  finish_reason: { keys: [], read: (value) => (isText(value) ? { kind: 'finish-reason', reason: value } : 'as stop') },
  refusal: { keys: [], read: (value) => (value === true ? { kind: 'refusal' } : 'true') },
  tools: {
    keys: ['least'],
    read: (value, { least = 1 }) => {
      const names = textsIn(value);
      if (names === null) return 'names of tools';
      return isShare(least) ? { kind: 'tool-calls', names, leastF1: least } : LEAST;
    },
  },
  similar: {
    keys: ['least'],
    read: (value, { least }) => {
      const references = textsIn(value);
      if (references === null) return TEXTS;
      return isShare(least) ? { kind: 'similar', references, least } : LEAST;
    },
  },
  judge: {
    keys: ['least'],
    read: (value, { least }) => {
      if (!isText(value)) return 'a criterion, in a sentence';
      return isShare(least) ? { kind: 'judge', rubric: value, least } : LEAST;
    },
  },
};

const SET = 'set';
const COMMON: readonly string[] = ['not', 'weight', 'metric'];
/** Sets stand in sets no deeper. */
const DEPTH_MAX = 4;

/** Reads a list of expectations; what is wrong is told to the desk, and left out. */
export const readExpectations = (desk: Desk, list: Json, path: FilePath, depth = 0): readonly Expectation[] => {
  if (!isList(list) || list.length === 0) {
    desk.refuse(path, 'nothing is expected', 'a list under `expect`, as in `- { contains: three }`');
    return [];
  }
  return list.map((item, index) => readOne(desk, item, [...path, index], depth)).filter((it) => it !== null);
};

const readOne = (desk: Desk, item: Json, path: FilePath, depth: number): Expectation | null => {
  if (!isBlock(item)) return desk.refuse(path, 'an expectation is no block', 'as in `{ contains: three }`');
  const words = Object.keys(item).filter((key) => key === SET || Object.hasOwn(WORDS, key));
  const [word = '', second] = words;
  if (word === '' || second !== undefined) {
    const expected = `exactly one of ${[...Object.keys(WORDS), SET].join(', ')}`;
    return desk.refuse(path, `an expectation with ${words.length === 0 ? 'no rule' : words.join(' and ')}`, expected);
  }
  const keys = [...COMMON, ...(word === SET ? ['least'] : (WORDS[word]?.keys ?? []))];
  for (const key of Object.keys(item).filter((it) => it !== word && !keys.includes(it)))
    desk.refuse([...path, key], `${word} takes no ${key}`, keys.join(', '));
  const rule = word === SET ? readSet(desk, item, path, depth) : readRule(desk, item, word, path);
  const { not = false, weight = 1, metric = null } = item;
  if (typeof not !== 'boolean') desk.refuse([...path, 'not'], 'not is neither true nor false', 'true or false');
  if (!isNumber(weight) || weight < 0) return desk.refuse([...path, 'weight'], 'no weight', 'a number, 0 or more');
  if (metric !== null && !isText(metric)) return desk.refuse([...path, 'metric'], 'no name of a metric', 'a text');
  return rule === null ? null : { rule, isNegated: not === true, weight, metric };
};

const readRule = (desk: Desk, item: Block, word: string, path: FilePath): Rule | null => {
  const rule = WORDS[word]?.read(item[word] ?? null, item) ?? 'another word';
  return typeof rule === 'string' ? desk.refuse([...path, word], `${word} cannot be read`, rule) : rule;
};

const readSet = (desk: Desk, item: Block, path: FilePath, depth: number): Rule | null => {
  if (depth >= DEPTH_MAX) return desk.refuse(path, 'sets are nested too deeply', `at most ${DEPTH_MAX} levels`);
  const { least = null } = item;
  if (least !== null && !isShare(least)) return desk.refuse([...path, 'least'], 'least is no share', SHARE);
  const expectations = readExpectations(desk, item[SET] ?? null, [...path, SET], depth + 1);
  return expectations.length === 0 ? null : { kind: 'set', expectations, least };
};

/** An expectation as a suite writes it; `readExpectations` gives it back. */
export const writeExpectation = ({ rule, isNegated, weight, metric }: Expectation): Block => ({
  ...writeRule(rule),
  ...(isNegated ? { not: true } : {}),
  ...(weight === 1 ? {} : { weight }),
  ...(metric === null ? {} : { metric }),
});

const part = (isWhole: boolean): Block => (isWhole ? {} : { within: true });

type Write = { readonly [Kind in Rule['kind']]: (rule: Extract<Rule, { readonly kind: Kind }>) => Block };

const WRITE: Write = {
  equals: ({ value }) => ({ equals: value }),
  contains: ({ texts, needs, isCaseSensitive }) => ({
    contains: texts,
    ...(needs === 'all' ? {} : { needs }),
    ...(isCaseSensitive ? {} : { any_case: true }),
  }),
  'starts-with': ({ text }) => ({ starts_with: text }),
  regex: ({ pattern }) => ({ regex: pattern }),
  json: ({ isWhole, schema }) => ({ json: schema ?? true, ...part(isWhole) }),
  xml: ({ isWhole, elements }) => ({ xml: elements.length === 0 ? true : elements, ...part(isWhole) }),
  html: ({ isWhole }) => ({ html: true, ...part(isWhole) }),
  levenshtein: ({ text, most }) => ({ levenshtein: text, most }),
  overlap: ({ measure, references, least }) => ({ [measure.replace('-', '_')]: references, least }),
  words: ({ least, most }) => ({ words: { least, ...(most === null ? {} : { most }) } }),
  latency: ({ mostMs }) => ({ latency_ms: mostMs }),
  cost: ({ most }) => ({ cost: most }),
  perplexity: ({ most }) => ({ perplexity: most }),
  'perplexity-score': ({ least }) => ({ perplexity_score: least }),
  'finish-reason': ({ reason }) => ({ finish_reason: reason }),
  refusal: () => ({ refusal: true }),
  'tool-calls': ({ names, leastF1 }) => ({ tools: names, least: leastF1 }),
  similar: ({ references, least }) => ({ similar: references, least }),
  judge: ({ rubric, least }) => ({ judge: rubric, least }),
  set: ({ expectations, least }) => ({
    set: expectations.map(writeExpectation),
    ...(least === null ? {} : { least }),
  }),
};

const writeRule = (rule: Rule): Block => {
  // The row of a kind takes the rules of that kind; the compiler cannot follow the pairing.
  const write = WRITE[rule.kind] as (rule: Rule) => Block; // decoder
  return write(rule);
};

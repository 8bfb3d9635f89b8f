// Assertions of promptfoo, one by one: each is an expectation here, or it is told why it cannot be one.

import type { Expectation, Rule } from '#kernel/evaluation.ts';
import type { Json } from '#kernel/evidence.ts';
import { patternProblem } from '../expect/text.ts';
import { isBlock, isList, sayScalar, type Block, type Desk, type FilePath } from './desk.ts';
import { fillValue, isProgrammed, textsIn } from './variables.ts';

type Terms = { readonly value: Json; readonly threshold: number | null };
/** A text says what was expected in the place of what is there. */
type Read = (terms: Terms) => Rule | string;

const A_TEXT = 'a text under `value`';
const TEXTS = 'a list of texts under `value`';
const A_LIMIT = 'a number under `threshold`';

const textsOf = (value: Json): readonly string[] | null => {
  if (!isList(value)) return null;
  const texts = value.map(sayScalar).filter((text) => text !== null);
  return texts.length === value.length && texts.length > 0 ? texts : null;
};

/** One text or several. */
const someOf = (value: Json): readonly string[] | null => {
  const one = sayScalar(value);
  return one === null ? textsOf(value) : [one];
};

/** A list, or names with commas between them. */
const namesOf = (value: Json): readonly string[] | null =>
  typeof value === 'string' ? value.split(',').map((name) => name.trim()) : textsOf(value);

const contains =
  (needs: 'all' | 'any', isCaseSensitive: boolean): Read =>
  ({ value }) => {
    const texts = namesOf(value);
    return texts === null ? TEXTS : { kind: 'contains', texts, needs, isCaseSensitive };
  };

const containsOne =
  (isCaseSensitive: boolean): Read =>
  ({ value }) => {
    const text = sayScalar(value);
    return text === null ? A_TEXT : { kind: 'contains', texts: [text], needs: 'all', isCaseSensitive };
  };

const json =
  (isWhole: boolean): Read =>
  ({ value }) =>
    value === null || isBlock(value)
      ? { kind: 'json', isWhole, schema: value }
      : 'a JSON Schema under `value`, or nothing';

const xml =
  (isWhole: boolean): Read =>
  ({ value }) => {
    if (value === null) return { kind: 'xml', isWhole, elements: [] };
    const elements = isBlock(value) ? textsOf(value['requiredElements'] ?? null) : null;
    return elements === null
      ? '`requiredElements`, a list of paths, under `value`'
      : { kind: 'xml', isWhole, elements };
  };

const overlap =
  (measure: Extract<Rule, { readonly kind: 'overlap' }>['measure'], usual: number): Read =>
  ({ value, threshold }) => {
    const references = someOf(value);
    return references === null ? A_TEXT : { kind: 'overlap', measure, references, least: threshold ?? usual };
  };

const judged =
  (rubricOf: (text: string) => string, usual: number): Read =>
  ({ value, threshold }) => {
    const text = sayScalar(value);
    return text === null ? A_TEXT : { kind: 'judge', rubric: rubricOf(text), least: threshold ?? usual };
  };

const words: Read = ({ value }) => {
  if (typeof value === 'number') return { kind: 'words', least: value, most: value };
  const [least, most] = isBlock(value) ? [value['min'] ?? 0, value['max'] ?? null] : [null, null];
  const isRange = typeof least === 'number' && (most === null || typeof most === 'number');
  return isRange && isBlock(value) ? { kind: 'words', least, most } : 'a number, or `min` and `max`, under `value`';
};

const limited =
  (ruleOf: (threshold: number) => Rule): Read =>
  ({ threshold }) =>
    threshold === null ? A_LIMIT : ruleOf(threshold);

const pattern: Read = ({ value }) => {
  if (typeof value !== 'string') return 'a pattern under `value`';
  const flaw = patternProblem(value);
  return flaw === null ? { kind: 'regex', pattern: value } : `a pattern of which it cannot be said that ${flaw}`;
};

/** Defaults are those of promptfoo. */
const READ: Readonly<Record<string, Read>> = {
  equals: ({ value }) => ({ kind: 'equals', value }),
  contains: containsOne(true),
  icontains: containsOne(false),
  'contains-all': contains('all', true),
  'contains-any': contains('any', true),
  'icontains-all': contains('all', false),
  'icontains-any': contains('any', false),
  regex: pattern,
  'starts-with': ({ value }) => {
    const text = sayScalar(value);
    return text === null ? A_TEXT : { kind: 'starts-with', text };
  },
  'is-json': json(true),
  'contains-json': json(false),
  'is-xml': xml(true),
  'contains-xml': xml(false),
  'is-html': () => ({ kind: 'html', isWhole: true }),
  'contains-html': () => ({ kind: 'html', isWhole: false }),
  levenshtein: ({ value, threshold }) => {
    const text = sayScalar(value);
    return text === null ? A_TEXT : { kind: 'levenshtein', text, most: threshold ?? 5 };
  },
  'rouge-n': overlap('rouge-n', 0.75),
  bleu: overlap('bleu', 0.5),
  gleu: overlap('gleu', 0.5),
  'word-count': words,
  latency: limited((mostMs) => ({ kind: 'latency', mostMs })),
  cost: limited((most) => ({ kind: 'cost', most })),
  perplexity: limited((most) => ({ kind: 'perplexity', most })),
  'perplexity-score': limited((least) => ({ kind: 'perplexity-score', least })),
  'finish-reason': ({ value }) =>
    typeof value === 'string' ? { kind: 'finish-reason', reason: value } : 'a reason under `value`, as in stop',
  'is-refusal': () => ({ kind: 'refusal' }),
  'tool-call-f1': ({ value, threshold }) => {
    const names = namesOf(value);
    return names === null ? 'names of tools under `value`' : { kind: 'tool-calls', names, leastF1: threshold ?? 1 };
  },
  similar: ({ value, threshold }) => {
    const references = someOf(value);
    return references === null ? A_TEXT : { kind: 'similar', references, least: threshold ?? 0.75 };
  },
  'llm-rubric': judged((text) => text, 0.5),
  'model-graded-closedqa': judged((text) => `The answer meets this criterion: ${text}`, 0.5),
  factuality: judged((text) => `The answer agrees with this in every fact that both state: ${text}`, 0.5),
  'g-eval': judged((text) => text, 0.7),
};

/** What is right there, and why it is not taken. */
const LEFT: readonly (readonly [RegExp, string])[] = [
  [/^(javascript|python|ruby)$/, 'it runs code of the suite; write what it looks for as an expectation'],
  [/^webhook$/, 'it asks another program, whose answer nobody could repeat'],
  [/^(is|contains)-sql$/, 'no parser of SQL is built in'],
  [/^meteor$/, 'it needs a thesaurus of its language; rouge-n, bleu and gleu need none'],
  [/^rouge-[ls]$/, 'of this family rouge-n is built in'],
  [/^is-valid-/, 'the schemas of tools stand with the provider'],
  [/^(trace-|trajectory:|skill-used)/, 'answers have no traces here'],
  [
    /^(answer-relevance|context-|conversation-relevance)/,
    'it needs a context that was retrieved; write it as llm-rubric',
  ],
  [
    /^(classifier|pi|moderation|guardrails|search-rubric|agent-rubric|model-graded-factuality)$/,
    'it needs a service of its own; write it as llm-rubric',
  ],
  [/^(select-best|max-score|human)$/, 'it compares answers with each other, as the comparison does here'],
  [/^similar:/, 'nearness is measured by the cosine, as `similar` does'],
];

/** Sets stand in sets no deeper. */
const DEPTH_MAX = 4;

export type Reader = {
  readonly desk: Desk;
  /** Values of the test. */
  readonly values: Block;
  /** `assertionTemplates` of the file. */
  readonly templates: Block;
};

/** Reads a list of assertions. */
export const readAssertions = (reader: Reader, list: Json, path: FilePath, depth = 0): readonly Expectation[] => {
  if (!isList(list)) {
    reader.desk.refuse(path, 'assertions are no list', 'a list under `assert`');
    return [];
  }
  return list.map((item, index) => readAssertion(reader, item, [...path, index], depth)).filter((it) => it !== null);
};

const REFERENCE = /^#\/assertionTemplates\/(.+)$/;

const resolve = (reader: Reader, item: Json, path: FilePath): Block | null => {
  if (!isBlock(item)) return reader.desk.refuse(path, 'an assertion is no block', 'a block with `type`');
  const reference = item['$ref'];
  if (typeof reference !== 'string') return item;
  const named = reader.templates[REFERENCE.exec(reference)?.[1] ?? ''];
  if (!isBlock(named)) return reader.desk.refuse(path, `there is no assertion template ${reference}`);
  return { ...named, ...item };
};

const readAssertion = (reader: Reader, item: Json, path: FilePath, depth: number): Expectation | null => {
  const { desk } = reader;
  const block = resolve(reader, item, path);
  if (block === null) return null;
  const full = block['type'];
  if (typeof full !== 'string') return desk.refuse(path, 'an assertion without a type', '`type`, as in contains');
  const isNegated = full.startsWith('not-');
  const type = isNegated ? full.slice('not-'.length) : full;
  const outside = outsideOf(block, type);
  if (outside !== null) return desk.leave(path, full, outside);
  const weight = numberAt(reader, block, 'weight', path) ?? 1;
  if (weight < 0) return desk.refuse(path, `the weight ${weight}`, 'a weight of 0 or more');
  const rule = type === 'assert-set' ? readSet(reader, block, path, depth) : readRule(reader, block, type, path);
  return rule === null ? null : { rule, isNegated, weight, metric: sayScalar(block['metric']) };
};

/** Why this assertion cannot be taken; null: it can. */
const outsideOf = (block: Block, type: string): string | null => {
  const left = LEFT.find(([names]) => names.test(type));
  if (left !== undefined) return left[1];
  if (block['transform'] !== undefined || block['contextTransform'] !== undefined)
    return 'it changes the answer by code before it looks at it';
  if (block['rubricPrompt'] !== undefined) return 'it brings its own words for the judge; put them into `value`';
  const texts = textsIn(block['value'] ?? null);
  if (texts.some((text) => text.startsWith('file://'))) return 'its value is in another file; write it here';
  return texts.some(isProgrammed) ? 'its value is written by a template language; only {{ names }} are filled' : null;
};

const numberAt = (reader: Reader, block: Block, key: string, path: FilePath): number | null => {
  const value = block[key] ?? null;
  if (value === null || typeof value === 'number') return value;
  return reader.desk.refuse([...path, key], `${key} is no number`, 'a number');
};

const readSet = (reader: Reader, block: Block, path: FilePath, depth: number): Rule | null => {
  if (depth >= DEPTH_MAX)
    return reader.desk.refuse(path, 'sets of assertions are nested too deeply', `at most ${DEPTH_MAX}`);
  const expectations = readAssertions(reader, block['assert'] ?? null, [...path, 'assert'], depth + 1);
  const least = numberAt(reader, block, 'threshold', path);
  return expectations.length === 0 ? null : { kind: 'set', expectations, least };
};

const readRule = (reader: Reader, block: Block, type: string, path: FilePath): Rule | null => {
  const read = Object.hasOwn(READ, type) ? READ[type] : undefined;
  if (read === undefined)
    return reader.desk.refuse(path, `no assertion is called ${type}`, Object.keys(READ).join(', '));
  const value = fillValue(block['value'] ?? null, reader.values);
  const rule = read({ value, threshold: numberAt(reader, block, 'threshold', path) });
  return typeof rule === 'string' ? reader.desk.refuse(path, `${type} cannot be read`, rule) : rule;
};

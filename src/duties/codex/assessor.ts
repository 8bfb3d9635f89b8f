// The assessor: how good is one answer of a task, by what can be seen without asking a model. A share of 1, and why.
//
// Five parts, each a share of 1, added by weight. What cannot be compared, because the task declares nothing to compare with,
// is judged by the answer alone. It is a first look, cheap and the same each time; suites of cases decide about blessing.

import type { Json } from '#kernel/evidence.ts';

export type Part = 'structure' | 'content' | 'format' | 'length' | 'completeness';

export const WEIGHTS: Readonly<Record<Part, number>> = {
  structure: 0.25,
  content: 0.3,
  format: 0.2,
  length: 0.15,
  completeness: 0.1,
};

/** What the answer is compared with. */
export type Wanted = {
  readonly format: 'json' | 'markdown';
  /** An answer that is known to be good; null: none is known. */
  readonly baseline: string | null;
  /** Keys that a JSON answer must have. */
  readonly requiredKeys: readonly string[];
};

export type Assessment = {
  /** 0 to 1. */
  readonly score: number;
  readonly parts: Readonly<Record<Part, number>>;
  /** One line for each part that is not whole. */
  readonly feedback: readonly string[];
};

/** Assesses one answer. */
export const assess = (answer: string, wanted: Wanted): Assessment => {
  const seen = { answer, json: parsed(answer), wanted };
  const verdicts: Readonly<Record<Part, Verdict>> = {
    structure: wanted.format === 'json' ? judgeKeys(seen) : judgeOutline(seen),
    content: judgeContent(seen),
    format: judgeFormat(seen),
    length: judgeLength(seen),
    completeness: judgeEnd(seen),
  };
  const { structure, content, format, length, completeness } = verdicts;
  const parts = {
    structure: structure.share,
    content: content.share,
    format: format.share,
    length: length.share,
    completeness: completeness.share,
  };
  const score = PARTS.reduce((sum, part) => sum + WEIGHTS[part] * parts[part], 0);
  const feedback = PARTS.filter((part) => parts[part] < 1).map(
    (part) => `${part} ${parts[part].toFixed(2)}: ${verdicts[part].why}`,
  );
  return { score: Math.min(1, Math.round(score * 1e12) / 1e12), parts, feedback };
};

const PARTS = ['structure', 'content', 'format', 'length', 'completeness'] as const;

type Verdict = { readonly share: number; readonly why: string };
type Seen = { readonly answer: string; readonly json: Json | undefined; readonly wanted: Wanted };

const share = (value: number, why: string): Verdict => ({ share: Math.min(1, Math.max(0, value)), why });

/** A fence around JSON is what models add unasked; its inside is then looked at. */
const FENCED = /^\s*```(?:json)?\s*\n([\s\S]*?)\n```\s*$/;

/** The answer as JSON; undefined: it is none. */
const parsed = (answer: string): Json | undefined => {
  try {
    return JSON.parse(FENCED.exec(answer)?.[1] ?? answer);
  } catch {
    return undefined;
  }
};

const isObject = (value: Json | undefined): value is { readonly [key: string]: Json } =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** In a list, each of its objects must have the keys. */
const judgeKeys = ({ json, wanted }: Seen): Verdict => {
  const objects = Array.isArray(json) ? json : [json];
  if (json === undefined || objects.length === 0) return share(0, 'there is no value');
  if (wanted.requiredKeys.length === 0)
    return share(typeof json === 'object' && json !== null ? 1 : 0, 'it is a bare value');
  const had = objects.flatMap((it: Json | undefined) =>
    wanted.requiredKeys.map((key) => isObject(it) && Object.hasOwn(it, key)),
  );
  const missing = wanted.requiredKeys.filter(
    (key) => !objects.every((it: Json | undefined) => isObject(it) && Object.hasOwn(it, key)),
  );
  return share(had.filter(Boolean).length / had.length, `keys are missing: ${missing.join(', ')}`);
};

/** The means by which a markdown text is divided. */
const OUTLINES: readonly (readonly [string, RegExp])[] = [
  ['headings', /^#{1,6} \S/m],
  ['lists', /^\s*(?:[-*+]|\d+[.)]) \S/m],
  ['paragraphs', /\S\n\s*\n\s*\S/],
  ['code', /```/],
  ['tables', /^\|.+\|$/m],
];

const judgeOutline = ({ answer, wanted }: Seen): Verdict => {
  if (answer.trim() === '') return share(0, 'there is no text');
  const expected = OUTLINES.filter(([, mark]) => wanted.baseline !== null && mark.test(wanted.baseline));
  if (expected.length === 0) return share(1, '');
  const missing = expected.filter(([, mark]) => !mark.test(answer)).map(([name]) => name);
  return share(1 - missing.length / expected.length, `the good answer has ${missing.join(', ')}`);
};

/** Words that carry meaning are longer than three letters; each counts once. */
const wordsIn = (text: string): ReadonlySet<string> => new Set(text.toLowerCase().match(/[\p{L}\p{N}]{4,}/gu));

/** Without a good answer to compare with, ten different words are content. */
const WORDS_ENOUGH = 10;

const judgeContent = ({ answer, wanted }: Seen): Verdict => {
  const words = wordsIn(answer);
  const expected = wordsIn(wanted.baseline ?? '');
  if (expected.size === 0) return share(words.size / WORDS_ENOUGH, `${words.size} different words`);
  const common = [...expected].filter((word) => words.has(word)).length;
  return share(common / expected.size, `${common} of ${expected.size} words of the good answer`);
};

const judgeFormat = ({ answer, json, wanted }: Seen): Verdict => {
  if (answer.trim() === '') return share(0, 'there is no answer');
  const isJson = json !== undefined && typeof json === 'object' && json !== null;
  if (wanted.format === 'markdown') return share(isJson ? 0.5 : 1, 'it is JSON, and markdown was asked for');
  if (json === undefined) return share(0, 'it is not JSON');
  return share(FENCED.test(answer) ? 0.5 : 1, 'the JSON stands in a fence');
};

/** As long as the good answer, give or take half; then less and less until four times, or nothing. */
const judgeLength = ({ answer, wanted }: Seen): Verdict => {
  const length = answer.trim().length;
  const expected = wanted.baseline?.trim().length ?? 0;
  if (expected === 0) return share(length > 0 ? 1 : 0, 'there is no answer');
  const ratio = length / expected;
  const why = `${length} characters, the good answer has ${expected}`;
  if (ratio < 0.5) return share(ratio / 0.5, why);
  return share(ratio <= 1.5 ? 1 : (4 - ratio) / 2.5, why);
};

/** Answers that ran out of tokens end in the middle. */
const judgeEnd = ({ answer, json, wanted }: Seen): Verdict => {
  const end = answer.trimEnd();
  if (end === '') return share(0, 'there is no answer');
  if (wanted.format === 'json') return share(json === undefined ? 0 : 1, 'the JSON does not end');
  if ((end.match(/```/g) ?? []).length % 2 === 1) return share(0, 'a fence is not closed');
  return share(/[\p{P}\p{S}]$|(?:^|\n)\s*(?:[-*+#|]|\d+[.)]).*$/u.test(end) ? 1 : 0.5, 'it ends within a sentence');
};

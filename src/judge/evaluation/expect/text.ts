// Rules about the text of an answer itself.

import { canonical } from '#kernel/canonical.ts';
import type { Json } from '#kernel/evidence.ts';
import type { Rule } from '#kernel/evaluation.ts';
import { parseJson } from './json.ts';
import { undecided, yesOrNo, type Found } from './found.ts';

/** A pattern that goes back and forth needs the square of the length; answers are rarely a tenth of this. */
const PATTERN_TEXT_MAX = 20_000;

/** A value that is not a text is compared with the answer read as JSON, whatever the order of its keys. */
export const equals = (text: string, value: Json): Found => {
  if (typeof value === 'string') return yesOrNo(text === value, 'the same text');
  const read = parseJson(text);
  return yesOrNo(read !== undefined && canonical(read) === canonical(value), 'the same JSON');
};

export const contains = (text: string, rule: Extract<Rule, { readonly kind: 'contains' }>): Found => {
  const fold = (it: string): string => (rule.isCaseSensitive ? it : it.toLowerCase());
  const missing = rule.texts.filter((part) => !fold(text).includes(fold(part)));
  const holds = rule.needs === 'all' ? missing.length === 0 : missing.length < rule.texts.length;
  const named = missing.map((part) => JSON.stringify(part.slice(0, 60))).join(', ');
  return yesOrNo(holds, missing.length === 0 ? `contains ${rule.needs}` : `does not contain ${named}`);
};

export const startsWith = (text: string, start: string): Found => yesOrNo(text.startsWith(start), 'the beginning');

/** The pattern was checked when it was read: see `patternProblem`. */
export const matches = (text: string, pattern: string): Found =>
  text.length > PATTERN_TEXT_MAX
    ? undecided(`the answer has ${text.length} characters, and patterns are tried on ${PATTERN_TEXT_MAX} at most`)
    : yesOrNo(new RegExp(pattern).test(text), `the pattern ${pattern.slice(0, 80)}`);

/**
 * What is wrong with a pattern; null: nothing. One repetition without end inside another needs time that doubles with every
 * character, and nothing could stop it.
 */
export const patternProblem = (pattern: string): string | null => {
  try {
    RegExp(pattern);
  } catch {
    return 'it is not a regular expression';
  }
  return hasNestedRepeats(pattern) ? 'it repeats without end what already repeats without end, as in (a+)+' : null;
};

/** What each open group holds so far: a repetition without end. */
const hasNestedRepeats = (pattern: string): boolean => {
  const plain = pattern.replaceAll(/\\./gs, 'x').replaceAll(/\[(?:[^\]])*\]/g, 'x');
  const open: boolean[] = [];
  let isRepeating = false;
  for (let index = 0; index < plain.length; index += 1) {
    const sign = plain[index];
    if (sign === '(') {
      open.push(isRepeating);
      isRepeating = false;
    } else if (sign === ')') {
      const isRepeated = repeatsAt(plain, index + 1);
      if (isRepeated && isRepeating) return true;
      const wasRepeating = open.pop() ?? false;
      isRepeating = isRepeating || isRepeated || wasRepeating;
    } else isRepeating ||= repeatsAt(plain, index);
  }
  return false;
};

const repeatsAt = (plain: string, index: number): boolean => /^(?:[*+]|\{\d+,\})/.test(plain.slice(index, index + 12));

const wordsOf = (text: string): number => (text.trim() === '' ? 0 : text.trim().split(/\s+/).length);

export const countsWords = (text: string, least: number, most: number | null): Found => {
  const count = wordsOf(text);
  return yesOrNo(count >= least && (most === null || count <= most), `${count} words`);
};

/** How models decline, in the words that they use most. */
const REFUSALS =
  /\b(i(?:'m| am) (?:sorry|afraid),? (?:but )?(?:i )?(?:can(?:'|no)t|am unable|won't)|i (?:can(?:'|no)t|cannot|am unable to|won't|will not|must decline to) (?:assist|help|comply|do|provide|fulfil|create|write|generate|answer|engage|support)|as an ai(?: language model)?,? i (?:can(?:'|no)t|cannot|am not able)|(?:would|is) not (?:be )?(?:ethical|appropriate)|i(?:'m| am) not able to (?:assist|help|provide|comply))/i;

export const isRefused = (text: string, isToldByModel: boolean): Found => {
  const folded = text.replaceAll('’', "'");
  return yesOrNo(isToldByModel || folded.trim() === '' || REFUSALS.test(folded), 'a refusal');
};

// Grading: one answer held against all that its case expects of it.

import type { Answer, EvaluationCase, Expectation, Finding, Grade, Rule } from '#kernel/evaluation.ts';
import { unreachable } from '#kernel/unreachable.ts';
import type { Found } from './found.ts';
import { holdsJson, type FitsSchema } from './json.ts';
import { holdsHtml, holdsXml } from './markup.ts';
import { measure } from './measured.ts';
import { isNear, overlaps } from './overlap.ts';
import { contains, countsWords, equals, isRefused, matches, startsWith } from './text.ts';

/** Rules that only another model can tell. */
export type AskedRule = Extract<Rule, { readonly kind: 'similar' | 'judge' }>;

/** What grading needs from outside. */
export type Graders = {
  readonly fitsSchema: FitsSchema;
  /** What was found by asking, before the grading; `undecided` where nothing was. */
  readonly told: (rule: AskedRule) => Found;
};

/** Every rule that has to be asked before this case can be graded, sets included. */
export const askedRules = (expectations: readonly Expectation[]): readonly AskedRule[] =>
  expectations.flatMap(({ rule }) => {
    if (rule.kind === 'set') return askedRules(rule.expectations);
    return rule.kind === 'similar' || rule.kind === 'judge' ? [rule] : [];
  });

/** Holds an answer against its case. Expectations of weight 0 are measured and told, and decide nothing. */
export const gradeAnswer = (answer: Answer, it: EvaluationCase, graders: Graders): Grade => {
  const { findings, undecided } = weigh(answer, it.expectations, graders);
  const { holds, score } = sum(it.expectations, findings, it.least);
  return { isPassed: undecided.length === 0 && holds, score, findings, undecided };
};

type Weighed = { readonly findings: readonly Finding[]; readonly undecided: readonly string[] };

const weigh = (answer: Answer, expectations: readonly Expectation[], graders: Graders): Weighed => {
  const found = expectations.map((expectation) => ({ expectation, found: find(answer, expectation, graders) }));
  return {
    findings: found.map(({ expectation: { metric }, found: it }) =>
      it.kind === 'told'
        ? { isMet: it.holds, score: it.score, why: it.why, metric }
        : { isMet: false, score: 0, why: it.why, metric },
    ),
    undecided: found.flatMap(({ expectation, found: it }) =>
      it.kind === 'undecided' && expectation.weight > 0 ? [it.why] : [],
    ),
  };
};

type Summed = { readonly holds: boolean; readonly score: number };

/** The weighted mean of the scores; without a least score every one that has weight must be met. */
const sum = (expectations: readonly Expectation[], findings: readonly Finding[], least: number | null): Summed => {
  const weights = expectations.map(({ weight }) => weight);
  const total = weights.reduce((all, weight) => all + weight, 0);
  const score = findings.reduce((all, { score: each }, index) => all + each * (weights[index] ?? 0), 0);
  const mean = total === 0 ? 1 : score / total;
  const areAllMet = findings.every(({ isMet }, index) => isMet || weights[index] === 0);
  return { holds: least === null ? areAllMet : mean >= least - 1e-9, score: mean };
};

const find = (answer: Answer, { rule, isNegated }: Expectation, graders: Graders): Found => {
  const found = findRule(answer, rule, graders);
  if (!isNegated || found.kind === 'undecided') return found;
  return { kind: 'told', holds: !found.holds, score: 1 - found.score, why: `not wanted: ${found.why}` };
};

const findRule = (answer: Answer, rule: Rule, graders: Graders): Found => {
  const { text } = answer;
  switch (rule.kind) {
    case 'equals':
      return equals(text, rule.value);
    case 'contains':
      return contains(text, rule);
    case 'starts-with':
      return startsWith(text, rule.text);
    case 'regex':
      return matches(text, rule.pattern);
    case 'json':
      return holdsJson(text, rule.isWhole, rule.schema, graders.fitsSchema);
    case 'xml':
      return holdsXml(text, rule.isWhole, rule.elements);
    case 'html':
      return holdsHtml(text, rule.isWhole);
    case 'levenshtein':
      return isNear(text, rule.text, rule.most);
    case 'overlap':
      return overlaps(text, rule.measure, rule.references, rule.least);
    case 'words':
      return countsWords(text, rule.least, rule.most);
    case 'refusal':
      return isRefused(text, answer.isRefusal);
    case 'latency':
    case 'cost':
    case 'perplexity':
    case 'perplexity-score':
    case 'finish-reason':
    case 'tool-calls':
      return measure(answer, rule);
    case 'similar':
    case 'judge':
      return graders.told(rule);
    case 'set':
      return findSet(answer, rule, graders);
    default:
      return unreachable(rule);
  }
};

const findSet = (answer: Answer, rule: Extract<Rule, { readonly kind: 'set' }>, graders: Graders): Found => {
  const { findings, undecided } = weigh(answer, rule.expectations, graders);
  if (undecided.length > 0) return { kind: 'undecided', why: undecided.join('; ') };
  const { holds, score } = sum(rule.expectations, findings, rule.least);
  const unmet = findings.filter(({ isMet }) => !isMet).map(({ why }) => why);
  return { kind: 'told', holds, score, why: unmet.length === 0 ? 'all of the set' : unmet.join('; ') };
};

// Rules about what an answer took, and how it came: time, money, surprise, end, tools.

import type { Answer, Rule } from '#kernel/evaluation.ts';
import { scored, undecided, yesOrNo, type Found } from './found.ts';

export type MeasuredRule = Extract<
  Rule,
  { readonly kind: 'latency' | 'cost' | 'perplexity' | 'perplexity-score' | 'finish-reason' | 'tool-calls' }
>;

/** e to the mean surprise of a token; null: the probabilities were not told. */
const perplexityOf = ({ logProbabilities }: Answer): number | null => {
  if (logProbabilities === null || logProbabilities.length === 0) return null;
  return Math.exp(-logProbabilities.reduce((sum, value) => sum + value, 0) / logProbabilities.length);
};

const atMost = (value: number | null, most: number, unit: string): Found =>
  value === null
    ? undecided(`the far side does not tell its ${unit}`)
    : yesOrNo(value <= most, `${Number(value.toPrecision(4))} ${unit}, at most ${most}`);

/** van Rijsbergen's F1 (1979) of two sets of names. */
const f1 = (called: ReadonlySet<string>, wanted: ReadonlySet<string>): number => {
  const both = [...called].filter((name) => wanted.has(name)).length;
  const all = called.size + wanted.size;
  return all === 0 ? 1 : (2 * both) / all;
};

export const measure = (answer: Answer, rule: MeasuredRule): Found => {
  switch (rule.kind) {
    case 'latency':
      return atMost(answer.latencyMs, rule.mostMs, 'ms');
    case 'cost':
      return atMost(answer.cost, rule.most, 'cost');
    case 'perplexity':
      return atMost(perplexityOf(answer), rule.most, 'perplexity');
    case 'perplexity-score': {
      const perplexity = perplexityOf(answer);
      if (perplexity === null) return undecided('the far side does not tell its perplexity');
      return scored(1 / (1 + perplexity), rule.least, 'perplexity score');
    }
    case 'finish-reason':
      if (answer.finish === null) return undecided('the far side does not tell why it ended');
      return yesOrNo(answer.finish.toLowerCase() === rule.reason.toLowerCase(), `ended by ${answer.finish}`);
    case 'tool-calls': {
      const called = new Set(answer.toolCalls.map(({ name }) => name));
      return scored(f1(called, new Set(rule.names)), rule.leastF1, 'F1 of tools');
    }
  }
};

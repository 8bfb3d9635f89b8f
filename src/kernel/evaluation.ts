// Evaluation: a configuration answers cases, and each answer is held against what was expected of it.
//
//   suite = cases × repeats → pairs of answers, candidate beside blessed → verdict
//
// All suites of an item are judged as one, so that more suites make no more false alarms.

import type { Json } from './evidence.ts';

/** What a model is asked: messages as the chat completions protocol has them. */
export type ChatMessage = { readonly role: 'system' | 'user' | 'assistant'; readonly content: string };

export type ToolCall = { readonly name: string; readonly arguments: string };

/** What a model answered, and what it took. */
export type Answer = {
  readonly text: string;
  /** As the far side names it: two answers with one id are one answer. Null: it names none. */
  readonly id: string | null;
  /** `stop`, `length`, `content_filter`, `tool_calls`; null: it did not say. */
  readonly finish: string | null;
  /** The far side said itself that it refuses. */
  readonly isRefusal: boolean;
  readonly toolCalls: readonly ToolCall[];
  readonly latencyMs: number;
  readonly tokens: { readonly prompt: number; readonly completion: number } | null;
  /** Natural logarithms of the probabilities of its tokens; null: not told. */
  readonly logProbabilities: readonly number[] | null;
  /** Money of the far side; null: not told. */
  readonly cost: number | null;
};

/** One thing that is expected of an answer. */
export type Rule =
  | { readonly kind: 'equals'; readonly value: Json }
  | {
      readonly kind: 'contains';
      readonly texts: readonly string[];
      readonly needs: 'all' | 'any';
      readonly isCaseSensitive: boolean;
    }
  | { readonly kind: 'starts-with'; readonly text: string }
  | { readonly kind: 'regex'; readonly pattern: string }
  /** `isWhole`: the answer is it, and not only somewhere in the answer. */
  | { readonly kind: 'json'; readonly isWhole: boolean; readonly schema: Json }
  | { readonly kind: 'xml'; readonly isWhole: boolean; readonly elements: readonly string[] }
  | { readonly kind: 'html'; readonly isWhole: boolean }
  | { readonly kind: 'levenshtein'; readonly text: string; readonly most: number }
  | {
      readonly kind: 'overlap';
      readonly measure: 'rouge-n' | 'bleu' | 'gleu';
      readonly references: readonly string[];
      readonly least: number;
    }
  | { readonly kind: 'words'; readonly least: number; readonly most: number | null }
  | { readonly kind: 'latency'; readonly mostMs: number }
  | { readonly kind: 'cost'; readonly most: number }
  | { readonly kind: 'perplexity'; readonly most: number }
  /** 1 / (1 + perplexity). */
  | { readonly kind: 'perplexity-score'; readonly least: number }
  | { readonly kind: 'finish-reason'; readonly reason: string }
  | { readonly kind: 'refusal' }
  | { readonly kind: 'tool-calls'; readonly names: readonly string[]; readonly leastF1: number }
  /** Nearness of meaning, by a model of embeddings. */
  | { readonly kind: 'similar'; readonly references: readonly string[]; readonly least: number }
  /** A model reads the answer and marks it 0..1; believed only while it agrees with people. */
  | { readonly kind: 'judge'; readonly rubric: string; readonly least: number }
  | { readonly kind: 'set'; readonly expectations: readonly Expectation[]; readonly least: number | null };

export type Expectation = {
  readonly rule: Rule;
  /** What is expected is that it does not hold. */
  readonly isNegated: boolean;
  /** 0: it is measured and told, and decides nothing. */
  readonly weight: number;
  readonly metric: string | null;
};

export type EvaluationCase = {
  /** Unique in its suite. */
  readonly name: string;
  readonly input: { readonly [variable: string]: Json };
  readonly expectations: readonly Expectation[];
  /** The weighted mean of scores that is enough; null: every expectation must be met. */
  readonly least: number | null;
};

export type EvaluationSuite = { readonly name: string; readonly cases: readonly EvaluationCase[] };

/** What an expectation found. */
export type Finding = {
  readonly isMet: boolean;
  readonly score: number;
  readonly why: string;
  readonly metric: string | null;
};

/** An answer held against its case. `undecided`: what could not be asked; then the answer counts as no answer. */
export type Grade = {
  readonly isPassed: boolean;
  readonly score: number;
  readonly findings: readonly Finding[];
  readonly undecided: readonly string[];
};

export type Side = 'blessed' | 'candidate';

/** How many of how many, and the rates that these counts leave possible with 95 %. */
export type PassRate = { readonly passed: number; readonly total: number; readonly low: number; readonly high: number };

export type CaseTally = {
  readonly name: string;
  readonly pairs: number;
  /** Blessed passed and the candidate did not; and the other way round. */
  readonly losses: number;
  readonly wins: number;
};

/** What was counted by the verdict. */
export type Compared = {
  readonly pairs: number;
  readonly losses: number;
  readonly wins: number;
  /** Null: there is no blessed one yet, and the candidate was held against the least pass rate that is declared. */
  readonly blessed: PassRate | null;
  readonly candidate: PassRate;
  /** Against "no worse": at 1 / false alarms it is blocked. */
  readonly evidence: number;
  /** Against "worse by the regression that must not happen": at its threshold it is excluded. */
  readonly clearance: number;
  /** The cases that lost most, first. */
  readonly worst: readonly CaseTally[];
};

export type EvaluationVerdict =
  | { readonly kind: 'running'; readonly compared: Compared; readonly pairsPlanned: number }
  | { readonly kind: 'blocked'; readonly compared: Compared; readonly why: string }
  /** `excluded`: so large a regression is disproved. `not-proven`: all planned pairs came, and none was proven. */
  | {
      readonly kind: 'passed';
      readonly by: 'excluded' | 'not-proven';
      readonly compared: Compared;
      readonly why: string;
    }
  | { readonly kind: 'not-enough-data'; readonly compared: Compared | null; readonly why: string };

/** What an evaluation promises: of unchanged configurations so many are blocked, such a fall is caught so often. */
export type EvaluationGoal = { readonly falseBlocks: number; readonly regression: number; readonly power: number };

/** pass^k or pass@k, with its interval of 95 %, over the cases that were asked k times. */
export type RepeatsTold = {
  readonly k: number;
  readonly estimate: number;
  readonly low: number;
  readonly high: number;
  readonly cases: number;
};

/** An evaluation that has ended, as it is kept: all that a person or another judge needs to weigh it. */
export type EvaluationReport = {
  readonly verdict: Exclude<EvaluationVerdict, { readonly kind: 'running' }>;
  readonly goal: EvaluationGoal;
  /** The pairs that the goal needs, and those that were asked for. */
  readonly pairsProposed: number;
  readonly pairsAsked: number;
  /** How often the fall is caught with the pairs that were asked for. */
  readonly power: number;
  /** The least pass rate of a first revision. */
  readonly least: number;
  /** The content that it was held against; null: there was none. */
  readonly against: { readonly version: number; readonly digest: string } | null;
  readonly suite: string;
  readonly everyOf: readonly RepeatsTold[];
  readonly anyOf: readonly RepeatsTold[];
  /** Cases of the candidate: passed each time, some times, never. */
  readonly always: readonly string[];
  readonly sometimes: readonly string[];
  readonly never: readonly string[];
  /** Where the models answered, without credentials. */
  readonly endpoint: string;
};

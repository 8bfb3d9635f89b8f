// A first revision has nothing that it could be worse than: its pass rate is held against the least one that is declared.
//
//   running → blocked (surely less) | passed (surely not less by the regression) | not enough data by the last question
//
// The interval holds the truth at every look at once, so that it may be looked at after each answer (`rateInterval`).

import type { Compared, EvaluationVerdict } from '#kernel/evaluation.ts';
import { rateInterval } from '../release/rate.ts';
import { percent, rateOf, type Pair } from './comparison.ts';
import type { Goal } from './plan.ts';

export type AloneTerms = {
  readonly goal: Goal;
  /** The pass rate that is asked for, 0..1. */
  readonly least: number;
  readonly questions: number;
};

/** Judges a candidate that has no blessed one before it. */
export class Alone {
  readonly #terms: AloneTerms;
  #asked = 0;
  #passed = 0;
  #verdict: EvaluationVerdict | null = null;

  constructor(terms: AloneTerms) {
    this.#terms = terms;
  }

  /** Takes one answer of the candidate; the other half of the pair is not read. */
  add({ isCandidatePassed }: Pair): boolean {
    if (this.#verdict !== null) return true;
    this.#asked += 1;
    if (isCandidatePassed) this.#passed += 1;
    this.#verdict = this.#decide();
    return this.#verdict !== null;
  }

  isOver(): boolean {
    return this.#verdict !== null;
  }

  verdict(): EvaluationVerdict {
    const { questions } = this.#terms;
    return this.#verdict ?? { kind: 'running', compared: this.#compared(), pairsPlanned: questions };
  }

  #compared(): Compared {
    const candidate = rateOf(this.#passed, this.#asked);
    return { pairs: this.#asked, losses: 0, wins: 0, blessed: null, candidate, evidence: 1, clearance: 1, worst: [] };
  }

  #decide(): EvaluationVerdict | null {
    const { goal, least, questions } = this.#terms;
    const { low, high } = rateInterval(this.#passed, this.#asked - this.#passed, goal.falseBlocks);
    const compared = this.#compared();
    const seen = `it passed ${this.#passed} of ${this.#asked}, which leaves ${percent(low)} to ${percent(high)}`;
    if (high < least) return { kind: 'blocked', compared, why: `${seen}; ${percent(least)} is declared` };
    const enough = Math.max(0, least - goal.regression);
    if (low >= enough)
      return { kind: 'passed', by: 'excluded', compared, why: `${seen}; ${percent(enough)} is surely reached` };
    if (this.#asked < questions) return null;
    return { kind: 'not-enough-data', compared, why: `${seen}; too wide to say whether ${percent(least)} is kept` };
  }
}

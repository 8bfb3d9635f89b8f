// The comparison of a candidate with the blessed configuration, pair by pair; it may be looked at after each.
//
//   running → blocked (worse is proven) | passed (the regression is excluded, or not proven by the last pair)
//
// A verdict that was given stays.

import type { CaseTally, Compared, EvaluationVerdict, PassRate } from '#kernel/evaluation.ts';
import { Bets } from '../release/bets.ts';
import { Clearance } from './clearance.ts';
import { wilson } from './interval.ts';
import { EARLY_PASS_PART, type Plan } from './plan.ts';

/** Both answers of one case, asked at the same time. */
export type Pair = { readonly name: string; readonly isBlessedPassed: boolean; readonly isCandidatePassed: boolean };

/** As many cases are named as one reads. */
const WORST_SHOWN = 5;

/** What judges the pairs of a run. */
export type PairJudge = Pick<Comparison, 'add' | 'isOver' | 'verdict'>;

/** Judges one candidate. */
export class Comparison {
  readonly #plan: Plan;
  readonly #bets: Bets;
  readonly #clearance: Clearance;
  readonly #tallies = new Map<string, CaseTally>();
  #pairs = 0;
  #losses = 0;
  #wins = 0;
  #blessedPassed = 0;
  #verdict: EvaluationVerdict | null = null;

  constructor(plan: Plan) {
    this.#plan = plan;
    this.#bets = new Bets(plan.stakes);
    this.#clearance = new Clearance(plan.goal.regression);
  }

  /** Takes one pair, and answers whether the verdict is given. After it nothing is taken any more. */
  add(pair: Pair): boolean {
    if (this.#verdict !== null) return true;
    const { name, isBlessedPassed, isCandidatePassed } = pair;
    const loss = isBlessedPassed && !isCandidatePassed ? 1 : 0;
    const win = !isBlessedPassed && isCandidatePassed ? 1 : 0;
    this.#pairs += 1;
    this.#losses += loss;
    this.#wins += win;
    if (isBlessedPassed) this.#blessedPassed += 1;
    const before = this.#tallies.get(name) ?? { name, pairs: 0, losses: 0, wins: 0 };
    const { pairs, losses, wins } = before;
    this.#tallies.set(name, { name, pairs: pairs + 1, losses: losses + loss, wins: wins + win });
    this.#bets.look({ windowPart: 0, share: 0.5, hits: loss, misses: win });
    this.#clearance.look(win - loss);
    this.#verdict = this.#decide();
    return this.#verdict !== null;
  }

  isOver(): boolean {
    return this.#verdict !== null;
  }

  verdict(): EvaluationVerdict {
    return this.#verdict ?? { kind: 'running', compared: this.compared(), pairsPlanned: this.#plan.pairs };
  }

  compared(): Compared {
    const candidatePassed = this.#blessedPassed - this.#losses + this.#wins;
    return {
      pairs: this.#pairs,
      losses: this.#losses,
      wins: this.#wins,
      blessed: rateOf(this.#blessedPassed, this.#pairs),
      candidate: rateOf(candidatePassed, this.#pairs),
      evidence: this.#bets.evidence(),
      clearance: this.#clearance.evidence(),
      worst: worstOf([...this.#tallies.values()]),
    };
  }

  #decide(): EvaluationVerdict | null {
    const verdict = this.#weigh();
    if (verdict?.kind !== 'passed') return verdict;
    const { regression } = this.#plan.goal;
    // Where hardly anything passes, nothing can fall: most often the endpoint, or the suite, is what is wrong.
    if (this.#blessedPassed / this.#pairs >= regression) return verdict;
    const why = `the blessed one passed ${this.#blessedPassed} of ${this.#pairs}: it could not fall by ${percent(regression)}`;
    return { kind: 'not-enough-data', compared: verdict.compared, why };
  }

  #weigh(): EvaluationVerdict | null {
    const { goal, pairs, power } = this.#plan;
    const regression = `a fall of the pass rate by ${percent(goal.regression)} or more`;
    if (this.#bets.evidence() >= 1 / goal.falseBlocks)
      return { kind: 'blocked', ...this.#told('it passes less often') };
    if (this.#clearance.evidence() >= 1 / ((1 - goal.power) * EARLY_PASS_PART))
      return { kind: 'passed', by: 'excluded', ...this.#told(`${regression} is excluded`) };
    if (this.#pairs < pairs) return null;
    const seen = percent(power - (1 - goal.power) * EARLY_PASS_PART);
    return { kind: 'passed', by: 'not-proven', ...this.#told(`${regression} would have been seen in ${seen} of runs`) };
  }

  #told(what: string): { readonly compared: Compared; readonly why: string } {
    const compared = this.compared();
    const { losses, wins, pairs } = compared;
    return { compared, why: `${what}: of ${pairs} pairs it lost ${losses} and won ${wins}` };
  }
}

/** A rate with Wilson's interval, as reports show it. */
export const rateOf = (passed: number, total: number): PassRate => ({ passed, total, ...wilson(passed, total) });

export const percent = (share: number): string => `${Number((100 * share).toFixed(1))} %`;

const worstOf = (tallies: readonly CaseTally[]): readonly CaseTally[] =>
  tallies
    .filter(({ losses, wins }) => losses > wins)
    .toSorted((a, b) => b.losses - b.wins - (a.losses - a.wins) || (a.name < b.name ? -1 : 1))
    .slice(0, WORST_SHOWN);

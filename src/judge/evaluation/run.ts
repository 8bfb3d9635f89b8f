// The run of an evaluation: which pairs are asked, in what order, and what follows from their answers.
//
//   next → pairs to ask → take, in any order → … → verdict
//
// Answers are counted in the order in which the pairs were drawn, whatever the order in which they come, so that the same answers
// always give the same verdict. Who of a pair is asked first is drawn, so that a slow hour or a limit of the far side falls
// on both alike. Each pair is asked anew: two answers with one id came from a cache, and such a pair is no evidence.

import type { EvaluationCase, EvaluationVerdict, Side } from '#kernel/evaluation.ts';
import type { PairJudge } from './comparison.ts';
import type { Repeats } from './repeats.ts';

/** One case asked of both sides at the same time. */
export type PairToAsk = {
  /** 0, 1, 2 … */
  readonly index: number;
  readonly case: EvaluationCase;
  /** 0 for the first time that the case is asked. */
  readonly repeat: number;
  /** In the order in which they are asked; a first revision stands alone. */
  readonly sides: readonly Side[];
};

/** What became of one question. */
export type SideOutcome =
  | { readonly kind: 'graded'; readonly answerId: string | null; readonly isPassed: boolean }
  /** The far side says that the question itself is wrong: the configuration has failed this case. */
  | { readonly kind: 'refused'; readonly why: string }
  | { readonly kind: 'unanswered'; readonly why: string };

/** A side that was not asked is absent. */
export type PairOutcome = { readonly [side in Side]?: SideOutcome };

export type RunTerms = {
  /** Of all suites of the item; their names differ. */
  readonly cases: readonly EvaluationCase[];
  /** `Comparison`, or `Alone` for a first revision. */
  readonly judge: PairJudge;
  /** How many the judge wants at most. */
  readonly pairs: number;
  readonly isFirstRevision: boolean;
  /** Names the run, as by the digests of both revisions: the order of its pairs follows from it. */
  readonly seed: string;
  /** Hexadecimal digits that look like chance, as of SHA-256. */
  readonly hash: (text: string) => string;
  /** False where a side always answers the same question the same (temperature 0): a second time says nothing new. */
  readonly canRepeat: boolean;
};

/** So many more pairs than planned may be drawn, for those that came to nothing. */
const SPARE = 0.1;
/** Where more of the pairs lack an answer, what is left may be a choice of the easy ones. */
const LACKING_MOST = 0.2;
/** Before so many pairs nothing is said of a share of them. */
const LACKING_PAIRS_LEAST = 20;
/** A far side that is down, or a cache, is not asked any longer. */
const NOTHING_IN_A_ROW_MOST = 10;

/** What a pair comes to: a comparison, or nothing. `lacks`: one side had no answer while the other had. */
type Counted =
  | { readonly kind: 'pair'; readonly passed: Readonly<Record<Side, boolean>>; readonly lacks: string | null }
  | { readonly kind: 'nothing'; readonly why: string };

/** One evaluation of a candidate. */
export class EvaluationRun {
  readonly #terms: RunTerms;
  readonly #pairsMost: number;
  /** Pairs that were given and not counted yet, and the outcomes that came before their turn. */
  readonly #open = new Map<number, PairToAsk>();
  readonly #came = new Map<number, PairOutcome>();
  readonly #seenIds = new Set<string>();
  readonly #passes = new Map<string, Record<Side, boolean[]>>();
  #order: readonly EvaluationCase[] = [];
  #given = 0;
  #counted = 0;
  #nothing = 0;
  #nothingInARow = 0;
  #lacking = 0;
  #lastWhy = '';
  #failure: string | null = null;

  constructor(terms: RunTerms) {
    const { cases, pairs, canRepeat } = terms;
    this.#terms = terms;
    const most = Math.ceil(pairs * (1 + SPARE));
    this.#pairsMost = canRepeat ? most : Math.min(most, cases.length);
    if (cases.length === 0) this.#failure = 'there is no case';
    if (new Set(cases.map(({ name }) => name)).size < cases.length) this.#failure = 'two cases have one name';
  }

  /** The next pairs to ask, `most` at once; none when the verdict is given, or every pair is out. */
  next(most: number): readonly PairToAsk[] {
    const pairs: PairToAsk[] = [];
    while (pairs.length < most && this.#given < this.#pairsMost && !this.isOver()) {
      const pair = this.#draw(this.#given);
      this.#open.set(pair.index, pair);
      this.#given += 1;
      pairs.push(pair);
    }
    return pairs;
  }

  /** Takes the outcome of a pair that `next` gave; only the first one of it. */
  take(index: number, outcome: PairOutcome): void {
    if (!this.#open.has(index) || this.#came.has(index)) return;
    this.#came.set(index, outcome);
    for (let pair = this.#due(); pair !== undefined; pair = this.#due()) {
      const due = this.#came.get(pair.index) ?? {};
      this.#came.delete(pair.index);
      this.#open.delete(pair.index);
      if (!this.isOver()) this.#count(pair, due);
      this.#counted += 1;
    }
    if (this.#counted >= this.#pairsMost) this.#failure ??= this.#sayShort();
  }

  isOver(): boolean {
    return this.#failure !== null || this.#terms.judge.isOver();
  }

  verdict(): EvaluationVerdict {
    const verdict = this.#terms.judge.verdict();
    if (verdict.kind !== 'running' || this.#failure === null) return verdict;
    return { kind: 'not-enough-data', compared: verdict.compared, why: this.#failure };
  }

  /** The same by the name of the case, in the order in which they were first asked. */
  passesOf(side: Side): ReadonlyMap<string, Repeats> {
    return new Map([...this.#passes].map(([name, sides]) => [name, sides[side]]));
  }

  /** How each case did each time that it was asked, for pass^k and pass@k. */
  repeatsOf(side: Side): readonly Repeats[] {
    return [...this.#passes.values()].map((sides) => sides[side]);
  }

  /** The pair whose turn it is, when its outcome has come. */
  #due(): PairToAsk | undefined {
    return this.#came.has(this.#counted) ? this.#open.get(this.#counted) : undefined;
  }

  #draw(index: number): PairToAsk {
    const { cases, seed, hash, isFirstRevision } = this.#terms;
    const repeat = Math.floor(index / cases.length);
    const place = index % cases.length;
    if (place === 0) this.#order = shuffled(cases, (name) => hash(`${seed}/${repeat}/${name}`));
    const it = this.#order[place];
    if (it === undefined) throw new Error(`no case at place ${place} of the order`);
    const isCandidateFirst = Number.parseInt(hash(`${seed}/first/${index}`).slice(0, 2), 16) % 2 === 1;
    const both: readonly Side[] = isCandidateFirst ? ['candidate', 'blessed'] : ['blessed', 'candidate'];
    return { index, case: it, repeat, sides: isFirstRevision ? ['candidate'] : both };
  }

  #count(pair: PairToAsk, outcome: PairOutcome): void {
    const counted = this.#read(pair, outcome);
    if (counted.kind === 'nothing') return this.#miss(counted.why);
    this.#nothingInARow = 0;
    if (counted.lacks !== null) this.#lack(counted.lacks);
    const { name } = pair.case;
    const { passed } = counted;
    const sides = this.#passes.get(name) ?? { blessed: [], candidate: [] };
    this.#passes.set(name, sides);
    for (const side of pair.sides) sides[side].push(passed[side]);
    this.#terms.judge.add({ name, isBlessedPassed: passed.blessed, isCandidatePassed: passed.candidate });
  }

  /**
   * A side without an answer while the other has one has failed: both were asked at the same time. Unchanged configurations
   * fail so as often as each other, which favours none; and one that only takes too long is found.
   */
  #read({ sides }: PairToAsk, outcome: PairOutcome): Counted {
    const outcomes = sides.map((side) => outcome[side] ?? { kind: 'unanswered' as const, why: 'it was not asked' });
    const lacks = outcomes.flatMap((it) => (it.kind === 'unanswered' ? [it.why] : []));
    if (lacks.length === sides.length) return { kind: 'nothing', why: lacks[0] ?? '' };
    const areNew = outcomes.map((it) => this.#isNew(it));
    if (areNew.includes(false)) return { kind: 'nothing', why: 'two answers have one id: a cache answers on the way' };
    const hasPassed = (side: Side): boolean => {
      const it = outcome[side];
      return it?.kind === 'graded' && it.isPassed;
    };
    const passed = { blessed: hasPassed('blessed'), candidate: hasPassed('candidate') };
    return { kind: 'pair', passed, lacks: lacks[0] ?? null };
  }

  #isNew(outcome: SideOutcome): boolean {
    if (outcome.kind !== 'graded' || outcome.answerId === null) return true;
    const isNew = !this.#seenIds.has(outcome.answerId);
    this.#seenIds.add(outcome.answerId);
    return isNew;
  }

  #miss(why: string): void {
    this.#nothing += 1;
    this.#nothingInARow += 1;
    this.#lack(why);
    if (this.#nothingInARow >= NOTHING_IN_A_ROW_MOST)
      this.#failure = `${this.#nothingInARow} pairs in a row came to nothing: ${why}`;
  }

  #lack(why: string): void {
    this.#lacking += 1;
    this.#lastWhy = why;
    const asked = this.#counted + 1;
    if (asked >= LACKING_PAIRS_LEAST && this.#lacking / asked > LACKING_MOST)
      this.#failure = `${this.#lacking} of ${asked} pairs lack an answer; the last: ${why}`;
  }

  #sayShort(): string {
    const { pairs, cases, canRepeat } = this.#terms;
    const counted = this.#counted - this.#nothing;
    const missed = this.#nothing === 0 ? '' : `, ${this.#nothing} came to nothing (${this.#lastWhy})`;
    const mend = canRepeat
      ? ''
      : `; at temperature 0 a case says nothing new a second time: ${pairs} cases are needed, there are ${cases.length}`;
    return `${counted} of ${pairs} pairs were counted${missed}${mend}`;
  }
}

const shuffled = (cases: readonly EvaluationCase[], keyOf: (name: string) => string): readonly EvaluationCase[] =>
  cases
    .map((it) => ({ it, key: keyOf(it.name) }))
    .toSorted((a, b) => (a.key < b.key ? -1 : Number(a.key > b.key)))
    .map(({ it }) => it);

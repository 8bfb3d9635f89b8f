// The alarm budget: a series says "at most so many alarms a week", and its threshold follows.
//
// Adaptive conformal inference (Gibbs and Candès, 2021), in the logarithm of the threshold: an alarm raises it by a
// step, and time without an alarm lowers it so that the declared rate keeps it where it is. Over a long time the realised
// rate is the declared one whatever the series is like, since a threshold that only rose or only fell would have to leave
// the range of the scores: the error is at most (range of the logarithm) / (step · weeks).

const WEEK_MS = 7 * 86_400_000;
/** An alarm doubles the threshold; it is halved again in the time in which one alarm is declared as right. */
const STEP = Math.log(2);
/** Where a series begins that nobody knows yet: the best threshold of the NAB corpus, as a surprise. */
const FIRST = 0.44;

/** The same as a score, 0 to 1. */
export const FIRST_SCORE = FIRST / (1 + FIRST);

export type AlarmTerms = {
  /** Alarms a week that are declared as right, over 0. */
  readonly perWeek: number;
  /**
   * Scores below this are never alarms, 0 to 1. At 0 the declared rate is met; above, it is a ceiling: the threshold does
   * not sink below, and weeks without an alarm save up none for later.
   */
  readonly least: number;
};

/** What a budget knows, to be kept over a restart. `lastAt` is null before the first value. */
export type AlarmMemory = { readonly logThreshold: number; readonly lastAt: number | null };

/** Decides for one series which of its scores are alarms. */
export class AlarmBudget {
  readonly #terms: AlarmTerms;
  readonly #floor: number;
  #threshold: number;
  #lastAt: number | null;

  constructor(terms: AlarmTerms, known: AlarmMemory = { logThreshold: Math.log(FIRST), lastAt: null }) {
    this.#terms = terms;
    this.#floor = Math.log(terms.least / (1 - terms.least));
    this.#threshold = known.logThreshold;
    this.#lastAt = known.lastAt;
  }

  memory(): AlarmMemory {
    return { logThreshold: this.#threshold, lastAt: this.#lastAt };
  }

  /** The least score that is an alarm now, 0 to 1. */
  threshold(): number {
    const surprise = Math.exp(this.#threshold);
    return Math.max(this.#terms.least, surprise / (1 + surprise));
  }

  /** Time has passed: the threshold sinks. `at` in ms since 1970; one that comes late changes nothing. */
  pass(at: number): void {
    const elapsedMs = this.#lastAt === null ? 0 : Math.max(0, at - this.#lastAt);
    this.#lastAt = Math.max(at, this.#lastAt ?? at);
    this.#threshold = Math.max(this.#floor, this.#threshold - (STEP * this.#terms.perWeek * elapsedMs) / WEEK_MS);
  }

  /** Is this score of the detector an alarm? Every value counts, since time passes with it. */
  isAlarm(at: number, score: number): boolean {
    this.pass(at);
    const isAlarm = score > 0 && score >= this.threshold();
    if (isAlarm) this.#threshold += STEP;
    return isAlarm;
  }
}

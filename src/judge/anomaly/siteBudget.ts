// The budget of all series together: however many they are, people are told of few of their surprises.
//
// Each series has a budget of its own (alarmBudget.ts) and hands on a surprise only when it is over its own threshold. How
// many times over is comparable between a calm series and an unquiet one. Here stands one more threshold, of those
// multiples: an alarm doubles it, and it is halved again in the time in which one alarm is declared as right, down to 1. So
// of N alarms within a time T, of surprises up to X times their thresholds,
//
//   log2(threshold at the end) ≥ N − rate · T, and no alarm is below the threshold:   N ≤ rate · T + log2(X) + 1
//
// which holds whatever the series do, also when all of them jump at once. Where nothing happens X is 2 to 4; an outage
// with X = 100 has at most eight alarms before the rest is held back.

const WEEK_MS = 7 * 86_400_000;
const STEP = Math.log(2);

export type SiteMemory = { readonly logThreshold: number; readonly lastAt: number | null };

/** Nobody knows yet how unquiet the series of a new site are: it begins as if three had been told. */
const SPENT_AT_FIRST = 3;
export const FIRST_SITE_MEMORY: SiteMemory = { logThreshold: SPENT_AT_FIRST * STEP, lastAt: null };

/** Decides which surprises of all series are told. */
export class SiteBudget {
  readonly #perWeek: number;
  #threshold: number;
  #lastAt: number | null;

  /** `perWeek`: alarms a week of all series together that are declared as right, over 0. */
  constructor(perWeek: number, { logThreshold, lastAt }: SiteMemory = FIRST_SITE_MEMORY) {
    this.#perWeek = perWeek;
    this.#threshold = logThreshold;
    this.#lastAt = lastAt;
  }

  memory(): SiteMemory {
    return { logThreshold: this.#threshold, lastAt: this.#lastAt };
  }

  /** `times`: how many times over its own threshold a surprise is, at least 1. `at` in ms since 1970. */
  isTold(at: number, times: number): boolean {
    const elapsedMs = this.#lastAt === null ? 0 : Math.max(0, at - this.#lastAt);
    this.#lastAt = Math.max(at, this.#lastAt ?? at);
    this.#threshold = Math.max(0, this.#threshold - (STEP * this.#perWeek * elapsedMs) / WEEK_MS);
    const isTold = Math.log(times) >= this.#threshold;
    if (isTold) this.#threshold += STEP;
    return isTold;
  }
}

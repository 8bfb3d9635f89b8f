// Bets: evidence against "what is counted here is no likelier than the null says", valid at every look.
//
// Each hit (an error of the release) or miss (an error of the control) is a bet against the null: at a share w of hits,
// a bet on the odds ratio r multiplies its stake by (θ/w)^hits · ((1−θ)/(1−w))^misses, with θ the share whose odds are
// r times those of w. While the true share is at most w, no stake is expected to grow, so their sum is a nonnegative
// supermartingale that begins at 1, and by Ville's inequality it ever reaches 1/α with probability α at most: however
// often one looks, whenever one stops. (Lindon, Sanden, Shirikian, KDD 2022, arXiv 2205.14762; Waudby-Smith and Ramdas,
// arXiv 2103.06476. Theirs is a Beta mixture at a constant w; a mixture over ratios holds while w changes as well.)
//
// Three quarters are staked at the first look, the more the smaller the ratio: large ones win fast. The last quarter is
// staked bit by bit over the window: a release that breaks only later, or after an outage of both sides that ate the first
// stakes, is seen as well.

/** Odds ratios that are bet on: from "a third more" to "nothing works any more", each 1.35 times the one before. */
export const RATIOS: readonly number[] = Array.from({ length: 26 }, (_, index) => 1.3 * 1.35 ** index);

/**
 * What each ratio gets of every stake. Even parts, by the root, and by the ratio itself find twice the errors after 16.4,
 * 16.0 and 15.8 minutes, and an outage at one request a second after 72, 80 and 95 s (bench/release): the middle.
 */
const PARTS: readonly number[] = RATIOS.map(
  (ratio) => ratio ** -0.5 / RATIOS.reduce((sum, each) => sum + each ** -0.5, 0),
);

/** What is bet on: parts of every stake, which sum to 1, and how much of all is put at the first look, 0..1. */
export type Stakes = {
  readonly bets: readonly { readonly ratio: number; readonly part: number }[];
  readonly atOnce: number;
};

/** What is staked on a release: little is known of how it may fail, and nothing of when. */
export const RELEASE_STAKES: Stakes = {
  bets: RATIOS.map((ratio, index) => ({ ratio, part: PARTS[index] ?? 0 })),
  atOnce: 0.75,
};

/** No stake is written larger than this: it is far beyond any threshold, and its square is still a number. */
const STAKE_MAX = 1e150;
/** Shares so near to 0 or 1 leave nothing to bet on: one side has no traffic. */
const LEAST_SHARE = 1e-9;

/** What was counted since the look before. */
export type Count = {
  /** Of the window's length, the part that has passed since the look before, 0..1. */
  readonly windowPart: number;
  /** The largest share of hits that the null allows; known before the counts are. */
  readonly share: number;
  readonly hits: number;
  readonly misses: number;
};

/** What one stake of 1 on the ratio becomes. */
const payoff = (ratio: number, { share, hits, misses }: Omit<Count, 'windowPart'>): number => {
  const rest = 1 - share + share * ratio;
  return Math.exp(hits * Math.log(ratio / rest) - misses * Math.log(rest));
};

/** One stream of evidence in constant memory. */
export class Bets {
  readonly #terms: Stakes;
  readonly #stakes: Float64Array;
  #unstaked: number;

  constructor(terms: Stakes = RELEASE_STAKES) {
    this.#terms = terms;
    this.#stakes = Float64Array.from(terms.bets, ({ part }) => terms.atOnce * part);
    this.#unstaked = 1 - terms.atOnce;
  }

  /** Takes in what was counted, and answers the evidence by then. */
  look(count: Count): number {
    const { share, hits, misses } = count;
    const { bets, atOnce } = this.#terms;
    const added = Math.min(this.#unstaked, (1 - atOnce) * Math.max(0, count.windowPart));
    this.#unstaked -= added;
    const isUsable = share > LEAST_SHARE && share < 1 - LEAST_SHARE && hits + misses > 0;
    bets.forEach(({ ratio, part }, index) => {
      const stake = (this.#stakes[index] ?? 0) + added * part;
      this.#stakes[index] = isUsable ? Math.min(STAKE_MAX, stake * payoff(ratio, count)) : stake;
    });
    return this.evidence();
  }

  /** The e-value: 1 at the beginning. */
  evidence(): number {
    return this.#stakes.reduce((sum, stake) => sum + stake, this.#unstaked);
  }
}

/** The evidence that these counts would be, had they come at once: for asking what could have been seen. */
export const evidenceAtOnce = (count: Omit<Count, 'windowPart'>, { bets, atOnce }: Stakes = RELEASE_STAKES): number =>
  bets.reduce((sum, { ratio, part }) => sum + atOnce * part * payoff(ratio, count), 1 - atOnce);

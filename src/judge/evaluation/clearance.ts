// Clearance: evidence against "the candidate is worse by the regression that must not happen", valid at every pair.
//
// A bet λ multiplies its stake by 1 + λ(d + δ), where d is 1 for a win, −1 for a loss and 0 for a pair that does not differ, and
// δ is the regression. While the candidate is worse by δ or more, d + δ is not expected to be above 0, and no stake is expected to
// grow (Waudby-Smith and Ramdas, arXiv 2010.09686). So an unchanged configuration need not wait for the last pair.

/** Parts of the largest bet that cannot lose more than all. */
const PARTS = [0.05, 0.1, 0.2, 0.3, 0.45, 0.6, 0.8, 0.95] as const;

/** One stream of evidence in constant memory. */
export class Clearance {
  readonly #regression: number;
  readonly #stakes = PARTS.map(() => 1 / PARTS.length);

  constructor(regression: number) {
    this.#regression = regression;
  }

  /** Takes in a pair: 1 a win, −1 a loss, 0 neither. Answers the evidence by then. */
  look(difference: number): number {
    PARTS.forEach((part, index) => {
      const bet = part / (1 - this.#regression);
      this.#stakes[index] = (this.#stakes[index] ?? 0) * (1 + bet * (difference + this.#regression));
    });
    return this.evidence();
  }

  evidence(): number {
    return this.#stakes.reduce((sum, stake) => sum + stake, 0);
  }
}

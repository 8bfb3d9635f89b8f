// How long something took, as a histogram with buckets that grow by a tenth: constant memory, percentiles within 5 %.

/** The lowest bucket ends here; faster is not told apart. */
const FIRST_MS = 0.01;
const GROWTH = 1.1;
/** 0.01 ms × 1.1^170 is about 108 s; slower ends in the last bucket. */
const BUCKETS = 170;

export type LatencyFigures = { readonly p50: number | null; readonly p99: number | null; readonly count: number };

export class Latency {
  readonly #counts = new Float64Array(BUCKETS);
  #total = 0;

  add(ms: number): void {
    const bucket = ms <= FIRST_MS ? 0 : Math.ceil(Math.log(ms / FIRST_MS) / Math.log(GROWTH));
    const index = Math.min(BUCKETS - 1, bucket);
    this.#counts[index] = (this.#counts[index] ?? 0) + 1;
    this.#total += 1;
  }

  /** The upper edge of the bucket in which the quantile lies, in milliseconds; null without data. */
  quantile(share: number): number | null {
    if (this.#total === 0) return null;
    const wanted = share * this.#total;
    let seen = 0;
    for (let index = 0; index < BUCKETS; index += 1) {
      seen += this.#counts[index] ?? 0;
      if (seen >= wanted) return FIRST_MS * GROWTH ** index;
    }
    return FIRST_MS * GROWTH ** (BUCKETS - 1);
  }

  figures(): LatencyFigures {
    return { p50: this.quantile(0.5), p99: this.quantile(0.99), count: this.#total };
  }
}

// Episodes: when the budget was eaten, and by whom. Bad events that are near each other and have one owner are one episode.

import { BUDGET_SHARES, type BudgetShare } from '#kernel/target.ts';
import { instant, minutes, type Instant } from '#kernel/time.ts';

export type Episode = {
  readonly from: Instant;
  readonly to: Instant;
  readonly share: BudgetShare;
  /** Bad events in it. */
  readonly bad: number;
};

/** So many are kept apart. The smallest gives way to a new one: what ate most is what people ask for. */
const EPISODES = 24;
const FROM = 0;
const TO = 1;
const SHARE = 2;
const BAD = 3;
const SIZE = 4;
export const EPISODES_BYTES = EPISODES * SIZE * Float64Array.BYTES_PER_ELEMENT;

/** Good events for so long, or for two intervals, end an episode. */
const joinMsOf = (everyMs: number): number => Math.max(minutes(5), 2 * everyMs);

export class Episodes {
  readonly #rows: Float64Array;
  readonly #joinMs: number;

  constructor(everyMs: number, memory: ArrayBuffer, offset: number) {
    this.#rows = new Float64Array(memory, offset, EPISODES * SIZE);
    this.#joinMs = joinMsOf(everyMs);
  }

  /** `from`: what ended before it is of no interest any more, and gives its place away first. */
  add(event: { readonly at: number; readonly share: BudgetShare; readonly bad: number }, from: number): void {
    const share = BUDGET_SHARES.indexOf(event.share);
    const first = this.#near(event.at, share, 0);
    if (first === null) return this.#write(this.#free(from), [event.at, event.at, share, event.bad]);
    this.#stretch(first, [event.at, event.at, share, event.bad]);
    // An event that came late may lie between two, and make them one.
    const second = this.#near(event.at, share, first + SIZE);
    if (second === null) return undefined;
    this.#stretch(first, this.#rows.subarray(second, second + SIZE));
    return this.#write(second, [0, 0, 0, 0]);
  }

  /** Those that reach beyond `from`, in order of time. */
  list(from: number): readonly Episode[] {
    const episodes: Episode[] = [];
    for (let row = 0; row < this.#rows.length; row += SIZE) {
      const [start = 0, end = 0, share = 0, bad = 0] = this.#rows.subarray(row, row + SIZE);
      if (bad > 0 && end >= from)
        episodes.push({ from: instant(start), to: instant(end), share: BUDGET_SHARES[share] ?? 'own', bad });
    }
    return episodes.toSorted((a, b) => a.from - b.from);
  }

  /** The clock was set back: what has not happened is taken out. */
  rewind(at: number): void {
    for (let row = 0; row < this.#rows.length; row += SIZE) {
      if ((this.#rows[row + FROM] ?? 0) > at) this.#write(row, [0, 0, 0, 0]);
      else this.#rows[row + TO] = Math.min(this.#rows[row + TO] ?? 0, at);
    }
  }

  #near(at: number, share: number, start: number): number | null {
    for (let row = start; row < this.#rows.length; row += SIZE) {
      if ((this.#rows[row + BAD] ?? 0) === 0 || this.#rows[row + SHARE] !== share) continue;
      const isNear =
        at >= (this.#rows[row + FROM] ?? 0) - this.#joinMs && at <= (this.#rows[row + TO] ?? 0) + this.#joinMs;
      if (isNear) return row;
    }
    return null;
  }

  #stretch(row: number, other: ArrayLike<number>): void {
    this.#rows[row + FROM] = Math.min(this.#rows[row + FROM] ?? 0, other[FROM] ?? 0);
    this.#rows[row + TO] = Math.max(this.#rows[row + TO] ?? 0, other[TO] ?? 0);
    this.#rows[row + BAD] = (this.#rows[row + BAD] ?? 0) + (other[BAD] ?? 0);
  }

  #free(from: number): number {
    let smallest = 0;
    for (let row = 0; row < this.#rows.length; row += SIZE) {
      const bad = this.#rows[row + BAD] ?? 0;
      if (bad === 0 || (this.#rows[row + TO] ?? 0) < from) return row;
      if (bad < (this.#rows[smallest + BAD] ?? 0)) smallest = row;
    }
    return smallest;
  }

  #write(row: number, values: readonly number[]): void {
    this.#rows.set(values, row);
  }
}

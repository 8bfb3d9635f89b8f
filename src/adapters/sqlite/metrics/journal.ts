// The journal of metrics: every new point as it comes, a few bytes each, so that a flush is one row for all series. It is
// what a crash loses nothing of but the batch in memory; once the points are in the levels, its rows go.

import { ByteReader, ByteWriter } from '#kernel/bytes.ts';
import { Histogram } from '#kernel/histogram.ts';

/** While the disk takes nothing: what is beyond this is not written for a crash any more; the heads have it still. */
const JOURNAL_MAX = 8 * 1_024 * 1_024;

/** In the lowest two bits of the first number of a point; above them is the series. */
const [WHOLE, DOUBLE, HISTOGRAM] = [0, 1, 2];
const WHOLE_MAX = 2 ** 50;

export type JournalPoint = {
  readonly id: number;
  readonly at: number;
  readonly value: number;
  readonly histogram: Histogram | null;
};

export class Journal {
  readonly #writer = new ByteWriter(16_384);
  #lastAt = 0;

  isEmpty(): boolean {
    return this.#writer.position === 0;
  }

  add(id: number, at: number, value: number): void {
    const isWhole = Number.isInteger(value) && value >= 0 && value < WHOLE_MAX;
    this.#begin(id * 4 + (isWhole ? WHOLE : DOUBLE), at);
    if (isWhole) this.#writer.varint(value);
    else this.#writer.float64(value);
  }

  addHistogram(id: number, at: number, histogram: Histogram): void {
    this.#begin(id * 4 + HISTOGRAM, at);
    this.#writer.block(histogram.toBytes());
  }

  /** A copy of what waits; `clear` when it is safe. */
  body(): Uint8Array {
    return this.#writer.taken();
  }

  clear(): void {
    this.#writer.clear();
    this.#lastAt = 0;
  }

  #begin(head: number, at: number): void {
    if (this.#writer.position > JOURNAL_MAX) this.clear();
    this.#writer.varint(head);
    this.#writer.signed(at - this.#lastAt);
    this.#lastAt = at;
  }
}

/** Hands over the points of one row in the order in which they came. Throws BadBytes when it is damaged. */
export const readJournal = (body: Uint8Array, visit: (point: JournalPoint) => void): void => {
  const reader = new ByteReader(body);
  let at = 0;
  while (!reader.isAtEnd()) {
    const head = reader.varint();
    at += reader.signed();
    const [id, form] = [Math.floor(head / 4), head % 4];
    if (form === HISTOGRAM) {
      const histogram = new Histogram();
      histogram.mergeFrom(new ByteReader(reader.block()));
      visit({ id, at, value: 0, histogram });
    } else visit({ id, at, value: form === WHOLE ? reader.varint() : reader.float64(), histogram: null });
  }
};

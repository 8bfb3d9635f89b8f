// Slices: what the events of a slice of time are worth, once for the slice as a whole (OpenSLO v1, budgetingMethod).
//
// `timeslices`: one good or one bad slice. `ratio-timeslices`: the good part of its events is good, the rest bad. A slice
// without events is not counted. A late event changes what its slice was worth, for as long as the slice is remembered.

import type { Budgeting } from '#kernel/target.ts';

export type Sliced = Exclude<Budgeting, { readonly method: 'occurrences' }>;
/** What a slice is worth; good and bad together are 1, or 0 without events. */
export type Worth = { readonly good: number; readonly bad: number };

/** Slices that are remembered: two hours of minutes. */
const SLICES = 120;
const HEAD = 0;
const CLOSED = 1;
const COUNTS = 2;
export const SLICES_BYTES = (COUNTS + 2 * SLICES) * Float64Array.BYTES_PER_ELEMENT;

/** A ratio is kept to 2^-20: sums of such numbers are exact, whatever their order. */
const EXACT = 2 ** 20;
const NOTHING: Worth = { good: 0, bad: 0 };

export class Slices {
  readonly #budgeting: Sliced;
  readonly #memory: Float64Array;

  constructor(budgeting: Sliced, memory: ArrayBuffer, offset: number) {
    this.#budgeting = budgeting;
    this.#memory = new Float64Array(memory, offset, COUNTS + 2 * SLICES);
  }

  /** The slice of an instant begins here. Like windows, it leaves its beginning out and includes its end. */
  startOf(at: number): number {
    return this.#numberOf(at) * this.#budgeting.sliceMs;
  }

  /** Time goes on; `onClosed` is told of each slice that is over and had events. */
  advance(at: number, onClosed: (start: number, worth: Worth) => void): void {
    const next = this.#numberOf(at);
    const head = this.#memory[HEAD] ?? 0;
    if (next <= head) return;
    const oldest = Math.max((this.#memory[CLOSED] ?? 0) + 1, head - SLICES + 1);
    for (let slice = oldest; slice <= Math.min(head, next - 1); slice += 1) this.#close(slice, onClosed);
    this.#memory[CLOSED] = next - 1;
    for (let slice = Math.max(head + 1, next - SLICES + 1); slice <= next; slice += 1) this.#empty(slice);
    this.#memory[HEAD] = next;
  }

  /** The clock was set back: later slices have not happened. */
  rewind(at: number): void {
    const next = this.#numberOf(at);
    const head = this.#memory[HEAD] ?? 0;
    if (next >= head) return;
    for (let slice = Math.max(next + 1, head - SLICES + 1); slice <= head; slice += 1) this.#empty(slice);
    this.#memory[HEAD] = next;
    this.#memory[CLOSED] = Math.min(this.#memory[CLOSED] ?? 0, next - 1);
  }

  /** Adds events; gives by how much the worth of their slice changed, null when it is not remembered any more. */
  add(at: number, good: number, bad: number): Worth | null {
    const slice = this.#numberOf(at);
    const age = (this.#memory[HEAD] ?? 0) - slice;
    if (age < 0 || age >= SLICES) return null;
    const place = this.#place(slice);
    const before = this.#worthAt(place);
    this.#memory[place] = (this.#memory[place] ?? 0) + good;
    this.#memory[place + 1] = (this.#memory[place + 1] ?? 0) + bad;
    const after = this.#worthAt(place);
    return { good: after.good - before.good, bad: after.bad - before.bad };
  }

  #numberOf(at: number): number {
    return Math.ceil(at / this.#budgeting.sliceMs) - 1;
  }

  #place(slice: number): number {
    return COUNTS + 2 * (slice % SLICES);
  }

  #empty(slice: number): void {
    this.#memory.fill(0, this.#place(slice), this.#place(slice) + 2);
  }

  #close(slice: number, onClosed: (start: number, worth: Worth) => void): void {
    const worth = this.#worthAt(this.#place(slice));
    if (worth.good + worth.bad > 0) onClosed(slice * this.#budgeting.sliceMs, worth);
  }

  #worthAt(place: number): Worth {
    const good = this.#memory[place] ?? 0;
    const total = good + (this.#memory[place + 1] ?? 0);
    if (total <= 0) return NOTHING;
    if (this.#budgeting.method === 'ratio-timeslices') {
      const part = Math.round((good / total) * EXACT) / EXACT;
      return { good: part, bad: 1 - part };
    }
    const isGood = (100 * good) / total >= this.#budgeting.sliceObjectivePercent;
    return { good: Number(isGood), bad: Number(!isGood) };
  }
}

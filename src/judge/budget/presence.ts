// Presence: in which parts of the window anything was seen at all. One bit for each part; time without a sample is no data.

import { minutes } from '#kernel/time.ts';

const HEAD = 0;
const SEEN = 1;
const HEAD_SIZE = 2;
/** A bit each: 30 days in steps of ten minutes are half a kilobyte. */
const PARTS_MAX = 4_320;

/** A part is five minutes, or two intervals, or 1/4320 of the window when that is more: a hole of less is not one. */
export const partMsOf = (lengthMs: number, everyMs: number): number =>
  Math.max(minutes(5), Math.ceil((2 * everyMs) / minutes(5)) * minutes(5), Math.ceil(lengthMs / PARTS_MAX));

const partsOf = (lengthMs: number, partMs: number): number => Math.ceil(lengthMs / partMs);

export const presenceBytes = (lengthMs: number, everyMs: number): number =>
  HEAD_SIZE * Float64Array.BYTES_PER_ELEMENT + Math.ceil(partsOf(lengthMs, partMsOf(lengthMs, everyMs)) / 64) * 8;

export class Presence {
  readonly #partMs: number;
  readonly #parts: number;
  readonly #head: Float64Array;
  readonly #bits: Uint8Array;

  constructor(terms: { lengthMs: number; everyMs: number }, memory: ArrayBuffer, offset: number) {
    this.#partMs = partMsOf(terms.lengthMs, terms.everyMs);
    this.#parts = partsOf(terms.lengthMs, this.#partMs);
    this.#head = new Float64Array(memory, offset, HEAD_SIZE);
    this.#bits = new Uint8Array(memory, offset + HEAD_SIZE * 8, Math.ceil(this.#parts / 64) * 8);
  }

  advance(at: number): void {
    const head = this.#head[HEAD] ?? 0;
    const next = this.#partOf(at);
    if (next <= head) return;
    if (next - head >= this.#parts) {
      this.#bits.fill(0);
      this.#head[SEEN] = 0;
    } else for (let part = head + 1; part <= next; part += 1) this.#set(part, false);
    this.#head[HEAD] = next;
  }

  rewind(at: number): void {
    const head = this.#head[HEAD] ?? 0;
    const next = Math.min(head, this.#partOf(at));
    for (let part = Math.max(next + 1, head - this.#parts + 1); part <= head; part += 1) this.#set(part, false);
    this.#head[HEAD] = next;
  }

  see(at: number): void {
    const part = this.#partOf(at);
    const age = (this.#head[HEAD] ?? 0) - part;
    if (age >= 0 && age < this.#parts) this.#set(part, true);
  }

  /** A new window begins: what was seen before it is of no interest. */
  forget(): void {
    this.#bits.fill(0);
    this.#head[SEEN] = 0;
  }

  /** Time from `from`, before which nothing was seen, until now without a sample: whole parts; the newest is not over. */
  withoutMs(from: number): number {
    const head = this.#head[HEAD] ?? 0;
    const over = head - Math.max(this.#partOf(from), head - this.#parts + 1);
    const seen = (this.#head[SEEN] ?? 0) - Number(this.#isSet(head));
    return Math.max(0, over - seen) * this.#partMs;
  }

  #partOf(at: number): number {
    return Math.floor(at / this.#partMs);
  }

  #isSet(part: number): boolean {
    const place = part % this.#parts;
    return ((this.#bits[place >> 3] ?? 0) & (1 << (place & 7))) !== 0;
  }

  #set(part: number, isSeen: boolean): void {
    if (this.#isSet(part) === isSeen) return;
    const place = part % this.#parts;
    this.#bits[place >> 3] = (this.#bits[place >> 3] ?? 0) ^ (1 << (place & 7));
    this.#head[SEEN] = (this.#head[SEEN] ?? 0) + (isSeen ? 1 : -1);
  }
}

// A ring of time: counts in slots of equal width, and their sums over some windows, kept up to date as slots come and go.
// Taking a count and asking for a sum cost the same whatever the window is; a late count goes into the slot of its time.

export type RingPlan = {
  readonly widthMs: number;
  /** In slots, the longest last: the ring holds as many. */
  readonly windows: readonly number[];
  /** Kinds of counts that are kept side by side. */
  readonly lanes: number;
  /** Whole counts take half of the room. */
  readonly isWhole: boolean;
};

/** The newest slot, by number; 0 before the first. */
const HEAD = 0;
const SUMS = 1;
/** What a slot of whole counts can hold. It stays there instead of going round to 0. */
const WHOLE_MAX = 2 ** 32 - 1;

/** Windows are `(at - length, at]`, as slots: a count at the very end of a slot belongs to it. */
const slotOf = (at: number, widthMs: number): number => Math.ceil(at / widthMs);

const slotsOf = (plan: RingPlan): number => plan.windows.at(-1) ?? 0;
const headBytes = (plan: RingPlan): number =>
  (SUMS + plan.windows.length * plan.lanes) * Float64Array.BYTES_PER_ELEMENT;

export const ringBytes = (plan: RingPlan): number => {
  const each = plan.isWhole ? Uint32Array.BYTES_PER_ELEMENT : Float64Array.BYTES_PER_ELEMENT;
  return headBytes(plan) + Math.ceil((slotsOf(plan) * plan.lanes * each) / 8) * 8;
};

/** It lives in somebody's memory, so that all of a target is one piece that can be copied. */
export class Ring {
  readonly #plan: RingPlan;
  readonly #slots: number;
  readonly #head: Float64Array;
  readonly #counts: Uint32Array | Float64Array;

  constructor(plan: RingPlan, memory: ArrayBuffer, offset: number) {
    this.#plan = plan;
    this.#slots = slotsOf(plan);
    this.#head = new Float64Array(memory, offset, SUMS + plan.windows.length * plan.lanes);
    const [start, length] = [offset + headBytes(plan), this.#slots * plan.lanes];
    this.#counts = plan.isWhole ? new Uint32Array(memory, start, length) : new Float64Array(memory, start, length);
  }

  /** Time goes on: what is older than a window leaves its sum. */
  advance(at: number): void {
    const head = this.#head[HEAD] ?? 0;
    const next = slotOf(at, this.#plan.widthMs);
    if (next <= head) return;
    if (head === 0 || next - head >= this.#slots) this.#clear();
    else for (let slot = head + 1; slot <= next; slot += 1) this.#turn(slot);
    this.#head[HEAD] = next;
  }

  /** The clock was set back: what is later than now has not happened, and the sums are counted anew. */
  rewind(at: number): void {
    const head = this.#head[HEAD] ?? 0;
    const next = slotOf(at, this.#plan.widthMs);
    if (next >= head) return;
    for (let slot = Math.max(next + 1, head - this.#slots + 1); slot <= head; slot += 1) this.#empty(slot);
    this.#head[HEAD] = next;
    this.#plan.windows.forEach((length, window) => this.#countAnew(window, Math.min(length, this.#slots)));
  }

  /** Adds to the slot of its time; false when that is older than the ring. An amount below 0 takes back. */
  add(at: number, lane: number, amount: number): boolean {
    const age = (this.#head[HEAD] ?? 0) - slotOf(at, this.#plan.widthMs);
    if (age < 0 || age >= this.#slots) return false;
    const place = this.#place(slotOf(at, this.#plan.widthMs)) + lane;
    const before = this.#counts[place] ?? 0;
    this.#counts[place] = this.#plan.isWhole ? Math.min(before + amount, WHOLE_MAX) : before + amount;
    const after = this.#counts[place] ?? 0; // as it was kept: a part of a whole count is not
    const { windows, lanes } = this.#plan;
    for (let window = windows.length - 1; window >= 0 && age < (windows[window] ?? 0); window -= 1) {
      const sum = SUMS + window * lanes + lane;
      this.#head[sum] = (this.#head[sum] ?? 0) + after - before;
    }
    return true;
  }

  sum(window: number, lane: number): number {
    return this.#head[SUMS + window * this.#plan.lanes + lane] ?? 0;
  }

  /** Each slot of the ring that holds something in this lane, newest first. It leaves its start out and includes its end. */
  eachBack(lane: number, visit: (slot: { readonly from: number; readonly to: number }, amount: number) => void): void {
    const head = this.#head[HEAD] ?? 0;
    const { widthMs } = this.#plan;
    for (let slot = head; slot > Math.max(0, head - this.#slots); slot -= 1) {
      const amount = this.#counts[this.#place(slot) + lane] ?? 0;
      if (amount !== 0) visit({ from: (slot - 1) * widthMs, to: slot * widthMs }, amount);
    }
  }

  /** How far back it reaches. */
  reachesTo(): number {
    return Math.max(0, ((this.#head[HEAD] ?? 0) - this.#slots) * this.#plan.widthMs);
  }

  #place(slot: number): number {
    return (slot % this.#slots) * this.#plan.lanes;
  }

  /** The slot that begins takes the place of the oldest, which leaves the longest window in the same moment. */
  #turn(slot: number): void {
    const { windows, lanes } = this.#plan;
    for (let window = 0; window < windows.length; window += 1) {
      const leaving = this.#place(slot - (windows[window] ?? 0) + this.#slots);
      for (let lane = 0; lane < lanes; lane += 1) {
        const sum = SUMS + window * lanes + lane;
        this.#head[sum] = (this.#head[sum] ?? 0) - (this.#counts[leaving + lane] ?? 0);
      }
    }
    this.#empty(slot);
  }

  #empty(slot: number): void {
    const place = this.#place(slot);
    this.#counts.fill(0, place, place + this.#plan.lanes);
  }

  #clear(): void {
    this.#counts.fill(0);
    this.#head.fill(0);
  }

  #countAnew(window: number, length: number): void {
    const { lanes } = this.#plan;
    const head = this.#head[HEAD] ?? 0;
    this.#head.fill(0, SUMS + window * lanes, SUMS + (window + 1) * lanes);
    for (let slot = Math.max(1, head - length + 1); slot <= head; slot += 1)
      for (let lane = 0; lane < lanes; lane += 1) {
        const sum = SUMS + window * lanes + lane;
        this.#head[sum] = (this.#head[sum] ?? 0) + (this.#counts[this.#place(slot) + lane] ?? 0);
      }
  }
}

// An agenda: what is due when, for slots that are numbered 0, 1, 2 … One due time for each slot, one timer for all.
//
// A binary heap of (due, slot) with lazy removal: rescheduling pushes a new entry and the old one is skipped when it
// surfaces. With 10,000 checks that is one timer in the runtime instead of 10,000.

import { instant, type Instant } from '#kernel/time.ts';
import type { Cancel, Clock } from '#ports/clock.ts';

type Entry = { readonly due: number; readonly slot: number; readonly ticket: number };

export class Agenda {
  readonly #clock: Clock;
  readonly #run: (slot: number) => void;
  readonly #heap: Entry[] = [];
  /** The ticket of the entry that counts for each slot; entries with another ticket are stale. */
  readonly #tickets = new Map<number, number>();
  readonly #dues = new Map<number, Instant>();
  #nextTicket = 1;
  #timer: { readonly due: number; readonly cancel: Cancel } | null = null;

  constructor(clock: Clock, run: (slot: number) => void) {
    this.#clock = clock;
    this.#run = run;
  }

  /** Sets (or moves) the due time of a slot. */
  set(slot: number, due: Instant): void {
    const ticket = this.#nextTicket++;
    this.#tickets.set(slot, ticket);
    this.#dues.set(slot, due);
    this.#push({ due, slot, ticket });
    this.#arm();
  }

  clear(slot: number): void {
    this.#tickets.delete(slot);
    this.#dues.delete(slot);
  }

  dueAt(slot: number): Instant | null {
    return this.#dues.get(slot) ?? null;
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = null;
    this.#heap.length = 0;
    this.#tickets.clear();
    this.#dues.clear();
  }

  #fire(): void {
    this.#timer = null;
    const now = this.#clock.now();
    for (let top = this.#heap[0]; top !== undefined && top.due <= now; top = this.#heap[0]) {
      this.#pop();
      if (this.#tickets.get(top.slot) !== top.ticket) continue;
      this.clear(top.slot);
      this.#run(top.slot);
    }
    this.#arm();
  }

  #arm(): void {
    for (let top = this.#heap[0]; top !== undefined; top = this.#heap[0]) {
      if (this.#tickets.get(top.slot) === top.ticket) break;
      this.#pop();
    }
    const top = this.#heap[0];
    if (top === undefined) return;
    if (this.#timer !== null) {
      if (this.#timer.due <= top.due) return;
      this.#timer.cancel();
    }
    this.#timer = { due: top.due, cancel: this.#clock.at(instant(top.due), () => this.#fire()) };
  }

  #push(entry: Entry): void {
    const heap = this.#heap;
    let index = heap.length;
    heap.push(entry);
    while (index > 0) {
      const parentIndex = (index - 1) >> 1;
      const parent = heap[parentIndex];
      if (parent === undefined || parent.due <= entry.due) break;
      heap[index] = parent;
      index = parentIndex;
    }
    heap[index] = entry;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let index = 0;
    for (;;) {
      const child = this.#lesserChild(index);
      const entry = heap[child];
      if (entry === undefined || entry.due >= last.due) break;
      heap[index] = entry;
      index = child;
    }
    heap[index] = last;
  }

  #lesserChild(index: number): number {
    const left = index * 2 + 1;
    const leftEntry = this.#heap[left];
    const rightEntry = this.#heap[left + 1];
    return leftEntry !== undefined && rightEntry !== undefined && rightEntry.due < leftEntry.due ? left + 1 : left;
  }
}

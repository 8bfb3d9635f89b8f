// The agenda of groups: who is to be looked at next. A binary heap; an entry that was moved is left lying and skipped.

import type { Instant } from '#kernel/time.ts';

type Entry<Item> = { readonly at: Instant; readonly order: number; readonly item: Item };

const isBefore = <Item>(a: Entry<Item>, b: Entry<Item>): boolean => (a.at === b.at ? a.order < b.order : a.at < b.at);

export class Agenda<Item> {
  readonly #heap: Entry<Item>[] = [];
  #order = 0;

  add(item: Item, at: Instant): void {
    this.#heap.push({ at, order: this.#order++, item });
    this.#rise(this.#heap.length - 1);
  }

  /** The first that is due, with its time; null: none is. */
  take(until: Instant): { readonly item: Item; readonly at: Instant } | null {
    const [first] = this.#heap;
    if (first === undefined || first.at > until) return null;
    const last = this.#heap.pop();
    if (last !== undefined && this.#heap.length > 0) {
      this.#heap[0] = last;
      this.#sink(0);
    }
    return first;
  }

  nextAt(): Instant | null {
    return this.#heap[0]?.at ?? null;
  }

  #rise(from: number): void {
    let index = from;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!this.#swapIfBefore(index, parent)) return;
      index = parent;
    }
  }

  #sink(from: number): void {
    let index = from;
    for (;;) {
      const left = 2 * index + 1;
      const right = left + 1;
      const [a, b] = [this.#heap[left], this.#heap[right]];
      if (a === undefined) return;
      const child = b !== undefined && isBefore(b, a) ? right : left;
      if (!this.#swapIfBefore(child, index)) return;
      index = child;
    }
  }

  /** Swaps the two when the first belongs before the second. */
  #swapIfBefore(first: number, second: number): boolean {
    const [a, b] = [this.#heap[first], this.#heap[second]];
    if (a === undefined || b === undefined || !isBefore(a, b)) return false;
    this.#heap[first] = b;
    this.#heap[second] = a;
    return true;
  }
}

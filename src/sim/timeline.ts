// Timeline: virtual time. One thread, one heap of tasks, and a jump from each task to the next.
//
// The heap is a binary heap over three flat arrays (when, order, slot), so that an event costs no object of its own
// beyond the task that its owner made. Tasks at the same millisecond run in the order in which they were posted:
// without that, the same seed would not give the same bytes. World time is what passes in the world; Sereno's own
// clock is read from it through clock.ts and may differ from it.

/** Slots at the start; it doubles when it is full. A day with 20 services needs about 100. */
const FIRST_CAPACITY = 256;
/** A heap this large means that somebody posts without end: 1 M tasks. */
const TASKS_MAX = 1_048_576;

const NOTHING = (): void => undefined;

/** A handle to a posted task: its slot and the order under which it was posted. */
export type Posted = { readonly slot: number; readonly order: number };

/** Virtual time in milliseconds, and the tasks that lie ahead. */
export class Timeline {
  #nowMs: number;
  #nextOrder = 0;
  #size = 0;
  #events = 0;
  #when = new Float64Array(FIRST_CAPACITY);
  #order = new Float64Array(FIRST_CAPACITY);
  #slotAt = new Int32Array(FIRST_CAPACITY);
  /** By slot: the task, and the order under which it was posted. */
  readonly #tasks: (() => void)[] = [];
  readonly #orderOfSlot: number[] = [];
  readonly #free: number[] = [];

  constructor(startMs: number) {
    this.#nowMs = startMs;
  }

  /** World time, milliseconds since the epoch. */
  nowMs(): number {
    return this.#nowMs;
  }

  /** How many tasks have run: the length of the simulation in events. */
  eventsTotal(): number {
    return this.#events;
  }

  pending(): number {
    return this.#size;
  }

  /** Runs `task` at `whenMs`, or next when that has passed; never inside this call. */
  post(whenMs: number, task: () => void): number {
    if (this.#size === this.#when.length) this.#grow();
    const order = this.#nextOrder;
    this.#nextOrder = order + 1;
    const slot = this.#free.pop() ?? this.#tasks.length;
    this.#tasks[slot] = task;
    this.#orderOfSlot[slot] = order;
    this.#siftUp(whenMs > this.#nowMs ? whenMs : this.#nowMs, order, slot);
    return slot;
  }

  /** As `post`, but the task can be taken back with `withdraw`. */
  postWithdrawable(whenMs: number, task: () => void): Posted {
    const order = this.#nextOrder;
    return { slot: this.post(whenMs, task), order };
  }

  /** Takes a task back; harmless when it has run. Its place in the heap is freed when its time comes. */
  withdraw(posted: Posted): void {
    if (this.#orderOfSlot[posted.slot] === posted.order) this.#tasks[posted.slot] = NOTHING;
  }

  /** Runs the next task; false when there is none, or none before `endMs` (then the time is `endMs`). */
  step(endMs: number): boolean {
    const when = this.#when[0];
    if (this.#size === 0 || when === undefined || when > endMs) {
      if (this.#nowMs < endMs) this.#nowMs = endMs;
      return false;
    }
    if (when > this.#nowMs) this.#nowMs = when;
    this.#events += 1;
    const task = this.#popTask();
    task();
    return true;
  }

  /** Time passes and nothing runs: the machine sleeps. What fell due meanwhile runs next, in the order of its times. */
  leap(ms: number): void {
    this.#nowMs += ms;
  }

  /** Runs everything up to `endMs`. */
  runTo(endMs: number): void {
    while (this.step(endMs));
  }

  #popTask(): () => void {
    const slot = this.#slotAt[0] ?? 0;
    const task = this.#tasks[slot] ?? NOTHING;
    this.#tasks[slot] = NOTHING;
    this.#orderOfSlot[slot] = -1;
    this.#free.push(slot);
    this.#size -= 1;
    if (this.#size > 0) this.#siftDown();
    return task;
  }

  /** Puts a new entry at the end and lets it rise. */
  #siftUp(when: number, order: number, slot: number): void {
    let at = this.#size;
    this.#size = at + 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const parentWhen = this.#when[parent] ?? 0;
      // A newer entry has the higher order, so an equal time never rises past its elders.
      if (parentWhen <= when) break;
      this.#move(parent, at);
      at = parent;
    }
    this.#put(at, when, order, slot);
  }

  /** The last entry takes the place of the first and sinks. */
  #siftDown(): void {
    const size = this.#size;
    const when = this.#when[size] ?? 0;
    const order = this.#order[size] ?? 0;
    const slot = this.#slotAt[size] ?? 0;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= size) break;
      if (child + 1 < size && this.#isBefore(child + 1, child)) child += 1;
      const childWhen = this.#when[child] ?? 0;
      if (childWhen > when || (childWhen === when && (this.#order[child] ?? 0) > order)) break;
      this.#move(child, at);
      at = child;
    }
    this.#put(at, when, order, slot);
  }

  #isBefore(a: number, b: number): boolean {
    const whenA = this.#when[a] ?? 0;
    const whenB = this.#when[b] ?? 0;
    return whenA < whenB || (whenA === whenB && (this.#order[a] ?? 0) < (this.#order[b] ?? 0));
  }

  #move(from: number, to: number): void {
    this.#when[to] = this.#when[from] ?? 0;
    this.#order[to] = this.#order[from] ?? 0;
    this.#slotAt[to] = this.#slotAt[from] ?? 0;
  }

  #put(at: number, when: number, order: number, slot: number): void {
    this.#when[at] = when;
    this.#order[at] = order;
    this.#slotAt[at] = slot;
  }

  #grow(): void {
    const capacity = this.#when.length * 2;
    if (capacity > TASKS_MAX) throw new Error(`timeline: more than ${TASKS_MAX / 2} tasks are pending`);
    const when = new Float64Array(capacity);
    const order = new Float64Array(capacity);
    const slotAt = new Int32Array(capacity);
    when.set(this.#when);
    order.set(this.#order);
    slotAt.set(this.#slotAt);
    this.#when = when;
    this.#order = order;
    this.#slotAt = slotAt;
  }
}

// Hands: what really carries operations out on the simulated machine, whoever asks.
//
// They belong to the world and not to a run of Sereno: an operation that was begun goes on when the watchman dies,
// and the ledger of keys and epochs outlives him, as the port's contract demands of every actuator. Whether an
// operation overlaps another is told to the invariants, not hidden by a queue.

import type { Operation, OperationOutcome } from '#kernel/action.ts';
import type { EffectKey, ServiceId } from '#kernel/id.ts';
import type { Chance } from './chance.ts';
import type { Faults } from './faults.ts';
import type { Tampering } from './tampering.ts';
import type { Unit, World } from './world.ts';

/** Starting and stopping take this long when all is well. */
const QUICK_MOST_MS = 80;
/** Keys that are remembered: a day of storm makes about 500 operations. */
const LEDGER_MAX = 100_000;

export type Deed = {
  readonly key: EffectKey;
  readonly operation: Operation;
  readonly unit: Unit;
  /** World time when it began, and when it ended; null while it runs. */
  readonly beganMs: number;
  readonly outcome: OperationOutcome | null;
};

export type HandsListener = {
  /** An operation is about to touch the world; `rival` is another one still running on the same unit. */
  readonly began: (deed: Deed, rival: Deed | null, run: number) => void;
  readonly ended: (deed: Deed) => void;
};

type Entry = { deed: Deed; readonly waiting: ((outcome: OperationOutcome) => void)[] };

/** What these hands look at before they touch anything: all of it, but in a mutation test. */
type Minds = Pick<Tampering, 'handsMindEpochs' | 'handsMindKeys' | 'handsLookFirst'>;

export type HandsParts = {
  readonly world: World;
  readonly chance: Chance;
  readonly faults: () => Faults;
  readonly listener: HandsListener;
  readonly minds: Minds;
};

/** Carries operations out, each key once, never under an old epoch. */
export class Hands {
  readonly #world: World;
  readonly #chance: Chance;
  readonly #faults: () => Faults;
  readonly #listener: HandsListener;
  readonly #minds: Minds;
  readonly #ledger = new Map<EffectKey, Entry>();
  readonly #epochs = new Map<ServiceId, number>();
  readonly #running = new Map<ServiceId, Deed>();

  constructor(parts: HandsParts) {
    this.#world = parts.world;
    this.#chance = parts.chance;
    this.#faults = parts.faults;
    this.#listener = parts.listener;
    this.#minds = parts.minds;
  }

  /** The operations that run now, for the ledger of invariants. */
  running(): readonly Deed[] {
    return [...this.#running.values()];
  }

  /** `run` is the number of the run of Sereno that asks; `done` is called once. */
  operate(key: EffectKey, operation: Operation, run: number, done: (outcome: OperationOutcome) => void): void {
    const known = this.#ledger.get(key);
    if (known !== undefined && this.#minds.handsMindKeys) return this.#repeat(known, done);
    const unit = this.#world.unit(operation.subject);
    if (unit === null) return done({ kind: 'refused', detail: `there is no ${operation.subject}` });
    const highest = this.#epochs.get(operation.subject) ?? 0;
    if (operation.epoch < highest && this.#minds.handsMindEpochs) {
      return done({ kind: 'refused', detail: `epoch ${operation.epoch} is older than ${highest}` });
    }
    this.#epochs.set(operation.subject, Math.max(highest, operation.epoch));
    this.#begin(key, operation, unit, { run, done });
    return undefined;
  }

  #repeat(entry: Entry, done: (outcome: OperationOutcome) => void): void {
    if (entry.deed.outcome !== null) return done(entry.deed.outcome);
    entry.waiting.push(done);
    return undefined;
  }

  #begin(
    key: EffectKey,
    operation: Operation,
    unit: Unit,
    asker: { readonly run: number; readonly done: (outcome: OperationOutcome) => void },
  ): void {
    const deed: Deed = { key, operation, unit, beganMs: this.#world.timeline.nowMs(), outcome: null };
    const entry: Entry = { deed, waiting: [asker.done] };
    if (this.#ledger.size >= LEDGER_MAX) throw new Error(`more than ${LEDGER_MAX} operations in one simulation`);
    this.#ledger.set(key, entry);
    this.#listener.began(deed, this.#running.get(operation.subject) ?? null, asker.run);
    this.#running.set(operation.subject, deed);
    const { actuator } = this.#faults();
    const slowMs = this.#chance.hits(actuator.slowRate) ? this.#chance.below(actuator.slowForMs) : 0;
    const willFail = this.#chance.hits(actuator.failRate);
    const takesMs = this.#chance.between(1, QUICK_MOST_MS) + slowMs;
    if (operation.action !== 'start') this.#kill(unit);
    this.#world.timeline.post(this.#world.timeline.nowMs() + Math.min(takesMs, operation.timeoutMs), () => {
      const isLate = takesMs > operation.timeoutMs;
      this.#end(entry, isLate ? 'did not end in time' : willFail ? 'the program could not be run' : null);
    });
  }

  #end(entry: Entry, failure: string | null): void {
    const { operation, unit } = entry.deed;
    const outcome: OperationOutcome =
      failure === null ? this.#finish(operation, unit) : { kind: 'failed', detail: failure };
    entry.deed = { ...entry.deed, outcome };
    if (this.#running.get(operation.subject)?.key === entry.deed.key) this.#running.delete(operation.subject);
    this.#listener.ended(entry.deed);
    for (const done of entry.waiting.splice(0)) done(outcome);
  }

  #finish(operation: Operation, unit: Unit): OperationOutcome {
    if (operation.action === 'stop') return { kind: 'applied', detail: 'stopped', pid: null };
    if (unit.pid !== null && this.#minds.handsLookFirst)
      return { kind: 'applied', detail: 'it ran already', pid: unit.pid };
    return { kind: 'applied', detail: 'started', pid: this.#world.spawn(unit) };
  }

  #kill(unit: Unit): void {
    this.#world.end(unit, { code: null, signal: 'SIGTERM', isOutOfMemory: false, isOwn: true });
  }
}

// The crank: takes events, steps machines, commits, dispatches. Everything Sereno decides goes once around here.
//
//   1. take up to a thousand waiting events; 2. step each machine on a working copy, delivering `tell` at once;
//   3. commit in one transaction: events, evidence, snapshots if their versions are unchanged, outbox, wakes, fences;
//   4. only then show the new states and hand the outbox to the ports, at least once, with keys and epochs;
//   5. a report comes back as an event and settles its outbox row in the transaction that takes it up.
//
// A crash anywhere loses nothing and repeats nothing: what was not committed was not shown and not dispatched; what
// was committed is in the outbox and is dispatched again with the same key. A machine that throws is set aside, a
// person is told, and the loop goes on. A store that is busy or full stops deciding, never watching.

import type { OperationOutcome } from '#kernel/action.ts';
import type { KeyedEffect } from '#kernel/effect.ts';
import { leaseOf } from '#kernel/effect.ts';
import type { EventBody } from '#kernel/event.ts';
import type { EvidenceRecord } from '#kernel/evidence.ts';
import type { EffectKey, MachineId } from '#kernel/id.ts';
import { GATE } from '#kernel/site.ts';
import type { AnyMachine } from '#kernel/step.ts';
import { durationMs, later, type DurationMs, type Instant } from '#kernel/time.ts';
import type { Cancel, Clock } from '#ports/clock.ts';
import type { CommitOutcome, DamagedSnapshot, Loaded, PendingWake, Store } from '#ports/store.ts';
import { Alarms } from './alarms.ts';
import { Latency, type LatencyFigures } from './latency.ts';
import { afterStandstill } from './queue.ts';
import { Draft, wakeName, type Slot, type Waiting } from './draft.ts';

/** Events in one transaction: enough to group thousands a second. */
const GROUP_MAX = 1_000;
/** And no more than can be decided in this time: whoever is to be looked at meanwhile is looked at late. */
const TURN_MS = 10;
/** Pause before a busy store is asked again. */
const BUSY_PAUSE_MS = 25;
/** Pause before a failing store (full disk, read-only) is asked again. */
const FAILED_PAUSE_MS = 1_000;
/** How often the outbox is searched for effects whose report is overdue. */
const OVERDUE_SWEEP_MS = 5_000;

/** An outcome of an operation, and of writing a configuration. */
type Undone = OperationOutcome & { readonly kind: 'failed' | 'refused' };

const OVER = 'its lease is over: a newer epoch or a hold is in force';
const LEASE_IS_OVER: Undone = { kind: 'refused', detail: OVER };
const NOT_KNOWN: Undone = { kind: 'failed', detail: `what became of it is not known, and ${OVER}` };

export type CrankParts = {
  readonly store: Store;
  readonly clock: Clock;
  /** Machines are made when they are first addressed; null: nobody lives there. */
  readonly machineFor: (id: MachineId) => AnyMachine | null;
  /** Hands one outer effect to its port. */
  readonly dispatch: (keyed: KeyedEffect, report: (body: EventBody) => void) => void;
  /** How long after dispatch a report is overdue and the effect is dispatched again. */
  readonly patience: (keyed: KeyedEffect) => DurationMs;
  /** After each commit: the machines that moved and the records that were written. */
  readonly onCommitted: (moved: readonly MachineId[], records: readonly EvidenceRecord[]) => void;
  /** The store cannot write, or another process took over (`isFatal`). Null: it writes again. */
  readonly onStoreTrouble: (detail: string | null, isFatal: boolean) => void;
  /** Milliseconds with fractions, from any origin: for measuring, never for deciding. */
  readonly stopwatch: () => number;
};

/** An event that a machine takes before all others. */
export type Opening = { readonly machine: MachineId; readonly body: EventBody };

type InFlight = { readonly keyed: KeyedEffect; overdueAt: Instant };

export class Crank {
  readonly #parts: CrankParts;
  readonly #slots = new Map<MachineId, Slot>();
  /** What the store holds of machines that nobody declares now: they may come back, and go on from there. */
  readonly #gone = new Map<MachineId, Omit<Slot, 'machine'>>();
  readonly #broken = new Map<MachineId, string>();
  readonly #fences = new Map<string, number>();
  readonly #inFlight = new Map<EffectKey, InFlight>();
  /** Keys whose report waits for its turn: a second report of the same effect is dropped. */
  readonly #reportsTaken = new Set<EffectKey>();
  readonly #alarms: Alarms;
  /** Wakes that rang and wait for their turn. */
  readonly #rung = new Set<string>();
  /** From an event being put to its effects being durable, for the events that had effects. */
  readonly #latency = new Latency();
  #queue: Waiting[] = [];
  #isCommitting = false;
  /** What the commit under way was decided on. */
  #committing: readonly Waiting[] = [];
  #isStopped = false;
  #isStoreTroubled = false;
  #turn: Cancel | null = null;
  #sweep: Cancel | null = null;
  #eventsTotal = 0;
  #commitsTotal = 0;

  constructor(parts: CrankParts) {
    this.#parts = parts;
    this.#alarms = new Alarms(parts.clock, (wake) => this.#woke(wake));
  }

  /** Takes up what the store holds: snapshots, then `openings`, fences, wakes, and the outbox, dispatched again. */
  start(loaded: Loaded, openings: readonly Opening[] = []): void {
    for (const snapshot of loaded.snapshots) {
      const machine = this.#parts.machineFor(snapshot.machine);
      const { state, version } = snapshot;
      if (machine === null) this.#gone.set(snapshot.machine, { state, version });
      else this.#slots.set(snapshot.machine, { machine, state, version });
    }
    for (const damaged of loaded.damaged ?? []) this.#startAnew(damaged);
    // Before anything that is taken up again may report: a stored belief must not be weighed as if it were of now.
    for (const opening of openings) this.put(opening.machine, opening.body);
    for (const fence of loaded.fences) this.#fences.set(fence.subject, fence.epoch);
    for (const wake of loaded.wakes) this.#alarms.set(wake);
    for (const keyed of loaded.outbox) this.#dispatch(keyed, true);
  }

  /** A stored state that cannot be read is not guessed: the machine begins as new, at the stored version, and people are told. */
  #startAnew(damaged: DamagedSnapshot): void {
    const machine = this.#parts.machineFor(damaged.machine);
    if (machine === null) {
      this.#gone.set(damaged.machine, { state: null, version: damaged.version });
      return;
    }
    this.#slots.set(damaged.machine, { machine, state: machine.initial, version: damaged.version });
    const detail = `its stored state cannot be read (${damaged.detail}); it begins anew`;
    this.put(GATE, { kind: 'machine-broken', broken: damaged.machine, detail });
  }

  /** Puts an event to a machine. Its `at` is the moment when it is taken: a full disk may keep it waiting for long. */
  put(machine: MachineId, body: EventBody): void {
    this.#enqueue({ machine, body, settles: null, firedWake: null, done: null });
  }

  /** Nothing ran for a while: this comes before all that waits, and whatever is on its way gets its whole time again. */
  resume(events: readonly Opening[]): void {
    if (this.#isStopped) return;
    const { clock, patience, stopwatch } = this.#parts;
    for (const entry of this.#inFlight.values()) entry.overdueAt = later(clock.now(), patience(entry.keyed));
    const first = events.map((it) => ({ ...it, settles: null, firedWake: null, done: null, putAt: stopwatch() }));
    // What was believed before the gap is old, and told again when it is still so.
    this.#queue = [...first, ...this.#queue.filter((waiting) => waiting.body.kind !== 'checked')];
    this.#armTurn(0);
  }

  /** As `put`, and calls `done` once the step is committed, or was refused because the machine is unknown or broken. */
  putAndTell(machine: MachineId, body: EventBody, done: () => void): void {
    this.#enqueue({ machine, body, settles: null, firedWake: null, done });
  }

  /** The committed state of a machine, for views. */
  stateOf(machine: MachineId): unknown {
    return this.#slots.get(machine)?.state ?? null;
  }

  machineIds(): readonly MachineId[] {
    return [...this.#slots.keys()];
  }

  versionOf(machine: MachineId): number {
    return this.#slots.get(machine)?.version ?? 0;
  }

  /** The machines that wait for a wake that nobody will ring: none, unless there is a fault in a step. */
  sleepers(): readonly { readonly machine: MachineId; readonly wakes: readonly string[] }[] {
    // What is being written down has rung, and its next wake is not set yet: with three thousand in one commit that was
    // three thousand false alarms.
    const busy = new Set([...this.#committing, ...this.#queue].map((waiting) => waiting.machine));
    return [...this.#slots].flatMap(([machine, slot]) => {
      const wakes = slot.machine.expects(slot.state).filter((name) => !this.#alarms.isSet(machine, name));
      return wakes.length === 0 || busy.has(machine) ? [] : [{ machine, wakes }];
    });
  }

  brokenMachines(): readonly MachineId[] {
    return [...this.#broken.keys()];
  }

  /** After a reload: machines are made anew from the new site, their states and versions stay. */
  replaceMachines(): void {
    const known = new Map([...this.#gone, ...this.#slots]);
    for (const [id, { state, version }] of known) {
      const machine = this.#parts.machineFor(id);
      this.#slots.delete(id);
      this.#gone.delete(id);
      if (machine === null) this.#gone.set(id, { state, version });
      else this.#slots.set(id, { machine, state: state ?? machine.initial, version });
    }
  }

  figures(): {
    readonly eventsTotal: number;
    readonly commitsTotal: number;
    readonly queueLength: number;
    readonly outboxPending: number;
    readonly decisionLatencyMs: LatencyFigures;
  } {
    return {
      eventsTotal: this.#eventsTotal,
      commitsTotal: this.#commitsTotal,
      queueLength: this.#queue.length,
      outboxPending: this.#inFlight.size,
      decisionLatencyMs: this.#latency.figures(),
    };
  }

  /** True when nothing waits, nothing commits: what was put has been taken up. */
  isIdle(): boolean {
    return this.#queue.length === 0 && !this.#isCommitting;
  }

  /** Stops turning. What is not committed is forgotten, as in a crash. */
  stop(): void {
    this.#isStopped = true;
    this.#turn?.();
    this.#sweep?.();
    this.#alarms.stop();
  }

  #enqueue(waiting: Omit<Waiting, 'putAt'>): void {
    if (this.#isStopped) return;
    this.#queue.push({ ...waiting, putAt: this.#parts.stopwatch() });
    this.#armTurn(0);
  }

  #armTurn(pauseMs: number): void {
    if (this.#turn !== null || this.#isCommitting || this.#isStopped) return;
    const { clock } = this.#parts;
    this.#turn = clock.at(later(clock.now(), pauseMs), () => {
      this.#turn = null;
      this.#runTurn();
    });
  }

  #runTurn(): void {
    if (this.#isCommitting || this.#queue.length === 0) return;
    const { clock, stopwatch, machineFor } = this.#parts;
    const draft = new Draft(this.#slots, this.#broken, machineFor);
    const [at, began] = [clock.now(), stopwatch()];
    let count = 0;
    for (const waiting of this.#queue.slice(0, GROUP_MAX)) {
      if (count > 0 && stopwatch() - began > TURN_MS) break;
      if (this.#isStillMeant(waiting, draft)) draft.take(waiting, at);
      count += 1;
    }
    const group = this.#queue.slice(0, count);
    this.#queue = this.#queue.slice(count);
    this.#eventsTotal += count;
    this.#commit(draft, group);
  }

  /** A ring whose wake was moved or taken back since then is no event any more. */
  #isStillMeant(waiting: Waiting, draft: Draft): boolean {
    if (waiting.firedWake === null) return true;
    const name = wakeName(waiting.machine, waiting.firedWake);
    return this.#rung.has(name) && !draft.wakes.has(name) && !draft.unwakes.has(name);
  }

  #commit(draft: Draft, group: readonly Waiting[]): void {
    if (draft.isEmpty()) return this.#finish(draft, group, []);
    this.#isCommitting = true;
    this.#committing = group;
    this.#parts.store.commit(draft.batch(), (outcome) => this.#committed(draft, group, outcome));
    return undefined;
  }

  #committed(draft: Draft, group: readonly Waiting[], outcome: CommitOutcome): void {
    if (this.#isStopped) return;
    if (outcome.kind !== 'busy') this.#committing = [];
    if (outcome.kind === 'committed') {
      this.#commitsTotal += 1;
      if (this.#isStoreTroubled) this.#parts.onStoreTrouble(null, false);
      this.#isStoreTroubled = false;
      this.#isCommitting = false;
      return this.#finish(draft, group, outcome.records);
    }
    if (outcome.kind === 'conflict') {
      // Somebody else moved one of our machines on: two Serenos on one store. This one must not act any more.
      this.stop();
      return this.#parts.onStoreTrouble(outcome.detail, true);
    }
    const { clock, store, onStoreTrouble } = this.#parts;
    if (outcome.kind === 'busy') {
      clock.at(later(clock.now(), BUSY_PAUSE_MS), () => {
        if (!this.#isStopped) store.commit(draft.batch(), (next) => this.#committed(draft, group, next));
      });
      return undefined;
    }
    if (!this.#isStoreTroubled) onStoreTrouble(outcome.detail, false);
    this.#isStoreTroubled = true;
    // It can take hours: what was decided is forgotten and decided anew then. Nobody has seen it.
    this.#isCommitting = false;
    this.#queue = afterStandstill([...group, ...this.#queue]);
    this.#eventsTotal -= group.length;
    this.#armTurn(FAILED_PAUSE_MS);
    return undefined;
  }

  #finish(draft: Draft, group: readonly Waiting[], records: readonly EvidenceRecord[]): void {
    draft.publish(this.#slots, this.#broken);
    for (const fence of draft.fences) {
      this.#fences.set(fence.subject, Math.max(fence.epoch, this.#fences.get(fence.subject) ?? 0));
    }
    for (const [name, unwake] of draft.unwakes) {
      this.#rung.delete(name);
      this.#alarms.clear(unwake.machine, unwake.name);
    }
    for (const [name, wake] of draft.wakes) {
      this.#rung.delete(name);
      this.#alarms.set(wake);
    }
    for (const key of draft.settled) {
      this.#inFlight.delete(key);
      this.#reportsTaken.delete(key);
    }
    for (const broken of draft.newlyBroken) {
      if (broken.machine !== GATE)
        this.put(GATE, { kind: 'machine-broken', broken: broken.machine, detail: broken.detail });
    }
    this.#measure(draft);
    if (!draft.isEmpty()) this.#parts.onCommitted(draft.moved(), records);
    for (const waiting of group) waiting.done?.();
    for (const keyed of draft.outbox) this.#dispatch(keyed);
    if (this.#queue.length > 0) this.#armTurn(0);
  }

  #measure(draft: Draft): void {
    if (draft.decided.length === 0) return;
    const now = this.#parts.stopwatch();
    for (const waiting of draft.decided) this.#latency.add(now - waiting.putAt);
  }

  #isFenced(keyed: KeyedEffect): boolean {
    const lease = leaseOf(keyed.effect);
    if (lease === null) return false;
    const { epoch, subject } = lease;
    return epoch < (this.#fences.get(subject) ?? 0) || epoch < (this.#fences.get('*') ?? 0);
  }

  #dispatch(keyed: KeyedEffect, isRepeated = false): void {
    if (this.#isStopped) return;
    const { clock, patience, dispatch } = this.#parts;
    const isNew = !isRepeated && !this.#inFlight.has(keyed.key);
    this.#inFlight.set(keyed.key, { keyed, overdueAt: later(clock.now(), patience(keyed)) });
    this.#armSweep();
    const report = (body: EventBody): void => this.#reported(keyed, body);
    if (!this.#isFenced(keyed)) return dispatch(keyed, report);
    // What was handed over before may have been carried out: only of the first time it is sure that nothing was touched.
    const { key, effect } = keyed;
    const outcome = isNew ? LEASE_IS_OVER : NOT_KNOWN;
    if (effect.kind === 'operate') report({ kind: 'operated', key, epoch: effect.operation.epoch, outcome });
    if (effect.kind !== 'apply-revision') return undefined;
    const { copy, epoch } = effect.order;
    return report({ kind: 'revision-applied', key, copy, epoch, outcome });
  }

  #reported(keyed: KeyedEffect, body: EventBody): void {
    // A report whose row is settled already is a repetition; one report is taken up, exactly once.
    if (this.#isStopped || !this.#inFlight.has(keyed.key)) return;
    if (this.#reportsTaken.has(keyed.key)) return;
    this.#reportsTaken.add(keyed.key);
    this.#enqueue({
      machine: keyed.machine,
      body,
      settles: keyed.key,
      firedWake: null,
      done: null,
    });
  }

  #woke(wake: PendingWake): void {
    const { machine, name } = wake;
    this.#rung.add(wakeName(machine, name));
    this.#enqueue({ machine, body: { kind: 'woke', name }, settles: null, firedWake: name, done: null });
  }

  /** Runs only while something is out: an idle watchman has no timer of his own. */
  #armSweep(): void {
    if (this.#sweep !== null || this.#isStopped || this.#inFlight.size === 0) return;
    const { clock } = this.#parts;
    this.#sweep = clock.at(later(clock.now(), durationMs(OVERDUE_SWEEP_MS)), () => {
      this.#sweep = null;
      const now = clock.now();
      const overdue = [...this.#inFlight.values()].filter((entry) => entry.overdueAt <= now);
      for (const entry of overdue) this.#dispatch(entry.keyed);
      this.#armSweep();
    });
  }
}

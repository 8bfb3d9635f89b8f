// A draft: what one turn of the crank will commit, built on working copies. Nothing of it is visible before the commit.

import type { KeyedEffect } from '#kernel/effect.ts';
import { isInner, type Effect } from '#kernel/effect.ts';
import type { Event, EventBody } from '#kernel/event.ts';
import type { EvidenceDraft } from '#kernel/evidence.ts';
import { effectKey, type EffectKey, type MachineId } from '#kernel/id.ts';
import type { Message } from '#kernel/message.ts';
import { ALERTS } from '#kernel/site.ts';
import type { AnyMachine } from '#kernel/step.ts';
import type { Instant } from '#kernel/time.ts';
import { unreachable } from '#kernel/unreachable.ts';
import type { Batch, Fence, JournalEntry, PendingWake } from '#ports/store.ts';

/** Tells inside one turn before the talkers are taken for a loop: a hundred services telling ten others is 1,000. */
const TELLS_MAX = 100_000;

/** No step has so many effects: the key of a message that goes out without the alert desk is its own. */
const PLAIN_FROM = 1_000_000;

/** A machine with its committed state. */
export type Slot = { readonly machine: AnyMachine; readonly state: unknown; readonly version: number };

/** An event that waits for its turn, and what taking it up settles. */
export type Waiting = {
  readonly machine: MachineId;
  readonly body: EventBody;
  readonly settles: EffectKey | null;
  readonly firedWake: string | null;
  readonly done: (() => void) | null;
  /** Reading of the stopwatch when it was put. */
  readonly putAt: number;
};

/** One name for a wake of one machine. */
export const wakeName = (machine: MachineId, name: string): string => `${machine} ${name}`;

type Working = { readonly machine: AnyMachine; state: unknown; version: number; readonly committed: number };

export class Draft {
  readonly #slots: ReadonlyMap<MachineId, Slot>;
  readonly #broken: ReadonlyMap<MachineId, string>;
  readonly #machineFor: (id: MachineId) => AnyMachine | null;
  readonly #working = new Map<MachineId, Working>();
  readonly #journal: JournalEntry[] = [];
  readonly #evidence: EvidenceDraft[] = [];
  readonly outbox: KeyedEffect[] = [];
  readonly settled: EffectKey[] = [];
  readonly wakes = new Map<string, PendingWake>();
  readonly unwakes = new Map<string, { readonly machine: MachineId; readonly name: string }>();
  readonly fences: Fence[] = [];
  /** The events whose steps had effects: what was decided in this turn. */
  readonly decided: Waiting[] = [];
  readonly newlyBroken: { readonly machine: MachineId; readonly detail: string }[] = [];
  #tells = 0;
  #batch: Batch | null = null;

  constructor(
    slots: ReadonlyMap<MachineId, Slot>,
    broken: ReadonlyMap<MachineId, string>,
    machineFor: (id: MachineId) => AnyMachine | null,
  ) {
    this.#slots = slots;
    this.#broken = broken;
    this.#machineFor = machineFor;
  }

  /** Takes one waiting event through its machine at a moment, and every tell that follows from it, in order. */
  take(waiting: Waiting, at: Instant): void {
    if (waiting.settles !== null) this.settled.push(waiting.settles);
    if (waiting.firedWake !== null) this.#unwake(waiting.machine, waiting.firedWake);
    const first: Event = { ...waiting.body, at };
    const written = this.#evidence.length;
    const moved = this.#journal.length;
    const sent = this.outbox.length;
    const line: { readonly to: MachineId; readonly event: Event }[] = [{ to: waiting.machine, event: first }];
    for (let next = line.shift(); next !== undefined; next = line.shift()) {
      const from = next.to;
      for (const told of this.#step(from, next.event)) {
        this.#tells += 1;
        if (this.#tells > TELLS_MAX) {
          return this.#breakMachine(from, `more than ${TELLS_MAX} messages in one turn`, at);
        }
        line.push({ to: told.to, event: { kind: 'told', from, message: told.message, at } });
      }
    }
    if (this.outbox.length > sent) this.decided.push(waiting);
    // No change of state without evidence: when no step of this chain of messages wrote any, its first event is recorded.
    if (this.#journal.length > moved && this.#evidence.length === written) this.#recordPlain(waiting.machine, first);
    return undefined;
  }

  isEmpty(): boolean {
    return (
      this.#journal.length === 0 && this.settled.length === 0 && this.unwakes.size === 0 && this.#evidence.length === 0
    );
  }

  /** The machines whose state changed. */
  moved(): readonly MachineId[] {
    return [...this.#working].filter(([, working]) => working.version !== working.committed).map(([id]) => id);
  }

  batch(): Batch {
    const settled = new Set(this.settled);
    this.#batch ??= {
      journal: this.#journal,
      evidence: this.#evidence,
      snapshots: [...this.#working]
        .filter(([, working]) => working.version !== working.committed)
        .map(([machine, working]) => ({
          machine,
          version: working.version,
          expectedVersion: working.committed,
          state: working.machine.stored?.(working.state) ?? working.state,
        })),
      outbox: this.outbox.filter((keyed) => !settled.has(keyed.key)),
      settled: this.settled,
      wakes: [...this.wakes.values()],
      unwakes: [...this.unwakes.values()],
      fences: this.fences,
    };
    return this.#batch;
  }

  /** After the commit: the working copies become the states that everybody sees. */
  publish(slots: Map<MachineId, Slot>, broken: Map<MachineId, string>): void {
    for (const [id, working] of this.#working) {
      slots.set(id, { machine: working.machine, state: working.state, version: working.version });
    }
    for (const { machine, detail } of this.newlyBroken) broken.set(machine, detail);
  }

  #open(id: MachineId): Working | null {
    if (this.#broken.has(id) || this.newlyBroken.some((broken) => broken.machine === id)) return null;
    const open = this.#working.get(id);
    if (open !== undefined) return open;
    const slot = this.#slots.get(id);
    const machine = slot?.machine ?? this.#machineFor(id);
    if (machine === null) return null;
    const version = slot?.version ?? 0;
    const working = { machine, state: slot === undefined ? machine.initial : slot.state, version, committed: version };
    this.#working.set(id, working);
    return working;
  }

  #step(id: MachineId, event: Event): readonly (Effect & { kind: 'tell' })[] {
    const working = this.#open(id);
    if (working === null) {
      if (event.kind === 'told') this.#sayPlainly(id, event.from, event.message);
      return [];
    }
    try {
      const { state, effects } = working.machine.step(working.state, event);
      if (state === working.state && effects.length === 0) return [];
      this.#advance(id, working, state, event);
      return this.#sort(id, working.version, effects);
    } catch (error) {
      this.#breakMachine(id, error instanceof Error ? error.message : String(error), event.at);
      if (event.kind === 'told') this.#sayPlainly(id, event.from, event.message);
      return [];
    }
  }

  /** The alert desk is broken: what was to be told goes out as it is, or a fault in there would make the watchman mute. */
  #sayPlainly(to: MachineId, from: MachineId, message: Message): void {
    if (to !== ALERTS || message.kind !== 'say') return;
    const { notification } = message;
    const version = this.#working.get(from)?.version ?? 0;
    const key = effectKey(from, version, PLAIN_FROM + this.outbox.length);
    this.outbox.push({ key, machine: from, effect: { kind: 'notify', notification } });
  }

  #advance(id: MachineId, working: Working, state: unknown, event: Event): void {
    working.state = state;
    working.version += 1;
    this.#journal.push({ machine: id, version: working.version, event });
  }

  #sort(id: MachineId, version: number, effects: readonly Effect[]): readonly (Effect & { kind: 'tell' })[] {
    const tells: (Effect & { kind: 'tell' })[] = [];
    effects.forEach((effect, index) => {
      if (!isInner(effect)) this.outbox.push({ key: effectKey(id, version, index), machine: id, effect });
      else if (effect.kind === 'tell') tells.push(effect);
      else if (effect.kind === 'record') this.#evidence.push(effect.evidence);
      else if (effect.kind === 'wake') this.#wake({ machine: id, name: effect.name, at: effect.at });
      else if (effect.kind === 'unwake') this.#unwake(id, effect.name);
      else if (effect.kind === 'fence') this.fences.push({ subject: effect.subject, epoch: effect.epoch });
      else unreachable(effect);
    });
    return tells;
  }

  #wake(wake: PendingWake): void {
    const name = wakeName(wake.machine, wake.name);
    this.unwakes.delete(name);
    this.wakes.set(name, wake);
  }

  #unwake(machine: MachineId, name: string): void {
    this.wakes.delete(wakeName(machine, name));
    this.unwakes.set(wakeName(machine, name), { machine, name });
  }

  #recordPlain(id: MachineId, event: Event): void {
    this.#evidence.push({
      at: event.at,
      actor: { kind: 'system', name: 'sereno' },
      machine: id,
      type: 'state.changed',
      trigger: event.kind,
      action: null,
      outcome: null,
      refs: {},
    });
  }

  #breakMachine(id: MachineId, detail: string, at: Instant): void {
    this.newlyBroken.push({ machine: id, detail });
    this.#evidence.push({
      at,
      actor: { kind: 'system', name: 'sereno' },
      machine: id,
      type: 'machine.broken',
      trigger: detail,
      action: 'set aside; everything else goes on',
      outcome: null,
      refs: {},
    });
  }
}

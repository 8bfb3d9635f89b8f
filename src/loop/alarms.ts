// Alarms: the wakes of all machines in memory; the store holds the same set and wins after a crash.

import type { MachineId } from '#kernel/id.ts';
import type { Clock } from '#ports/clock.ts';
import type { PendingWake } from '#ports/store.ts';
import { Agenda } from './agenda.ts';

export class Alarms {
  readonly #agenda: Agenda;
  readonly #slotOf = new Map<string, number>();
  readonly #wakes = new Map<number, PendingWake>();
  #nextSlot = 0;

  constructor(clock: Clock, ring: (wake: PendingWake) => void) {
    this.#agenda = new Agenda(clock, (slot) => {
      const wake = this.#wakes.get(slot);
      if (wake === undefined) return;
      this.#forget(slot, wake);
      ring(wake);
    });
  }

  /** One alarm for each machine and name: a second one moves the first. */
  set(wake: PendingWake): void {
    const name = `${wake.machine} ${wake.name}`;
    const slot = this.#slotOf.get(name) ?? this.#nextSlot++;
    this.#slotOf.set(name, slot);
    this.#wakes.set(slot, wake);
    this.#agenda.set(slot, wake.at);
  }

  clear(machine: MachineId, name: string): void {
    const slot = this.#slotOf.get(`${machine} ${name}`);
    const wake = slot === undefined ? undefined : this.#wakes.get(slot);
    if (slot === undefined || wake === undefined) return;
    this.#agenda.clear(slot);
    this.#forget(slot, wake);
  }

  isSet(machine: MachineId, name: string): boolean {
    return this.#slotOf.has(`${machine} ${name}`);
  }

  stop(): void {
    this.#agenda.stop();
    this.#slotOf.clear();
    this.#wakes.clear();
  }

  #forget(slot: number, wake: PendingWake): void {
    this.#wakes.delete(slot);
    this.#slotOf.delete(`${wake.machine} ${wake.name}`);
  }
}

// The bulletin: tells whoever listens (pages, streams) what moved, gathered a tick at a time.

import type { EvidenceRecord } from '#kernel/evidence.ts';
import { machineKind, machineSubject, serviceId, type MachineId, type ServiceId } from '#kernel/id.ts';
import { later } from '#kernel/time.ts';
import type { Clock } from '#ports/clock.ts';
import type { Change, Desk } from '#ports/desk.ts';

/** Changes of services are gathered for this long: a page shows a change well within a second. */
const TICK_MS = 100;
/** Figures of hot memory (strips, latencies) are told to listeners this often even when no state moved. */
const PULSE_MS = 2_000;
/** Services in one pulse, in turns: a town of ten thousand would send 20 MB a second to each page. */
const PULSED_MAX = 200;

export type BulletinParts = {
  readonly clock: Clock;
  readonly services: () => readonly { readonly id: ServiceId }[];
  readonly view: Desk['service'];
};

export class Bulletin {
  readonly #parts: BulletinParts;
  readonly #listeners = new Set<(change: Change) => void>();
  readonly #moved = new Set<ServiceId>();
  #isTownMoved = false;
  #isTicking = false;
  #pulse: (() => void) | null = null;
  #nextPulsed = 0;

  constructor(parts: BulletinParts) {
    this.#parts = parts;
  }

  subscribe(listener: (change: Change) => void): () => void {
    this.#listeners.add(listener);
    this.#armPulse();
    return () => this.#listeners.delete(listener);
  }

  /** Records are told at once, services and the town with the next tick. */
  committed(moved: readonly MachineId[], records: readonly EvidenceRecord[]): void {
    for (const record of records) this.#tell({ kind: 'evidence', record });
    for (const id of moved) {
      if (machineKind(id) === 'watch') this.#moved.add(serviceId(machineSubject(id)));
      else this.#isTownMoved = true;
    }
    this.#armTick();
  }

  townMoved(): void {
    this.#isTownMoved = true;
    this.#armTick();
  }

  close(): void {
    this.#pulse?.();
    this.#listeners.clear();
  }

  #tell(change: Change): void {
    for (const listener of this.#listeners) listener(change);
  }

  #armTick(): void {
    if (this.#isTicking || this.#listeners.size === 0) return;
    this.#isTicking = true;
    const { clock } = this.#parts;
    clock.at(later(clock.now(), TICK_MS), () => this.#tick());
  }

  #tick(): void {
    this.#isTicking = false;
    for (const id of this.#moved) {
      const service = this.#parts.view(id);
      if (service !== null) this.#tell({ kind: 'service', service });
    }
    this.#moved.clear();
    if (this.#isTownMoved) this.#tell({ kind: 'town' });
    this.#isTownMoved = false;
  }

  #armPulse(): void {
    if (this.#pulse !== null || this.#listeners.size === 0) return;
    const { clock } = this.#parts;
    this.#pulse = clock.at(later(clock.now(), PULSE_MS), () => {
      this.#pulse = null;
      this.#pulseSome();
      this.#armTick();
      this.#armPulse();
    });
  }

  /** The next services in turn; in a small town that is all of them. */
  #pulseSome(): void {
    const services = this.#parts.services();
    const count = Math.min(PULSED_MAX, services.length);
    for (let turn = 0; turn < count; turn += 1) {
      const service = services[(this.#nextPulsed + turn) % services.length];
      if (service !== undefined) this.#moved.add(service.id);
    }
    this.#nextPulsed = services.length === 0 ? 0 : (this.#nextPulsed + count) % services.length;
  }
}

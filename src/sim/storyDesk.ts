// Story desk: the alert desk and the incident desk of a story that has no town: what people are told when a target burns.

import type { EventBody } from '#kernel/event.ts';
import type { Effect } from '#kernel/effect.ts';
import type { MachineId, ServiceId } from '#kernel/id.ts';
import type { Message } from '#kernel/message.ts';
import { ALERTS, INCIDENTS, watchMachine, type Site } from '#kernel/site.ts';
import type { AnyMachine } from '#kernel/step.ts';
import type { Instant } from '#kernel/time.ts';
import { townMachine } from './machines.ts';
import { sayBurn } from './storyTargets.ts';

type Desk = { readonly machine: AnyMachine; state: unknown; readonly wakes: Map<string, Instant> };

export class StoryDesk {
  readonly #desks = new Map<MachineId, Desk>();
  readonly #write: (line: string) => void;

  /** `write` takes each line of the transcript. */
  constructor(site: Site, write: (line: string) => void) {
    this.#write = write;
    for (const id of [ALERTS, INCIDENTS]) {
      const machine = townMachine(site, id);
      if (machine !== null) this.#desks.set(id, { machine, state: machine.initial, wakes: new Map() });
    }
  }

  /** A watch has something to say to the alert desk. */
  hear(service: ServiceId, message: Message, at: Instant): void {
    this.#put(ALERTS, { kind: 'told', from: watchMachine(service), message }, at);
  }

  /** It is this late: what was to be looked at by now is. */
  pass(at: Instant): void {
    for (const [id, { wakes }] of this.#desks) {
      const due = [...wakes].filter(([, wakeAt]) => wakeAt <= at);
      for (const [name] of due) {
        wakes.delete(name);
        this.#put(id, { kind: 'woke', name }, at);
      }
    }
  }

  #put(id: MachineId, body: EventBody, at: Instant): void {
    const desk = this.#desks.get(id);
    if (desk === undefined) return;
    const { state, effects } = desk.machine.step(desk.state, { ...body, at });
    desk.state = state;
    for (const effect of effects) this.#carryOut(id, desk, effect, at);
  }

  #carryOut(id: MachineId, { wakes }: Desk, effect: Effect, at: Instant): void {
    if (effect.kind === 'wake') wakes.set(effect.name, effect.at);
    else if (effect.kind === 'unwake') wakes.delete(effect.name);
    else if (effect.kind === 'tell') this.#put(effect.to, { kind: 'told', from: id, message: effect.message }, at);
    else if (effect.kind === 'notify') this.#write(`told (${effect.notification.kind}): ${effect.notification.title}`);
    else if (effect.kind === 'record') {
      const { machine, type, trigger, outcome } = effect.evidence;
      const line = sayBurn(`${machine} ${type}: ${trigger} | ${outcome ?? ''}`);
      if (line !== null) this.#write(line);
    }
  }
}

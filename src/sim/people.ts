// People: they stop, start, restart and hold at any hour, acknowledge late or never, and approve some of what is asked.

import type { Actor } from '#kernel/actor.ts';
import type { EvidenceRecord } from '#kernel/evidence.ts';
import { serviceId, type MachineId, type ServiceId } from '#kernel/id.ts';
import type { Request } from '#kernel/message.ts';
import type { Notification } from '#kernel/notification.ts';
import { GATE, INCIDENTS, watchMachine, type Site } from '#kernel/site.ts';
import type { Chance } from './chance.ts';
import type { Keeper } from './keeper.ts';
import type { Timeline } from './timeline.ts';
import { APPROVER, OPERATOR } from './town.ts';
import type { Weather } from './weather.ts';

/** A request that got no answer (the watchman was down) is put again, with the same key, after this long. */
const ASK_AGAIN_MS = 20_000;
/** Who was asked to approve looks at it within this time. */
const APPROVE_WITHIN_MS = 10 * 60_000;
/** Who stopped a service for work on it starts it again within this time. */
const WORK_MOST_MS = 20 * 60_000;

export const ANA: Actor = { kind: 'person', name: OPERATOR, roles: ['operator'] };
export const BO: Actor = { kind: 'person', name: APPROVER, roles: ['operator', 'approver'] };

export type PeopleParts = {
  readonly site: Site;
  readonly timeline: Timeline;
  readonly weather: Weather;
  readonly keeper: Keeper;
  readonly chance: Chance;
  readonly say: (line: () => string) => void;
};

/** The people of a town. */
export class People {
  readonly #parts: PeopleParts;
  /** What people have stopped and mean to start again. */
  readonly #stopped = new Set<ServiceId>();
  #holder: Actor | null = null;
  #asks = 0;

  constructor(parts: PeopleParts) {
    this.#parts = parts;
    this.#planAsk();
  }

  /** Puts a request to a machine until it was taken up, under one key. */
  ask(by: Actor, machine: MachineId, request: Request): void {
    this.#asks += 1;
    const askKey = `ask-${this.#asks}`;
    this.#parts.say(() => `${by.name} asks ${machine}: ${JSON.stringify(request)}`);
    this.#put(by, machine, request, askKey);
  }

  /** The storm is over: holds are released, and what was stopped is started again. */
  calmDown(): void {
    if (this.#holder !== null) this.#release();
    for (const id of this.#stopped) this.#start(id);
  }

  /** A page came in: somebody acknowledges it, late, or nobody does. */
  receive(notification: Notification): void {
    const { chance, weather } = this.#parts;
    if (notification.kind !== 'page') return;
    const { acknowledgeRate, acknowledgeWithinMs } = weather.faults().people;
    if (!chance.hits(acknowledgeRate)) return;
    const [person] = notification.people;
    const by = person === APPROVER ? BO : ANA;
    this.#later(chance.between(1, acknowledgeWithinMs), () =>
      this.ask(by, INCIDENTS, { kind: 'acknowledge', subject: notification.subject, why: 'on it' }),
    );
  }

  /** The gate asks for approval: the approver agrees, refuses, or sleeps. */
  read(record: EvidenceRecord): void {
    if (record.type !== 'gate.needs-approval') return;
    const { approval } = record.refs;
    if (typeof approval !== 'string') return;
    const { chance, weather } = this.#parts;
    const { approveRate } = weather.faults().people;
    const isApproved = chance.hits(approveRate);
    if (!isApproved && chance.hits(0.5)) return;
    this.#later(chance.between(1, APPROVE_WITHIN_MS), () =>
      this.ask(BO, GATE, { kind: 'decide-approval', approval, isApproved, why: isApproved ? 'agreed' : 'not now' }),
    );
  }

  #put(by: Actor, machine: MachineId, request: Request, askKey: string): void {
    let isTaken = false;
    const { keeper } = this.#parts;
    keeper.run()?.engine.crank.putAndTell(machine, { kind: 'asked', by, request, askKey }, () => {
      isTaken = true;
    });
    this.#later(ASK_AGAIN_MS, () => {
      // A hold that nobody wants any more is not asked for again: its release would have come before it.
      const isMeant = request.kind !== 'hold' || this.#holder === by;
      if (!isTaken && isMeant) this.#put(by, machine, request, askKey);
    });
  }

  #planAsk(): void {
    const { chance, weather } = this.#parts;
    const { askEveryMs } = weather.faults().people;
    if (askEveryMs <= 0) return;
    this.#later(chance.untilNextMs(askEveryMs), () => {
      if (weather.faults().people.askEveryMs <= 0) return;
      this.#askSomething();
      this.#planAsk();
    });
  }

  #askSomething(): void {
    const { chance, site } = this.#parts;
    const service = chance.pick(site.services);
    const by = chance.hits(0.5) ? ANA : BO;
    const wish = chance.weighted({ restart: 4, stop: 2, start: 2, hold: 2 }, ['restart', 'stop', 'start', 'hold']);
    if (wish === 'hold') return this.#hold(by);
    if (service === null) return undefined;
    this.ask(by, watchMachine(service.id), { kind: 'operate', action: wish, service: service.id, why: 'by hand' });
    if (wish !== 'stop') return undefined;
    this.#stopped.add(service.id);
    return this.#later(chance.between(1, WORK_MOST_MS), () => this.#start(service.id));
  }

  #start(id: ServiceId): void {
    this.#stopped.delete(id);
    this.ask(ANA, watchMachine(id), { kind: 'operate', action: 'start', service: serviceId(id), why: 'work is done' });
  }

  #hold(by: Actor): void {
    if (this.#holder !== null) return;
    const { chance, weather } = this.#parts;
    this.#holder = by;
    this.ask(by, GATE, { kind: 'hold', why: 'I am looking at it' });
    this.#later(chance.between(1, weather.faults().people.holdForMs), () => this.#release());
  }

  /** Who placed a hold does not release it. */
  #release(): void {
    const holder = this.#holder;
    if (holder === null) return;
    this.#holder = null;
    this.ask(holder === ANA ? BO : ANA, GATE, { kind: 'release', why: 'done looking' });
  }

  #later(delayMs: number, task: () => void): void {
    const { timeline } = this.#parts;
    timeline.post(timeline.nowMs() + delayMs, task);
  }
}

// Works: says to the alert desk when agreed work, or a person's stop, begins and ends, and what was kept out of which budget
// meanwhile, so that it stands in the evidence. What fails then is shown beside the budget; nobody has to take that on trust.

import { occurrenceAt, type Maintenance } from '#kernel/maintenance.ts';
import type { Message } from '#kernel/message.ts';
import type { Site } from '#kernel/site.ts';
import type { BudgetShare, TargetId } from '#kernel/target.ts';
import { later, seconds, type Instant } from '#kernel/time.ts';
import type { AgreedWork } from '#kernel/alert.ts';
import type { Cancel, Clock } from '#ports/clock.ts';

/** Work begins and ends on the minute; the instants in the evidence are those that were agreed. */
const LOOK_MS = seconds(15);

export type WorksParts = {
  readonly clock: Clock;
  readonly site: () => Site;
  /** What persons keep stopped now. */
  readonly stops: () => readonly AgreedWork[];
  /** Bad events of a target that were kept out of its budget between two instants, by why. */
  readonly excused: (target: TargetId, share: BudgetShare, from: Instant, to: Instant) => number;
  readonly tell: (message: Message) => void;
};

const keyOf = (work: Maintenance, from: Instant): string =>
  `${work.services.length === 0 ? 'site' : work.services.join('+')}@${from}`;

const currentWorks = (site: Site, at: Instant): readonly AgreedWork[] =>
  site.maintenance.flatMap((work) => {
    const found = occurrenceAt(work, at);
    if (found === null) return [];
    const { services, why } = work;
    return [{ key: keyOf(work, found.from), services, why, from: found.from, to: found.to }];
  });

export class Works {
  readonly #parts: WorksParts;
  readonly #known = new Map<string, AgreedWork>();
  #cancel: Cancel = () => {};

  constructor(parts: WorksParts) {
    this.#parts = parts;
  }

  /** Goes on with what the alert desk knows of an earlier run, and looks from now on. */
  start(known: readonly AgreedWork[]): void {
    for (const work of known) this.#known.set(work.key, work);
    this.look();
  }

  /** Looks now, and again in a while; a site that has agreed on nothing, and where nothing is stopped, is not looked at. */
  look(): void {
    const { clock, site, stops } = this.#parts;
    this.#cancel();
    const now = clock.now();
    const current = [...currentWorks(site(), now), ...stops()];
    for (const work of current) if (!this.#known.has(work.key)) this.#begin(work);
    const keys = new Set(current.map(({ key }) => key));
    for (const work of this.#known.values()) if (!keys.has(work.key)) this.#end(work, now);
    if (site().maintenance.length === 0 && this.#known.size === 0) return;
    this.#cancel = clock.at(later(now, LOOK_MS), () => this.look());
  }

  stop(): void {
    this.#cancel();
  }

  #begin(work: AgreedWork): void {
    this.#known.set(work.key, work);
    this.#parts.tell({ kind: 'work-began', work });
  }

  /** Work that was taken out of the configuration ends when it was. */
  #end(work: AgreedWork, now: Instant): void {
    this.#known.delete(work.key);
    const endedAt = work.to === null || now < work.to ? now : work.to;
    const share = work.to === null ? 'stopped' : 'maintenance';
    const targets = this.#parts
      .site()
      .services.filter(({ id }) => work.services.length === 0 || work.services.includes(id))
      .flatMap((service) => service.targets);
    const excluded = targets.map(({ id }) => ({ target: id, bad: this.#parts.excused(id, share, work.from, endedAt) }));
    this.#parts.tell({ kind: 'work-over', key: work.key, endedAt, excluded });
  }
}

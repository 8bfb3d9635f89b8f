// Mischief: makes services ail, one after the other and sometimes several at once, as the seed has it.

import type { Chance } from './chance.ts';
import { AILMENTS, type Ailment } from './faults.ts';
import { unreachable } from '#kernel/unreachable.ts';
import type { Weather } from './weather.ts';
import type { Unit, World } from './world.ts';

/** A leak takes this long to fill the memory, at most. */
const LEAK_MOST_MS = 30 * 60_000;
/** What is slow becomes quick again by itself within this time. */
const SLOW_MOST_MS = 10 * 60_000;
/** Of all services, this share at most dies with one host. */
const HOST_SHARE = 0.6;

const FOR_EVER = Number.POSITIVE_INFINITY;

export type MischiefParts = {
  readonly world: World;
  readonly weather: Weather;
  readonly chance: Chance;
  readonly onAilment: (unit: Unit, ailment: Ailment) => void;
};

/** Keeps making services ail until the weather clears. */
export class Mischief {
  readonly #parts: MischiefParts;

  constructor(parts: MischiefParts) {
    this.#parts = parts;
    for (const unit of parts.world.units) this.#planFor(unit);
    this.#planHostTrouble();
  }

  /** Makes one unit ail at once. What a process has ails only where a process runs. */
  strike(unit: Unit, ailment: Ailment): void {
    const { world, weather, chance, onAilment } = this.#parts;
    const { lastForMs } = weather.faults().services;
    const nowMs = world.timeline.nowMs();
    onAilment(unit, ailment);
    switch (ailment) {
      case 'crash':
        return world.end(unit, { code: chance.between(1, 139), signal: null, isOutOfMemory: false, isOwn: false });
      case 'killed':
        return world.end(unit, { code: null, signal: 'SIGKILL', isOutOfMemory: false, isOwn: false });
      case 'hang':
        return world.sicken(unit, 'hung', FOR_EVER);
      case 'frozen':
        return world.sicken(unit, 'frozen', FOR_EVER);
      case 'slow':
        return world.sicken(unit, 'slow', nowMs + chance.between(1, SLOW_MOST_MS));
      case 'wrong-answer':
        return world.sicken(unit, 'wrong', FOR_EVER);
      case 'leak':
        return world.leak(unit, chance.between(1, LEAK_MOST_MS));
      case 'bad-version':
      case 'port-taken':
      case 'crash-loop':
      case 'stubborn':
        return world.beginTrouble(unit, ailment, weather.lasting(lastForMs));
      default:
        return unreachable(ailment);
    }
  }

  #planFor(unit: Unit): void {
    const { world, weather, chance } = this.#parts;
    const { ailEveryMs } = weather.faults().services;
    if (ailEveryMs <= 0) return;
    world.timeline.post(world.timeline.nowMs() + chance.untilNextMs(ailEveryMs), () => {
      const { services } = weather.faults();
      if (services.ailEveryMs <= 0) return;
      this.strike(unit, chance.weighted(services.weights, AILMENTS));
      this.#planFor(unit);
    });
  }

  #planHostTrouble(): void {
    const { world, weather, chance } = this.#parts;
    const { hostTroubleEveryMs } = weather.faults().services;
    if (hostTroubleEveryMs <= 0) return;
    world.timeline.post(world.timeline.nowMs() + chance.untilNextMs(hostTroubleEveryMs), () => {
      if (weather.faults().services.hostTroubleEveryMs <= 0) return;
      const share = chance.unit() * HOST_SHARE;
      const ailment = chance.hits(0.5) ? 'killed' : 'hang';
      for (const unit of world.units) if (chance.hits(share)) this.strike(unit, ailment);
      this.#planHostTrouble();
    });
  }
}

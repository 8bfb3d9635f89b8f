// Actuator: one run's line to the world's hands; the line loses, repeats and delays reports.

import type { Operation, OperationOutcome } from '#kernel/action.ts';
import type { BlackBox, Exit } from '#kernel/cause.ts';
import type { EffectKey } from '#kernel/id.ts';
import type { Service } from '#kernel/service.ts';
import type { Instant } from '#kernel/time.ts';
import type { Actuator, Presence } from '#ports/actuator.ts';
import type { Chance } from './chance.ts';
import type { Hands } from './hands.ts';
import type { Weather } from './weather.ts';
import type { Unit, World } from './world.ts';

/** A parent learns of the end of its child within this time. */
const EXIT_TOLD_MOST_MS = 20;
const EXAMINE_MOST_MS = 20;
const REPORT_MOST_MS = 5;
/** A repeated report comes up to this long after the first. */
const REPEAT_MOST_MS = 2_000;

export type FakeActuatorParts = {
  readonly world: World;
  readonly hands: Hands;
  readonly weather: Weather;
  readonly chance: Chance;
  readonly run: number;
  readonly now: () => Instant;
  readonly after: (delayMs: number, task: () => void) => void;
  /** Told that an operation was handed over: here a run may be made to die. */
  readonly onDispatched: () => void;
};

/** The hands of one run of Sereno. */
export class FakeActuator implements Actuator {
  readonly #parts: FakeActuatorParts;
  #onExit: (service: Service, exit: Exit) => void = () => undefined;

  constructor(parts: FakeActuatorParts) {
    this.#parts = parts;
    parts.world.listen({
      ended: (unit, exit) => this.#ended(unit, exit),
      turned: () => undefined,
      spawned: () => undefined,
    });
  }

  operate(key: EffectKey, operation: Operation, _service: Service, report: (outcome: OperationOutcome) => void): void {
    const { hands, run, onDispatched, weather, chance, world } = this.#parts;
    const { lateRate, lateForMs } = weather.faults().actuator;
    const begin = (): void => hands.operate(key, operation, run, (outcome) => this.#deliver(outcome, report));
    if (chance.hits(lateRate)) world.timeline.post(world.timeline.nowMs() + chance.below(lateForMs), begin);
    else begin();
    onDispatched();
  }

  examine(service: Service, report: (blackBox: BlackBox) => void): void {
    const { world, after, now, chance } = this.#parts;
    const unit = world.unit(service.id);
    if (unit === null) throw new Error(`the world has no ${service.id}`);
    const blackBox = world.blackBox(unit, now());
    after(chance.below(EXAMINE_MOST_MS), () => report(blackBox));
  }

  find(service: Service, report: (presence: Presence) => void): void {
    const { world, after, chance } = this.#parts;
    after(chance.below(REPORT_MOST_MS), () => {
      const pid = world.unit(service.id)?.pid ?? null;
      report({ isRunning: pid !== null, pid });
    });
  }

  onExit(listener: (service: Service, exit: Exit) => void): void {
    this.#onExit = listener;
  }

  #ended(unit: Unit, exit: Exit): void {
    const { weather, chance, after, now } = this.#parts;
    if (chance.hits(weather.faults().actuator.loseExitRate)) return;
    const at = now();
    after(chance.below(EXIT_TOLD_MOST_MS), () => this.#onExit(unit.service, { ...exit, at }));
  }

  #deliver(outcome: OperationOutcome, report: (outcome: OperationOutcome) => void): void {
    const { weather, chance, after } = this.#parts;
    const { loseReportRate, repeatReportRate } = weather.faults().actuator;
    if (chance.hits(loseReportRate)) return;
    after(chance.below(REPORT_MOST_MS), () => report(outcome));
    if (chance.hits(repeatReportRate)) after(chance.below(REPEAT_MOST_MS), () => report(outcome));
  }
}

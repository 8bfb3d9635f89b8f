// Sensor: asks the simulated world, through weather.
//
// A probe of a service that works is answered within the call nine times in ten, because that costs no timer; the
// tenth, and everything that fails, is answered later, so that reports overtake events as they do in life.

import type { Check } from '#kernel/check.ts';
import type { HealthState } from '#kernel/health.ts';
import type { Observation, Symptom } from '#kernel/observation.ts';
import { durationMs, type Instant } from '#kernel/time.ts';
import type { Sensor } from '#ports/sensor.ts';
import type { Chance } from './chance.ts';
import type { Weather } from './weather.ts';
import type { Unit, World } from './world.ts';

/** One answer in ten takes its time. */
const LATER_RATE = 0.1;
const QUICK_MS = 2;
const REFUSED_MS = 1;
/** A probe that hangs reports up to this long after its timeout. */
const HANG_MOST_MS = 20_000;

type Seen = {
  readonly state: HealthState;
  readonly symptom: Symptom;
  readonly afterMs: number;
  readonly message: string;
};

const HEALTHY: Seen = { state: 'healthy', symptom: 'none', afterMs: QUICK_MS, message: 'answers' };

export type FakeSensorParts = {
  readonly world: World;
  readonly weather: Weather;
  readonly chance: Chance;
  readonly now: () => Instant;
  readonly after: (delayMs: number, task: () => void) => void;
};

/** The eyes of one run of Sereno. A check of a service that the world does not know is the canary. */
export class FakeSensor implements Sensor {
  readonly #parts: FakeSensorParts;

  constructor(parts: FakeSensorParts) {
    this.#parts = parts;
  }

  probe(check: Check, report: (observation: Observation) => void): void {
    const { chance, weather } = this.#parts;
    const { sensor } = weather.faults();
    if (chance.hits(sensor.loseRate)) return;
    const seen = this.#look(check);
    const isHung = chance.hits(sensor.hangRate);
    if (seen === HEALTHY && !isHung && !chance.hits(LATER_RATE)) {
      report(this.#observation(check, seen));
      return;
    }
    const hangMs = isHung ? check.timeoutMs + chance.below(HANG_MOST_MS) : 0;
    this.#parts.after(seen.afterMs + hangMs, () => report(this.#observation(check, seen)));
  }

  #look(check: Check): Seen {
    const { weather, world, chance } = this.#parts;
    const unit = world.unit(check.service);
    const path = unit === null && weather.isCanarySpared() ? 'good' : weather.path();
    if (path === 'cannot-run') return cannotRun('no route out of this machine');
    if (path === 'silent') return timedOut(check);
    const { sensor } = weather.faults();
    if (chance.hits(sensor.cannotRunRate)) return cannotRun('no free socket');
    if (unit === null) return HEALTHY;
    const seen = truth(world, unit, check);
    if (seen === HEALTHY) return chance.hits(sensor.lieRate) ? timedOut(check) : seen;
    if (!chance.hits(sensor.flatterRate)) return seen;
    unit.flatteredAtMs = world.timeline.nowMs();
    return HEALTHY;
  }

  #observation(check: Check, seen: Seen): Observation {
    return {
      check: check.id,
      at: this.#parts.now(),
      state: seen.state,
      symptom: seen.symptom,
      latencyMs: durationMs(seen.afterMs),
      message: seen.message,
    };
  }
}

const cannotRun = (message: string): Seen => ({ state: 'unknown', symptom: 'cannot-run', afterMs: 1, message });

const timedOut = (check: Check): Seen => ({
  state: 'unhealthy',
  symptom: 'timeout',
  afterMs: check.timeoutMs,
  message: 'no answer',
});

const failing = (symptom: Symptom, message: string): Seen => ({
  state: 'unhealthy',
  symptom,
  afterMs: REFUSED_MS,
  message,
});

/** What a perfect probe would see. */
const truth = (world: World, unit: Unit, check: Check): Seen => {
  if (check.probe.kind === 'process') return unit.pid === null ? failing('not-running', 'no process') : HEALTHY;
  if (unit.trouble?.kind === 'port-taken') return failing('wrong-answer', 'another program answers');
  if (!world.isReady(unit)) return failing('refused', 'connection refused');
  if (unit.condition === 'hung' || unit.condition === 'frozen' || unit.trouble?.kind === 'stubborn')
    return timedOut(check);
  if (unit.condition === 'wrong') return failing('wrong-answer', 'the answer is wrong');
  if (!world.works(unit.index)) return failing('wrong-answer', 'HTTP 503: something it needs does not answer');
  if (world.hasStumbled(unit)) return failing('wrong-answer', 'HTTP 500: this once');
  if (unit.condition !== 'slow') return HEALTHY;
  return { state: 'degraded', symptom: 'slow', afterMs: check.timeoutMs / 2, message: 'answers late' };
};

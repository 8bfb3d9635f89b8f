// The watchman watches himself: no machine asleep for ever, no service dying in silence. The simulator proves both for
// every step; here they are looked at in the running program, for what no simulation has thought of. And he compares
// his clock with the one on the wall: what somebody did to that is written down.

import { GATE, watchMachine } from '#kernel/site.ts';
import { elapsedMs, minutes, seconds } from '#kernel/time.ts';
import type { Cancel, Clock } from '#ports/clock.ts';
import type { RealClock } from '#adapters/clock/clock.ts';
import type { Engine } from '#loop/engine.ts';
import type { Watch } from '#loop/watchState.ts';
import { every } from './every.ts';
import { watchOf } from './states.ts';

const LOOK_MS = seconds(30);
/** No service may be unhealthy for so long with no action pending, no incident open and nobody told. */
const SILENCE_MS = minutes(10);

/** The wall clock is told to have been set when it has moved by so much against Sereno's. */
const STEP_TOLD_MS = seconds(2);

/** A service that is down while nobody acts, waits, or was told. */
const isDyingInSilence = (watch: Watch, now: Watch['since']): boolean => {
  if (watch.health !== 'unhealthy' || watch.wanted === 'stopped' || watch.impairedBy !== null) return false;
  const isTold = watch.trouble !== null && (watch.trouble.isNotified || watch.trouble.isEscalated);
  return watch.remedy.kind === 'none' && !isTold && elapsedMs(watch.since, now) > SILENCE_MS;
};

const look = (engine: Engine, clock: Clock): void => {
  const sleepers = engine.crank.sleepers();
  const [first] = sleepers;
  if (first !== undefined) {
    const others = sleepers.length === 1 ? '' : `, and ${sleepers.length - 1} more`;
    const detail = `asleep: nobody would have rung ${first.wakes.join(', ')}${others}; woken now`;
    engine.crank.put(GATE, { kind: 'machine-broken', broken: first.machine, detail });
  }
  for (const { machine, wakes } of sleepers)
    for (const name of wakes) engine.crank.put(machine, { kind: 'woke', name });
  for (const service of engine.site().services) {
    const machine = watchMachine(service.id);
    const watch = watchOf(engine, service.id);
    if (watch === null || !isDyingInSilence(watch, clock.now())) continue;
    const detail = `${service.id} is unhealthy, and nothing was being done about it`;
    engine.crank.put(GATE, { kind: 'machine-broken', broken: machine, detail });
  }
};

/** Tells the gate when the wall clock was set; `toldMs` is the lead that was told before. Returns the lead that is told now. */
const lookAtWall = (engine: Engine, aheadMs: number, toldMs: number): number => {
  if (Math.abs(aheadMs - toldMs) < STEP_TOLD_MS) return toldMs;
  engine.crank.put(GATE, { kind: 'clock-stepped', aheadMs });
  return aheadMs;
};

/** Looks every 30 s until cancelled. */
export const startSelfwatch = (engine: Engine, clock: RealClock): Cancel => {
  let toldMs = 0;
  return every(clock, LOOK_MS, () => {
    look(engine, clock);
    toldMs = lookAtWall(engine, clock.wallAheadMs(), toldMs);
  });
};

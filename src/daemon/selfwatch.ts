// The watchman watches himself: no machine asleep for ever, no service dying in silence. The simulator proves both for
// every step; here they are looked at in the running program, for what no simulation has thought of.

import { GATE, watchMachine } from '#kernel/site.ts';
import { elapsedMs, later, minutes, seconds } from '#kernel/time.ts';
import type { Cancel, Clock } from '#ports/clock.ts';
import type { Engine } from '#loop/engine.ts';
import type { Watch } from '#loop/watchState.ts';
import { watchOf } from './states.ts';

const LOOK_MS = seconds(30);
/** No service may be unhealthy for so long with no action pending, no incident open and nobody told. */
const SILENCE_MS = minutes(10);

/** A service that is down while nobody acts, waits, or was told. */
const isDyingInSilence = (watch: Watch, now: Watch['since']): boolean => {
  if (watch.health !== 'unhealthy' || watch.wanted === 'stopped' || watch.impairedBy !== null) return false;
  const isTold = watch.trouble !== null && (watch.trouble.isNotified || watch.trouble.isEscalated);
  return watch.remedy.kind === 'none' && !isTold && elapsedMs(watch.since, now) > SILENCE_MS;
};

const look = (engine: Engine, clock: Clock): void => {
  for (const { machine, wakes } of engine.crank.sleepers()) {
    const detail = `asleep: nobody would have rung ${wakes.join(', ')}; it is woken now`;
    engine.crank.put(GATE, { kind: 'machine-broken', broken: machine, detail });
    for (const name of wakes) engine.crank.put(machine, { kind: 'woke', name });
  }
  for (const service of engine.site().services) {
    const machine = watchMachine(service.id);
    const watch = watchOf(engine, service.id);
    if (watch === null || !isDyingInSilence(watch, clock.now())) continue;
    const detail = `${service.id} is unhealthy, and nothing was being done about it`;
    engine.crank.put(GATE, { kind: 'machine-broken', broken: machine, detail });
  }
};

/** Looks every 30 s until cancelled. */
export const startSelfwatch = (engine: Engine, clock: Clock): Cancel => {
  let cancel: Cancel = () => {};
  const arm = (): void => {
    cancel = clock.at(later(clock.now(), LOOK_MS), () => {
      look(engine, clock);
      arm();
    });
  };
  arm();
  return () => cancel();
};

// Sleep: what befalls the clocks of the simulated machine, and the watchman's own presence of mind.
//
// The wall clock is set or runs away; the machine is put to sleep for a night; the watchman's process is stopped and
// goes on later, as under a debugger or on a host that is out of breath. In all of them time passes evenly.

import type { Chance } from './chance.ts';
import type { WallClock } from './clock.ts';
import { NO_FAULTS, type Faults } from './faults.ts';
import type { Keeper } from './keeper.ts';
import type { Timeline } from './timeline.ts';
import type { Weather } from './weather.ts';

export type SleepParts = {
  readonly timeline: Timeline;
  readonly wall: WallClock;
  readonly weather: Weather;
  readonly keeper: Keeper;
  /** Each kind of fault has a stream of luck of its own. */
  readonly chance: (what: string) => Chance;
  readonly say: (line: () => string) => void;
};

type Strike = (faults: Faults['clock'], chance: Chance) => void;

/** Both ways, up to `most`. */
const eitherWay = (chance: Chance, most: number): number => (chance.unit() * 2 - 1) * most;

/** Puts the whole machine to sleep for so long, now. */
export const sleepFor = ({ timeline, keeper, say }: Pick<SleepParts, 'timeline' | 'keeper' | 'say'>, ms: number) => {
  const sinceMs = timeline.nowMs();
  say(() => `the machine sleeps for ${ms} ms`);
  timeline.leap(ms);
  keeper.missed(sinceMs, timeline.nowMs());
};

/** Plans all of them, until the weather clears. */
export const planClockFaults = (parts: SleepParts): void => {
  const { wall, weather, keeper, say } = parts;
  plan(
    parts,
    'wall',
    (faults) => faults.jumpEveryMs,
    (faults, chance) => {
      const byMs = Math.round(eitherWay(chance, faults.jumpMs));
      say(() => `the wall clock jumps by ${byMs} ms`);
      wall.jump(byMs);
    },
  );
  plan(
    parts,
    'slew',
    (faults) => faults.slewEveryMs,
    (faults, chance) => {
      const share = eitherWay(chance, faults.slewShare);
      say(() => `the wall clock gains ${Math.round(share * 1e6)} millionths`);
      wall.slew(share);
    },
  );
  plan(
    parts,
    'sleep',
    (faults) => faults.sleepEveryMs,
    (faults) => sleepFor(parts, weather.lasting(faults.sleepForMs)),
  );
  plan(
    parts,
    'stop',
    (faults) => faults.stopEveryMs,
    (faults) => keeper.stopFor(weather.lasting(faults.stopForMs)),
  );
};

const plan = (parts: SleepParts, what: string, everyMs: (faults: Faults['clock']) => number, strike: Strike): void => {
  const { timeline, weather } = parts;
  const chance = parts.chance(what);
  const again = (): void => {
    const meanMs = everyMs(weather.faults().clock);
    if (meanMs <= 0) return;
    timeline.post(timeline.nowMs() + chance.untilNextMs(meanMs), () => {
      if (weather.faults() === NO_FAULTS) return;
      strike(weather.faults().clock, chance);
      again();
    });
  };
  again();
};

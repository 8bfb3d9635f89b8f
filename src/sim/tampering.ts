// Tampering: how a guard is taken out for a mutation test, from outside, so that production code has no switch for it.
//
// Each field wraps one socket between the real parts. The invariants never see a tampered part: they judge the world,
// the disk and the untouched site.

import type { Site } from '#kernel/site.ts';
import type { AnyMachine } from '#kernel/step.ts';
import type { Clock } from '#ports/clock.ts';
import type { Sensor } from '#ports/sensor.ts';
import type { Store } from '#ports/store.ts';
import type { Actuator } from '#ports/actuator.ts';
import type { Notifier } from '#ports/notifier.ts';
import type { WallClock } from './clock.ts';

export type Tampering = {
  /** What the machines are told of the site. */
  readonly site: (site: Site) => Site;
  readonly machine: (machine: AnyMachine) => AnyMachine;
  readonly sensor: (sensor: Sensor) => Sensor;
  readonly store: (store: Store) => Store;
  readonly actuator: (actuator: Actuator) => Actuator;
  readonly notifier: (notifier: Notifier) => Notifier;
  /** False: the hands carry out operations of any age, as an actuator without fencing does. */
  readonly handsMindEpochs: boolean;
  /** False: a run's clock starts at the wall clock, whatever the store remembers. */
  readonly clockRemembers: boolean;
  /** False: the hands forget which keys they have carried out. */
  readonly handsMindKeys: boolean;
  /** False: the hands start a program without looking whether it runs already. */
  readonly handsLookFirst: boolean;
  /** The clock that the machines are given. */
  readonly clock: (clock: Clock, wall: WallClock) => Clock;
};

export const NO_TAMPERING: Tampering = {
  site: (site) => site,
  machine: (machine) => machine,
  sensor: (sensor) => sensor,
  store: (store) => store,
  actuator: (actuator) => actuator,
  notifier: (notifier) => notifier,
  handsMindEpochs: true,
  clockRemembers: true,
  handsMindKeys: true,
  handsLookFirst: true,
  clock: (clock) => clock,
};

// Seasons: the weathers of the museum. Short worlds need dense weather, and some guards a weather of their own.

import { NO_FAULTS, STORM, type Faults } from '../faults.ts';

export const HOUR_MS = 3_600_000;
export const MINUTE_MS = 60_000;

/** A service ails every two hours, and people meddle every quarter of an hour. */
export const DENSE: Faults = {
  ...STORM,
  services: { ...STORM.services, ailEveryMs: 2 * HOUR_MS, hostTroubleEveryMs: 4 * HOUR_MS },
  sensor: { ...STORM.sensor, pathBrokenEveryMs: HOUR_MS },
  people: { ...STORM.people, askEveryMs: 15 * MINUTE_MS, holdForMs: 10 * MINUTE_MS },
  clock: { ...STORM.clock, jumpEveryMs: 2 * HOUR_MS, jumpMs: HOUR_MS, stopEveryMs: 2 * HOUR_MS },
};

/** Operations reach the hands late, so that old ones meet newer ones; nobody holds, which hands cannot know of. */
export const LATE: Faults = {
  ...DENSE,
  actuator: { ...DENSE.actuator, lateRate: 0.9, lateForMs: 10 * MINUTE_MS },
  people: { ...DENSE.people, askEveryMs: 0 },
};

/** The probes' path breaks, but not the canary's, under a watchman who has been awake for a while. */
export const HALF_BLIND: Faults = {
  ...DENSE,
  engine: NO_FAULTS.engine,
  people: NO_FAULTS.people,
  services: { ...DENSE.services, ailEveryMs: 12 * HOUR_MS },
  sensor: { ...DENSE.sensor, pathBrokenEveryMs: HOUR_MS / 2, pathCannotRunRate: 0, pathHalfRate: 1 },
};

/** Crash loops and bad versions, one after the other: budgets are used up again and again. */
export const LOOPING: Faults = {
  ...DENSE,
  services: {
    ...DENSE.services,
    ailEveryMs: HOUR_MS,
    weights: { ...DENSE.services.weights, 'crash-loop': 8, 'bad-version': 8, leak: 8 },
  },
};

/** Every other message to people fails, and the reports of many are lost. */
export const DEAF: Faults = {
  ...DENSE,
  notifier: { ...DENSE.notifier, failRate: 0.5, loseReportRate: 0.3 },
};

/** Probes hang, get lost and lie far more often than they do in life. */
export const GROPING: Faults = {
  ...DENSE,
  sensor: { ...DENSE.sensor, lieRate: 0.01, hangRate: 0.02, loseRate: 0.01 },
};

/** The watchman dies every half an hour, and is asked to end in an orderly way every other time. */
export const MORTAL: Faults = {
  ...DENSE,
  engine: { ...DENSE.engine, crashEveryMs: HOUR_MS / 2, orderlyRate: 0.5 },
};

/** The disk is full every half an hour. */
export const FULL: Faults = {
  ...DENSE,
  store: { ...DENSE.store, failEveryMs: HOUR_MS / 2, failForMs: 5 * MINUTE_MS },
};

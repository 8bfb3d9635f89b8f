// Faults: everything that can go wrong in a simulated world, as one record of rates.
//
// Modelled on TigerBeetle's packet simulator: the options are data, the luck comes from the seed, and a world without
// faults is the same world with every rate at 0. Rates are probabilities (0..1) per occasion; `…EveryMs` is the mean
// of an exponential time between two faults, 0 meaning never; `…ForMs` is the longest time that one lasts (uniform
// from a tenth of it).

/** How a service can ail. Each says whether a restart helps. */
export const AILMENTS = [
  /** Ends by itself with a code. A restart helps. */
  'crash',
  /** Killed from outside with SIGKILL. A restart helps. */
  'killed',
  /** Alive and never answers: idle, busy, on a dead connection, out of descriptors, or with a dead worker. A restart helps. */
  'hang',
  /** Stopped by a signal: alive, frozen. A restart helps. */
  'frozen',
  /** Answers late. A restart helps; it also passes by itself. */
  'slow',
  /** Answers, wrongly. A restart helps. */
  'wrong-answer',
  /** Memory grows until the kernel ends it. A restart helps until the next time. */
  'leak',
  /** A new version that dies soon after each start, until somebody puts the old one back. A restart does not help. */
  'bad-version',
  /** Another program sits on its port; each start dies at once until it goes away. */
  'port-taken',
  /** Dies some seconds after each start, and stops doing so by itself. */
  'crash-loop',
  /** Hangs whatever is done, until the outside cause goes away. */
  'stubborn',
] as const;

export type Ailment = (typeof AILMENTS)[number];

export type Faults = {
  readonly services: {
    /** Mean time between two ailments of one service. */
    readonly ailEveryMs: number;
    readonly weights: Readonly<Record<Ailment, number>>;
    /** How long what a restart does not mend can last. */
    readonly lastForMs: number;
    /** Several services on one host die at once while the watchman's own path is fine. */
    readonly hostTroubleEveryMs: number;
  };
  readonly store: {
    readonly busyRate: number;
    /** The commit is answered later, not within the call. */
    readonly laterRate: number;
    /** The disk is full for a while. */
    readonly failEveryMs: number;
    readonly failForMs: number;
  };
  readonly sensor: {
    /** A healthy service looks unhealthy to one probe. */
    readonly lieRate: number;
    /** An unhealthy service looks healthy to one probe: what a cache in front of it does. */
    readonly flatterRate: number;
    readonly cannotRunRate: number;
    /** The answer comes long after the timeout. */
    readonly hangRate: number;
    /** No answer ever comes back: beyond the port's contract, as a lost child of a probe is. */
    readonly loseRate: number;
    /** The path that all probes share is broken, the canary's too. */
    readonly pathBrokenEveryMs: number;
    readonly pathBrokenForMs: number;
    /** How a broken path looks: probes that cannot run (else they time out). */
    readonly pathCannotRunRate: number;
    /** The canary happens to go another way and stays well: only that all fail at once can tell. */
    readonly pathHalfRate: number;
  };
  readonly actuator: {
    readonly loseReportRate: number;
    readonly repeatReportRate: number;
    readonly failRate: number;
    /** The operation takes up to `slowForMs` instead of moments: reports overtake each other. */
    readonly slowRate: number;
    readonly slowForMs: number;
    /** The operation reaches the hands late, even after its run died: a message on its way. */
    readonly lateRate: number;
    readonly lateForMs: number;
    /** The end of a process is never told to the watchman (it is not the parent). */
    readonly loseExitRate: number;
  };
  readonly notifier: {
    readonly failRate: number;
    readonly loseReportRate: number;
    readonly slowRate: number;
    readonly slowForMs: number;
  };
  readonly engine: {
    /** kill -9 between two events. */
    readonly crashEveryMs: number;
    /** kill -9 inside a commit: before or after it became durable. */
    readonly crashInCommitRate: number;
    /** kill -9 right after an operation was handed to the actuator. */
    readonly crashAfterDispatchRate: number;
    readonly downForMs: number;
    /** The new run starts while the old one still works. */
    readonly zombieRate: number;
    readonly zombieForMs: number;
    /** An orderly end (shutdown is told to every machine) instead of kill -9. */
    readonly orderlyRate: number;
  };
  readonly clock: {
    /** The wall clock is set, by up to `jumpMs` either way. */
    readonly jumpEveryMs: number;
    readonly jumpMs: number;
    /** The wall clock begins to run faster or slower than time, by up to this share. */
    readonly slewEveryMs: number;
    readonly slewShare: number;
    /** The whole machine sleeps: time passes and nothing runs. */
    readonly sleepEveryMs: number;
    readonly sleepForMs: number;
    /** The watchman alone is stopped (SIGSTOP), and goes on later. */
    readonly stopEveryMs: number;
    readonly stopForMs: number;
  };
  readonly people: {
    readonly askEveryMs: number;
    readonly holdForMs: number;
    /** The page wakes somebody; else nobody ever acknowledges it. */
    readonly acknowledgeRate: number;
    readonly acknowledgeWithinMs: number;
    readonly approveRate: number;
  };
};

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

const EVEN_WEIGHTS: Readonly<Record<Ailment, number>> = {
  crash: 4,
  killed: 2,
  hang: 3,
  frozen: 1,
  slow: 1,
  'wrong-answer': 1,
  leak: 1,
  'bad-version': 1,
  'port-taken': 1,
  'crash-loop': 1,
  stubborn: 1,
};

/** Nothing goes wrong, and nobody asks for anything. */
export const NO_FAULTS: Faults = {
  services: { ailEveryMs: 0, weights: EVEN_WEIGHTS, lastForMs: 0, hostTroubleEveryMs: 0 },
  store: { busyRate: 0, laterRate: 0, failEveryMs: 0, failForMs: 0 },
  sensor: {
    lieRate: 0,
    flatterRate: 0,
    cannotRunRate: 0,
    hangRate: 0,
    loseRate: 0,
    pathBrokenEveryMs: 0,
    pathBrokenForMs: 0,
    pathCannotRunRate: 0,
    pathHalfRate: 0,
  },
  actuator: {
    loseReportRate: 0,
    repeatReportRate: 0,
    failRate: 0,
    slowRate: 0,
    slowForMs: 0,
    lateRate: 0,
    lateForMs: 0,
    loseExitRate: 0,
  },
  notifier: { failRate: 0, loseReportRate: 0, slowRate: 0, slowForMs: 0 },
  engine: {
    crashEveryMs: 0,
    crashInCommitRate: 0,
    crashAfterDispatchRate: 0,
    downForMs: 0,
    zombieRate: 0,
    zombieForMs: 0,
    orderlyRate: 0,
  },
  clock: {
    jumpEveryMs: 0,
    jumpMs: 0,
    slewEveryMs: 0,
    slewShare: 0,
    sleepEveryMs: 0,
    sleepForMs: 0,
    stopEveryMs: 0,
    stopForMs: 0,
  },
  people: { askEveryMs: 0, holdForMs: 0, acknowledgeRate: 1, acknowledgeWithinMs: MINUTE_MS, approveRate: 1 },
};

/**
 * A bad day: about ten ailments, three crashes of the watchman, a broken path, a full disk, people who meddle. Light
 * enough that 2,000 of them are a check before every commit.
 */
export const DAY: Faults = {
  services: {
    ailEveryMs: 48 * HOUR_MS,
    weights: EVEN_WEIGHTS,
    lastForMs: 10 * MINUTE_MS,
    hostTroubleEveryMs: 48 * HOUR_MS,
  },
  store: { busyRate: 0.01, laterRate: 0.2, failEveryMs: 24 * HOUR_MS, failForMs: 3 * MINUTE_MS },
  sensor: {
    lieRate: 0.001,
    flatterRate: 0.002,
    cannotRunRate: 0.0005,
    hangRate: 0.0005,
    loseRate: 0.0001,
    pathBrokenEveryMs: 24 * HOUR_MS,
    pathBrokenForMs: 5 * MINUTE_MS,
    pathCannotRunRate: 0.5,
    pathHalfRate: 0,
  },
  actuator: {
    loseReportRate: 0.05,
    repeatReportRate: 0.05,
    failRate: 0.05,
    slowRate: 0.1,
    slowForMs: MINUTE_MS,
    lateRate: 0,
    lateForMs: 0,
    loseExitRate: 0.1,
  },
  notifier: { failRate: 0.1, loseReportRate: 0.05, slowRate: 0.1, slowForMs: 10_000 },
  engine: {
    crashEveryMs: 12 * HOUR_MS,
    crashInCommitRate: 0.0005,
    crashAfterDispatchRate: 0.01,
    downForMs: 2 * MINUTE_MS,
    zombieRate: 0.2,
    zombieForMs: MINUTE_MS,
    orderlyRate: 0.1,
  },
  clock: {
    jumpEveryMs: 24 * HOUR_MS,
    jumpMs: HOUR_MS,
    slewEveryMs: 24 * HOUR_MS,
    slewShare: 0.05,
    sleepEveryMs: 48 * HOUR_MS,
    sleepForMs: 8 * HOUR_MS,
    stopEveryMs: 24 * HOUR_MS,
    stopForMs: 30 * MINUTE_MS,
  },
  people: {
    askEveryMs: 6 * HOUR_MS,
    holdForMs: 10 * MINUTE_MS,
    acknowledgeRate: 0.7,
    acknowledgeWithinMs: 40 * MINUTE_MS,
    approveRate: 0.6,
  },
};

/** A day that no real machine has ever seen at once: about 60 ailments, 10 crashes of the watchman, and all the rest. */
export const STORM: Faults = {
  services: {
    ailEveryMs: 8 * HOUR_MS,
    weights: EVEN_WEIGHTS,
    lastForMs: 40 * MINUTE_MS,
    hostTroubleEveryMs: 16 * HOUR_MS,
  },
  store: { busyRate: 0.01, laterRate: 0.2, failEveryMs: 12 * HOUR_MS, failForMs: 5 * MINUTE_MS },
  sensor: {
    lieRate: 0.001,
    flatterRate: 0.002,
    cannotRunRate: 0.0005,
    hangRate: 0.0005,
    loseRate: 0.0001,
    pathBrokenEveryMs: 8 * HOUR_MS,
    pathBrokenForMs: 10 * MINUTE_MS,
    pathCannotRunRate: 0.5,
    pathHalfRate: 0,
  },
  actuator: {
    loseReportRate: 0.05,
    repeatReportRate: 0.05,
    failRate: 0.05,
    slowRate: 0.1,
    slowForMs: MINUTE_MS,
    lateRate: 0,
    lateForMs: 0,
    loseExitRate: 0.1,
  },
  notifier: { failRate: 0.1, loseReportRate: 0.05, slowRate: 0.1, slowForMs: 10_000 },
  engine: {
    crashEveryMs: 4 * HOUR_MS,
    crashInCommitRate: 0.002,
    crashAfterDispatchRate: 0.02,
    downForMs: 2 * MINUTE_MS,
    zombieRate: 0.2,
    zombieForMs: MINUTE_MS,
    orderlyRate: 0.2,
  },
  clock: {
    jumpEveryMs: 12 * HOUR_MS,
    jumpMs: HOUR_MS,
    slewEveryMs: 12 * HOUR_MS,
    slewShare: 0.1,
    sleepEveryMs: 24 * HOUR_MS,
    sleepForMs: HOUR_MS,
    stopEveryMs: 8 * HOUR_MS,
    stopForMs: 10 * MINUTE_MS,
  },
  people: {
    askEveryMs: 2 * HOUR_MS,
    holdForMs: 20 * MINUTE_MS,
    acknowledgeRate: 0.7,
    acknowledgeWithinMs: 40 * MINUTE_MS,
    approveRate: 0.6,
  },
};

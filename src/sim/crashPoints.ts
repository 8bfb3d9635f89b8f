// Crash points: the same short world again and again, each time struck once, at the next boundary of a commit.
//
//   handed over ── half written ── durable ── [answered] ── before dispatch ── dispatched ── reported
//                                                           (once for each effect of the batch)
//
// The world is run once untouched, to count its boundaries, and then once for each boundary and each fault that can
// strike there. Up to the strike both runs are the same, since nothing here draws any luck. Afterwards every invariant
// must hold, and everything must settle.

import type { Actuator } from '#ports/actuator.ts';
import type { Notifier } from '#ports/notifier.ts';
import type { Batch, CommitOutcome, Store } from '#ports/store.ts';
import { unreachable } from '#kernel/unreachable.ts';
import { DAY, NO_FAULTS, type Faults } from './faults.ts';
import { DEFAULTS, Simulation, type SimulationOptions } from './simulation.ts';
import { NO_TAMPERING, type Tampering } from './tampering.ts';
import type { Violation } from './witness.ts';

/** What can strike at each boundary, in the order in which one commit passes them. */
export const STRIKES = {
  /** The batch is handed to the store; nothing is written. */
  'handed over': ['kill', 'power cut', 'full disk', 'read-only disk', 'busy disk', 'slow disk'],
  /** Some of its bytes are written: a torn write, which the store must undo. */
  'half written': ['kill', 'power cut'],
  /** All of it is durable; the watchman was not told. */
  durable: ['kill', 'power cut'],
  /** An effect of a committed batch is about to leave. */
  'before dispatch': ['kill'],
  /** It has left, and nobody knows what becomes of it. */
  dispatched: ['kill', 'power cut'],
  /** Its report has come, and nothing of it is committed. */
  reported: ['kill'],
} as const;

export type Boundary = keyof typeof STRIKES;
export type Strike = (typeof STRIKES)[Boundary][number];

/** A boundary by its place among those of its kind: the 17th commit that is durable. */
export type CrashPoint = { readonly boundary: Boundary; readonly ordinal: number; readonly strike: Strike };

export const BOUNDARIES: readonly Boundary[] = [
  'handed over',
  'half written',
  'durable',
  'before dispatch',
  'dispatched',
  'reported',
];

/** A few ailments in half an hour, people who meddle, and no other trouble: what strikes is the crash point alone. */
const WEATHER: Faults = {
  ...NO_FAULTS,
  services: { ...DAY.services, ailEveryMs: 30 * 60_000, lastForMs: 5 * 60_000, hostTroubleEveryMs: 0 },
  people: { ...DAY.people, askEveryMs: 8 * 60_000, holdForMs: 3 * 60_000 },
  engine: { ...NO_FAULTS.engine, downForMs: 20_000 },
};

const STORM_MS = 30 * 60_000;
const SERVICES = 5;
/** How far a torn write has come when it is cut. */
const TORN_AFTER_MS = 5;
const FULL_FOR_MS = 3 * 60_000;
const READ_ONLY_FOR_MS = 10 * 60_000;
/** A disk that is being rebuilt, or a neighbour that writes a backup. */
const SLOW_MS = 5_000;

export type Counts = Readonly<Record<Boundary, number>>;

type Tally = Record<Boundary, number>;

const noneYet = (): Tally => ({
  'handed over': 0,
  'half written': 0,
  durable: 0,
  'before dispatch': 0,
  dispatched: 0,
  reported: 0,
});

/** Stands at every boundary of one world, counts, and strikes at one of them; null: only counts. */
class Sentry {
  readonly counts: Tally = noneYet();
  readonly #point: CrashPoint | null;
  readonly #inner: Tampering;
  #simulation: Simulation | null = null;
  hasStruck = false;

  constructor(point: CrashPoint | null, inner: Tampering) {
    this.#point = point;
    this.#inner = inner;
  }

  watch(simulation: Simulation): void {
    this.#simulation = simulation;
  }

  tampering(): Tampering {
    const inner = this.#inner;
    return {
      ...inner,
      store: (store) => this.#store(inner.store(store)),
      actuator: (actuator) => this.#actuator(inner.actuator(actuator)),
      notifier: (notifier) => this.#notifier(inner.notifier(notifier)),
    };
  }

  /** True when the point is here and now. */
  #isHere(boundary: Boundary): boolean {
    this.counts[boundary] += 1;
    const isHere = this.#point?.boundary === boundary && this.#point.ordinal === this.counts[boundary];
    if (isHere) this.hasStruck = true;
    return isHere;
  }

  #world(): Simulation {
    if (this.#simulation === null) throw new Error('a sentry without a world');
    return this.#simulation;
  }

  #after(delayMs: number, task: () => void): void {
    const { timeline } = this.#world();
    timeline.post(timeline.nowMs() + delayMs, task);
  }

  /** Ends the watchman, and with a power cut everything that runs beside him. */
  #kill(): void {
    const { world, keeper } = this.#world();
    keeper.crash(`${this.#point?.strike ?? ''}: ${this.#point?.boundary ?? ''}`);
    if (this.#point?.strike !== 'power cut') return;
    for (const unit of world.units) {
      if (unit.pid !== null) world.end(unit, { code: null, signal: 'SIGKILL', isOutOfMemory: false, isOwn: false });
    }
  }

  #store(store: Store): Store {
    return {
      load: () => store.load(),
      evidence: (query) => store.evidence(query),
      checkpoints: () => store.checkpoints(),
      commit: (batch, done) => {
        if (this.#isHere('handed over')) return this.#strikeCommit(store, batch, done);
        if (this.#isHere('half written')) return this.#after(TORN_AFTER_MS, () => this.#kill());
        return store.commit(batch, (outcome) => {
          if (outcome.kind === 'committed' && this.#isHere('durable')) return this.#kill();
          return done(outcome);
        });
      },
    };
  }

  #strikeCommit(store: Store, batch: Batch, done: (outcome: CommitOutcome) => void): void {
    const strike = this.#point?.strike ?? 'kill';
    const { weather } = this.#world();
    switch (strike) {
      case 'kill':
      case 'power cut':
        return this.#kill();
      case 'full disk':
        weather.fillDisk(FULL_FOR_MS);
        return store.commit(batch, done);
      case 'read-only disk':
        weather.fillDisk(READ_ONLY_FOR_MS, 'the store is read-only');
        return store.commit(batch, done);
      case 'busy disk':
        return done({ kind: 'busy', detail: 'database is locked' });
      case 'slow disk':
        return this.#after(SLOW_MS, () => store.commit(batch, done));
      default:
        return unreachable(strike);
    }
  }

  /** Passes one effect on between its three boundaries. */
  #dispatch<Report>(pass: (report: (value: Report) => void) => void, report: (value: Report) => void): void {
    if (this.#isHere('before dispatch')) return this.#kill();
    pass((value) => (this.#isHere('reported') ? this.#kill() : report(value)));
    return this.#isHere('dispatched') ? this.#kill() : undefined;
  }

  #actuator(actuator: Actuator): Actuator {
    return {
      operate: (key, operation, service, report) =>
        this.#dispatch((told) => actuator.operate(key, operation, service, told), report),
      examine: (service, report) => this.#dispatch((told) => actuator.examine(service, told), report),
      find: (service, report) => this.#dispatch((told) => actuator.find(service, told), report),
      onExit: (listener) => actuator.onExit(listener),
    };
  }

  #notifier(notifier: Notifier): Notifier {
    return {
      deliver: (key, notification, report) =>
        this.#dispatch((told) => notifier.deliver(key, notification, told), report),
    };
  }
}

export type Ground = Pick<SimulationOptions, 'seed' | 'tampering'>;

const live = (
  ground: Ground,
  point: CrashPoint | null,
  onTrace: SimulationOptions['onTrace'] = null,
): { sentry: Sentry; violation: Violation | null } => {
  const sentry = new Sentry(point, ground.tampering);
  const simulation = new Simulation({
    ...DEFAULTS,
    seed: ground.seed,
    stormMs: STORM_MS,
    serviceCount: SERVICES,
    faults: WEATHER,
    tampering: sentry.tampering(),
    onTrace,
  });
  sentry.watch(simulation);
  return { sentry, violation: simulation.run().violation };
};

/** How many boundaries of each kind the untouched world passes. Throws when it breaks an invariant by itself. */
export const countBoundaries = (ground: Ground): Counts => {
  const { sentry, violation } = live(ground, null);
  if (violation !== null) throw new Error(`the untouched world breaks ${violation.invariant}: ${violation.detail}`);
  return sentry.counts;
};

/** Every point of a world, or every `stride`-th of each boundary and strike. */
export const crashPoints = function* (counts: Counts, stride = 1): Generator<CrashPoint> {
  let phase = 0;
  for (const boundary of BOUNDARIES) {
    for (const strike of STRIKES[boundary]) {
      // Another first one for each kind of strike, so that a sample does not look at the same commits every time.
      for (let ordinal = 1 + (phase % stride); ordinal <= counts[boundary]; ordinal += stride) {
        yield { boundary, ordinal, strike };
      }
      phase += 1;
    }
  }
};

/** What became of one struck world; null: every invariant held. Throws when the point was never reached. */
export const strikeAt = (ground: Ground, point: CrashPoint): Violation | null => {
  const { sentry, violation } = live(ground, point);
  if (!sentry.hasStruck) throw new Error(`${point.strike} at ${point.boundary} ${point.ordinal} was never reached`);
  return violation;
};

/** The trace of one struck world, line by line. */
export const traceStrike = (ground: Ground, point: CrashPoint, onTrace: (line: string) => void): void =>
  void live(ground, point, onTrace);

/** The world of a seed, with nothing taken out. */
export const groundOf = (seed: number): Ground => ({ seed, tampering: NO_TAMPERING });

// Run: one life of the watchman, from its boot to its orderly end or its death: the real engine over fake ports.
// What lies on the disk and in the world outlives it; everything else dies with it.

import type { Boot } from '#kernel/event.ts';
import type { EvidenceRecord } from '#kernel/evidence.ts';
import type { Site } from '#kernel/site.ts';
import type { Instant } from '#kernel/time.ts';
import { Engine } from '#loop/engine.ts';
import type { LookHistory, Metrics } from '#ports/metrics.ts';
import type { Batch } from '#ports/store.ts';
import { FakeActuator } from './actuator.ts';
import { Chance } from './chance.ts';
import { RunClock, type WallClock } from './clock.ts';
import { makeFakeCopies, type CopyWorld } from './copies.ts';
import type { Hands } from './hands.ts';
import { FakeHost } from './host.ts';
import { CANARY, dutyMachine } from './machines.ts';
import { FakeNotifier, type Mailbox } from './notifier.ts';
import { FakeSensor } from './sensor.ts';
import { FakeStore, type Disk } from './store.ts';
import type { Tampering } from './tampering.ts';
import type { Weather } from './weather.ts';
import type { World } from './world.ts';

/** What every run of one simulation shares. */
export type Stage = {
  readonly seed: number;
  readonly site: Site;
  readonly world: World;
  readonly weather: Weather;
  readonly wall: WallClock;
  readonly disk: Disk;
  readonly hands: Hands;
  readonly copies: CopyWorld;
  readonly mailbox: Mailbox;
  readonly tampering: Tampering;
};

export type RunListener = {
  /** A batch became durable; the run that wrote it does not know it yet. */
  readonly written: (run: Run, batch: Batch, records: readonly EvidenceRecord[]) => void;
  /** The run must end: another process moved a machine on. */
  readonly fatal: (run: Run, detail: string) => void;
  /** An operation was handed to the actuator: here a run may be made to die. */
  readonly dispatched: (run: Run) => void;
};

const KEEP_EVERY_MS = 60_000;
const NO_METRICS: Metrics & LookHistory = {
  sample: () => undefined,
  recent: () => [],
  eachSample: () => undefined,
  points: () => [],
  status: () => null,
  writer: () => null,
};

/** One life of the watchman. */
export class Run {
  readonly number: number;
  readonly bornMs: number;
  readonly engine: Engine;
  readonly clock: RunClock;
  readonly #stage: Stage;
  #isAlive = true;

  constructor(stage: Stage, number: number, listener: RunListener) {
    this.#stage = stage;
    this.number = number;
    this.bornMs = stage.world.timeline.nowMs();
    const remembered = stage.tampering.clockRemembers ? stage.disk.newestAt : null;
    this.clock = new RunClock(stage.world.timeline, stage.wall, this.#chance('clock'), remembered);
    this.engine = this.#makeEngine(listener);
  }

  isAlive(): boolean {
    return this.#isAlive;
  }

  boot(how: Boot): void {
    this.engine.judging.takeUp(this.#stage.disk.dockets);
    this.engine.start(how);
    this.#stage.copies.attend(this.engine.crank, () => this.#isAlive);
    if (this.engine.judging.count() > 0) this.#keepDockets();
  }

  /** As the daemon does: once a minute, so that a budget outlives the run. */
  #keepDockets(): void {
    this.#stage.disk.dockets = this.engine.judging.kept();
    this.#after(KEEP_EVERY_MS, () => this.#keepDockets());
  }

  /** The end, orderly or not: nothing of this run happens any more. */
  stop(): void {
    this.#isAlive = false;
    this.engine.stop();
    this.clock.stop();
  }

  /** Each run has streams of luck of its own, so that one more draw in one life does not change the next. */
  #chance(label: string): Chance {
    return new Chance(this.#stage.seed, `${label} ${this.number}`);
  }

  readonly #after = (delayMs: number, task: () => void): void => {
    const { timeline } = this.#stage.world;
    timeline.post(timeline.nowMs() + delayMs, this.clock.whenAwake(task));
  };

  #makeEngine(listener: RunListener): Engine {
    const { site, world, weather, disk, hands, mailbox, tampering, wall, copies } = this.#stage;
    const after = this.#after;
    const now = (): Instant => this.clock.now();
    const mood = (): ReturnType<Weather['diskMood']> => weather.diskMood();
    const onWritten = (batch: Batch, records: readonly EvidenceRecord[]): void =>
      listener.written(this, batch, records);
    const actuator = new FakeActuator({
      world,
      hands,
      weather,
      chance: this.#chance('actuator'),
      run: this.number,
      now,
      after,
      onDispatched: () => listener.dispatched(this),
    });
    const sensor = new FakeSensor({ world, weather, chance: this.#chance('sensor'), now, after });
    const notifier = new FakeNotifier({ mailbox, weather, chance: this.#chance('notifier'), after });
    return new Engine({
      site: tampering.site(site),
      clock: tampering.clock(this.clock, wall),
      store: tampering.store(new FakeStore({ disk, mood, after, onWritten })),
      sensor: tampering.sensor(sensor),
      metrics: NO_METRICS,
      actuator: tampering.actuator(actuator),
      notifier: tampering.notifier(notifier),
      host: new FakeHost(world, after),
      copies: makeFakeCopies({ copies, weather, chance: this.#chance('copies'), after }),
      canary: [CANARY],
      dutyFor: (known, id) => dutyMachine(known, id),
      replaceMachine: (machine) => tampering.machine(machine),
      stopwatch: () => world.timeline.nowMs(),
      onCommitted: () => undefined,
      onStoreTrouble: (detail, isFatal) => {
        if (isFatal) listener.fatal(this, detail ?? 'the store was taken over');
      },
    });
  }
}

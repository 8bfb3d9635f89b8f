// Simulation: one world from one seed: storm, then quiet, with every invariant asked after every step.

import type { EvidenceRecord } from '#kernel/evidence.ts';
import { actionKey } from '#kernel/id.ts';
import { sayInstant } from '#kernel/reason.ts';
import { watchMachine, type Site } from '#kernel/site.ts';
import { instant, type Instant } from '#kernel/time.ts';
import type { Batch } from '#ports/store.ts';
import { Chance } from './chance.ts';
import { CopyWorld, withCodex } from './copies.ts';
import { WallClock } from './clock.ts';
import { STORM, type Faults } from './faults.ts';
import { Hands, type Deed } from './hands.ts';
import { INVARIANTS } from './invariants/all.ts';
import { unsettled } from './invariants/liveness.ts';
import { Keeper } from './keeper.ts';
import { Mischief } from './mischief.ts';
import { Mailbox } from './notifier.ts';
import { People } from './people.ts';
import type { Run } from './run.ts';
import { planClockFaults, sleepFor } from './sleep.ts';
import { Disk } from './store.ts';
import { NO_TAMPERING, type Tampering } from './tampering.ts';
import { Timeline } from './timeline.ts';
import { drawTown, NIGHTFALL } from './town.ts';
import { Weather } from './weather.ts';
import { Witness, type Scene, type Violation } from './witness.ts';
import { World } from './world.ts';

const MINUTE_MS = 60_000;
/** The longest pause between careful retries is an hour, and so is the budget's window: three hours settle anything. */
const QUIET_MOST_MS = 3 * 60 * MINUTE_MS;
/** Lines of trace that are kept for a report. */
const TRACE_KEPT = 30;

export type SimulationOptions = {
  readonly seed: number;
  /** World time at which it begins. */
  readonly beginsAt: Instant;
  readonly stormMs: number;
  readonly serviceCount: number;
  readonly faults: Faults;
  readonly tampering: Tampering;
  /** Null: drawn from the seed. */
  readonly site: Site | null;
  /** What the town is bent to, whoever drew it. */
  readonly bend: (site: Site) => Site;
  /** Names of the invariants that are asked; null: all. */
  readonly invariants: readonly string[] | null;
  /** Every line of the trace, as it happens; null: no trace. */
  readonly onTrace: ((line: string) => void) | null;
};

export type SimulationReport = {
  readonly seed: number;
  readonly violation: Violation | null;
  /** The hash of the last evidence record: the same seed gives the same root. */
  readonly root: string;
  readonly records: number;
  readonly events: number;
  readonly runs: number;
  readonly operations: number;
  readonly ailments: number;
  readonly notifications: number;
  /** World time from the start to the moment when everything had settled. */
  readonly lastedMs: number;
};

export const DEFAULTS: Omit<SimulationOptions, 'seed'> = {
  beginsAt: NIGHTFALL,
  stormMs: 24 * 60 * MINUTE_MS,
  serviceCount: 20,
  faults: STORM,
  tampering: NO_TAMPERING,
  site: null,
  bend: (site) => site,
  invariants: null,
  onTrace: null,
};

/** One world in eight has a codex, with copies that somebody meddles with. */
const CODEX_EACH = 8;
const CODEX_AT = 5;

const townFor = (seed: number, serviceCount: number): Site => {
  const town = drawTown(new Chance(seed, 'town'), serviceCount);
  return seed % CODEX_EACH === CODEX_AT ? withCodex(town) : town;
};

/** One world, from nightfall until everything has settled or something is wrong. */
export class Simulation {
  readonly timeline: Timeline;
  readonly world: World;
  readonly weather: Weather;
  readonly wall: WallClock;
  readonly copies: CopyWorld;
  readonly disk = new Disk();
  readonly keeper: Keeper;
  readonly people: People;
  readonly mischief: Mischief;
  readonly site: Site;
  readonly #options: SimulationOptions;
  readonly #witness: Witness;
  readonly #scene: Scene;
  /** Keys of the actions that people asked for. */
  readonly #byPeople = new Set<string>();
  #operations = 0;
  #ailments = 0;
  #notifications = 0;

  constructor(options: SimulationOptions) {
    const { seed, faults, tampering } = options;
    this.#options = options;
    this.timeline = new Timeline(options.beginsAt);
    this.site = options.bend(options.site ?? townFor(seed, options.serviceCount));
    this.world = new World(this.site, this.timeline, new Chance(seed, 'world'));
    this.weather = new Weather(this.timeline, new Chance(seed, 'weather'), faults);
    this.copies = new CopyWorld(this.site, {
      timeline: this.timeline,
      weather: this.weather,
      chance: new Chance(seed, 'copies'),
    });
    const hands = new Hands({
      world: this.world,
      chance: new Chance(seed, 'hands'),
      faults: () => this.weather.faults(),
      listener: { began: (deed, rival) => this.#began(deed, rival), ended: (deed) => this.#ended(deed) },
      minds: tampering,
    });
    const mailbox = new Mailbox((notification, earlier) => {
      this.#notifications += 1;
      this.#say(() => `told (${notification.kind}): ${notification.title}`);
      this.#witness.delivered(notification, earlier);
      if (earlier === null) this.people.receive(notification);
    });
    this.wall = new WallClock(this.timeline);
    const { world, weather, wall, disk, site, copies } = this;
    this.keeper = new Keeper({
      stage: { seed, site, world, weather, wall, disk, hands, copies, mailbox, tampering },
      chance: new Chance(seed, 'keeper'),
      onWritten: (run, batch, records) => this.#written(run, batch, records),
      say: (line) => this.#say(line),
    });
    this.people = this.#makePeople(seed);
    this.mischief = this.#makeMischief(seed);
    this.#scene = this.#makeScene();
    const { invariants } = options;
    const asked = INVARIANTS.filter((it) => invariants === null || invariants.includes(it.name));
    this.#witness = new Witness(this.#scene, asked);
    this.#listenToWorld();
    this.#planMinutes();
    planClockFaults({
      timeline: this.timeline,
      wall,
      weather: this.weather,
      keeper: this.keeper,
      chance: (what) => new Chance(seed, what),
      say: (line) => this.#say(line),
    });
  }

  /** Storm, quiet, verdict. */
  run(): SimulationReport {
    this.keeper.begin();
    this.runFor(this.#options.stormMs);
    this.#calmDown();
    const deadlineMs = this.timeline.nowMs() + QUIET_MOST_MS;
    while (this.#witness.violation() === null && this.timeline.nowMs() < deadlineMs) {
      this.runFor(MINUTE_MS);
      if (unsettled(this.#scene) === null) break;
    }
    if (this.#witness.violation() === null) this.#witness.over();
    return this.report();
  }

  /** Lets so much time of the world pass, or stops at the first violation. */
  runFor(ms: number): void {
    const endMs = this.timeline.nowMs() + ms;
    while (this.#witness.violation() === null && this.timeline.step(endMs));
  }

  /** The whole machine sleeps for so long. */
  sleepFor(ms: number): void {
    sleepFor({ timeline: this.timeline, keeper: this.keeper, say: (line) => this.#say(line) }, ms);
  }

  report(): SimulationReport {
    return {
      seed: this.#options.seed,
      violation: this.#witness.violation(),
      root: this.disk.root(),
      records: this.disk.evidence.length,
      events: this.timeline.eventsTotal(),
      runs: this.keeper.runsTotal(),
      operations: this.#operations,
      ailments: this.#ailments,
      notifications: this.#notifications,
      lastedMs: this.timeline.nowMs() - this.#options.beginsAt,
    };
  }

  #calmDown(): void {
    this.#say(() => 'the storm is over');
    this.weather.clear();
    this.copies.calmDown();
    this.keeper.layToRest();
    this.keeper.begin();
    this.people.calmDown();
  }

  #makePeople(seed: number): People {
    return new People({
      site: this.site,
      timeline: this.timeline,
      weather: this.weather,
      keeper: this.keeper,
      chance: new Chance(seed, 'people'),
      say: (line) => this.#say(line),
    });
  }

  #makeMischief(seed: number): Mischief {
    return new Mischief({
      world: this.world,
      weather: this.weather,
      chance: new Chance(seed, 'mischief'),
      onAilment: (unit, ailment) => {
        this.#ailments += 1;
        this.#say(() => `${unit.service.id} ails: ${ailment}`);
      },
    });
  }

  #makeScene(): Scene {
    return {
      site: this.site,
      world: this.world,
      disk: this.disk,
      weather: this.weather,
      copies: this.copies,
      nowMs: () => this.timeline.nowMs(),
      calmSinceMs: () => Math.max(this.keeper.aloneSinceMs(), this.weather.diskGoodSinceMs()),
      pathSinceMs: () => this.weather.pathSinceMs(),
      gap: () => this.keeper.gap(),
      targets: () => {
        const run = this.keeper.run();
        return { run: run?.number ?? 0, views: run?.engine.judging.views() ?? [] };
      },
      serenoNowMs: () => this.keeper.run()?.clock.now() ?? this.timeline.nowMs(),
    };
  }

  #listenToWorld(): void {
    this.copies.listen({
      ordered: (order) => {
        this.#say(() => `writes: ${order.copy}@${order.version} (epoch ${order.epoch})`);
        this.#witness.ordered(order);
      },
    });
    this.world.listen({
      spawned: (unit) => this.#witness.spawned(unit),
      turned: (unit, works) => {
        this.#say(() => `${unit.service.id} ${works ? 'works' : 'does not work'}`);
        this.#witness.turned(unit);
      },
      ended: (unit, exit) => this.#say(() => `${unit.service.id} ended (${exit.signal ?? `code ${exit.code ?? '?'}`})`),
    });
  }

  #written(run: Run, batch: Batch, records: readonly EvidenceRecord[]): void {
    for (const record of records) {
      this.#noteWishes(record);
      this.#say(() => sayRecord(run, record));
      this.people.read(record);
    }
    this.#witness.committed({ batch, records, run: run.number });
  }

  /** A stop is binding once the person who asked for it was told that it is done. */
  #noteWishes(record: EvidenceRecord): void {
    const named = record.refs['key'];
    const key = typeof named === 'string' ? named : '';
    if (record.type === 'action.started' && record.actor.kind === 'person') this.#byPeople.add(key);
    const isStopped = record.type === 'action.outcome' && record.action === 'stop' && this.#byPeople.has(key);
    if (!isStopped || record.outcome?.startsWith('effective') !== true) return;
    const unit = this.world.units.find((it) => watchMachine(it.service.id) === record.machine);
    if (unit !== undefined) unit.isWantedStopped = true;
  }

  #began(deed: Deed, rival: Deed | null): void {
    this.#operations += 1;
    const { action, subject, epoch } = deed.operation;
    // What a person wants to run is a service like any other from now on, even if starting it fails.
    if (action !== 'stop' && this.#byPeople.has(actionKey(subject, epoch))) deed.unit.isWantedStopped = false;
    this.#say(() => `begins: ${deed.operation.action} ${deed.operation.subject} (epoch ${deed.operation.epoch})`);
    this.#witness.began(deed, rival);
  }

  #ended(deed: Deed): void {
    const { action, subject, epoch } = deed.operation;
    this.#say(() => `ends: ${action} ${subject} (epoch ${epoch}): ${deed.outcome?.kind ?? '?'}`);
    this.#witness.ended(deed);
  }

  #planMinutes(): void {
    this.timeline.post(this.timeline.nowMs() + MINUTE_MS, () => {
      this.#witness.minute();
      this.#planMinutes();
    });
  }

  /** A trace line costs nothing unless somebody listens. */
  #say(line: () => string): void {
    const { onTrace } = this.#options;
    if (onTrace !== null) onTrace(`${sayMoment(this.timeline.nowMs())}  ${line()}`);
  }
}

const sayMoment = (ms: number): string =>
  `${sayInstant(instant(ms)).slice(0, -1)}.${String(ms % 1_000).padStart(3, '0')}`;

const sayRecord = (run: Run, record: EvidenceRecord): string => {
  const parts = [record.trigger, record.action, record.outcome].filter((part) => part !== null && part !== '');
  return `#${record.seq} [run ${run.number}] ${record.machine} ${record.type}: ${parts.join(' | ')}`;
};

/** Runs one world and reports. */
export const simulate = (options: Partial<SimulationOptions> & { readonly seed: number }): SimulationReport =>
  new Simulation({ ...DEFAULTS, ...options }).run();

/** Runs the same world again and returns the last lines of its trace. */
export const traceOf = (
  options: Partial<SimulationOptions> & { readonly seed: number },
  kept = TRACE_KEPT,
): readonly string[] => {
  const lines: string[] = [];
  simulate({
    ...options,
    onTrace: (line) => {
      lines.push(line);
      if (lines.length > kept * 2) lines.splice(0, lines.length - kept);
    },
  });
  return lines.slice(-kept);
};

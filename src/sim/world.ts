// World: the services as they really are, whatever the watchman believes.
//
// A unit is one service with at most one process. It works when its process runs, is ready, has no ailment, and all
// that it needs works. Ailments of the process end with the process; troubles outlive it and end by themselves.
// Whether each unit works is kept in one array that is recomputed when something changes, so that a probe of a
// healthy town is one look-up.

import { emptyBlackBox, type BlackBox, type Exit, type PortHolder } from '#kernel/cause.ts';
import type { ServiceId } from '#kernel/id.ts';
import type { Service } from '#kernel/service.ts';
import type { Site } from '#kernel/site.ts';
import { instant } from '#kernel/time.ts';
import type { Chance } from './chance.ts';
import type { Timeline } from './timeline.ts';

/** What ails the process that runs now. */
export type Condition = 'well' | 'hung' | 'frozen' | 'slow' | 'wrong';

/** What a restart does not mend. */
export type TroubleKind = 'bad-version' | 'port-taken' | 'crash-loop' | 'stubborn';
export type Trouble = { readonly kind: TroubleKind; readonly sinceMs: number; readonly untilMs: number };

export type Unit = {
  readonly index: number;
  readonly service: Service;
  readonly needs: readonly number[];
  /** Dies when something it needs is down for some seconds, as programs without reconnection do. */
  readonly isFragile: boolean;
  readonly startupMs: number;
  pid: number | null;
  /** Live processes of this service: must never be two. */
  copies: number;
  readyAtMs: number;
  startedAtMs: number;
  condition: Condition;
  conditionUntilMs: number;
  trouble: Trouble | null;
  /** What the process was told to die of, and when; 0: nothing. */
  leaksUntilMs: number;
  /** Looks that it will fail while it works: one request in thousands that goes wrong. */
  stumbles: number;
  lastExit: Exit | null;
  /** World time since when it does not work; 0 while it works. */
  brokenSinceMs: number;
  /** When a probe of it last said that it answers although it does not; 0: never. */
  flatteredAtMs: number;
  /** World time since when it works; meaningless while it does not. */
  worksSinceMs: number;
  /** A person stopped it: it is not expected to work. */
  isWantedStopped: boolean;
};

export type Ending = {
  readonly code: number | null;
  readonly signal: string | null;
  readonly isOutOfMemory: boolean;
  /** True when the watchman's own hands ended it: nobody is told. */
  readonly isOwn: boolean;
};

export type WorldListener = {
  /** A process ended by itself or from outside. */
  readonly ended: (unit: Unit, exit: Exit) => void;
  /** The unit began to work, or stopped working. */
  readonly turned: (unit: Unit, works: boolean) => void;
  /** A process was started; `copies` says how many run now. */
  readonly spawned: (unit: Unit) => void;
};

/**
 * What hangs looks the same to a probe and differs inside. Which kind it is follows from the pid, so that the luck of a
 * world is spent on nothing that only the black box shows.
 */
const KINDS_OF_HANG: readonly Partial<BlackBox>[] = [
  { processState: 'sleeping', waitsIn: 'do_epoll_wait', cpuPercent: 0 },
  { processState: 'running', cpuPercent: 100, acceptQueue: 12 },
  { cpuPercent: 0, deadPeers: [{ peer: '10.0.0.9:5432', unacknowledgedBytes: 120, retransmits: 4 }] },
  { cpuPercent: 0, descriptors: 1_024, descriptorsMax: 1_024 },
  { cpuPercent: 0, zombies: ['worker (pid 7)'] },
];

/** Fragile units notice after this long that something they need is gone. */
const FRAGILE_NOTICES_MS = 4_000;
/** A process that cannot bind its port, or has a bad version, dies after this long at the latest. */
const DIES_EARLY_MS = 3_000;
const CRASH_LOOP_LATEST_MS = 25_000;
const PORT_THIEF = { pid: 999_999, command: 'rogue-listener' } as const;

/** The simulated machine with its processes. */
export class World {
  readonly units: readonly Unit[];
  readonly timeline: Timeline;
  readonly #byId: ReadonlyMap<ServiceId, Unit>;
  readonly #chance: Chance;
  readonly #works: boolean[];
  readonly #listeners: WorldListener[] = [];
  #nextPid = 1_000;

  constructor(site: Site, timeline: Timeline, chance: Chance) {
    this.timeline = timeline;
    this.#chance = chance;
    const order = new Map(site.services.map((service, index) => [service.id, index]));
    this.units = site.services.map((service, index) => makeUnit(service, index, order, chance));
    this.#byId = new Map(this.units.map((unit) => [unit.service.id, unit]));
    this.#works = this.units.map(() => false);
    for (const unit of this.units) unit.brokenSinceMs = timeline.nowMs();
  }

  listen(listener: WorldListener): void {
    this.#listeners.push(listener);
  }

  unit(id: ServiceId): Unit | null {
    return this.#byId.get(id) ?? null;
  }

  works(index: number): boolean {
    return this.#works[index] ?? false;
  }

  isReady(unit: Unit): boolean {
    return unit.pid !== null && this.timeline.nowMs() >= unit.readyAtMs;
  }

  /** True while something outside must end before any action can make the unit work. */
  isBeyondHelp(unit: Unit): boolean {
    return unit.trouble !== null || unit.needs.some((need) => this.#isNeedBeyondHelp(need));
  }

  #isNeedBeyondHelp(index: number): boolean {
    const unit = this.units[index];
    return unit !== undefined && (unit.isWantedStopped || this.isBeyondHelp(unit));
  }

  /** Starts a process. The caller sees to it that none runs; `copies` shows when it did not. */
  spawn(unit: Unit): number {
    const nowMs = this.timeline.nowMs();
    const pid = this.#nextPid;
    this.#nextPid += 1;
    unit.pid = pid;
    unit.copies += 1;
    unit.startedAtMs = nowMs;
    unit.readyAtMs = nowMs + unit.startupMs;
    unit.condition = 'well';
    unit.leaksUntilMs = 0;
    for (const listener of this.#listeners) listener.spawned(unit);
    this.timeline.post(unit.readyAtMs, () => this.refresh());
    this.#meetTrouble(unit, pid);
    this.refresh();
    return pid;
  }

  /** Ends the process, for whatever reason; harmless when none runs. */
  end(unit: Unit, ending: Ending): void {
    if (unit.pid === null) return;
    const nowMs = this.timeline.nowMs();
    const { isOwn, ...how } = ending;
    const exit: Exit = { pid: unit.pid, ...how, at: instant(nowMs), ranMs: nowMs - unit.startedAtMs };
    unit.pid = null;
    unit.copies -= 1;
    unit.condition = 'well';
    unit.lastExit = exit;
    this.refresh();
    if (isOwn) return;
    for (const listener of this.#listeners) listener.ended(unit, exit);
  }

  /** Makes the running process ail until it ends, or until `untilMs` for what passes by itself. */
  sicken(unit: Unit, condition: Condition, untilMs: number): void {
    if (unit.pid === null) return;
    const pid = unit.pid;
    unit.condition = condition;
    unit.conditionUntilMs = untilMs;
    this.refresh();
    if (untilMs === Number.POSITIVE_INFINITY) return;
    this.timeline.post(untilMs, () => {
      if (unit.pid !== pid || unit.conditionUntilMs !== untilMs) return;
      unit.condition = 'well';
      this.refresh();
    });
  }

  /** Starts a trouble that outlives restarts; a second one while the first lasts is not started. */
  beginTrouble(unit: Unit, kind: TroubleKind, forMs: number): void {
    if (unit.trouble !== null) return;
    const nowMs = this.timeline.nowMs();
    const trouble: Trouble = { kind, sinceMs: nowMs, untilMs: nowMs + forMs };
    unit.trouble = trouble;
    if (unit.pid !== null) this.#meetTrouble(unit, unit.pid);
    this.refresh();
    this.timeline.post(trouble.untilMs, () => {
      if (unit.trouble !== trouble) return;
      unit.trouble = null;
      this.refresh();
    });
  }

  /** The process leaks and is ended by the kernel after `forMs`. */
  leak(unit: Unit, forMs: number): void {
    if (unit.pid === null) return;
    const pid = unit.pid;
    unit.leaksUntilMs = this.timeline.nowMs() + forMs;
    this.timeline.post(unit.leaksUntilMs, () => {
      if (unit.pid !== pid) return;
      this.end(unit, { code: null, signal: 'SIGKILL', isOutOfMemory: true, isOwn: false });
    });
  }

  /** The next look at it fails, and nothing else is wrong. */
  stumble(unit: Unit): void {
    unit.stumbles += 1;
  }

  /** True when a look that would be answered well fails all the same. */
  hasStumbled(unit: Unit): boolean {
    if (unit.stumbles === 0) return false;
    unit.stumbles -= 1;
    return true;
  }

  /** Recomputes who works. Services come after what they need, so one pass is enough. */
  refresh(): void {
    const nowMs = this.timeline.nowMs();
    for (const unit of this.units) {
      const works = this.#worksNow(unit, nowMs);
      if (works === this.#works[unit.index]) continue;
      this.#works[unit.index] = works;
      unit.brokenSinceMs = works ? 0 : nowMs;
      if (works) unit.worksSinceMs = nowMs;
      for (const listener of this.#listeners) listener.turned(unit, works);
      if (!works) this.#upsetDependants(unit);
    }
  }

  /** What can be read of a unit from outside, as one box. */
  blackBox(unit: Unit, atMs: number): BlackBox {
    const nowMs = this.timeline.nowMs();
    const isThief = unit.trouble?.kind === 'port-taken';
    const stolen: readonly PortHolder[] = isThief ? [{ port: 8_000 + unit.index, ...PORT_THIEF }] : [];
    const isChanged = unit.trouble?.kind === 'bad-version';
    return {
      ...emptyBlackBox(unit.service.id, instant(atMs), []),
      exit: unit.pid === null ? unit.lastExit : null,
      pid: unit.pid,
      processState: unit.pid === null ? null : unit.condition === 'frozen' ? 'stopped' : 'sleeping',
      memoryBytes: unit.pid === null ? null : unit.leaksUntilMs > nowMs ? 900_000_000 : 60_000_000,
      descriptors: unit.pid === null ? null : 24,
      threads: unit.pid === null ? null : 8,
      ...hangOf(unit),
      ports: unit.pid === null ? stolen : [{ port: 8_000 + unit.index, pid: unit.pid, command: unit.service.id }],
      stolenPorts: stolen,
      logTail: unit.lastExit === null ? [] : [`exit ${unit.lastExit.code ?? unit.lastExit.signal ?? '?'}`],
      recentChanges:
        isChanged && unit.trouble !== null
          ? [{ what: 'program file', at: instant(atMs - (nowMs - unit.trouble.sinceMs)), isBeforeStart: true }]
          : [],
    };
  }

  #worksNow(unit: Unit, nowMs: number): boolean {
    if (unit.pid === null || nowMs < unit.readyAtMs) return false;
    if (unit.condition !== 'well' && unit.condition !== 'slow') return false;
    if (unit.trouble?.kind === 'stubborn') return false;
    for (const need of unit.needs) if (!this.works(need)) return false;
    return true;
  }

  #upsetDependants(broken: Unit): void {
    for (const unit of this.units) {
      if (!unit.isFragile || unit.pid === null || !unit.needs.includes(broken.index)) continue;
      const pid = unit.pid;
      this.timeline.post(this.timeline.nowMs() + FRAGILE_NOTICES_MS, () => {
        if (unit.pid !== pid || this.works(broken.index)) return;
        this.end(unit, { code: 1, signal: null, isOutOfMemory: false, isOwn: false });
      });
    }
  }

  #meetTrouble(unit: Unit, pid: number): void {
    const kind = unit.trouble?.kind;
    if (kind === undefined || kind === 'stubborn') return;
    const latestMs = kind === 'crash-loop' ? CRASH_LOOP_LATEST_MS : DIES_EARLY_MS;
    const diesAtMs = this.timeline.nowMs() + this.#chance.between(100, latestMs);
    this.timeline.post(diesAtMs, () => {
      if (unit.pid !== pid || unit.trouble === null) return;
      this.end(unit, { code: 1, signal: null, isOutOfMemory: false, isOwn: false });
    });
  }
}

const hangOf = ({ pid, condition }: Unit): Partial<BlackBox> =>
  pid === null || condition !== 'hung' ? {} : (KINDS_OF_HANG[pid % KINDS_OF_HANG.length] ?? {});

/** One unit in four is fragile; start-up takes 0.2 to 3 s. */
const makeUnit = (service: Service, index: number, order: ReadonlyMap<ServiceId, number>, chance: Chance): Unit => ({
  index,
  service,
  needs: service.needs.flatMap((need) => order.get(need) ?? []),
  isFragile: chance.hits(0.25),
  startupMs: chance.between(200, 3_000),
  pid: null,
  copies: 0,
  readyAtMs: 0,
  startedAtMs: 0,
  condition: 'well',
  conditionUntilMs: 0,
  trouble: null,
  leaksUntilMs: 0,
  stumbles: 0,
  lastExit: null,
  brokenSinceMs: 0,
  flatteredAtMs: 0,
  worksSinceMs: 0,
  isWantedStopped: false,
});

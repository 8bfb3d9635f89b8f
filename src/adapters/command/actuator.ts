// The command driver: starts, stops and asks after a workload by its owner's shell lines.
//
// Whether it runs is what the status line says; without one, only a start line that stays in the foreground can be
// told. A start line still there after 1 s counts as started and is left alone: it is the workload. See docs/drivers.md.

import type { Operation, OperationOutcome } from '#kernel/action.ts';
import type { BlackBox, Exit } from '#kernel/cause.ts';
import type { EffectKey } from '#kernel/id.ts';
import type { Service, Workload } from '#kernel/service.ts';
import { durationMs, type Instant, later } from '#kernel/time.ts';
import { unreachable } from '#kernel/unreachable.ts';
import type { Actuator, Presence } from '#ports/actuator.ts';
import type { Clock } from '#ports/clock.ts';
import { openLedger } from '#ports/ledger.ts';
import { makeTurns, type ReportOutcome, type Turns } from '#ports/turns.ts';
import { boxOf, emptyBox } from './examine.ts';
import { type Birth, type Folder, openFolder } from './folder.ts';
import {
  type Foreground,
  followAdopted,
  followOwn,
  isAlive,
  type LineEnd,
  readBootId,
  readFigures,
  seeOff,
} from './foreground.ts';
import { beginLine, type Ran, runLine } from './line.ts';

export type CommandWorkload = Extract<Workload, { readonly kind: 'command' }>;

export type CommandActuatorOptions = {
  /** `<state>/run`; each service has a folder in it with ledger, log and the record of its start line. */
  readonly directory: string;
  readonly clock: Clock;
  readonly siteName: string;
};

export type CommandActuator = Actuator & {
  /** Lets go: stops the timers and leaves every workload running. */
  readonly close: () => void;
};

/** What is known of one service. Its fields follow the world. */
export type Unit = {
  service: Service;
  workload: CommandWorkload;
  readonly folder: Folder;
  readonly turns: Turns;
  foreground: Foreground | null;
  /** True when the last start line stayed, and has ended: then it does not run, even without a status line. */
  isLineOver: boolean;
  lastExit: Exit | null;
};

type Told = { readonly kind: 'runs' | 'absent' | 'untold'; readonly detail: string };

/** A start line that ends badly does so within this time; one that stays this long is the workload. */
const SETTLE_MS = 1_000;
/** Between two questions whether a stop has worked. */
const ASK_AGAIN_MS = 100;
/** A status line is asked often and must be quick, whatever the time that a start may take. */
const STATUS_TIMEOUT_MS = 10_000;
/** The port promises 500 ms. */
const EXAMINE_STATUS_MS = 350;
/** Shells say so when the program in their line could not be run (POSIX 2.8.2): that tells nothing about the workload. */
const NOT_RUN: ReadonlySet<number | null> = new Set([126, 127, null]);

const FOREIGN = 'not a workload of kind command';

const failed = (detail: string): OperationOutcome => ({ kind: 'failed', detail });

const sayRan = (what: string, ran: Ran, timeoutMs: number): string => {
  const said = ran.said === '' ? '' : `: ${ran.said}`;
  if (ran.kind === 'timed-out') return `the ${what} line was killed after ${timeoutMs} ms${said}`;
  if (ran.kind === 'not-run') return `the ${what} line could not be run${said}`;
  return `the ${what} line exited with ${ran.code ?? 'a signal'}${said}`;
};

const present = (told: Told, line: Foreground | null): Presence => {
  const pid = told.kind === 'runs' ? (line?.birth.pid ?? null) : null;
  return { isRunning: told.kind === 'runs', pid, ...(told.kind === 'untold' ? { detail: told.detail } : {}) };
};

const statusLimit = (unit: Unit): number => Math.min(unit.workload.timeoutMs, STATUS_TIMEOUT_MS);

class Driver implements CommandActuator {
  readonly #directory: string;
  readonly #clock: Clock;
  readonly #bootId = readBootId();
  readonly #units = new Map<string, Unit>();
  #listener: (service: Service, exit: Exit) => void = () => undefined;

  constructor({ directory, clock }: CommandActuatorOptions) {
    this.#directory = directory;
    this.#clock = clock;
  }

  operate(key: EffectKey, operation: Operation, service: Service, report: ReportOutcome): void {
    const unit = this.#unitOf(service);
    if (unit !== null) return unit.turns.operate(key, operation, report);
    queueMicrotask(() => report({ kind: 'refused', detail: FOREIGN }));
  }

  find(service: Service, report: (presence: Presence) => void): void {
    const unit = this.#unitOf(service);
    if (unit === null) return queueMicrotask(() => report({ isRunning: false, pid: null, detail: FOREIGN }));
    unit.turns.inTurn(async () => {
      const presence = present(await this.#ask(unit, statusLimit(unit)), unit.foreground);
      queueMicrotask(() => report(presence));
    });
  }

  examine(service: Service, report: (blackBox: BlackBox) => void): void {
    const unit = this.#unitOf(service);
    const at = this.#clock.now();
    if (unit === null) return queueMicrotask(() => report(emptyBox(service, at, `everything: ${FOREIGN}`)));
    void this.#ask(unit, EXAMINE_STATUS_MS).then((told) => {
      const gap = `${told.kind === 'untold' ? 'whether it runs' : 'status'}: ${told.detail}`;
      const box = boxOf(unit, at, gap);
      queueMicrotask(() => report(box));
    });
  }

  onExit(listener: (service: Service, exit: Exit) => void): void {
    this.#listener = listener;
  }

  close(): void {
    for (const unit of this.#units.values()) unit.foreground?.close();
  }

  #unitOf(service: Service): Unit | null {
    if (service.workload.kind !== 'command') return null;
    const unit = this.#units.get(service.id) ?? this.#makeUnit(service, service.workload);
    unit.service = service;
    unit.workload = service.workload;
    return unit;
  }

  #makeUnit(service: Service, workload: CommandWorkload): Unit {
    const folder = openFolder(this.#directory, service.id);
    const birth = folder.readBirth();
    const turns = makeTurns(openLedger(folder.ledger), (_key, operation) => this.#perform(unit, operation));
    const unit: Unit = { service, workload, folder, turns, foreground: null, isLineOver: false, lastExit: null };
    if (birth !== null && isAlive(birth, this.#bootId)) this.#follow(unit, followAdopted(birth, this.#clock));
    else unit.isLineOver = birth !== null && !birth.isDetached;
    this.#units.set(service.id, unit);
    return unit;
  }

  #follow(unit: Unit, line: Foreground): void {
    unit.foreground = line;
    unit.isLineOver = false;
    void line.ended.then((end) => this.#lineEnded(unit, line, end));
  }

  /** The line that stayed has ended. It was the workload, unless it ended well and something else runs on. */
  async #lineEnded(unit: Unit, line: Foreground, end: LineEnd): Promise<void> {
    if (unit.foreground !== line) return;
    unit.foreground = null;
    const at = this.#clock.now();
    const ranMs = durationMs(Math.max(0, Math.round(at - line.birth.startedAt)));
    const hasStatus = unit.workload.status !== null;
    const isHandOver = end.code === 0 && (!hasStatus || (await this.#ask(unit, statusLimit(unit))).kind === 'runs');
    unit.isLineOver = !isHandOver;
    unit.folder.writeBirth({ ...line.birth, isDetached: isHandOver });
    if (isHandOver) return;
    unit.lastExit = { pid: line.birth.pid, ...end, at, ranMs, isOutOfMemory: false };
    if (!line.isEndWanted) this.#listener(unit.service, unit.lastExit);
  }

  async #ask(unit: Unit, limitMs: number): Promise<Told> {
    const { status } = unit.workload;
    if (status === null) return askLine(unit);
    const ran = await runLine(this.#clock, status, limitMs);
    const detail = sayRan('status', ran, limitMs);
    if (ran.kind !== 'exited' || NOT_RUN.has(ran.code)) return { kind: 'untold', detail };
    return { kind: ran.code === 0 ? 'runs' : 'absent', detail };
  }

  #perform(unit: Unit, { action, timeoutMs }: Operation): Promise<OperationOutcome> {
    const limitMs = Math.min(timeoutMs, unit.workload.timeoutMs);
    switch (action) {
      case 'start':
        return this.#start(unit);
      case 'stop':
        return this.#stop(unit, limitMs);
      case 'restart':
        return this.#restart(unit, limitMs);
      default:
        return unreachable(action);
    }
  }

  async #start(unit: Unit): Promise<OperationOutcome> {
    const told = await this.#ask(unit, statusLimit(unit));
    if (told.kind === 'runs') {
      return { kind: 'applied', detail: `already runs: ${told.detail}`, pid: unit.foreground?.birth.pid ?? null };
    }
    if (told.kind === 'untold' && unit.workload.status !== null) return failed(`${told.detail}; nothing was started`);
    const begun = beginLine(unit.workload.start, unit.folder.log);
    if (begun.kind === 'failed') return begun;
    const startTicks = readFigures(begun.pid)?.startTicks ?? 0;
    const startedAt = this.#clock.now();
    const birth: Birth = { pid: begun.pid, startTicks, bootId: this.#bootId, startedAt, isDetached: false };
    unit.folder.writeBirth(birth);
    const line = followOwn(birth, begun.child);
    const settleMs = Math.min(SETTLE_MS, unit.workload.timeoutMs);
    const end = await Promise.race([line.ended, this.#pause(settleMs)]);
    if (end === undefined) {
      this.#follow(unit, line);
      return { kind: 'applied', detail: `the start line stays, pid ${birth.pid}`, pid: birth.pid };
    }
    unit.isLineOver = end.code !== 0;
    unit.folder.writeBirth({ ...birth, isDetached: end.code === 0 });
    if (end.code === 0) return { kind: 'applied', detail: 'the start line ended well', pid: null };
    return failed(sayRan('start', { kind: 'exited', code: end.code, said: begun.said() }, settleMs));
  }

  async #stop(unit: Unit, timeoutMs: number): Promise<OperationOutcome> {
    const told = await this.#ask(unit, statusLimit(unit));
    const line = unit.foreground;
    if (told.kind === 'absent' && line === null) {
      return { kind: 'applied', detail: `did not run: ${told.detail}`, pid: null };
    }
    const deadline = later(this.#clock.now(), timeoutMs);
    if (line !== null) line.isEndWanted = true;
    const ran = await runLine(this.#clock, unit.workload.stop, timeoutMs);
    const seen = line === null ? '' : await seeOff(line, this.#clock);
    const detail = sayRan('stop', ran, timeoutMs) + (seen ?? '; its start line outlived SIGKILL');
    if (seen === null) return failed(detail);
    if (unit.workload.status === null) {
      return line !== null || ran.code === 0 ? { kind: 'applied', detail, pid: null } : failed(detail);
    }
    const isGone = await this.#isGoneBy(unit, deadline);
    return isGone
      ? { kind: 'applied', detail, pid: null }
      : failed(`${detail}; the status line still says that it runs`);
  }

  async #restart(unit: Unit, timeoutMs: number): Promise<OperationOutcome> {
    const stopped = await this.#stop(unit, timeoutMs);
    // Without a status line a failed stop may only mean that nothing ran: pkill says 1.
    const isTold = unit.workload.status !== null || unit.foreground !== null;
    if (stopped.kind !== 'applied' && isTold) return stopped;
    const started = await this.#start(unit);
    return { ...started, detail: `${stopped.detail}; ${started.detail}` };
  }

  /** Asks until it no longer runs, at most until the deadline. */
  async #isGoneBy(unit: Unit, deadline: Instant): Promise<boolean> {
    while (true) {
      if ((await this.#ask(unit, statusLimit(unit))).kind === 'absent') return true;
      if (this.#clock.now() >= deadline) return false;
      await this.#pause(ASK_AGAIN_MS);
    }
  }

  #pause(ms: number): Promise<undefined> {
    return new Promise((resume) => {
      this.#clock.at(later(this.#clock.now(), ms), () => resume(undefined));
    });
  }
}

/** Without a status line: what the start line itself tells. */
const askLine = (unit: Unit): Told => {
  if (unit.foreground !== null) return { kind: 'runs', detail: 'its start line is still there' };
  if (unit.isLineOver) return { kind: 'absent', detail: 'its start line has ended' };
  return { kind: 'untold', detail: 'there is no status line: whether it runs cannot be told' };
};

/** Makes the driver for workloads of kind `command`. One Sereno at a time, by the lock of the state directory. */
export const makeCommandActuator = (options: CommandActuatorOptions): CommandActuator => new Driver(options);

// The command driver: starts, stops and asks after a workload by its owner's shell lines.
//
// Whether it runs is what the status line says; without one, only a start line that stays in the foreground can be
// told. A start line still there after 1 s counts as started and is left alone: it is the workload. See docs/drivers.md.

import type { Operation, OperationOutcome } from '#kernel/action.ts';
import type { BlackBox, Exit } from '#kernel/cause.ts';
import type { Service, Workload } from '#kernel/service.ts';
import { durationMs, instant, later } from '#kernel/time.ts';
import { unreachable } from '#kernel/unreachable.ts';
import type { Actuator, Presence } from '#ports/actuator.ts';
import type { Clock } from '#ports/clock.ts';
import { openLedger } from '#ports/ledger.ts';
import { makeTurns, type Turns } from '#ports/turns.ts';
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

/** Makes the driver for workloads of kind `command`. One Sereno at a time, by the lock of the state directory. */
export const makeCommandActuator = ({ directory, clock }: CommandActuatorOptions): CommandActuator => {
  const bootId = readBootId();
  const units = new Map<string, Unit>();
  let listener: (service: Service, exit: Exit) => void = () => undefined;

  const ask = async (unit: Unit, limitMs: number): Promise<Told> => {
    const { status } = unit.workload;
    if (status === null) {
      if (unit.foreground !== null) return { kind: 'runs', detail: 'its start line is still there' };
      if (unit.isLineOver) return { kind: 'absent', detail: 'its start line has ended' };
      return { kind: 'untold', detail: 'there is no status line: whether it runs cannot be told' };
    }
    const ran = await runLine(clock, status, limitMs);
    const detail = sayRan('status', ran, limitMs);
    if (ran.kind !== 'exited' || NOT_RUN.has(ran.code)) return { kind: 'untold', detail };
    return { kind: ran.code === 0 ? 'runs' : 'absent', detail };
  };

  const statusLimit = (unit: Unit): number => Math.min(unit.workload.timeoutMs, STATUS_TIMEOUT_MS);

  /** The workload ended by itself, as far as its start line was the workload. */
  const lineEnded = async (unit: Unit, line: Foreground, end: LineEnd): Promise<void> => {
    const at = clock.now();
    if (unit.foreground !== line) return;
    unit.foreground = null;
    const ranMs = durationMs(Math.max(0, Math.round(at - line.birth.startedAt)));
    const exit: Exit = { pid: line.birth.pid, ...end, at, ranMs, isOutOfMemory: false };
    // A line that ends well may have left its work to a daemon: only the status line can tell.
    const isHandOver =
      end.code === 0 && (unit.workload.status === null || (await ask(unit, statusLimit(unit))).kind === 'runs');
    unit.isLineOver = !isHandOver;
    unit.folder.writeBirth({ ...line.birth, isDetached: isHandOver });
    if (isHandOver) return;
    unit.lastExit = exit;
    if (!line.isEndWanted) listener(unit.service, exit);
  };

  const follow = (unit: Unit, line: Foreground): void => {
    unit.foreground = line;
    unit.isLineOver = false;
    void line.ended.then((end) => lineEnded(unit, line, end));
  };

  const start = async (unit: Unit): Promise<OperationOutcome> => {
    const told = await ask(unit, statusLimit(unit));
    if (told.kind === 'runs') {
      return { kind: 'applied', detail: `already runs: ${told.detail}`, pid: unit.foreground?.birth.pid ?? null };
    }
    if (told.kind === 'untold' && unit.workload.status !== null) return failed(`${told.detail}; nothing was started`);
    const begun = beginLine(unit.workload.start, unit.folder.log);
    if (begun.kind === 'failed') return begun;
    const startTicks = readFigures(begun.pid)?.startTicks ?? 0;
    const birth: Birth = { pid: begun.pid, startTicks, bootId, startedAt: clock.now(), isDetached: false };
    unit.folder.writeBirth(birth);
    const line = followOwn(birth, begun.child);
    const settled = Promise.withResolvers<null>();
    const cancel = clock.at(later(clock.now(), Math.min(SETTLE_MS, unit.workload.timeoutMs)), () =>
      settled.resolve(null),
    );
    const end = await Promise.race([line.ended, settled.promise]);
    cancel();
    if (end === null) {
      follow(unit, line);
      return { kind: 'applied', detail: `the start line stays, pid ${birth.pid}`, pid: birth.pid };
    }
    unit.isLineOver = end.code !== 0;
    unit.folder.writeBirth({ ...birth, isDetached: end.code === 0 });
    if (end.code === 0) return { kind: 'applied', detail: 'the start line ended well', pid: null };
    return failed(sayRan('start', { kind: 'exited', code: end.code, said: begun.said() }, SETTLE_MS));
  };

  /** Asks until it no longer runs, at most until the deadline. */
  const isGoneBy = async (unit: Unit, deadline: number): Promise<boolean> => {
    while (true) {
      if ((await ask(unit, statusLimit(unit))).kind === 'absent') return true;
      if (clock.now() >= deadline) return false;
      await new Promise<void>((resume) => {
        clock.at(later(clock.now(), ASK_AGAIN_MS), resume);
      });
    }
  };

  const stop = async (unit: Unit, timeoutMs: number): Promise<OperationOutcome> => {
    const told = await ask(unit, statusLimit(unit));
    const line = unit.foreground;
    if (told.kind === 'absent' && line === null)
      return { kind: 'applied', detail: `did not run: ${told.detail}`, pid: null };
    const deadline = clock.now() + timeoutMs;
    if (line !== null) line.isEndWanted = true;
    const ran = await runLine(clock, unit.workload.stop, timeoutMs);
    const seen = line === null ? '' : await seeOff(line, clock);
    const detail = sayRan('stop', ran, timeoutMs) + (seen ?? `; its start line outlived SIGKILL`);
    if (seen === null) return failed(detail);
    if (unit.workload.status !== null) {
      return (await isGoneBy(unit, deadline))
        ? { kind: 'applied', detail, pid: null }
        : failed(`${detail}; the status line still says that it runs`);
    }
    return line !== null || ran.code === 0 ? { kind: 'applied', detail, pid: null } : failed(detail);
  };

  const restart = async (unit: Unit, timeoutMs: number): Promise<OperationOutcome> => {
    const stopped = await stop(unit, timeoutMs);
    // Without a status line a failed stop may only mean that nothing ran: pkill says 1.
    const isTold = unit.workload.status !== null || unit.foreground !== null;
    if (stopped.kind !== 'applied' && isTold) return stopped;
    const started = await start(unit);
    return { ...started, detail: `${stopped.detail}; ${started.detail}` };
  };

  const perform = (unit: Unit, { action, timeoutMs }: Operation): Promise<OperationOutcome> => {
    const limitMs = Math.min(timeoutMs, unit.workload.timeoutMs);
    switch (action) {
      case 'start':
        return start(unit);
      case 'stop':
        return stop(unit, limitMs);
      case 'restart':
        return restart(unit, limitMs);
      default:
        return unreachable(action);
    }
  };

  const makeUnit = (service: Service, workload: CommandWorkload): Unit => {
    const folder = openFolder(directory, service.id);
    const birth = folder.readBirth();
    const turns = makeTurns(openLedger(folder.ledger), (_key, operation) => perform(unit, operation));
    const unit: Unit = { service, workload, folder, turns, foreground: null, isLineOver: false, lastExit: null };
    if (birth !== null && isAlive(birth, bootId)) follow(unit, followAdopted(birth, clock));
    else unit.isLineOver = birth !== null && !birth.isDetached;
    units.set(service.id, unit);
    return unit;
  };

  const unitOf = (service: Service): Unit | null => {
    if (service.workload.kind !== 'command') return null;
    const unit = units.get(service.id) ?? makeUnit(service, service.workload);
    unit.service = service;
    unit.workload = service.workload;
    return unit;
  };

  const findIn = async (unit: Unit, report: (presence: Presence) => void): Promise<void> => {
    const told = await ask(unit, statusLimit(unit));
    const isRunning = told.kind === 'runs';
    const pid = isRunning ? (unit.foreground?.birth.pid ?? null) : null;
    queueMicrotask(() => report({ isRunning, pid, ...(told.kind === 'untold' ? { detail: told.detail } : {}) }));
  };

  const examineUnit = async (unit: Unit): Promise<BlackBox> => {
    const at = clock.now();
    const told = await ask(unit, EXAMINE_STATUS_MS);
    return boxOf(unit, instant(at), `${told.kind === 'untold' ? 'whether it runs' : 'status'}: ${told.detail}`);
  };

  return {
    operate: (key, operation, service, report) => {
      const unit = unitOf(service);
      if (unit !== null) return unit.turns.operate(key, operation, report);
      queueMicrotask(() => report({ kind: 'refused', detail: FOREIGN }));
    },
    find: (service, report) => {
      const unit = unitOf(service);
      if (unit !== null) return unit.turns.inTurn(() => findIn(unit, report));
      queueMicrotask(() => report({ isRunning: false, pid: null, detail: FOREIGN }));
    },
    examine: (service, report) => {
      const unit = unitOf(service);
      if (unit === null) return queueMicrotask(() => report(emptyBox(service, clock.now(), `everything: ${FOREIGN}`)));
      void examineUnit(unit).then((box) => queueMicrotask(() => report(box)));
    },
    onExit: (newListener) => {
      listener = newListener;
    },
    close: () => {
      for (const unit of units.values()) unit.foreground?.close();
    },
  };
};

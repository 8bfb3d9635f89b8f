// The supervisor: has a slot for each service, fills it by spawning or adopting, and notices when it empties.
//
// A slot is unknown → absent | running (own or adopted). The first touch searches the machine for a child that outlived
// an earlier Sereno; from then on events keep the picture: the exit of an own child, the vigil over an adopted one.

import type { ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';

import type { OperationOutcome } from '#kernel/action.ts';
import type { Exit } from '#kernel/cause.ts';
import type { ServiceId } from '#kernel/id.ts';
import type { Service } from '#kernel/service.ts';
import { durationMs, elapsedMs, instant, later } from '#kernel/time.ts';
import type { Cancel, Clock } from '#ports/clock.ts';
import { openLedger } from '#ports/ledger.ts';
import { type Birth, digestOf, fingerprintsOf, type ProcessWorkload, readBirth, writeBirth } from './birth.ts';
import { type Located, locate, type Marked, takeCensus } from './census.ts';
import type { Child, Slot } from './child.ts';
import { type Ending, endGroup, killLeftovers, livingMembers } from './ending.ts';
import { nameOfState, openFolder } from './folder.ts';
import { launch } from './launch.ts';
import { rotateIdleLog, rotateLog } from './logs.ts';
import { makeOomWatch } from './oom.ts';
import { type Identity, ranForMs, readBootId, readStat } from './procfs.ts';
import { makeVigil } from './vigil.ts';

export type SupervisorOptions = { readonly directory: string; readonly clock: Clock; readonly siteName: string };

export interface Supervisor {
  slotOf(service: Service, workload: ProcessWorkload): Slot;
  /** Searches once for a child of an earlier run, adopts it, and stops every further copy. */
  know(slot: Slot): Promise<void>;
  /** What `know` would find; reads only. */
  look(slot: Slot): Located;
  start(slot: Slot, key: string, epoch: number): Promise<OperationOutcome>;
  /** Ends the child and its group; `graceMs` from the first signal to SIGKILL. */
  stop(slot: Slot, graceMs: number): Promise<Ending>;
  onExit(listener: (service: Service, exit: Exit) => void): void;
  /** The child as last known; null when it does not run, or was not looked for yet. */
  pidOf(service: ServiceId): number | null;
  /** Why out-of-memory kills cannot be told; null when they can. */
  readonly oomGap: string | null;
  /** Stops the timers; every workload goes on. */
  close(): void;
}

/** Log sizes and the out-of-memory counter are looked at this often: 5 µs a service, and a flood of 100 MB/s adds 100 MB. */
const HOUSEKEEPING_MS = 1_000;
/** Finds of one moment share one reading of /proc: at start-up a hundred services are looked for at once. */
const CENSUS_FRESH_MS = 100;

/** Makes the supervisor of one state directory. Everything that it changes on disk is in `directory`. */
export const makeSupervisor = ({ directory, clock, siteName }: SupervisorOptions): Supervisor => {
  const state = nameOfState(directory);
  const bootId = readBootId();
  const oom = makeOomWatch();
  const vigil = makeVigil(clock);
  const slots = new Map<string, Slot>();
  let listener: (service: Service, exit: Exit) => void = () => undefined;
  let census: { readonly at: number; readonly marked: readonly Marked[] } | null = null;
  let cancelHousekeeping: Cancel | null = null;

  const freshCensus = (): readonly Marked[] => {
    const at = clock.now();
    if (census === null || at - census.at > CENSUS_FRESH_MS) census = { at, marked: takeCensus(state) };
    return census.marked;
  };

  const keepHouse = (): void => {
    cancelHousekeeping = null;
    oom.tick();
    const running = [...slots.values()].filter((slot) => slot.child !== null);
    for (const slot of running) slot.logGap = rotateLog(slot.folder.log);
    if (running.length > 0) armHousekeeping();
  };

  const armHousekeeping = (): void => {
    cancelHousekeeping ??= clock.at(later(clock.now(), HOUSEKEEPING_MS), keepHouse);
  };

  const slotOf = (service: Service, workload: ProcessWorkload): Slot => {
    const known = slots.get(service.id);
    if (known !== undefined) {
      known.service = service;
      known.workload = workload;
      return known;
    }
    const folder = openFolder(directory, service.id);
    const slot: Slot = {
      service,
      workload,
      folder,
      ledger: openLedger(folder.ledger),
      birth: readBirth(folder.birth),
      isKnown: false,
      child: null,
      lastExit: null,
      notes: [],
      logGap: null,
      turns: null,
    };
    slots.set(service.id, slot);
    return slot;
  };

  /** The child is over: the slot empties, and the world is told unless an operation wanted it. */
  const end = (slot: Slot, child: Child, code: number | null, signal: string | null): void => {
    if (slot.child !== child) return;
    slot.child = null;
    const at = clock.now();
    const ranMs = durationMs(Math.round(elapsedMs(child.startedAt, at)));
    const isOutOfMemory = signal === 'SIGKILL' && !child.isEndWanted && oom.claim();
    slot.lastExit = { pid: child.pid, code, signal, at, ranMs, isOutOfMemory };
    child.tellEnded();
    if (!child.isEndWanted) listener(slot.service, slot.lastExit);
  };

  const settle = (slot: Slot, identity: Identity, born: Pick<Child, 'key' | 'startedAt' | 'isAdopted'>): Child => {
    const { promise: ended, resolve: tellEnded } = Promise.withResolvers<void>();
    const child: Child = { ...identity, ...born, ended, tellEnded, isEndWanted: false, unwatch: null };
    slot.child = child;
    slot.isKnown = true;
    armHousekeeping();
    return child;
  };

  const record = (slot: Slot, birth: Birth): string | null => {
    slot.birth = birth;
    return writeBirth(slot.folder.birth, birth);
  };

  const adopt = (slot: Slot, found: Marked): void => {
    const { birth } = slot;
    const isRecorded = birth !== null && birth.token === found.token;
    const startedAt = isRecorded ? instant(birth.startedAt) : later(clock.now(), -(ranForMs(found.startTicks) ?? 0));
    const { pid, startTicks, token, epoch } = found;
    const child = settle(slot, found, { key: isRecorded ? birth.key : '', startedAt, isAdopted: true });
    child.unwatch = vigil.watch(found, () => end(slot, child, null, null));
    if (isRecorded && birth.pid === pid) return;
    const rest = isRecorded ? birth : { key: '', digest: '', files: [] };
    record(slot, { ...rest, pid, startTicks, bootId, token, epoch, startedAt });
  };

  const look = (slot: Slot): Located =>
    locate({ id: slot.service.id, workload: slot.workload }, slot.birth, bootId, freshCensus());

  const know = async (slot: Slot): Promise<void> => {
    if (slot.isKnown) return;
    const { kept, extras } = look(slot);
    if (kept !== null) adopt(slot, kept);
    slot.isKnown = true;
    for (const extra of extras) {
      const order = { signal: slot.workload.stopSignal, graceMs: slot.workload.stopTimeoutMs, leaderEnded: null };
      const ending = await endGroup(extra, clock, order);
      slot.notes.push({ what: `a second copy was found: pid ${extra.pid} ${ending.detail}`, at: clock.now() });
    }
    if (extras.length > 0) census = null;
  };

  /** A dead leader may have left workers that still hold its ports. */
  const clearLeftovers = async (slot: Slot): Promise<string> => {
    const { birth } = slot;
    if (birth === null || birth.pid === null || birth.startTicks === null || birth.bootId !== bootId) return '';
    const before = { pid: birth.pid, startTicks: birth.startTicks };
    if (livingMembers(before).length === 0) return '';
    const ending = await killLeftovers(before, clock);
    return `the run before ${ending.detail}; `;
  };

  const follow = (slot: Slot, process: ChildProcess, child: Child): void => {
    process.once('exit', (code, signal) => end(slot, child, code, signal));
    process.on('error', () => undefined); // a failed kill: we signal by ourselves and look at the result
  };

  const start = async (slot: Slot, key: string, epoch: number): Promise<OperationOutcome> => {
    await know(slot);
    if (slot.child !== null)
      return { kind: 'applied', detail: `already runs, pid ${slot.child.pid}`, pid: slot.child.pid };
    if (slot.folder.trouble !== null)
      return { kind: 'failed', detail: `no folder for its files: ${slot.folder.trouble}` };
    const before = await clearLeftovers(slot);
    const token = randomUUID();
    const birth: Birth = {
      pid: null,
      startTicks: null,
      bootId,
      token,
      epoch,
      key,
      digest: digestOf(slot.workload),
      startedAt: clock.now(),
      files: fingerprintsOf(slot.workload),
    };
    rotateIdleLog(slot.folder.log);
    const trouble = record(slot, birth);
    if (trouble !== null) return { kind: 'failed', detail: `the birth record cannot be written: ${trouble}` };
    census = null;
    const mark = { service: slot.service.id, site: siteName, state, epoch, token };
    const launched = await launch(slot.workload, mark, slot.folder.log);
    if (launched.kind === 'failed') return launched;
    const { pid } = launched;
    // A child that ended already is still a zombie here: Node has had no turn to reap it.
    const startTicks = readStat(pid)?.startTicks;
    if (startTicks === undefined) {
      launched.child.kill('SIGKILL');
      return { kind: 'failed', detail: `pid ${pid} was stopped again: /proc/${pid}/stat cannot be read` };
    }
    const child = settle(slot, { pid, startTicks }, { key, startedAt: instant(birth.startedAt), isAdopted: false });
    follow(slot, launched.child, child);
    const unrecorded = record(slot, { ...birth, pid, startTicks });
    const after = unrecorded === null ? '' : `; its birth record was not completed: ${unrecorded}`;
    return { kind: 'applied', detail: `${before}started, pid ${pid}${after}`, pid };
  };

  const stop = async (slot: Slot, graceMs: number): Promise<Ending> => {
    await know(slot);
    const { child } = slot;
    if (child === null) {
      const leftovers = await clearLeftovers(slot);
      return { isGone: true, detail: `${leftovers}did not run` };
    }
    child.isEndWanted = true;
    const leaderEnded = child.isAdopted ? null : child.ended;
    const ending = await endGroup(child, clock, { signal: slot.workload.stopSignal, graceMs, leaderEnded });
    if (!ending.isGone) {
      child.isEndWanted = false; // it lives on: if it ends later, that is news
      return ending;
    }
    child.unwatch?.();
    if (child.isAdopted) end(slot, child, null, null);
    else await child.ended;
    return { isGone: true, detail: `pid ${child.pid} ${ending.detail}` };
  };

  return {
    slotOf,
    know,
    look,
    start,
    stop,
    pidOf: (service) => slots.get(service)?.child?.pid ?? null,
    oomGap: oom.gap,
    onExit: (newListener) => {
      listener = newListener;
    },
    close: () => {
      cancelHousekeeping?.();
      cancelHousekeeping = null;
      vigil.close();
    },
  };
};

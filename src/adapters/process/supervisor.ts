// The supervisor: has a slot for each service, fills it by spawning or adopting, and notices when it empties.
//
// A slot is unknown → absent | running (own or adopted). The first touch searches the machine for a child that outlived
// an earlier Sereno; from then on events keep the picture: the exit of an own child, the vigil over an adopted one.

import { randomUUID } from 'node:crypto';

import type { OperationOutcome } from '#kernel/action.ts';
import type { Exit } from '#kernel/cause.ts';
import type { ServiceId } from '#kernel/id.ts';
import type { Service } from '#kernel/service.ts';
import { durationMs, elapsedMs, instant, later } from '#kernel/time.ts';
import type { Cancel, Clock } from '#ports/clock.ts';
import { openLedger } from '#ports/ledger.ts';
import {
  type Birth,
  digestOf,
  fingerprintsOf,
  type ProcessWorkload,
  readBirth,
  releaseSince,
  writeBirth,
  writeBorn,
} from './birth.ts';
import { type Located, locate, type Marked, takeCensus } from './census.ts';
import type { Child, Slot } from './child.ts';
import { type Ending, endGroup, killLeftovers, livingMembers } from './ending.ts';
import { nameOfState, openFolder } from './folder.ts';
import { launch, type Mark } from './launch.ts';
import { rotateIdleLog, rotateLog } from './logs.ts';
import { makeOomWatch } from './oom.ts';
import { type Identity, ranForMs, readBootId, readStat } from './procfs.ts';
import { Standby } from './standby.ts';
import { makeVigil, type Vigil } from './vigil.ts';

export type SupervisorOptions = {
  /** `<state>/run`: each service has a folder in it. */
  readonly directory: string;
  readonly clock: Clock;
  readonly siteName: string;
};

type Listener = (service: Service, exit: Exit) => void;

/** Log sizes and the out-of-memory counter are looked at this often: 5 µs a service, and a flood of 100 MB/s adds 100 MB. */
const HOUSEKEEPING_MS = 1_000;
/** Finds of one moment share one reading of /proc: at start-up a hundred services are looked for at once. */
const CENSUS_FRESH_MS = 100;

/** An exec takes well under 1 ms, a few under load; only a spawn that was interrupted, or failed, is looked for so often. */
const LOOKS = 4;
const LOOK_AGAIN_MS = 10;

/** Keeps the children of one state directory. Everything that it changes on disk is in `directory`. */
export class Supervisor {
  readonly #options: SupervisorOptions;
  readonly #clock: Clock;
  readonly #state: string;
  readonly #bootId = readBootId();
  readonly #oom = makeOomWatch();
  readonly #vigil: Vigil;
  readonly #slots = new Map<string, Slot>();
  #listener: Listener = () => undefined;
  #census: { readonly at: number; readonly marked: readonly Marked[] } | null = null;
  #cancelHousekeeping: Cancel | null = null;

  constructor(options: SupervisorOptions) {
    this.#options = options;
    this.#clock = options.clock;
    this.#state = nameOfState(options.directory);
    this.#vigil = makeVigil(options.clock);
  }

  onExit(listener: Listener): void {
    this.#listener = listener;
  }

  /** Why out-of-memory kills cannot be told; null when they can. */
  oomGap(): string | null {
    return this.#oom.gap;
  }

  /** The child as last known; null when it does not run, or was not looked for yet. */
  pidOf(service: ServiceId): number | null {
    return this.#slots.get(service)?.child?.pid ?? null;
  }

  slotOf(service: Service, workload: ProcessWorkload): Slot {
    const known = this.#slots.get(service.id);
    if (known !== undefined) {
      known.service = service;
      known.workload = workload;
      return known;
    }
    const folder = openFolder(this.#options.directory, service.id);
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
      standby: null,
      turns: null,
    };
    this.#slots.set(service.id, slot);
    return slot;
  }

  /** What `know` would find; reads only. */
  look(slot: Slot): Located {
    const service = { id: slot.service.id, workload: slot.workload };
    return locate(service, slot.birth, this.#bootId, this.#freshCensus());
  }

  /** Searches once for a child of an earlier run, adopts it, and stops every further copy. */
  async know(slot: Slot): Promise<void> {
    if (slot.isKnown) return;
    const { kept, extras } = await this.#lookTwice(slot);
    if (slot.isKnown) return;
    if (kept !== null) this.#adopt(slot, kept);
    slot.isKnown = true;
    for (const extra of extras) {
      const order = { signal: slot.workload.stopSignal, graceMs: slot.workload.stopTimeoutMs, leaderEnded: null };
      const ending = await endGroup(extra, this.#clock, order);
      const what = extra.isStandby ? 'a standby of an earlier Sereno' : 'a second copy';
      slot.notes.push({
        what: `${what} was found: pid ${extra.pid} ${ending.detail}`,
        at: this.#clock.now(),
        isBeforeStart: false,
      });
    }
    if (extras.length > 0) this.#census = null;
  }

  /** A spawn was begun and its end not written down: the child may be in the middle of its exec, without a mark to read. */
  async #lookTwice(slot: Slot): Promise<Located> {
    const isOpen = slot.birth !== null && slot.birth.pid === null && slot.birth.bootId === this.#bootId;
    for (let looks = 1; isOpen && looks < LOOKS; looks += 1) {
      const located = this.look(slot);
      if (located.kept !== null) return located;
      await new Promise<void>((resume) => {
        this.#clock.at(later(this.#clock.now(), LOOK_AGAIN_MS), resume);
      });
      this.#census = null;
    }
    return this.look(slot);
  }

  async start(slot: Slot, key: string, epoch: number): Promise<OperationOutcome> {
    await this.know(slot);
    const { child, folder } = slot;
    if (child !== null) return { kind: 'applied', detail: `already runs, pid ${child.pid}`, pid: child.pid };
    if (folder.trouble !== null) return { kind: 'failed', detail: `no folder for its files: ${folder.trouble}` };
    const before = await this.#clearLeftovers(slot);
    const outcome = await this.#spawn(slot, key, epoch);
    return { ...outcome, detail: before + outcome.detail };
  }

  /** Ends the child and its group; `graceMs` from the first signal to SIGKILL. */
  async stop(slot: Slot, graceMs: number): Promise<Ending> {
    await this.know(slot);
    const { child } = slot;
    if (child === null) return { isGone: true, detail: `${await this.#clearLeftovers(slot)}did not run` };
    child.isEndWanted = true;
    const leaderEnded = child.isAdopted ? null : child.ended;
    const order = { signal: slot.workload.stopSignal, graceMs, leaderEnded };
    const ending = await endGroup(child, this.#clock, order);
    if (!ending.isGone) {
      child.isEndWanted = false; // it lives on: if it ends later, that is news
      return ending;
    }
    child.unwatch?.();
    if (child.isAdopted) this.#end(slot, child, null, null);
    else await child.ended;
    return { isGone: true, detail: `pid ${child.pid} ${ending.detail}` };
  }

  /** The standby is told that it is not needed any more. */
  dismissStandby(slot: Slot): void {
    slot.standby?.dismiss();
  }

  /** How the standby of a service is, in one sentence; null when none is declared. */
  sayStandby(service: ServiceId): string | null {
    const slot = this.#slots.get(service);
    if (slot?.workload.standby !== 'warm') return null;
    return slot.child === null ? 'none while the service does not run' : (slot.standby?.say() ?? 'not started yet');
  }

  /** Stops the timers; every workload goes on, and what only waits for a word ends. */
  close(): void {
    for (const slot of this.#slots.values()) slot.standby?.dismiss();
    this.#cancelHousekeeping?.();
    this.#cancelHousekeeping = null;
    this.#vigil.close();
  }

  #freshCensus(): readonly Marked[] {
    const at = this.#clock.now();
    if (this.#census === null || at - this.#census.at > CENSUS_FRESH_MS) {
      this.#census = { at, marked: takeCensus(this.#state) };
    }
    return this.#census.marked;
  }

  #armHousekeeping(): void {
    this.#cancelHousekeeping ??= this.#clock.at(later(this.#clock.now(), HOUSEKEEPING_MS), () => this.#keepHouse());
  }

  #keepHouse(): void {
    this.#cancelHousekeeping = null;
    this.#oom.tick();
    const running = [...this.#slots.values()].filter((slot) => slot.child !== null);
    for (const slot of running) {
      slot.logGap = rotateLog(slot.folder.log);
      this.#keepStandby(slot);
    }
    if (running.length > 0) this.#armHousekeeping();
  }

  /** Not in the moment of the start, which it would slow down, but with the housekeeping within a second after it. */
  #keepStandby(slot: Slot): void {
    if (slot.workload.standby === 'none') return slot.standby?.dismiss();
    slot.standby ??= new Standby(this.#clock);
    slot.standby.keep(slot.workload, () => {
      const token = randomUUID();
      const mark = { ...this.#markOf(slot, slot.birth?.epoch ?? 0, token), isStandby: true };
      return { token, launched: launch(slot.workload, mark, slot.folder.log) };
    });
  }

  #markOf(slot: Slot, epoch: number, token: string): Mark {
    const { siteName: site } = this.#options;
    return { service: slot.service.id, site, state: this.#state, epoch, token, isStandby: false };
  }

  #settle(slot: Slot, identity: Identity, born: Pick<Child, 'key' | 'startedAt' | 'isAdopted'>): Child {
    const { promise: ended, resolve: tellEnded } = Promise.withResolvers<void>();
    const { pid, startTicks } = identity;
    const child: Child = { pid, startTicks, ...born, ended, tellEnded, isEndWanted: false, unwatch: null };
    slot.child = child;
    slot.isKnown = true;
    this.#armHousekeeping();
    return child;
  }

  /** The child is over: the slot empties, and the world is told unless an operation wanted it. */
  #end(slot: Slot, child: Child, code: number | null, signal: string | null): void {
    if (slot.child !== child) return;
    slot.child = null;
    const at = this.#clock.now();
    const ranMs = durationMs(Math.round(elapsedMs(child.startedAt, at)));
    const isOutOfMemory = signal === 'SIGKILL' && !child.isEndWanted && this.#oom.claim();
    slot.lastExit = { pid: child.pid, code, signal, at, ranMs, isOutOfMemory };
    child.tellEnded();
    if (!child.isEndWanted) this.#listener(slot.service, slot.lastExit);
  }

  #record(slot: Slot, birth: Birth): string | null {
    slot.birth = birth;
    return writeBirth(slot.folder.birth, birth);
  }

  #adopt(slot: Slot, found: Marked): void {
    const { birth } = slot;
    const isRecorded = birth !== null && birth.token === found.token;
    const sinceStartMs = ranForMs(found.startTicks) ?? 0;
    const startedAt = isRecorded ? instant(birth.startedAt) : later(this.#clock.now(), -sinceStartMs);
    const { pid, startTicks, token, epoch } = found;
    const child = this.#settle(slot, found, { key: isRecorded ? birth.key : '', startedAt, isAdopted: true });
    child.unwatch = this.#vigil.watch(found, () => this.#end(slot, child, null, null));
    if (isRecorded && birth.pid === pid) return;
    const rest = isRecorded ? birth : { key: '', digest: '', files: [] };
    this.#record(slot, { ...rest, pid, startTicks, bootId: this.#bootId, token, epoch, startedAt });
  }

  /** A dead leader may have left workers that still hold its ports. */
  async #clearLeftovers(slot: Slot): Promise<string> {
    const { birth } = slot;
    if (birth === null || birth.pid === null || birth.startTicks === null || birth.bootId !== this.#bootId) return '';
    const before = { pid: birth.pid, startTicks: birth.startTicks };
    if (livingMembers(before).length === 0) return '';
    const ending = await killLeftovers(before, this.#clock);
    return `the run before ${ending.detail}; `;
  }

  async #spawn(slot: Slot, key: string, epoch: number): Promise<OperationOutcome> {
    const spare = slot.standby?.tokenFor(slot.workload) ?? null;
    const token = spare ?? randomUUID();
    const birth: Birth = {
      pid: null,
      startTicks: null,
      bootId: this.#bootId,
      token,
      epoch,
      key,
      digest: digestOf(slot.workload),
      startedAt: this.#clock.now(),
      files: fingerprintsOf(slot.workload),
    };
    const release = releaseSince(slot.birth, birth);
    rotateIdleLog(slot.folder.log);
    const trouble = this.#record(slot, birth);
    if (trouble !== null) return { kind: 'failed', detail: `the birth record cannot be written: ${trouble}` };
    this.#census = null;
    const promoted = spare === null ? null : (slot.standby?.promote() ?? null);
    const launched = promoted ?? (await launch(slot.workload, this.#markOf(slot, epoch, token), slot.folder.log));
    if (launched.kind === 'failed') return launched;
    const { pid, child: handed } = launched;
    // A child that ended already is still a zombie here: Node has had no turn to reap it.
    const startTicks = readStat(pid)?.startTicks;
    if (startTicks === undefined) {
      handed.kill('SIGKILL');
      return { kind: 'failed', detail: `pid ${pid} was stopped again: /proc/${pid}/stat cannot be read` };
    }
    const child = this.#settle(
      slot,
      { pid, startTicks },
      { key, startedAt: instant(birth.startedAt), isAdopted: false },
    );
    handed.once('exit', (code, signal) => this.#end(slot, child, code, signal));
    slot.birth = { ...birth, pid, startTicks };
    const unrecorded = writeBorn(slot.folder.birth, { token, pid, startTicks });
    const after = unrecorded === null ? '' : `; its birth record was not completed: ${unrecorded}`;
    const how = promoted === null ? 'started' : 'the standby took over';
    const detail = `${how}, pid ${pid}${after}`;
    return { kind: 'applied', detail, pid, ...(release === null ? {} : { release }) };
  }
}

// Examining: freezes the black box of a workload before anything is touched. Reads only; what cannot be read is a gap.

import { statSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';

import { emptyBlackBox, type BlackBox, type PortHolder, type RecentChange } from '#kernel/cause.ts';
import type { Service } from '#kernel/service.ts';
import { instant, later } from '#kernel/time.ts';
import type { Clock } from '#ports/clock.ts';
import { type Birth, digestOf, type Fingerprint } from './birth.ts';
import type { Slot } from './child.ts';
import { answeredPorts } from './door.ts';
import { tailLog } from './logs.ts';
import { type Identity, listPids, readArguments, readText } from './procfs.ts';
import { expectedPorts, type Listener, readListeners, readSockets, readUnacknowledged } from './sockets.ts';
import type { Supervisor } from './supervisor.ts';
import { type Group, livingPids, measureCpu, readGroup, readVitals } from './vitals.ts';

/** Promised: 500 ms. What is not read by then is a gap; the rest of the time is for the timer to fire late. */
const LIMIT_MS = 400;
/**
 * While it lives, or while somebody else holds its port, 2 s are promised: on a machine that has no processor to spare the
 * search for the cause takes long, and to restart what a restart does not cure would take longer.
 */
const LIMIT_LONG_MS = 1_800;
/** Between two turns of the event loop, about 1 ms of reading, so that probes of others are not late. */
const PROCESSES_A_TURN = 50;
/** Older changes are not "lately". */
const RECENT_MS = 24 * 3_600_000;
const COMMAND_LENGTH_MAX = 200;
/** Dead connections that are named: a pool has dozens, all to the same few peers. */
const DEAD_PEERS_MAX = 10;

/** The time that a look may take; `extend` gives it the longer one. */
type Limit = {
  readonly isLate: () => boolean;
  readonly extend: () => void;
  readonly late: Promise<'late'>;
  readonly cancel: () => void;
};

const beginLimit = (clock: Clock): Limit => {
  const began = clock.now();
  const { promise, resolve } = Promise.withResolvers<'late'>();
  const arm = (): (() => void) => clock.at(deadline, () => resolve('late'));
  let deadline = later(began, LIMIT_MS);
  let cancel = arm();
  return {
    isLate: () => clock.now() >= deadline,
    extend: () => {
      cancel();
      deadline = later(began, LIMIT_LONG_MS);
      cancel = arm();
    },
    late: promise,
    cancel: () => cancel(),
  };
};

type Look = { readonly clock: Clock; readonly limit: Limit };

/** A black box that is being filled. */
type Draft = { -readonly [Field in keyof BlackBox]: BlackBox[Field] };

const gap = (draft: Draft, text: string): void => {
  draft.gaps = [...draft.gaps, text];
};

const readLog = (draft: Draft, slot: Slot): void => {
  const lines = tailLog(slot.folder.log);
  draft.logTail = lines ?? [];
  if (lines === null) gap(draft, 'log: there is none yet');
  if (slot.logGap !== null) gap(draft, slot.logGap);
};

const changeOf = (file: Fingerprint, nowMs: number): RecentChange | null => {
  let now;
  try {
    now = statSync(file.path, { throwIfNoEntry: false });
  } catch {
    return null;
  }
  if (now === undefined) {
    return { what: `${file.path} is no longer there (seen now)`, at: instant(nowMs), isBeforeStart: false };
  }
  const changedMs = Math.round(now.mtimeMs);
  const at = instant(changedMs);
  const isOther = changedMs !== file.changedMs || now.size !== file.sizeBytes || now.ino !== file.inode;
  if (isOther) return { what: `${file.path} was changed after the start`, at, isBeforeStart: false };
  const isRecent = nowMs - changedMs <= RECENT_MS;
  return isRecent ? { what: `${file.path} was changed before the start`, at, isBeforeStart: true } : null;
};

const readChanges = (draft: Draft, slot: Slot, birth: Birth | null): void => {
  const seen = draft.at;
  if (birth === null) gap(draft, 'recent changes: no record of how it was started');
  const files = (birth?.files ?? []).map((file) => changeOf(file, seen)).filter((change) => change !== null);
  const isOtherCommand = birth !== null && birth.digest !== '' && birth.digest !== digestOf(slot.workload);
  const what = 'command, directory or environment differ from what was started (seen now)';
  const declared = { what, at: seen, isBeforeStart: false };
  const all = [...files, ...slot.notes, ...(isOtherCommand ? [declared] : [])];
  draft.recentChanges = all.sort((a, b) => b.at - a.at);
};

const sayCommand = (pid: number): string | null => {
  const text = readArguments(pid).join(' ').slice(0, COMMAND_LENGTH_MAX);
  return text === '' ? (readText(`/proc/${pid}/comm`)?.trim() ?? null) : text;
};

/** Who holds each of these listening sockets: a walk over the machine's processes, some at a time. */
const findHolders = async (
  wanted: readonly Listener[],
  isLate: () => boolean,
): Promise<ReadonlyMap<string, readonly number[]>> => {
  const holders = new Map<string, number[]>(wanted.map((listener) => [listener.inode, []]));
  let looked = 0;
  // The youngest first: who took a port is mostly younger than the machine's daemons.
  for (const pid of listPids().toReversed()) {
    looked += 1;
    if (looked % PROCESSES_A_TURN === 0) await nextTurn();
    if (isLate()) break;
    for (const inode of readSockets(pid)) holders.get(inode)?.push(pid);
  }
  return holders;
};

const holderOf = (port: number, pid: number | undefined): PortHolder => ({
  port,
  pid: pid ?? null,
  command: pid === undefined ? null : sayCommand(pid),
});

const byPort = (holders: readonly PortHolder[]): readonly PortHolder[] => {
  const unique = new Map(holders.map((holder) => [`${holder.port}/${holder.pid}`, holder]));
  return [...unique.values()].sort((a, b) => a.port - b.port);
};

/** A daemon of ours in a session of its own is not a stranger: it carries the token of this birth. */
const hasToken = (pid: number, token: string | null): boolean =>
  token !== null && (readText(`/proc/${pid}/environ`)?.includes(`SERENO_TOKEN_OF_BIRTH=${token}\0`) ?? false);

/** The sockets of a group, each with one process that holds it. */
const ownersOf = (group: Group | null): ReadonlyMap<string, number> =>
  new Map(
    (group === null ? [] : livingPids(group)).flatMap((pid) => [...readSockets(pid)].map((inode) => [inode, pid])),
  );

const readOwn = (draft: Draft, group: Group | null, listeners: readonly Listener[]): readonly Listener[] => {
  const owners = ownersOf(group);
  const mine = listeners.filter((listener) => owners.has(listener.inode));
  draft.ports = byPort(mine.map((listener) => holderOf(listener.port, owners.get(listener.inode))));
  draft.acceptQueue = mine.length === 0 ? null : mine.reduce((sum, listener) => sum + listener.waiting, 0);
  return mine;
};

/** Whom the group waits on. Connections to its own ports are its clients': they may go as they like. */
const readPeers = async (draft: Draft, group: Group): Promise<void> => {
  const { found, isCut } = await readUnacknowledged(livingPids(group));
  if (isCut) gap(draft, 'connections: there are too many, only the first were looked at');
  if (found.length === 0) return;
  const owners = ownersOf(group);
  const ports = new Set(draft.ports.map((holder) => holder.port));
  draft.deadPeers = found
    .filter((it) => owners.has(it.inode) && !ports.has(it.localPort))
    .slice(0, DEAD_PEERS_MAX)
    .map(({ peer, unacknowledgedBytes, retransmits }) => ({ peer, unacknowledgedBytes, retransmits }));
};

/** First the sockets of the group. Only when an expected port is none of them, everybody else is looked at. */
const readPorts = async (
  draft: Draft,
  service: Service,
  who: { readonly group: Group | null; readonly token: string | null },
  limit: Limit,
): Promise<void> => {
  // Of a program that is gone nothing is left to list: only who has taken its ports matters, and mostly nobody has.
  const expected =
    who.group === null ? await answeredPorts(expectedPorts(service.checks)) : expectedPorts(service.checks);
  if (who.group === null && expected.size === 0) return;
  const listeners = await readListeners(who.group === null ? [] : livingPids(who.group));
  if (listeners === null) return gap(draft, 'ports: /proc/net cannot be read');
  const own = new Set(readOwn(draft, who.group, listeners).map((listener) => listener.port));
  const wanted = listeners.filter((listener) => expected.has(listener.port) && !own.has(listener.port));
  if (wanted.length === 0) return;
  limit.extend();
  const holders = await findHolders(wanted, limit.isLate);
  const strangers = wanted
    .map((listener) => ({ port: listener.port, pids: holders.get(listener.inode) ?? [] }))
    .filter(({ pids }) => !pids.some((pid) => hasToken(pid, who.token)));
  draft.stolenPorts = byPort(strangers.map(({ port, pids }) => holderOf(port, pids.at(-1))));
  if (limit.isLate()) gap(draft, 'ports: the search for their holders was not finished in time');
  if (draft.stolenPorts.some((holder) => holder.pid === null)) gap(draft, 'ports: a holder is not ours to see');
};

const emptyBox = (service: Service, clock: Clock): Draft => ({ ...emptyBlackBox(service.id, clock.now(), []) });

const identify = (draft: Draft, slot: Slot, supervisor: Supervisor): Identity | null => {
  const identity = slot.isKnown ? slot.child : supervisor.look(slot).kept;
  draft.exit = identity === null ? slot.lastExit : null;
  if (identity !== null) return identity;
  if (slot.lastExit === null) gap(draft, 'exit: it was not seen by this run of Sereno');
  else if (slot.lastExit.code === null && slot.lastExit.signal === null) {
    gap(draft, 'exit code: unknown, an earlier Sereno was the parent');
  }
  gap(draft, 'process: it does not run');
  return null;
};

const readProcess = (draft: Draft, group: Group): void => {
  const { gaps, ...vitals } = readVitals(group);
  Object.assign(draft, vitals);
  for (const each of gaps) gap(draft, each);
};

const readCpu = async (draft: Draft, group: Group, clock: Clock): Promise<void> => {
  draft.cpuPercent = await measureCpu(group, clock);
  if (draft.cpuPercent === null) gap(draft, 'processor time: this kernel does not count it for threads');
};

const fill = async (draft: Draft, slot: Slot, supervisor: Supervisor, look: Look): Promise<void> => {
  const identity = identify(draft, slot, supervisor);
  const group = identity === null ? null : readGroup(identity);
  if (identity !== null && group === null) gap(draft, 'process: it ended while we looked');
  if (group !== null) look.limit.extend();
  if (group !== null) readProcess(draft, group);
  const cpu = group === null ? null : readCpu(draft, group, look.clock);
  readLog(draft, slot);
  readChanges(draft, slot, slot.birth);
  const oomGap = supervisor.oomGap();
  if (oomGap !== null) gap(draft, oomGap);
  const token = group === null ? null : (slot.birth?.token ?? null);
  await readPorts(draft, slot.service, { group, token }, look.limit);
  if (group !== null) await readPeers(draft, group);
  await cpu;
};

/**
 * The black box of a service as it is now. Never rejects and never takes longer than 500 ms, or 2 s while it lives or was robbed: at the
 * limit it reports what it has and names the rest as a gap. `slot` null: not a workload of this driver.
 */
export const takeBlackBox = async (
  service: Service,
  slot: Slot | null,
  supervisor: Supervisor,
  clock: Clock,
): Promise<BlackBox> => {
  const draft = emptyBox(service, clock);
  if (slot === null) return { ...draft, gaps: ['everything: not a workload of kind process'] };
  const limit = beginLimit(clock);
  const filled = fill(draft, slot, supervisor, { clock, limit }).catch((error: unknown) =>
    gap(draft, `a bug: ${String(error)}`),
  );
  const end = await Promise.race([filled, limit.late]);
  limit.cancel();
  const box = { ...draft };
  return end === 'late'
    ? { ...box, gaps: [...box.gaps, 'ports and connections: not all were looked at in time'] }
    : box;
};

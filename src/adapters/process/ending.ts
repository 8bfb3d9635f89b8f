// Ending: stops a whole process group, gently first, and says what was needed.
//
// The machine: asked → (the group is empty) gone | (grace is over) killed → gone | (2 s later still there) stuck.
// After setsid the group has the leader's pid as its number, and the kernel gives that pid to nobody else while any
// member lives. So a group is ours when its leader is ours, or when the leader is gone and members remain; it is a
// stranger's when the leader's start ticks differ.

import { later } from '#kernel/time.ts';
import type { Clock } from '#ports/clock.ts';
import { hasEnded, type Identity, listGroup, readStat } from './procfs.ts';

export type Ending = {
  readonly isGone: boolean;
  /** What was needed, for a person. */
  readonly detail: string;
};

export type StopOrder = {
  readonly signal: NodeJS.Signals;
  readonly graceMs: number;
  /** Resolves at once when the leader ends, where we are its parent. */
  readonly leaderEnded: Promise<unknown> | null;
};

/** SIGKILL works at once unless the kernel itself is stuck (a dead disk): after this long we say so. */
const KILL_TIMEOUT_MS = 2_000;
/** First look after 1 ms, then doubling to this: most programs end within 20 ms, few need seconds. */
const POLL_SLOWEST_MS = 25;
/** A group that answers signals may hold only zombies; to tell costs a scan of /proc, so it is done this seldom. */
const SCAN_EVERY_MS = 50;
/** Names at most this many processes in a sentence. */
const NAMED_MAX = 8;

type Signalled = 'sent' | 'nobody' | 'forbidden';

const signalGroup = (group: number, signal: NodeJS.Signals | 0): Signalled => {
  if (group <= 1) throw new Error(`group ${group} is never ours`);
  try {
    process.kill(-group, signal);
    return 'sent';
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM' ? 'forbidden' : 'nobody';
  }
};

const isStrangers = (identity: Identity): boolean => {
  const leader = readStat(identity.pid);
  return leader !== null && leader.startTicks !== identity.startTicks;
};

/** The living members of the group that this leader founded; none when the number belongs to somebody else by now. */
export const livingMembers = (identity: Identity): readonly number[] => {
  if (signalGroup(identity.pid, 0) === 'nobody' || isStrangers(identity)) return [];
  return listGroup(identity.pid).map((stat) => stat.pid);
};

const pause = (clock: Clock, ms: number): Promise<void> =>
  new Promise((resume) => {
    clock.at(later(clock.now(), ms), resume);
  });

/** A cheap look that is sure only about "somebody lives": the leader alive, or no scan due. */
const isSurelyEmpty = (identity: Identity, mayScan: boolean): boolean => {
  if (signalGroup(identity.pid, 0) === 'nobody') return true;
  const leader = readStat(identity.pid);
  if (leader !== null && leader.startTicks !== identity.startTicks) return true;
  if (leader !== null && !hasEnded(leader)) return false;
  return mayScan && listGroup(identity.pid).length === 0;
};

const waitEmpty = async (identity: Identity, clock: Clock, order: Omit<StopOrder, 'signal'>): Promise<boolean> => {
  const start = clock.now();
  const deadline = later(start, order.graceMs);
  let delayMs = 1;
  let scannedAt = -SCAN_EVERY_MS;
  let leaderEnded = order.leaderEnded;
  // Bounded by the deadline: every turn waits at least 1 ms, or consumes the one event of the leader's end.
  while (true) {
    const sinceMs = clock.now() - start;
    const mayScan = sinceMs - scannedAt >= SCAN_EVERY_MS;
    if (isSurelyEmpty(identity, mayScan)) return true;
    if (mayScan) scannedAt = sinceMs;
    if (clock.now() >= deadline) return livingMembers(identity).length === 0;
    const waited = pause(clock, Math.min(delayMs, Math.max(1, deadline - clock.now())));
    const woken = leaderEnded?.then(() => 'leader' as const);
    if (woken !== undefined && (await Promise.race([waited, woken])) === 'leader') {
      leaderEnded = null;
      delayMs = 1;
      scannedAt = -SCAN_EVERY_MS;
    } else await waited;
    delayMs = Math.min(delayMs * 2, POLL_SLOWEST_MS);
  }
};

const sayPids = (pids: readonly number[]): string =>
  pids.slice(0, NAMED_MAX).join(', ') + (pids.length > NAMED_MAX ? `, and ${pids.length - NAMED_MAX} more` : '');

const killRest = async (identity: Identity, clock: Clock, before: string): Promise<Ending> => {
  const rest = livingMembers(identity);
  if (rest.length === 0) return { isGone: true, detail: before };
  const isLeaderAlive = rest.includes(identity.pid);
  if (signalGroup(identity.pid, 'SIGKILL') === 'forbidden') {
    return { isGone: false, detail: `${before}; not allowed to kill ${sayPids(rest)}: they run under another user` };
  }
  const isGone = await waitEmpty(identity, clock, { graceMs: KILL_TIMEOUT_MS, leaderEnded: null });
  const whom = isLeaderAlive ? `pid ${identity.pid}` : 'leftovers of its group';
  const others = isLeaderAlive && rest.length === 1 ? '' : ` (${sayPids(rest)})`;
  if (isGone) return { isGone, detail: `${before}; ${whom}${others} killed` };
  return {
    isGone,
    detail: `${before}; ${whom}${others} outlived SIGKILL by ${KILL_TIMEOUT_MS} ms: stuck in the kernel`,
  };
};

/**
 * Ends the group: the order's signal to all members, SIGCONT so that a stopped one can hear it, and after the grace
 * SIGKILL to whoever is left. Never signals a group that a stranger leads.
 */
export const endGroup = async (identity: Identity, clock: Clock, order: StopOrder): Promise<Ending> => {
  if (isStrangers(identity)) return { isGone: true, detail: `pid ${identity.pid} belongs to another program by now` };
  const start = clock.now();
  const sent = signalGroup(identity.pid, order.signal);
  if (sent === 'nobody') return { isGone: true, detail: 'had already ended' };
  if (sent === 'forbidden') return { isGone: false, detail: `not allowed to signal pid ${identity.pid}` };
  signalGroup(identity.pid, 'SIGCONT');
  const isGone = await waitEmpty(identity, clock, order);
  const tookMs = Math.round(clock.now() - start);
  if (isGone) return { isGone, detail: `stopped by ${order.signal} in ${tookMs} ms` };
  return killRest(identity, clock, `did not end within ${tookMs} ms of ${order.signal}`);
};

/** Kills what a dead leader left behind in its group, at once: nobody is there to ask them gently. */
export const killLeftovers = (identity: Identity, clock: Clock): Promise<Ending> =>
  killRest(identity, clock, 'had ended');

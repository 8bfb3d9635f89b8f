// Vitals: what the processes of a group are doing at this moment. It tells apart what looks the same through a probe:
// idle, computing without a pause, frozen, out of descriptors, or waiting on a worker that has ended.

import { readdirSync } from 'node:fs';

import type { BlackBox } from '#kernel/cause.ts';
import { later } from '#kernel/time.ts';
import type { Clock } from '#ports/clock.ts';
import { hasEnded, type Identity, listMembers, parseStat, type ProcessStat, readStat, readText } from './procfs.ts';
import { readDescriptors } from './sockets.ts';

/** Between two readings of the processor time: several ticks of the kernel (1 to 10 ms), which is as fine as it counts. */
const SAMPLE_MS = 30;
/** Threads of one process that are looked at: a reading of each takes some 10 µs. */
const THREADS_MAX = 64;
/** Zombies that are named. */
const NAMED_MAX = 5;

const STATES: Readonly<Record<string, string>> = {
  R: 'running',
  S: 'sleeping',
  D: 'waiting in the kernel (uninterruptible)',
  T: 'stopped by a signal',
  t: 'stopped by a debugger',
  Z: 'zombie',
  X: 'dead',
  I: 'idle',
};

/** The part of a black box that is read here; `gaps` say what could not be read. */
export type Vitals = Pick<
  BlackBox,
  'pid' | 'processState' | 'waitsIn' | 'memoryBytes' | 'descriptors' | 'descriptorsMax' | 'threads' | 'zombies' | 'gaps'
>;

/** The processes of a group at one moment. */
export type Group = { readonly leader: ProcessStat; readonly members: readonly ProcessStat[] };

/** Null when exactly this process is no longer there. */
export const readGroup = (identity: Identity): Group | null => {
  const leader = readStat(identity.pid);
  return leader === null || leader.startTicks !== identity.startTicks
    ? null
    : { leader, members: listMembers(identity.pid) };
};

const living = ({ leader, members }: Group): readonly ProcessStat[] => {
  const others = members.filter((stat) => stat.pid !== leader.pid && !hasEnded(stat));
  return [leader, ...others];
};

export const livingPids = (group: Group): readonly number[] => living(group).map((stat) => stat.pid);

const isStopped = (stat: ProcessStat): boolean => stat.state === 'T' || stat.state === 't';

const sayState = (stat: ProcessStat): string => STATES[stat.state] ?? `state ${stat.state}`;

/** The leader's state; or a member's that is stopped, because a frozen worker behind a healthy wrapper answers nobody. */
const stateOf = (group: Group): string => {
  const stopped = living(group).find(isStopped);
  return stopped === undefined || stopped.pid === group.leader.pid
    ? sayState(group.leader)
    : `${sayState(stopped)} (process ${stopped.pid} of its group)`;
};

const memoryOf = (pid: number): number | null => {
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readText(`/proc/${pid}/status`) ?? '')?.[1];
  return kilobytes === undefined ? null : Number(kilobytes) * 1_024;
};

/** The function of the kernel in which the first thread sleeps; null while it runs or where the kernel does not tell. */
const waitOf = (pid: number): string | null => {
  const name = readText(`/proc/${pid}/wchan`) ?? '';
  return name === '' || name === '0' ? null : name;
};

type Descriptors = Pick<BlackBox, 'descriptors' | 'descriptorsMax'>;

const descriptorsOf = (pid: number): Descriptors => {
  const limit = /^Max open files\s+(\d+)/m.exec(readText(`/proc/${pid}/limits`) ?? '')?.[1];
  return {
    descriptors: readDescriptors(pid)?.length ?? null,
    descriptorsMax: limit === undefined ? null : Number(limit),
  };
};

const shareUsed = ({ descriptors, descriptorsMax }: Descriptors): number =>
  (descriptors ?? 0) / (descriptorsMax ?? Infinity);

/** Of the process that is nearest to its limit: a wrapper has a handful, whatever its child has. */
const nearestToLimit = (pids: readonly number[]): Descriptors =>
  pids.map(descriptorsOf).reduce((most, it) => (shareUsed(it) > shareUsed(most) ? it : most));

const threadsOf = (pid: number): readonly string[] => {
  try {
    return readdirSync(`/proc/${pid}/task`)
      .slice(0, THREADS_MAX)
      .map((thread) => `/proc/${pid}/task/${thread}`);
  } catch {
    return [];
  }
};

/** What one thread has had so far. Waiting for a core counts like having it: a busy machine does not hide a busy thread. */
type Share = {
  /** Nanoseconds that it ran, or had waited when it got its turn. */
  readonly activeNs: number;
  /** Turns that it got. */
  readonly turns: number;
  readonly isReady: boolean;
};

/** `schedstat` holds: ran, waited (ns), turns. */
const shareOf = (thread: string): Share | null => {
  const [ran, waited, turns] = (readText(`${thread}/schedstat`) ?? '').split(' ').map(Number);
  if (ran === undefined || waited === undefined || turns === undefined) return null;
  return { activeNs: ran + waited, turns, isReady: parseStat(readText(`${thread}/stat`) ?? '')?.state === 'R' };
};

/** Ready before and after, and no turn in between: it ran or waited all the time, which the kernel books only later. */
const activeBetween = (before: Share, after: Share, elapsedNs: number): number =>
  before.isReady && after.isReady && before.turns === after.turns ? elapsedNs : after.activeNs - before.activeNs;

/** The share of one core of the busiest thread, over 30 ms; null where the kernel does not count it. */
export const measureCpu = async (group: Group, clock: Clock): Promise<number | null> => {
  const began = performance.now();
  const threads = livingPids(group)
    .flatMap(threadsOf)
    .map((thread) => ({ thread, before: shareOf(thread) }));
  await new Promise<void>((resume) => {
    clock.at(later(clock.now(), SAMPLE_MS), resume);
  });
  const elapsedNs = (performance.now() - began) * 1e6;
  const used = threads.flatMap(({ thread, before }) => {
    const after = shareOf(thread);
    return before === null || after === null ? [] : [activeBetween(before, after, elapsedNs)];
  });
  return used.length === 0 ? null : Math.min(100, Math.round((Math.max(...used) / elapsedNs) * 100));
};

const nameOf = (pid: number): string => readText(`/proc/${pid}/comm`)?.trim() ?? 'unknown';

const zombiesOf = ({ members }: Group): readonly string[] =>
  members
    .filter(hasEnded)
    .slice(0, NAMED_MAX)
    .map((stat) => `${nameOf(stat.pid)} (pid ${stat.pid})`);

/** Reads the figures of a group, at once. Reads only. */
export const readVitals = (group: Group): Vitals => {
  const { leader } = group;
  const memoryBytes = memoryOf(leader.pid);
  const descriptors = nearestToLimit(livingPids(group));
  return {
    pid: leader.pid,
    processState: stateOf(group),
    waitsIn: waitOf(leader.pid),
    memoryBytes,
    ...descriptors,
    threads: leader.threads,
    zombies: zombiesOf(group),
    gaps: [
      ...(memoryBytes === null ? ['memory: /proc does not say'] : []),
      ...(descriptors.descriptors === null ? ['open descriptors: not ours to see'] : []),
    ],
  };
};

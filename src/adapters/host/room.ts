// Room: memory, disk, processor and descriptors that are free, and whether that is enough to begin with.

import { accessSync, constants, readFileSync, statfsSync } from 'node:fs';
import { availableParallelism } from 'node:os';

/** Figures of the machine; null is what could not be read, never zero. */
export type Room = {
  readonly memoryFreeBytes: number | null;
  readonly memoryTotalBytes: number | null;
  readonly diskFreeBytes: number | null;
  readonly diskTotalBytes: number | null;
  readonly inodesFree: number | null;
  readonly isWritable: boolean;
  /** Average over one minute of programs that run or want to. */
  readonly load: number | null;
  readonly cores: number;
  /** Soft limit of open files of this process; each service costs up to 3, each probe 1. */
  readonly descriptorsMax: number | null;
};

export type RoomVerdict = { readonly isGood: boolean; readonly findings: readonly string[] };

const MEGABYTE = 1_048_576;
/** Sereno itself is held to 80 MB with 100 services; with less than this free the kernel would kill it or what it starts. */
const MEMORY_LEAST_BYTES = 96 * MEGABYTE;
/** No evidence, no action: the store must be able to grow. 64 MB is about 100,000 records. */
const DISK_LEAST_BYTES = 64 * MEGABYTE;
const INODES_LEAST = 100;
/** Below twice the least it is said, and start-up goes on. */
const SCARCE_FACTOR = 2;
/** A load above this for each core makes starts slow; it is no reason not to watch. */
const LOAD_HIGH_PER_CORE = 4;
const DESCRIPTORS_SCARCE = 1_024;
/** cgroup v1 says "no limit" by a number near 2^63. */
const NO_LIMIT = 2 ** 60;

const readText = (path: string): string | null => {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return null;
  }
};

const kilobytes = (text: string | null, field: string): number | null => {
  const found = new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(text ?? '')?.[1];
  return found === undefined ? null : Number(found) * 1_024;
};

const number = (text: string | null): number | null => {
  const value = Number.parseInt(text ?? '', 10);
  return Number.isFinite(value) ? value : null;
};

const groupPath = (controller: string): string | null => {
  const line = (readText('/proc/self/cgroup') ?? '').split('\n').find((it) => it.split(':')[1] === controller);
  return line === undefined ? null : line.split(':').slice(2).join(':');
};

/** What the control group still allows, version 2 or 1; null when it sets no limit that can be read. */
const groupFreeBytes = (): number | null => {
  const two = `/sys/fs/cgroup${groupPath('') ?? ''}`;
  const one = `/sys/fs/cgroup/memory${groupPath('memory') ?? ''}`;
  const limit = number(readText(`${two}/memory.max`)) ?? number(readText(`${one}/memory.limit_in_bytes`));
  const used = number(readText(`${two}/memory.current`)) ?? number(readText(`${one}/memory.usage_in_bytes`));
  return limit === null || used === null || limit >= NO_LIMIT ? null : Math.max(0, limit - used);
};

const least = (a: number | null, b: number | null): number | null =>
  a === null || b === null ? (a ?? b) : Math.min(a, b);

const isWritable = (directory: string): boolean => {
  try {
    accessSync(directory, constants.W_OK);
    return true;
  } catch {
    return false;
  }
};

const readDisk = (directory: string): Pick<Room, 'diskFreeBytes' | 'diskTotalBytes' | 'inodesFree'> => {
  try {
    const { bavail, bsize, blocks, ffree, files } = statfsSync(directory);
    // Some file systems (btrfs) have no fixed number of inodes and say 0 of 0.
    return { diskFreeBytes: bavail * bsize, diskTotalBytes: blocks * bsize, inodesFree: files === 0 ? null : ffree };
  } catch {
    return { diskFreeBytes: null, diskTotalBytes: null, inodesFree: null };
  }
};

/** Reads the figures now: seven small files and one statfs, well under 1 ms. */
export const readRoom = (directory: string): Room => {
  const memory = readText('/proc/meminfo');
  const limits = /^Max open files\s+(\d+)/m.exec(readText('/proc/self/limits') ?? '')?.[1];
  const load = Number.parseFloat(readText('/proc/loadavg') ?? '');
  return {
    memoryFreeBytes: least(kilobytes(memory, 'MemAvailable'), groupFreeBytes()),
    memoryTotalBytes: kilobytes(memory, 'MemTotal'),
    ...readDisk(directory),
    isWritable: isWritable(directory),
    load: Number.isFinite(load) ? load : null,
    cores: availableParallelism(),
    descriptorsMax: limits === undefined ? null : Number(limits),
  };
};

type Level = 'enough' | 'scarce' | 'too-little';
type Finding = { readonly level: Level; readonly text: string };

const sayBytes = (bytes: number): string =>
  bytes >= 1_024 * MEGABYTE ? `${(bytes / 1_024 / MEGABYTE).toFixed(1)} GB` : `${Math.round(bytes / MEGABYTE)} MB`;

const judgeFree = (what: string, free: number | null, total: number | null, needed: number): Finding => {
  if (free === null) return { level: 'scarce', text: `${what}: it cannot be read how much is free` };
  const of = total === null ? '' : ` of ${sayBytes(total)}`;
  if (free < needed)
    return { level: 'too-little', text: `${what}: ${sayBytes(free)}${of} free, ${sayBytes(needed)} needed` };
  const level = free < needed * SCARCE_FACTOR ? 'scarce' : 'enough';
  return { level, text: `${what}: ${sayBytes(free)}${of} free${level === 'scarce' ? ', which is little' : ''}` };
};

const judgeLoad = ({ load, cores }: Room): Finding => {
  if (load === null) return { level: 'scarce', text: 'processor: the load cannot be read' };
  const isHigh = load > LOAD_HIGH_PER_CORE * cores;
  const text = `processor: load ${load} on ${cores} cores${isHigh ? ', starts will be slow' : ''}`;
  return { level: isHigh ? 'scarce' : 'enough', text };
};

const judgeRest = (room: Room): readonly Finding[] => {
  const rest: Finding[] = [];
  if (!room.isWritable) rest.push({ level: 'too-little', text: 'disk: the state directory cannot be written' });
  if (room.inodesFree !== null && room.inodesFree < INODES_LEAST) {
    rest.push({ level: 'too-little', text: `disk: ${room.inodesFree} inodes free, ${INODES_LEAST} needed` });
  }
  if (room.descriptorsMax !== null && room.descriptorsMax < DESCRIPTORS_SCARCE) {
    rest.push({ level: 'scarce', text: `descriptors: at most ${room.descriptorsMax} open files, which is little` });
  }
  return rest;
};

/** Is there room to begin? Not good only when Sereno could not keep its own promises; the rest is said, worst first. */
export const judgeRoom = (room: Room): RoomVerdict => {
  const all: readonly Finding[] = [
    judgeFree('memory', room.memoryFreeBytes, room.memoryTotalBytes, MEMORY_LEAST_BYTES),
    judgeFree('disk', room.diskFreeBytes, room.diskTotalBytes, DISK_LEAST_BYTES),
    judgeLoad(room),
    ...judgeRest(room),
  ];
  const worstFirst = (['too-little', 'scarce', 'enough'] as const).flatMap((level) =>
    all.filter((finding) => finding.level === level),
  );
  return {
    isGood: all.every((finding) => finding.level !== 'too-little'),
    findings: worstFirst.map((finding) => finding.text),
  };
};

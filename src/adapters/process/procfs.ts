// Reads of /proc: who a process is, whether it is the same one as before, and which processes form a group.

import { readFileSync, readdirSync, readlinkSync } from 'node:fs';

/** What `/proc/<pid>/stat` says (proc(5)). Start ticks and boot id together name a process for ever; a pid does not. */
export type ProcessStat = {
  readonly pid: number;
  /** One letter: R S D T t Z X I … */
  readonly state: string;
  readonly parent: number;
  readonly group: number;
  readonly session: number;
  readonly threads: number;
  /** Field 22: clock ticks from boot to the start of the process. */
  readonly startTicks: number;
};

/** Who a workload is: the pid, and what tells it from a later process with the same pid. */
export type Identity = { readonly pid: number; readonly startTicks: number };

/** At most this many processes are looked at: the largest pid_max of Linux is 4 M, a host that Sereno guards has hundreds. */
const PROCESSES_MAX = 65_536;

/** USER_HZ: 100 on every architecture that Node runs on, whatever the kernel's own tick is. */
const TICKS_PER_SECOND = 100;

/** A small file as text; null when it is not there or not ours to read. */
export const readText = (path: string): string | null => {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return null;
  }
};

/** Parses a stat line. The name stands in brackets and may itself hold brackets and spaces: count from the last one. */
export const parseStat = (text: string): ProcessStat | null => {
  const close = text.lastIndexOf(')');
  if (close < 0) return null;
  const pid = Number.parseInt(text, 10);
  const fields = text.slice(close + 2).split(' ');
  const number = (position: number): number => Number(fields[position - 3]);
  const stat = {
    pid,
    state: fields[0] ?? '',
    parent: number(4),
    group: number(5),
    session: number(6),
    threads: number(20),
    startTicks: number(22),
  };
  return Number.isInteger(pid) && Number.isFinite(stat.startTicks) ? stat : null;
};

/** The stat of a process; null when there is none. */
export const readStat = (pid: number): ProcessStat | null => {
  const text = readText(`/proc/${pid}/stat`);
  return text === null ? null : parseStat(text);
};

/** A zombie has ended; only its parent has not looked yet. */
export const hasEnded = (stat: ProcessStat): boolean => stat.state === 'Z' || stat.state === 'X';

/** True when exactly this process, and not a later one with its pid, is alive. */
export const isAlive = (identity: Identity): boolean => {
  const stat = readStat(identity.pid);
  return stat !== null && stat.startTicks === identity.startTicks && !hasEnded(stat);
};

/** Changes with every boot: start ticks of another boot mean nothing. */
export const readBootId = (): string => readText('/proc/sys/kernel/random/boot_id')?.trim() ?? 'unknown';

/** How long a process has run, in ms, by the kernel's own clock; null when it cannot be told. */
export const ranForMs = (startTicks: number): number | null => {
  const uptime = Number.parseFloat(readText('/proc/uptime') ?? '');
  return Number.isFinite(uptime) ? Math.max(0, Math.round((uptime - startTicks / TICKS_PER_SECOND) * 1_000)) : null;
};

/** All pids of the machine (of our pid namespace), ascending. */
export const listPids = (): readonly number[] => {
  try {
    const pids = readdirSync('/proc').map(Number).filter(Number.isInteger);
    return pids.slice(0, PROCESSES_MAX);
  } catch {
    return [];
  }
};

/** All members of a process group, those that have ended too: one small read for each process of the machine. */
export const listMembers = (group: number): readonly ProcessStat[] =>
  listPids()
    .map(readStat)
    .filter((stat): stat is ProcessStat => stat !== null && stat.group === group);

/** The living members of a process group. */
export const listGroup = (group: number): readonly ProcessStat[] =>
  listMembers(group).filter((stat) => !hasEnded(stat));

/** The arguments of a process; empty for a zombie, a kernel thread, or one that is gone. */
export const readArguments = (pid: number): readonly string[] => {
  const text = readText(`/proc/${pid}/cmdline`);
  return text === null || text === '' ? [] : text.replace(/\0$/, '').split('\0');
};

/** The program file of a process; null when it is not ours to know. */
export const readProgram = (pid: number): string | null => {
  try {
    return readlinkSync(`/proc/${pid}/exe`).replace(/ \(deleted\)$/, '');
  } catch {
    return null;
  }
};

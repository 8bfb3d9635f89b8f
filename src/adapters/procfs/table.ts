// The process table and the listening sockets, read from /proc (Linux, proc(5)); bounded, and honest about what it may not see.

import { closeSync, openSync, readdirSync, readFileSync, readlinkSync, readSync } from 'node:fs';

/** `R` running, `S` sleeping, `D` waiting for a disk, `Z` zombie, `T` stopped, `t` traced, `X` dead, `I` idle. */
export type ProcessState = { readonly pid: number; readonly letter: string; readonly name: string };

/** Processes that are looked through for a socket or a pattern: more than any machine that this is meant for has. */
const PROCESSES_MAX = 32_768;

const read = (path: string): string | null => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null; // It ended meanwhile, or belongs to somebody else.
  }
};

/** State of one process; null when there is none with that number. */
export const readState = (pid: number): ProcessState | null => {
  const stat = read(`/proc/${pid}/stat`);
  if (stat === null) return null;
  // The name in brackets may itself hold brackets and spaces: the last closing one counts.
  const end = stat.lastIndexOf(')');
  return { pid, letter: stat.charAt(end + 2), name: stat.slice(stat.indexOf('(') + 1, end) };
};

/** The command line as it was started; the name in brackets when there is none (kernel threads, zombies). */
export const readCommand = (pid: number): string | null => {
  const line = read(`/proc/${pid}/cmdline`);
  if (line === null) return null;
  const words = line.split('\0').filter((word) => word !== '');
  return words.length > 0 ? words.join(' ') : `[${readState(pid)?.name ?? 'unknown'}]`;
};

export const allPids = (): readonly number[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .slice(0, PROCESSES_MAX)
    .map(Number);

/** Processes whose command line contains the pattern, this one excepted. */
export const findByPattern = (pattern: string): readonly ProcessState[] =>
  allPids()
    .filter((pid) => pid !== process.pid && (readCommand(pid) ?? '').includes(pattern))
    .flatMap((pid) => readState(pid) ?? []);

const LISTENING = '0A';
/** One read of /proc gives a page, 4 KB, however large the buffer is. */
const PAGE_BYTES = 4_096;

/**
 * The beginning of a table of sockets, up to the first that does not listen: the kernel lists those that listen first
 * (tcp_ipv4.c). The rest can be long, and with 30,000 connections that wait for their end takes 100 ms. Null: unreadable.
 */
const readListening = (path: string): string | null => {
  let file: number | null = null;
  try {
    file = openSync(path, 'r');
    const page = Buffer.alloc(PAGE_BYTES);
    let text = '';
    for (let length = readSync(file, page); length > 0; length = readSync(file, page)) {
      text += page.toString('latin1', 0, length);
      const isBeyond = text
        .split('\n')
        .slice(1, -1)
        .some((row) => row.trim().split(/\s+/)[3] !== LISTENING);
      if (isBeyond) break;
    }
    return text;
  } catch {
    return null;
  } finally {
    if (file !== null) closeSync(file);
  }
};

/** Inodes of the sockets that listen on a port, over IPv4 and IPv6. Null: the table cannot be read. */
export const listeningInodes = (port: number): ReadonlySet<string> | null => {
  const tables = ['/proc/net/tcp', '/proc/net/tcp6'].map(readListening);
  if (tables.every((table) => table === null)) return null;
  const wanted = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const rows = tables.flatMap((table) => (table ?? '').split('\n').filter((line) => line.includes(wanted)));
  const inodes = rows.flatMap((row) => {
    const [, local, , state, , , , , , inode] = row.trim().split(/\s+/);
    return local?.endsWith(wanted) === true && state === LISTENING && inode !== undefined ? [inode] : [];
  });
  return new Set(inodes);
};

const holdsSocket = (pid: number, inodes: ReadonlySet<string>): boolean => {
  let names: readonly string[] = [];
  try {
    names = readdirSync(`/proc/${pid}/fd`);
  } catch {
    return false; // Not ours to look into.
  }
  return names.some((name) => {
    try {
      const target = readlinkSync(`/proc/${pid}/fd/${name}`);
      return target.startsWith('socket:[') && inodes.has(target.slice('socket:['.length, -1));
    } catch {
      return false; // Closed meanwhile.
    }
  });
};

/** Which process holds one of these sockets? Those named first are looked at first. Null: none that we may see. */
export const holderOf = (inodes: ReadonlySet<string>, first: readonly number[]): number | null => {
  const early = first.find((pid) => holdsSocket(pid, inodes));
  if (early !== undefined) return early;
  return allPids().find((pid) => !first.includes(pid) && holdsSocket(pid, inodes)) ?? null;
};

type Kin = { readonly parent: number; readonly group: number };

const kinOf = (pid: number): Kin | null => {
  const stat = read(`/proc/${pid}/stat`);
  if (stat === null) return null;
  const [, parent, group] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return { parent: Number(parent), group: Number(group) };
};

/** Levels of parents that are climbed: a shell that starts a runner that starts a program is three. */
const PARENTS_MAX = 16;

/**
 * True when `pid` is `ancestor`, was started below it, or is in the group that it leads: what a child starts and then
 * leaves behind gets another parent, but stays in the group.
 */
export const isBelow = (pid: number, ancestor: number): boolean => {
  if (kinOf(pid)?.group === ancestor) return true;
  let at: number | null = pid;
  for (let level = 0; level < PARENTS_MAX && at !== null && at > 1; level += 1) {
    if (at === ancestor) return true;
    at = kinOf(at)?.parent ?? null;
  }
  return false;
};

const SECRET_WORD = /((?:pass(?:word|wd)?|pwd|secret|token|api-?key|credentials?)[=: ]+)\S+/gi;
const SECRET_IN_ADDRESS = /(:\/\/[^/\s:@]*:)[^/\s@]+(?=@)/g;

/** The command line for a message: what looks like a secret in a foreign program's arguments is left out. */
export const sayCommand = (pid: number): string =>
  (readCommand(pid) ?? 'unknown').replace(SECRET_WORD, '$1***').replace(SECRET_IN_ADDRESS, '$1***');

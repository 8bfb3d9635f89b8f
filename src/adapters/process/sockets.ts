// Sockets: which ports are listened on, by whom, and which of them a service expects to be its own.

import { readdirSync, readlinkSync, readSync } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { setImmediate as nextTurn } from 'node:timers/promises';

import type { DeadPeer } from '#kernel/cause.ts';
import type { Check } from '#kernel/check.ts';
import { unreachable } from '#kernel/unreachable.ts';

export type Listener = {
  readonly port: number;
  readonly inode: string;
  /** Connections that the kernel has accepted and the program has not taken yet. */
  readonly waiting: number;
};

/** An established connection on which what was sent is not acknowledged, and was sent again. */
export type Unacknowledged = DeadPeer & { readonly inode: string; readonly localPort: number };

/** Descriptors of one process that are looked at: beyond this the search for its sockets would take over 10 ms. */
const DESCRIPTORS_LOOKED_AT = 4_096;
/** `st` of /proc/net/tcp: TCP_LISTEN and TCP_ESTABLISHED (include/net/tcp_states.h). */
const LISTEN = '0A';
const ESTABLISHED = '01';
/** One repetition is everyday life on a bad line; after two, some 600 ms have passed without a word. */
const RETRANSMITS_MIN = 2;

const hex = (text: string | undefined): number => Number.parseInt(text ?? '', 16);

/** `0100007F:1F90`: IPv4 addresses stand in the byte order of the machine; of IPv6 only the port is told. */
const sayPeer = (text: string): string => {
  const [address = '', port] = text.split(':');
  const bytes = address.match(/../g)?.map((byte) => hex(byte)) ?? [];
  return bytes.length === 4 ? `${bytes.toReversed().join('.')}:${hex(port)}` : `[IPv6]:${hex(port)}`;
};

/** The two letters of `st`: after `sl: local remote `, and both addresses are equally long. */
const stateOf = (line: string): string => {
  const local = line.indexOf(': ') + 2;
  const localEnd = line.indexOf(' ', local);
  const state = localEnd + 1 + (localEnd - local) + 1;
  return line.slice(state, state + 2);
};

/**
 * The columns: sl local remote st tx:rx tr:when retransmits uid timeout inode. A busy machine has thousands of
 * connections that wait for their end: only lines in the states that are asked for are taken apart, which for 8,000
 * lines takes 0.8 ms of processor instead of 5.
 */
const rowsOf = (text: string): readonly (readonly string[])[] =>
  text
    .split('\n')
    .filter((line) => [LISTEN, ESTABLISHED].includes(stateOf(line)))
    .map((line) => line.trim().split(/\s+/));

const listenersOf = (rows: readonly (readonly string[])[]): readonly Listener[] =>
  rows
    .filter((fields) => fields[3] === LISTEN)
    .map((fields) => ({
      port: hex(fields[1]?.split(':')[1]),
      inode: fields[9] ?? '',
      // Of a listening socket the column of the receive queue is the accept queue.
      waiting: hex(fields[4]?.split(':')[1]),
    }));

const unacknowledgedOf = (rows: readonly (readonly string[])[]): readonly Unacknowledged[] =>
  rows
    .filter((fields) => fields[3] === ESTABLISHED && hex(fields[6]) >= RETRANSMITS_MIN)
    .map((fields) => ({
      localPort: hex(fields[1]?.split(':')[1]),
      peer: sayPeer(fields[2] ?? ''),
      inode: fields[9] ?? '',
      unacknowledgedBytes: hex(fields[4]?.split(':')[0]),
      retransmits: hex(fields[6]),
    }))
    .filter((connection) => connection.unacknowledgedBytes > 0);

const namespaceOf = (pid: number): string => {
  try {
    return readlinkSync(`/proc/${pid}/ns/net`);
  } catch {
    return '';
  }
};

/** One process for each network namespace: a member of a group may live in one of its own. */
const oneForEachNamespace = (pids: readonly number[]): readonly number[] => [
  ...new Map(pids.toReversed().map((pid) => [namespaceOf(pid), pid])).values(),
];

/** One read of /proc gives a page, 4 KB, however large the buffer is. */
const PAGE_BYTES = 4_096;
/** The first pages are read beside the event loop: with few connections, one read walks the kernel's whole hash. */
const PAGES_BESIDE = 2;
/** Of a long table each page is quick: about 1 ms between two turns of the event loop. */
const PAGES_A_TURN = 32;

/** Some 14,000 connections: beyond, a look at all of them would cost more than 60 ms of processor. */
const PAGES_MAX = 512;

/** How much of a table is read: the kernel lists the sockets that listen first (tcp_ipv4.c), and the rest can be long. */
type Part = 'listening' | 'whole';

const isBeyondListening = (page: string): boolean =>
  page.split('\n').some((line) => line.includes(': ') && stateOf(line) !== LISTEN);

type Read = { readonly text: string; readonly isCut: boolean };

/**
 * A table as text; null when it cannot be read. 8,000 connections are 300 pages, and a trip to another thread for each
 * is dear: of 43,000 connections it cost 286 ms of processor, this way 173.
 */
const readTable = async (path: string, part: Part): Promise<Read | null> => {
  let handle: FileHandle | null = null;
  try {
    handle = await open(path);
    const pages: string[] = [];
    const page = Buffer.alloc(PAGE_BYTES);
    for (;;) {
      const isBeside = pages.length < PAGES_BESIDE;
      const read = isBeside ? (await handle.read(page)).bytesRead : readSync(handle.fd, page);
      if (read === 0) return { text: pages.join(''), isCut: false };
      const text = page.toString('latin1', 0, read);
      pages.push(text);
      if (part === 'listening' && isBeyondListening(text)) return { text: pages.join(''), isCut: false };
      if (pages.length >= PAGES_MAX) return { text: pages.join(''), isCut: true };
      if (pages.length % PAGES_A_TURN === 0) await nextTurn();
    }
  } catch {
    return null;
  } finally {
    await handle?.close();
  }
};

type Rows = { readonly rows: readonly (readonly string[])[]; readonly isCut: boolean };

/** Of the network namespaces of these processes; of ours when there are none. Null when it cannot be read. */
const readRows = async (pids: readonly number[], part: Part): Promise<Rows | null> => {
  const folders = pids.length === 0 ? ['/proc/self/net'] : oneForEachNamespace(pids).map((pid) => `/proc/${pid}/net`);
  const texts = await Promise.all(
    folders.flatMap((folder) => [readTable(`${folder}/tcp`, part), readTable(`${folder}/tcp6`, part)]),
  );
  const found = texts.filter((read) => read !== null);
  if (found.length === 0) return null;
  return { rows: found.flatMap((read) => rowsOf(read.text)), isCut: found.some((read) => read.isCut) };
};

/** The listening TCP sockets where these processes live; null when they cannot be read. Takes some milliseconds. */
export const readListeners = async (pids: readonly number[]): Promise<readonly Listener[] | null> => {
  const read = await readRows(pids, 'listening');
  return read === null ? null : listenersOf(read.rows);
};

/** The connections where these processes live that are not acknowledged; cut, when there are too many to look at all. */
export const readUnacknowledged = async (
  pids: readonly number[],
): Promise<{ readonly found: readonly Unacknowledged[]; readonly isCut: boolean }> => {
  const read = await readRows(pids, 'whole');
  return { found: unacknowledgedOf(read?.rows ?? []), isCut: read?.isCut ?? false };
};

/** The open descriptors of a process, by name; null when they are not ours to see. */
export const readDescriptors = (pid: number): readonly string[] | null => {
  try {
    return readdirSync(`/proc/${pid}/fd`);
  } catch {
    return null;
  }
};

const inodeOf = (pid: number, descriptor: string): string | null => {
  try {
    return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${descriptor}`))?.[1] ?? null;
  } catch {
    return null;
  }
};

/** The sockets that a process holds, as inodes. */
export const readSockets = (pid: number): ReadonlySet<string> =>
  new Set(
    (readDescriptors(pid) ?? [])
      .slice(0, DESCRIPTORS_LOOKED_AT)
      .map((descriptor) => inodeOf(pid, descriptor))
      .filter((inode) => inode !== null),
  );

const DEFAULT_PORTS: Readonly<Record<string, number>> = {
  'http:': 80,
  'https:': 443,
  'redis:': 6379,
  'postgres:': 5432,
};

const isLoopback = (host: string): boolean => /^(localhost|127(\.\d+){3}|\[?::1\]?|0\.0\.0\.0|\[?::\]?)$/.test(host);

const portOfUrl = (text: string): number | null => {
  if (!URL.canParse(text)) return null;
  const url = new URL(text);
  if (!isLoopback(url.hostname)) return null;
  return url.port === '' ? (DEFAULT_PORTS[url.protocol] ?? null) : Number(url.port);
};

const portOf = ({ probe }: Check): number | null => {
  switch (probe.kind) {
    case 'http':
    case 'redis':
    case 'postgres':
      return portOfUrl(probe.url);
    case 'tcp':
      return isLoopback(probe.host) ? probe.port : null;
    case 'process':
      return probe.port ?? null;
    case 'golden':
      return probe.target.kind === 'http' ? portOfUrl(probe.target.url) : null;
    case 'command':
    case 'file':
      return null;
    default:
      return unreachable(probe);
  }
};

/** The ports on this machine that the checks of a service name: it should be the one that listens there. */
export const expectedPorts = (checks: readonly Check[]): Set<number> =>
  new Set(checks.map(portOf).filter((port) => port !== null));

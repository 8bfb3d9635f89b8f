// Sockets: which ports are listened on, by whom, and which of them a service expects to be its own.

import { readdirSync, readlinkSync } from 'node:fs';
import { readFile } from 'node:fs/promises';

import type { Check } from '#kernel/check.ts';
import { unreachable } from '#kernel/unreachable.ts';

export type Listener = { readonly port: number; readonly inode: string };

/** Descriptors of one process that are looked at: beyond this the search for its sockets would take over 10 ms. */
const DESCRIPTORS_LOOKED_AT = 4_096;
/** `st` of /proc/net/tcp: TCP_LISTEN (include/net/tcp_states.h). */
const LISTEN = '0A';

const parseTable = (text: string | null): readonly Listener[] =>
  (text ?? '')
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields[3] === LISTEN)
    .map((fields) => ({ port: Number.parseInt((fields[1] ?? '').split(':')[1] ?? '', 16), inode: fields[9] ?? '' }));

/**
 * Listening TCP sockets of the network namespace of this process; null when it cannot be read. The kernel walks its
 * whole hash of connections for each table (5 ms with 262,144 buckets): that is done beside the event loop.
 */
export const readListeners = async (pid: number | null): Promise<readonly Listener[] | null> => {
  const folder = `/proc/${pid ?? 'self'}/net`;
  const read = (name: string): Promise<string | null> => readFile(`${folder}/${name}`, 'latin1').catch(() => null);
  const [four, six] = await Promise.all([read('tcp'), read('tcp6')]);
  return four === null ? null : [...parseTable(four), ...parseTable(six)];
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

// Discovers processes with listening ports, from /proc/net/tcp and tcp6 (proc(5)).

import { asName, type DiscoveredService, type NotUnderstood } from './discovered.ts';

/** One listening socket. */
export type Socket = { readonly address: string; readonly port: number; readonly inode: string };

/** The program behind a socket, as far as it may be seen. */
export type Listener = {
  readonly address: string;
  readonly port: number;
  readonly pid: number | null;
  readonly program: string | null;
  /** The systemd unit whose control group it is in. */
  readonly unit: string | null;
};

/** State 0A is LISTEN in include/net/tcp_states.h. */
const LISTEN = '0A';

const ipv4 = (hex: string): string => [6, 4, 2, 0].map((at) => Number.parseInt(hex.slice(at, at + 2), 16)).join('.');

/** The kernel writes each 32-bit word in the byte order of the machine: little-endian on all that Node runs on here. */
const ipv6 = (hex: string): string => {
  const words = [0, 8, 16, 24].map((at) => hex.slice(at, at + 8));
  const bytes = words.flatMap((word) => [6, 4, 2, 0].map((at) => word.slice(at, at + 2))).join('');
  if (bytes === '0'.repeat(32)) return '::';
  if (bytes.startsWith(`${'0'.repeat(20)}FFFF`))
    return [24, 26, 28, 30].map((at) => Number.parseInt(bytes.slice(at, at + 2), 16)).join('.');
  const groups = Array.from({ length: 8 }, (_, index) =>
    Number.parseInt(bytes.slice(index * 4, index * 4 + 4), 16).toString(16),
  );
  return bytes === `${'0'.repeat(31)}1` ? '::1' : groups.join(':');
};

/** Reads /proc/net/tcp or tcp6: only the listening sockets. Lines of another form are passed over. */
export const readSockets = (text: string): readonly Socket[] =>
  text.split('\n').flatMap((line): readonly Socket[] => {
    const fields = line.trim().split(/\s+/);
    const [, local, , state] = fields;
    const match = /^([0-9A-F]{8}|[0-9A-F]{32}):([0-9A-F]{4})$/.exec(local ?? '');
    if (match === null || state !== LISTEN) return [];
    const hex = match[1] ?? '';
    const port = Number.parseInt(match[2] ?? '', 16);
    return [{ address: hex.length === 8 ? ipv4(hex) : ipv6(hex), port, inode: fields[9] ?? '0' }];
  });

/** The unit in a line of /proc/<pid>/cgroup: `0::/system.slice/nginx.service`. Units of user sessions are not services. */
export const unitOf = (cgroup: string): string | null =>
  /\/system\.slice\/(?:[^/]+\.slice\/)*([^/\n]+\.service)/.exec(cgroup)?.[1] ?? null;

/** The address at which this machine reaches the socket itself. */
const reachable = (address: string): string => {
  if (address === '0.0.0.0' || address === '::') return '127.0.0.1';
  return address.includes(':') ? `[${address}]` : address;
};

export const tcpCheck = (listener: Listener): { readonly tcp: string } => ({
  tcp: `${reachable(listener.address)}:${listener.port}`,
});

/** Several ports of one program are one service; a program that cannot be seen is one for each port. */
export const discoverListeners = (
  listeners: readonly Listener[],
): { readonly services: readonly DiscoveredService[]; readonly notUnderstood: readonly NotUnderstood[] } => {
  const groups = new Map<string, Listener[]>();
  for (const listener of listeners) {
    const key = listener.pid === null ? `port ${listener.port}` : `pid ${listener.pid}`;
    const group = groups.get(key) ?? [];
    // The same port on IPv4 and IPv6 is one door.
    if (!group.some((each) => each.port === listener.port)) group.push(listener);
    groups.set(key, group);
  }
  const services: DiscoveredService[] = [];
  const notUnderstood: NotUnderstood[] = [];
  for (const group of groups.values()) {
    const [first] = group;
    if (first === undefined) continue;
    const ports = group.map((listener) => listener.port);
    const said = `port${ports.length === 1 ? '' : 's'} ${ports.join(', ')}`;
    const isSeen = first.program !== null;
    if (!isSeen) notUnderstood.push({ what: said, why: 'the program behind it may not be seen by this user' });
    services.push({
      name: asName(first.program ?? `port-${first.port}`),
      origin: isSeen
        ? `process ${first.program ?? ''} (pid ${first.pid ?? '?'}), listening on ${said}`
        : `something that listens on ${said}`,
      run: null,
      checks: group.map(tcpCheck),
      needs: [],
      ports,
      notes: ['how it is started is not known: add run: to let Sereno restart it'],
    });
  }
  return { services, notUnderstood };
};

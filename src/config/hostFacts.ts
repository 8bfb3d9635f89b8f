// Host facts: the thin readers behind `sereno init`. They only read: files under /proc and beside the configuration,
// and three programs that list what they run. Nothing is changed, and nothing is asked over the network.

import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { HostFacts } from './discover.ts';
import { readSockets, unitOf, type Listener } from './discoverPorts.ts';
import { DISK } from './files.ts';

/** A list that takes longer than this comes from a program that hangs. */
const PROGRAM_TIMEOUT_MS = 3_000;
const OUTPUT_BYTES_MAX = 8_388_608;
const FILE_BYTES_MAX = 4_194_304;
/** Processes whose descriptors are looked at; pid_max is 32,768 by default. */
const PROCESSES_MAX = 40_000;

const COMPOSE_NAMES = ['compose.yaml', 'compose.yml', 'docker-compose.yaml', 'docker-compose.yml'] as const;

type Ran =
  { readonly kind: 'absent' } | { readonly kind: 'failed' } | { readonly kind: 'ran'; readonly output: string };

const run = (program: string, argv: readonly string[]): Ran => {
  const { error, status, stdout } = spawnSync(program, argv, {
    encoding: 'utf8',
    timeout: PROGRAM_TIMEOUT_MS,
    maxBuffer: OUTPUT_BYTES_MAX,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  if (error !== undefined && 'code' in error && error.code === 'ENOENT') return { kind: 'absent' };
  return error === undefined && status === 0 ? { kind: 'ran', output: stdout } : { kind: 'failed' };
};

const readText = (path: string): string | null => {
  const content = DISK.read(path, FILE_BYTES_MAX);
  return content.kind === 'read' ? new TextDecoder().decode(content.bytes) : null;
};

/** Files of /proc have no length; they are read until their end. Null: gone, or not for this user. */
const readProc = (path: string): string | null => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
};

const listProc = (path: string): readonly string[] => {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
};

const linkOf = (path: string): string => {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
};

/** Which process holds which socket, for the processes that this user may look into. */
const socketHolders = (inodes: ReadonlySet<string>): ReadonlyMap<string, number> => {
  const holders = new Map<string, number>();
  const pids = listProc('/proc').filter((name) => /^\d+$/.test(name));
  for (const pid of pids.slice(0, PROCESSES_MAX)) {
    for (const descriptor of listProc(`/proc/${pid}/fd`)) {
      const inode = /^socket:\[(\d+)\]$/.exec(linkOf(`/proc/${pid}/fd/${descriptor}`))?.[1];
      if (inode !== undefined && inodes.has(inode) && !holders.has(inode)) holders.set(inode, Number(pid));
    }
  }
  return holders;
};

/** Listening TCP ports with the program behind each; never those of this program itself. */
const readListeners = (): readonly Listener[] => {
  const sockets = ['/proc/net/tcp', '/proc/net/tcp6'].flatMap((path) => readSockets(readProc(path) ?? ''));
  const holders = socketHolders(new Set(sockets.map((socket) => socket.inode)));
  const listeners = sockets.map(({ address, port, inode }): Listener => {
    const pid = holders.get(inode) ?? null;
    const program = pid === null ? null : (readProc(`/proc/${pid}/comm`)?.trim() ?? null);
    const unit = pid === null ? null : unitOf(readProc(`/proc/${pid}/cgroup`) ?? '');
    return { address, port, pid, program, unit };
  });
  return listeners.filter((listener) => listener.pid !== process.pid).sort((a, b) => a.port - b.port);
};

const readPm2Facts = (): HostFacts['pm2'] => {
  const dump = join(homedir(), '.pm2', 'dump.pm2');
  // `pm2 jlist` starts a daemon where none runs, so it is asked only where one left its files.
  const text = readText(dump);
  const hasDaemon = DISK.list(join(homedir(), '.pm2')).includes('pm2.pid');
  if (hasDaemon) {
    const ran = run('pm2', ['jlist']);
    if (ran.kind === 'ran') return { file: 'pm2 jlist', text: ran.output };
  }
  return text === null ? null : { file: dump, text };
};

const outputOf = (ran: Ran): string | null => (ran.kind === 'ran' ? ran.output : null);

/** Reads what is on this machine and in this folder. Takes some seconds at most; what cannot be read is a gap. */
export const readHost = (folder: string): HostFacts => {
  const systemd = run('systemctl', ['list-units', '--type=service', '--state=running', '--output=json', '--no-pager']);
  // Exit 1 means that this user has no crontab, as well as any failure: both leave nothing to read.
  const crontab = run('crontab', ['-l']);
  const packageText = readText(join(folder, 'package.json'));
  return {
    listeners: readListeners(),
    composeFiles: COMPOSE_NAMES.flatMap((file) => {
      const text = readText(join(folder, file));
      return text === null ? [] : [{ file, text }];
    }),
    systemd: outputOf(systemd),
    pm2: readPm2Facts(),
    crontab: outputOf(crontab),
    packageFile: packageText === null ? null : { file: 'package.json', text: packageText },
    gaps: systemd.kind === 'failed' ? ['systemctl list-units'] : [],
  };
};

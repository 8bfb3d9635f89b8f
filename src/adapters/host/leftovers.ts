// Leftovers: what an unclean stop left in the state directory. Half-written drafts and dead sockets are cleared away.
//
// Whoever surveys holds the lock of the state directory, so a draft that does not carry our own pid belongs to nobody.

import { lstatSync, readdirSync, unlinkSync } from 'node:fs';
import { connect } from 'node:net';
import { join, relative } from 'node:path';

import { later } from '#kernel/time.ts';
import type { Clock } from '#ports/clock.ts';

export type Swept = { readonly isGood: boolean; readonly findings: readonly string[] };

type Leftover = { readonly path: string; readonly kind: 'draft' | 'socket' };

/** The layout is `<state>/run/<service>/<file>`: nothing of ours lies deeper. */
const DEPTH_MAX = 3;
/** 1,000 services with ten files each. */
const ENTRIES_MAX = 20_000;
/** Each one may cost a wait of SOCKET_TIMEOUT_MS; Sereno itself has one or two. */
const SOCKETS_MAX = 8;
/** A living listener on this machine takes a connection in under 1 ms; one that is busy is left alone. */
const SOCKET_TIMEOUT_MS = 200;
/** Drafts are written as `<name>.tmp-<pid>` and then renamed. */
const DRAFT = /\.tmp-(.+)$/;

const list = (directory: string): readonly string[] => {
  try {
    return readdirSync(directory).map((name) => join(directory, name));
  } catch {
    return [];
  }
};

const kindOf = (path: string): 'folder' | Leftover['kind'] | 'other' => {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return 'other';
  if (stat.isDirectory()) return 'folder';
  if (stat.isSocket()) return 'socket';
  const owner = DRAFT.exec(path)?.[1];
  return stat.isFile() && owner !== undefined && owner !== String(process.pid) ? 'draft' : 'other';
};

/** Level by level, so that the bounds cut the deepest first. */
const findLeftovers = (directory: string): { readonly found: readonly Leftover[]; readonly isComplete: boolean } => {
  const found: Leftover[] = [];
  let level: readonly string[] = [directory];
  let looked = 0;
  for (let depth = 0; depth < DEPTH_MAX && level.length > 0; depth += 1) {
    const below: string[] = [];
    for (const path of level.flatMap(list)) {
      looked += 1;
      if (looked > ENTRIES_MAX) return { found, isComplete: false };
      const kind = kindOf(path);
      if (kind === 'folder') below.push(path);
      else if (kind !== 'other') found.push({ path, kind });
    }
    level = below;
  }
  return { found, isComplete: true };
};

/** Refused is the one sure sign that nobody listens; anything else leaves the socket alone. */
const isDead = (path: string, clock: Clock): Promise<boolean> =>
  new Promise((settle) => {
    const socket = connect(path);
    const end = (verdict: boolean): void => {
      cancel();
      socket.destroy();
      settle(verdict);
    };
    const cancel = clock.at(later(clock.now(), SOCKET_TIMEOUT_MS), () => end(false));
    socket.once('connect', () => end(false));
    socket.once('error', (error) => end('code' in error && error.code === 'ECONNREFUSED'));
  });

const remove = (directory: string, { path, kind }: Leftover): string => {
  const what = kind === 'draft' ? 'half-written file' : 'dead socket';
  const name = relative(directory, path);
  try {
    unlinkSync(path);
    return `removed the ${what} ${name}`;
  } catch (error) {
    return `could not remove the ${what} ${name}: ${error instanceof Error ? error.message : String(error)}`;
  }
};

/**
 * Clears leftovers away and names each. Always good: none of them keeps Sereno from working. A directory that is not
 * there yet has none. Sockets of workloads that somebody listens on are left alone.
 */
export const sweep = async (options: { readonly directory: string; readonly clock: Clock }): Promise<Swept> => {
  const { found, isComplete } = findLeftovers(options.directory);
  const drafts = found.filter((leftover) => leftover.kind === 'draft');
  const sockets = found.filter((leftover) => leftover.kind === 'socket').slice(0, SOCKETS_MAX);
  const dead = await Promise.all(sockets.map((socket) => isDead(socket.path, options.clock)));
  const removable = [...drafts, ...sockets.filter((_, index) => dead[index] === true)];
  const findings = removable.map((leftover) => remove(options.directory, leftover));
  const more = isComplete ? [] : [`more than ${ENTRIES_MAX} files in the state directory: not all were looked at`];
  return { isGood: true, findings: [...findings, ...more] };
};

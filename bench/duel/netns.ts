// A network namespace: programs in it are reached over a link of their own, which can be cut while loopback stays well.

import { spawnSync } from 'node:child_process';
import type { Stand } from './duel.ts';

export type Island = {
  /** Where programs in it are reached. */
  readonly host: string;
  /** Before a command: it runs in there, as the same process. */
  readonly prefix: readonly string[];
  readonly cut: () => void;
  readonly join: () => void;
};

const ip = (words: readonly string[]): boolean => spawnSync('ip', words, { stdio: 'ignore' }).status === 0;

/** Makes one, which is gone after the duel; null where that is not allowed: it needs root and iproute2. */
export const openIsland = (stand: Stand): Island | null => {
  const name = `duel${process.pid}`;
  const [near, far] = [`${name}a`, `${name}b`];
  const net = `10.${64 + (process.pid % 64)}.${(process.pid >> 6) % 256}`;
  stand.defer(() => void ip(['netns', 'del', name]));
  const inside = ['netns', 'exec', name, 'ip'];
  const isMade = [
    ['netns', 'add', name],
    ['link', 'add', near, 'type', 'veth', 'peer', 'name', far, 'netns', name],
    ['addr', 'add', `${net}.1/30`, 'dev', near],
    ['link', 'set', near, 'up'],
    [...inside, 'addr', 'add', `${net}.2/30`, 'dev', far],
    [...inside, 'link', 'set', 'lo', 'up'],
    [...inside, 'link', 'set', far, 'up'],
  ].every(ip);
  if (!isMade) return null;
  return {
    host: `${net}.2`,
    prefix: ['ip', 'netns', 'exec', name],
    cut: () => void ip([...inside, 'link', 'set', far, 'down']),
    join: () => void ip([...inside, 'link', 'set', far, 'up']),
  };
};

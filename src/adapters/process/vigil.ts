// Vigil: notices the death of processes that we adopted, whose parent we are not.
//
// Node has no pidfd. An open descriptor of /proc/<pid>/stat is as good: it belongs to that very process, and a read
// of it fails (ESRCH) when the process is gone, even if its pid was given to another. One timer reads them all: about
// 5 µs each.

import { closeSync, openSync, readSync } from 'node:fs';

import { later } from '#kernel/time.ts';
import type { Cancel, Clock } from '#ports/clock.ts';
import { type Identity, isAlive } from './procfs.ts';

export interface Vigil {
  /** Calls `ended` once, within two rounds of the process's end; at the next round when it is not there at all. */
  watch(identity: Identity, ended: () => void): Cancel;
  /** Watches nobody any more. */
  close(): void;
}

type Watched = { readonly descriptor: number | null; readonly ended: () => void };

/** 40 looks a second keep the notice under 25 ms; with many to watch half of that, which stays under 2 % of a core at 100. */
const ROUND_MS = 25;
const CROWDED_ROUND_MS = 50;
const CROWD = 20;
/** A stat line is about 300 bytes: 52 numbers and a name of 15 characters. */
const STAT_BYTES_MAX = 1_024;

/** The name stands in brackets, then a space, then the letter of the state. */
const CLOSE_BRACKET = 0x29;
const ZOMBIE = 0x5a;
const DEAD = 0x58;

/** A descriptor of exactly this process; null when it has ended. It stays with the process whatever becomes of the pid. */
const openStat = (identity: Identity): number | null => {
  try {
    const descriptor = openSync(`/proc/${identity.pid}/stat`, 'r');
    if (isAlive(identity)) return descriptor;
    closeSync(descriptor);
    return null;
  } catch {
    return null;
  }
};

export const makeVigil = (clock: Clock): Vigil => {
  const watched = new Set<Watched>();
  const buffer = Buffer.alloc(STAT_BYTES_MAX);
  let cancelRound: Cancel | null = null;

  const isThere = (it: Watched): boolean => {
    if (it.descriptor === null) return false;
    try {
      const length = readSync(it.descriptor, buffer, 0, STAT_BYTES_MAX, 0);
      const state = buffer[buffer.lastIndexOf(CLOSE_BRACKET, length - 1) + 2];
      return state !== ZOMBIE && state !== DEAD;
    } catch {
      return false;
    }
  };

  const forget = (it: Watched): void => {
    if (watched.delete(it) && it.descriptor !== null) closeSync(it.descriptor);
  };

  const arm = (): void => {
    if (cancelRound !== null || watched.size === 0) return;
    const roundMs = watched.size > CROWD ? CROWDED_ROUND_MS : ROUND_MS;
    cancelRound = clock.at(later(clock.now(), roundMs), round);
  };

  const round = (): void => {
    cancelRound = null;
    for (const it of [...watched].filter((one) => !isThere(one))) {
      forget(it);
      it.ended();
    }
    arm();
  };

  return {
    watch: (identity, ended) => {
      const it = { descriptor: openStat(identity), ended };
      watched.add(it);
      arm();
      return () => forget(it);
    },
    close: () => {
      cancelRound?.();
      cancelRound = null;
      for (const it of watched) forget(it);
    },
  };
};

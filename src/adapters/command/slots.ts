// Slots: at most so many programs at once; the others wait in line, in order of arrival.

import type { Cancel } from '#ports/clock.ts';

/** More waiting than this could not all get a turn within any sensible deadline. */
const WAITING_MAX = 1_000;

export type Slots = {
  /**
   * Calls `begin` at once or when a slot is free, with what gives the slot back (calling it again changes nothing).
   * Returns what leaves the line, or null when the line is full. Who has begun stays until the slot is given back.
   */
  readonly enter: (begin: (freed: () => void) => void) => Cancel | null;
  /** How full it is, for a person. */
  readonly say: () => string;
};

export const makeSlots = (most: number): Slots => {
  const waiting = new Set<(freed: () => void) => void>();
  let taken = 0;
  const start = (begin: (freed: () => void) => void): void => {
    taken += 1;
    let isFreed = false;
    begin(() => {
      if (isFreed) return;
      isFreed = true;
      taken -= 1;
      next();
    });
  };
  const next = (): void => {
    const [first] = waiting;
    if (first === undefined || taken >= most) return;
    waiting.delete(first);
    start(first);
  };
  return {
    enter: (begin) => {
      if (taken < most) {
        start(begin);
        return () => {};
      }
      if (waiting.size >= WAITING_MAX) return null;
      waiting.add(begin);
      return () => waiting.delete(begin);
    },
    say: () => `${taken} of ${most} programs run, ${waiting.size} wait`,
  };
};

// Failed authentications, counted for each address over a sliding minute.
//
// A token has 256 bits, so guessing is hopeless at any speed; the limit keeps a broken client from being a load.
// It never locks out the right token: on one machine all programs share one address, and one bad script would
// otherwise shut the owner out.

import type { Instant } from '#kernel/time.ts';

/** A person who pastes the wrong token tries a few times; a program gone wrong tries hundreds. */
const FAILURES_MAX = 10;
const WINDOW_MS = 60_000;
/** Bounds the memory that strangers can take: about 200 bytes each. */
const ADDRESSES_MAX = 1_000;

export type Attempts = {
  /** Counts one failure. Gives the seconds to wait when there were too many, else null. */
  readonly fail: (address: string, at: Instant) => number | null;
};

export const makeAttempts = (): Attempts => {
  const failures = new Map<string, readonly Instant[]>();
  return {
    fail: (address, at) => {
      const recent = (failures.get(address) ?? []).filter((earlier) => at - earlier < WINDOW_MS);
      failures.delete(address);
      const isOver = recent.length >= FAILURES_MAX;
      failures.set(address, isOver ? recent : [...recent, at]);
      const oldest = failures.keys().next().value;
      if (failures.size > ADDRESSES_MAX && oldest !== undefined) failures.delete(oldest);
      return isOver ? Math.ceil((WINDOW_MS - (at - (recent[0] ?? at))) / 1_000) : null;
    },
  };
};

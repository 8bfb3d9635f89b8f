// Counters: only their increase means something. One that has fallen was begun anew, and counts from 0.

/** What a counter grew by since the last look; null when there was none, or a value is no count. */
export const increaseOf = (before: number | null, now: number): number | null => {
  if (before === null || !Number.isFinite(now) || now < 0) return null;
  return now >= before ? now - before : now;
};

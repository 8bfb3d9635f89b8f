// Shrinking: leaves out what is not needed for an input to break something, larger pieces first.

/** A broken thing is found again in a fraction of a second; a thousand tries are enough for a line of text. */
const TRIES_MAX = 1_000;

/** The smallest input found that is still broken. */
export const shrink = async (input: Buffer, isBroken: (smaller: Buffer) => Promise<boolean>): Promise<Buffer> => {
  let best = input;
  let tries = 0;
  for (let size = Math.ceil(best.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let at = 0; at < best.length && tries < TRIES_MAX;) {
      const smaller = Buffer.concat([best.subarray(0, at), best.subarray(at + size)]);
      tries += 1;
      if (await isBroken(smaller)) best = smaller;
      else at += size;
    }
  }
  return best;
};
